"""How `daybook export` ends: the manifest beside the file, and the closing lines."""

from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from rich.cells import cell_len

from daybook.cli.asides import aside_of, opened_aside
from daybook.cli.export_places import Place
from daybook.cli.running import complain, err, unwritten
from daybook.exports.account_order import in_report_order
from daybook.exports.formats.contract import FileFacts
from daybook.exports.manifests.manifest import SUFFIX
from daybook.exports.rules import AccountTotals
from daybook.exports.writing.tallies import Tally
from daybook.ledger.pins import AuditHead
from daybook.money import grouped_text
from daybook.numbers import counted

ACCOUNTS_SHOWN = 40
"""How many accounts the closing lines show; the manifest has all of them."""


class Ended(NamedTuple):
    """A file that was made, its record, and the audit head that it was made from.

    If there is no record, `why` says why.
    """

    place: Place
    size: int
    sha256: bytes
    tally: Tally
    facts: FileFacts
    head: AuditHead | None
    record: int | None
    why: str


def write_manifest(place: Place, manifest: str) -> None:
    """Write a single file's manifest beside it; a failure is only reported."""
    if place.path is None or not place.has_manifest:
        return
    path = place.path.with_name(f"{place.path.name}{SUFFIX}")
    aside = aside_of(path)
    try:
        with opened_aside(path) as stream:
            stream.write(manifest.encode())
        aside.replace(path)
    except OSError as error:
        complain(unwritten(path, error))
        with suppress(OSError):
            aside.unlink()


def print_ended(ended: Ended) -> None:
    """Print what a controller compares with the target, on standard error."""
    path = ended.place.path
    if ended.place.given:
        files = counted(len(ended.tally.parts), "file")
        message = f"{ended.place.given} would be {files}, which are in {path}"
        err.print(message, markup=False)
    if path is not None:
        err.print(f"{path}: {counted(ended.size, 'byte')}", markup=False)
    for line in closing_lines(ended.tally, ended.facts):
        err.print(line, markup=False)
    err.print(f"SHA-256: {ended.sha256.hex()}")
    if ended.record is None:
        complain(f"the ledger has no record of this file: {ended.why}")
    else:
        err.print(f"export record: {ended.record}")
    if ended.head is not None:
        number, head_hash = ended.head
        err.print(f"audit head: record {number}, {head_hash.hex()}")


def closing_lines(tally: Tally, facts: FileFacts) -> Iterator[str]:
    """The rows and files, the sum of each side, and both sums of each account."""
    rows, debits, _ = tally.totals
    currency = facts.currency
    files = counted(len(tally.parts) or 1, "file")
    yield f"{counted(rows, 'row')} in {files}"
    yield f"debits = credits = {grouped_text(debits, currency)} {currency}"
    yield from _account_lines(in_report_order(tally.accounts, facts), currency)


def _account_lines(accounts: AccountTotals, currency: str) -> Iterator[str]:
    """A line for each account, in columns."""
    shown = [*accounts][:ACCOUNTS_SHOWN]
    if not shown:
        return
    rows = [("", "debits", "credits")]
    for name in shown:
        debits, credits_ = accounts[name]
        amounts = grouped_text(debits, currency), grouped_text(credits_, currency)
        rows.append((name, *amounts))
    name_width = max(cell_len(name) for name, _, _ in rows)
    widths = [max(len(row[side]) for row in rows) for side in (1, 2)]
    for name, debit, credit in rows:
        padding = " " * (name_width - cell_len(name))
        yield f"  {name}{padding}  {debit:>{widths[0]}}  {credit:>{widths[1]}}"
    if len(accounts) > len(shown):
        yield f"  and {len(accounts) - len(shown):,} more accounts: see the manifest"
