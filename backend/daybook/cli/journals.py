"""`daybook journals`: the journal report in the terminal."""

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from daybook.calendar import (
    first_day_of,
    last_day_of,
    month_text,
    parse_month,
)
from daybook.cli import filter_options
from daybook.cli.filter_options import Selected
from daybook.cli.running import (
    Failed,
    counted,
    load_settings,
    out,
    plain_table,
    with_database,
)
from daybook.cli.sheets import print_csv, terminal_table
from daybook.db.engine import Database, ReadSession
from daybook.ledger.queries import account_names
from daybook.ledger.rules import Role, SourceKind
from daybook.money import grouped_text
from daybook.paging import PageRequest
from daybook.reports.journals.filters import Purpose
from daybook.reports.journals.group_keys import Granularity
from daybook.reports.journals.groups import GroupedBy, count_groups, find_groups
from daybook.reports.journals.queries import Amounts, find_journals
from daybook.reports.journals.totals import (
    count_journals,
    months_sheet,
    pair_totals,
    totals_by_month,
)


@filter_options.filtered
def journals(
    month: Annotated[
        str | None, typer.Option(help="A month, YYYY-MM, instead of --from and --to.")
    ] = None,
    currency: filter_options.Currency = None,
    *,
    filter_values: filter_options.FilterValues,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Journals shown.")] = 50,
    group_by: filter_options.GroupBy = None,
    granularity: Annotated[
        Granularity, typer.Option(help="With --group-by: groups of months or days.")
    ] = Granularity.MONTHLY,
    is_by_month: Annotated[
        bool, typer.Option("--by-month", help="The accounts' net change by month.")
    ] = False,
    is_csv: Annotated[
        bool, typer.Option("--csv", help="With --by-month: as CSV.")
    ] = False,
) -> None:
    """Show the journals of a month, with what moved between the accounts.

    Example: `daybook journals --month 2026-01 --customer cus_1`

    Example: `daybook journals --by-month --csv > months.csv`

    Example: `daybook journals --as-of 2026-01-31 --group-by customer,product`
    """
    settings = load_settings()
    if month is not None:
        if filter_values["from"] or filter_values["to"]:
            raise Failed(
                "--month takes the place of --from and --to: give one or the other"
            )
        filter_values = {**filter_values, **_days_of(month)}
    by = filter_options.groupings(group_by)

    async def work(database: Database) -> None:
        async with database.reads() as session:
            selected = await filter_options.select(
                session, settings, currency, filter_values, Purpose.REPORT
            )
            if is_by_month:
                await _show_months(session, selected, is_csv=is_csv)
            elif by is not None:
                grouped = GroupedBy(by, granularity)
                await _show_groups(session, selected, grouped, limit)
            else:
                await _show_journals(session, selected, limit)

    with_database(settings, work)


def _days_of(month: str) -> dict[str, str]:
    try:
        parse_month(month)
    except ValueError:
        raise Failed(f"--month {month!r} is not a month YYYY-MM") from None
    return {"from": f"{month}-01", "to": f"{month}-{_last(month)}"}


def _last(month: str) -> str:
    number = parse_month(month)
    return f"{last_day_of(number) - first_day_of(number) + 1:02}"


async def _show_journals(session: ReadSession, selected: Selected, limit: int) -> None:
    pin, journal_filter, _ = selected
    amounts = Amounts(has_all=True, has_posted=True)
    page = await find_journals(
        session, pin, journal_filter, PageRequest(limit), amounts=amounts
    )
    table = plain_table("No.", "Month", "Customer", "Product", "Document", "Source")
    for column in ("Posted", "Scheduled", "Total"):
        table.add_column(column, justify="right", no_wrap=True)
    for journal in page.items:
        total, posted = journal.amount or 0, journal.posted or 0
        table.add_row(
            str(journal.number),
            month_text(journal.month),
            journal.customer_name,
            journal.product_name,
            journal.document_number,
            SourceKind(journal.source).name,
            *(
                grouped_text(amount, pin.currency)
                for amount in (posted, total - posted, total)
            ),
        )
    out.print(table)
    count = await count_journals(session, pin, journal_filter)
    if count > len(page.items):
        out.print(
            f"The first {len(page.items):,} of {count:,} journals; --limit shows more."
        )
    else:
        out.print(f"{counted(count, 'journal')}.")
    out.print(await _account_table(session, selected))


async def _show_groups(
    session: ReadSession, selected: Selected, grouped: GroupedBy, limit: int
) -> None:
    pin, journal_filter, _ = selected
    page = await find_groups(session, pin, journal_filter, grouped, PageRequest(limit))
    table = plain_table("Group")
    for column in ("Posted", "Scheduled", "Total"):
        table.add_column(column, justify="right", no_wrap=True)
    for group in page.items:
        posted = sum(group.posted.values())
        amounts = (posted, group.total - posted, group.total)
        table.add_row(
            escape(group.key.text(grouped.by, grouped.granularity)),
            *(grouped_text(amount, pin.currency) for amount in amounts),
        )
    out.print(table)
    count = await count_groups(session, pin, journal_filter, grouped)
    if count > len(page.items):
        out.print(
            f"The first {len(page.items):,} of {count:,} groups; --limit shows more."
        )
    else:
        out.print(f"{counted(count, 'group')}.")
    out.print(await _account_table(session, selected))


async def _account_table(session: ReadSession, selected: Selected) -> Table:
    pin, journal_filter, _ = selected
    pairs = await pair_totals(session, pin, journal_filter)
    names = await account_names(session, pin)
    table = plain_table(f"Account, {pin.currency}")
    table.add_column("Debit", justify="right", no_wrap=True)
    table.add_column("Credit", justify="right", no_wrap=True)
    for role in Role:
        debit = sum(amount for pair, amount in pairs.items() if pair[0] == role)
        credit = sum(amount for pair, amount in pairs.items() if pair[1] == role)
        table.add_row(
            escape(names.of(role).name),
            grouped_text(debit, pin.currency),
            grouped_text(credit, pin.currency),
        )
    return table


async def _show_months(
    session: ReadSession, selected: Selected, *, is_csv: bool
) -> None:
    """Each month's net change of the accounts, on their normal sides."""
    pin, journal_filter, _ = selected
    sheet = months_sheet(pin.currency)
    months = sorted((await totals_by_month(session, pin, journal_filter)).items())
    if is_csv:
        print_csv(sheet, months)
    else:
        out.print(terminal_table(sheet, months))
