"""What was exported to an accounting system: the entries of a ledger's posted files."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from daybook.db.engine import Database
from daybook.exports.formats.xero import XERO
from daybook.exports.queries import ListedRecord, posted_records
from daybook.exports.reading.units import read_units
from daybook.exports.rules import ExportGroup, Groups, code_of
from daybook.exports.stored_spec import record_spec
from daybook.gl.rules.matching import Amounts, ExportedJournal
from daybook.ledger.pins import Pin


class Exported(NamedTuple):
    """The entries of posted files, and the numbers of the files' records.

    `other_files` are in another currency than was asked for, so that they can't be
    compared.
    """

    journals: list[ExportedJournal]
    files: list[int]
    other_files: list[int]


async def exported_journals(database: Database, pin: Pin, currency: str) -> Exported:
    """What the files of a ledger for Xero have that are posted now, file by file.

    Each is read as it was made. An entry whose accounts all come to nothing is left
    out: nothing of it could be found.
    """
    async with database.reads() as session:
        posted = await posted_records(session, pin.organisation_id, pin.ledger_id)
    found = Exported([], [], [])
    for listed in posted:
        if listed.record.format != XERO.number:
            continue
        if listed.totals_currency != currency:
            found.other_files.append(listed.record.number)
            continue
        found.files.append(listed.record.number)
        found.journals.extend(await _journals_of(database, listed))
    return found


async def _journals_of(
    database: Database, listed: ListedRecord
) -> list[ExportedJournal]:
    spec = record_spec(listed.record, listed.currency)
    journals: list[ExportedJournal] = []
    async for units in read_units(database, spec):
        assert isinstance(units, Groups), "accounting systems take entries of one date"
        journals.extend(
            journal._replace(
                record=listed.record.number,
                # A group's place is none of a journal.
                journal=None if spec.by is not None else entry.place[0],
            )
            for entry in units.units
            for journal in _booked_by(entry)
        )
    return journals


def _booked_by(entry: ExportGroup) -> Iterator[ExportedJournal]:
    """An entry as it is to be booked, unless its accounts come to nothing."""
    amounts = _amounts(entry)
    if amounts:
        yield ExportedJournal(entry.key, entry.day, amounts)


def _amounts(entry: ExportGroup) -> Amounts:
    """An entry's credits less debits by account code, without zeros."""
    sums: Counter[str] = Counter()
    for line in entry.lines:
        code = code_of(line.target)
        sums[code] += -line.amount if line.is_debit else line.amount
    return {code: amount for code, amount in sums.items() if amount}
