"""`daybook tie-out`: the ledger against its posted files and the general ledger."""

from rich.markup import escape

from daybook.calendar import day_words, month_text
from daybook.cli.report_options import FormatName, OptionValues, Output, reporting
from daybook.cli.report_output import run_report
from daybook.cli.report_tables import add_amounts, amounts_table
from daybook.cli.running import out
from daybook.cli.terminal_tables import plain_table
from daybook.closing.rules import TieOutAccount
from daybook.closing.tie_out import TieOut, tie_out
from daybook.closing.words import target_words
from daybook.db.engine import Database
from daybook.money import grouped_text
from daybook.report_files.reports import Asked
from daybook.reports.revenue import Tie

REPORT = "tie-out"


@reporting(REPORT)
def tie_out_command(
    *,
    option_values: OptionValues,
    format_name: FormatName = None,
    output: Output = None,
) -> None:
    """Compare the ledger with its posted files and the general ledger's balances.

    By account and month: ledger = posted files + not yet exported + difference. A
    difference is named by journal: changed since, missing in the files, or in two of
    them. Then what was posted is compared with the balances that were entered
    (`daybook balance`). All movements are summed again, so that rows that were changed
    behind the program's back show. The exit status is 1 if something differs.

    Example: `daybook tie-out --on 2026-10-31`

    Example: `daybook tie-out --on 2026-10-31 -o tie-out.xlsx`
    """
    run_report(REPORT, option_values, format_name, output, _show)


async def _show(database: Database, asked: Asked) -> list[Tie]:
    async with database.reads() as session:
        found = await tie_out(session, asked.pin, asked.on)
    currency = asked.pin.currency
    _show_accounts(found, currency)
    _show_balances(found, currency)
    _show_what_is_missing(found)
    for finding in found.findings:
        out.print(escape(f"{finding.kind.name.replace('_', ' ')}: {finding.message}"))
    left = found.finding_count - len(found.findings)
    if left:
        out.print(f"and {left:,} more")
    return list(found.ties)


def _show_what_is_missing(found: TieOut) -> None:
    """Say what a tie-out with nothing to compare needs."""
    if not any(account.target for account in found.accounts):
        out.print(
            "No file is posted yet, so nothing counts as exported: `daybook exports"
            " post` marks a file as loaded."
        )
    if not any(account.balances for account in found.accounts):
        out.print(
            "No balance of the general ledger is entered: `daybook balance enter` or"
            " `import`."
        )


def _show_accounts(found: TieOut, currency: str) -> None:
    table = amounts_table(
        [f"Account, {currency}", "Month"],
        ["Ledger", "Posted files", "Not yet exported", "Difference"],
    )
    for account in found.accounts:
        if not account.months:
            continue
        for month in account.months:
            names = (_name(account), month_text(month.month))
            figures = (*month[1:], month.difference)
            add_amounts(table, names, figures, currency)
        total = (account.ledger, account.posted, account.not_exported)
        names = (_name(account), f"on {day_words(found.on)}")
        figures = (*total, account.difference)
        add_amounts(table, names, figures, currency, is_sum=True)
        table.add_section()
    out.print(table)


def _name(account: TieOutAccount) -> str:
    name = account.role.name.capitalize()
    return f"{name}, {target_words(account.target)}" if account.target else name


def _show_balances(found: TieOut, currency: str) -> None:
    if not any(account.balances for account in found.accounts):
        return
    table = plain_table("Balance", "Day")
    for title in ("General ledger", "Posted", "Difference"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("Since", no_wrap=True)
    for account in found.accounts:
        for balance in account.balances:
            amounts = balance.balance, balance.posted, balance.difference
            table.add_row(
                _name(account),
                day_words(balance.on),
                *(grouped_text(amount, currency) for amount in amounts),
                "" if balance.since is None else month_text(balance.since),
            )
    out.print(table)
