"""`daybook export --check`: what is known of a file before it is made."""

from collections.abc import Sequence

import typer
from rich.table import Table

from daybook.cli.export_choice import Choice, Chosen
from daybook.cli.export_findings import way_out_of
from daybook.cli.ledgers_shown import print_ledger
from daybook.cli.running import out, with_database
from daybook.cli.terminal_tables import plain_table
from daybook.db.engine import Database
from daybook.exports.names import file_name
from daybook.exports.preflight.findings import Finding
from daybook.exports.preflight.queries import Preflight
from daybook.exports.previews import preview
from daybook.money import grouped_text
from daybook.numbers import counted
from daybook.settings import Settings


def show_preflight(settings: Settings, choice: Choice) -> None:
    """Print each file's preflight for people; exit with 1 if something blocks one."""

    async def look(database: Database) -> bool:
        every, is_blocked = await choice.chosen(database), False
        for number, chosen in enumerate(every):
            if len(every) > 1:
                print_ledger(chosen.spec.pin.currency, is_first=number == 0)
            found = await preview(database, chosen.spec)
            _show_preflight(chosen, found)
            is_blocked |= bool(found.blocking)
        return is_blocked

    if with_database(settings, look):
        raise typer.Exit(1)


def _show_preflight(chosen: Chosen, found: Preflight) -> None:
    as_of, is_archive = chosen.as_of, found.files > 1
    _show_totals(file_name(chosen.spec, as_of, is_archive=is_archive), found)
    for finding in found.findings:
        _show(finding)
    blocking = len(found.blocking)
    if not blocking:
        _print("Nothing blocks the file.")
        return
    words = "1 problem blocks" if blocking == 1 else f"{blocking} problems block"
    _print(f"{words} the file.")


def _show_totals(name: str, found: Preflight) -> None:
    """The rows, the files and the sums, in all and account by account."""
    rows, debits, credits_ = found.totals
    currency = found.currency
    _print(f"{name}: {counted(rows, 'row')} in {counted(found.files, 'file')}")
    sums = grouped_text(debits, currency)
    if debits == credits_:
        _print(f"debits = credits = {sums} {currency}")
    else:
        other = grouped_text(credits_, currency)
        _print(f"debits {sums} and credits {other} {currency} differ")
    if found.accounts:
        out.print(_accounts(found), markup=False)


def _accounts(found: Preflight) -> Table:
    """The sums of each account."""
    table = plain_table("Account")
    for column in ("Debits", "Credits"):
        table.add_column(column, justify="right", no_wrap=True)
    for account, sums in found.accounts.items():
        amounts = (grouped_text(amount, found.currency) for amount in sums)
        table.add_row(account, *amounts)
    return table


def _show(finding: Finding) -> None:
    """A finding with its places and its way out."""
    head = "BLOCKS " if finding.blocks else "note   "
    _print(f"{head} {finding.title}")
    details, way_out = list(_details(finding)), way_out_of(finding)
    for line in (*details, *([f"way out: {way_out}"] if way_out else [])):
        _print(f"        {line}")


def _details(finding: Finding) -> Sequence[str]:
    """All places where they are listed, else the message."""
    if finding.places:
        more = finding.count - len(finding.places)
        return [*finding.places, *([f"and {more:,} more"] if more > 0 else [])]
    return [finding.message] if finding.message else []


def _print(line: str) -> None:
    out.print(line, markup=False)
