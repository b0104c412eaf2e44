"""`daybook manual list` and `show`: manual journals in the terminal."""

from collections.abc import Sequence
from typing import Annotated

import typer

from daybook.adjustments.queries import (
    ListedManual,
    PostedDocument,
    Step,
    posted_documents,
    steps_of,
    versions_by_step,
)
from daybook.adjustments.rules import AdjustmentKind, Status, StepKind, label
from daybook.adjustments.versions import Party, Version
from daybook.calendar import Day, day_text
from daybook.cli.choices import one_of, parsed_day
from daybook.cli.manual_options import KINDS, Number, manual_row
from daybook.cli.running import Failed, load_settings, out, with_database
from daybook.cli.sheets import IsCsv, Limit, NumberedList, show_list
from daybook.cli.terminal_tables import plain_table
from daybook.db.engine import Database, ReadSession
from daybook.ledger.queries import choose_ledger
from daybook.money import grouped_text
from daybook.numbers import read_number
from daybook.paging import Page, PageRequest
from daybook.reports.manual_journals import (
    MANUAL_JOURNALS,
    ManualFilter,
    count_manual,
    find_manual,
)

STATUSES = ", ".join(status.name for status in Status)


def list_(
    statuses: Annotated[
        list[str] | None,
        typer.Option("--status", help=f"Any of {STATUSES}; may be repeated."),
    ] = None,
    kind: Annotated[str | None, typer.Option(help=f"One of {KINDS}.")] = None,
    first: Annotated[
        str | None, typer.Option("--from", help="Dated on that day or later.")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", help="Dated on that day or before.")
    ] = None,
    made_by: Annotated[
        str | None, typer.Option(help="Who saved a version, as the audit trail says.")
    ] = None,
    adjusts: Annotated[
        str | None, typer.Option(help="The number of the journal that they adjust.")
    ] = None,
    search: Annotated[
        str | None, typer.Option(help="Part of a narrative, or a number.")
    ] = None,
    currency: Annotated[
        str | None, typer.Option(help="One ledger, by its currency; without it all.")
    ] = None,
    limit: Limit = None,
    is_csv: IsCsv = False,
) -> None:
    """Show manual journals, newest first.

    Example: `daybook manual list --status SUBMITTED`

    Example: `daybook manual list --from 2025-03-01 --to 2025-03-31 --csv > march.csv`
    """
    chosen = [
        Status[one_of(text.upper(), list(Status.__members__), "--status")]
        for text in statuses or ()
    ]
    kinds = []
    if kind is not None:
        names = list(AdjustmentKind.__members__)
        kinds = [AdjustmentKind[one_of(kind.upper(), names, "--kind")]]
    its = ManualFilter(
        statuses=chosen,
        kinds=kinds,
        author=made_by,
        adjusts=_number(adjusts),
        text=search,
        first=_day(first),
        last=_day(last),
    )

    async def filter_in(session: ReadSession, organisation_id: int) -> ManualFilter:
        if currency is None and its.adjusts is None:
            return its
        ledger = await choose_ledger(session, organisation_id, currency)
        return its._replace(ledger_id=ledger.id)

    async def find(
        session: ReadSession, organisation_id: int, request: PageRequest
    ) -> Page[ListedManual]:
        where = await filter_in(session, organisation_id)
        return await find_manual(session, organisation_id, where, request)

    async def count(session: ReadSession, organisation_id: int) -> int:
        where = await filter_in(session, organisation_id)
        return await count_manual(session, organisation_id, where)

    listed = NumberedList(
        MANUAL_JOURNALS, "manual journal", find, count, lambda row: row.number
    )
    show_list(listed, _show_rows, limit=limit, is_csv=is_csv)


def show(number: Number) -> None:
    """Show a manual journal: its lines, what was done with it, what it posted.

    Example: `daybook manual show MJ-7`
    """
    settings = load_settings()

    async def work(
        database: Database,
    ) -> tuple[ListedManual, Version, list[Step], list[PostedDocument]]:
        row = await manual_row(database, settings, number)
        async with database.reads() as session:
            where = (session, settings.organisation)
            versions = await versions_by_step(*where, [row.saved_in])
            steps = await steps_of(*where, [number])
            return (
                *(row, versions[row.saved_in], steps),
                await posted_documents(*where, [number]),
            )

    row, version, steps, posted = with_database(settings, work)
    table = plain_table(f"{label(number)}, {row.currency} ledger", "")
    for name, text in _facts(row, version):
        if text:
            table.add_row(name, text)
    out.print(table, markup=False)
    out.print(_lines_table(version), markup=False)
    done = plain_table("Step", "When (UTC)", "Who", "Version", "Reason")
    for step in steps:
        kind = "SAVED" if step.kind is StepKind.DRAFT else step.kind.name
        moment = f"{step.made_at:%Y-%m-%d %H:%M:%S}"
        who, reason = step.made_by or "", step.reason or ""
        done.add_row(kind, moment, who, str(step.version), reason)
    out.print(done, markup=False)
    for document in posted:
        words = f"{document.external_id} on {day_text(document.day)}"
        out.print(f"Posted {words}: journal {document.journal}.", markup=False)


def _facts(row: ListedManual, version: Version) -> list[tuple[str, str]]:
    reverses_on = "" if row.reverses_on is None else day_text(row.reverses_on)
    adjusts = ""
    if row.adjusts is not None and row.mode is not None:
        adjusts = f"{row.mode.name} of journal {row.adjusts}"
    return [
        ("Status", row.status.name),
        ("Version", str(row.version)),
        ("Kind", row.kind.name),
        ("Date", day_text(row.day)),
        ("Reverses on", reverses_on),
        ("Narrative", row.narrative),
        ("Customer", _id_of(version.customer)),
        ("Product", _id_of(version.product)),
        ("Adjusts", adjusts),
    ]


def _lines_table(version: Version) -> object:
    table = plain_table("Account")
    for column in ("Debit", "Credit"):
        table.add_column(column, justify="right", no_wrap=True)
    for column in ("Customer", "Product", "Description"):
        table.add_column(column, no_wrap=True, overflow="ellipsis")
    for line in version.lines:
        amount = grouped_text(line.amount, version.currency)
        table.add_row(
            line.role.name,
            *((amount, "") if line.is_debit else ("", amount)),
            _id_of(version.customer_of(line)),
            _id_of(version.product_of(line)),
            "(takes the journal back)" if line.is_mirror else line.description,
        )
    totals = (version.debits, version.credits)
    table.add_section()
    table.add_row("", *(grouped_text(total, version.currency) for total in totals))
    return table


def _show_rows(rows: Sequence[ListedManual]) -> None:
    table = plain_table("No.", "Status", "Date", "Kind", "Ledger")
    table.add_column("Debits", justify="right", no_wrap=True)
    table.add_column("Who", no_wrap=True)
    table.add_column("Narrative", overflow="fold")
    for row in rows:
        table.add_row(
            *(label(row.number), row.status.name, day_text(row.day)),
            *(row.kind.name, row.currency, grouped_text(row.amount, row.currency)),
            *(row.created_by or "", row.narrative),
        )
    out.print(table, markup=False)


def _id_of(party: Party | None) -> str:
    return "" if party is None else party.id


def _day(text: str | None) -> Day | None:
    return None if text is None else parsed_day(text)


def _number(text: str | None) -> int | None:
    try:
        return None if text is None else read_number(text)
    except ValueError:
        raise Failed(f"{text!r} is not the number of a journal") from None
