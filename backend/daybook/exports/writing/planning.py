"""Whether a file is one file or an archive of parts, decided before its first byte."""

from typing import NamedTuple

from sqlalchemy import func

from daybook.db.engine import Database
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.exports.checking import check_size, check_units
from daybook.exports.file_spec import FileSpec
from daybook.exports.preflight.findings import Finding
from daybook.exports.reading.expected import expected_totals
from daybook.exports.reading.units import read_units
from daybook.exports.rules import Movements, Totals, Units, slice_totals
from daybook.exports.writing.splitting import each_unit, part_limits, parts_at_most
from daybook.ledger.models import JournalMovement
from daybook.numbers import counted
from daybook.reports.journals.conditions import select_movements
from daybook.reports.journals.entries import count_entries, largest_journal
from daybook.reports.journals.group_keys import Granularity


class FilePlan(NamedTuple):
    """How a file is made: in one piece, or as an archive of parts.

    It has no more than `parts_most` parts. `totals` are the file's, if they had to be
    found out. `notes` are what its preflight found that doesn't stop it.
    """

    is_archive: bool = False
    parts_most: int = 1
    totals: Totals | None = None
    notes: tuple[Finding, ...] = ()


async def plan_file(
    database: Database,
    spec: FileSpec,
    expected: Totals | None = None,
    *,
    is_archive: bool | None = None,
) -> FilePlan:
    """How to make a file; raises Rejected if it can't be made, or would not load.

    By default it is split if it has to be. With `is_archive`, it is an archive of one
    part at least; with False it is never split. `expected` are the file's totals, if
    they are known already.
    """
    if spec.is_read_first:
        found = await check_units(database, spec)
        is_archive = found.files > 1 if is_archive is None else is_archive
        most = found.files if is_archive else 1
        return FilePlan(is_archive, most, found.totals, found.findings)
    await check_size(database, spec, expected)
    limit = part_limits(spec).rows
    if is_archive is False or limit is None:
        return FilePlan(bool(is_archive), 1, expected)
    if expected is None and await _rows_at_most(database, spec) > limit:
        expected = await expected_totals(database, spec)
    if expected is None or expected.rows <= limit:
        return FilePlan(bool(is_archive), 1, expected)
    await _check_units(database, spec, limit)
    return FilePlan(True, parts_at_most(expected.rows, limit), expected)  # noqa: FBT003


async def _rows_at_most(database: Database, spec: FileSpec) -> int:
    """No fewer rows than the file has, and cheaper to count.

    A row a side of each day, or of each movement: sums and groups have fewer.
    """
    pin, journal_filter = spec.pin, spec.journal_filter
    async with database.reads() as session:
        if spec.granularity is Granularity.DAILY:
            return 2 * await count_entries(session, pin, journal_filter)
        count = func.count(JournalMovement.seq)
        return 2 * (
            await session.scalar(select_movements(pin, journal_filter, count)) or 0
        )


async def _check_units(database: Database, spec: FileSpec, limit: int) -> None:
    """Raise Rejected if a journal or group has more rows than a part can hold."""
    if spec.by is None:
        is_daily = spec.granularity is Granularity.DAILY
        async with database.reads() as session:
            largest = await largest_journal(
                session, spec.pin, spec.journal_filter, by_entry=is_daily
            )
        if largest is None or 2 * largest[1] <= limit:
            return
    # The rows of sums by account, and of manual journals, are known once they are made.
    async for units in read_units(database, spec):
        for unit in each_unit(units):
            rows = slice_totals(unit).rows
            if rows > limit:
                raise _too_large(_name_of(unit, spec), rows, limit)


def _name_of(unit: Units, spec: FileSpec) -> str:
    """A unit's name for people: `journal 7`."""
    if isinstance(unit, Movements):
        return f"journal {unit.units[0].journal}"
    return f"{'journal' if spec.by is None else 'group'} {unit.units[0].key}"


def _too_large(name: str, rows: int, limit: int) -> Rejected:
    message = (
        f"{name} has {counted(rows, 'row')}, and a part of the file holds"
        f" {limit:,}; it is never cut: choose more rows for a part, 0 for a"
        " single file, or rows by month"
    )
    return Rejected([Problem(ProblemCode.TOO_LARGE, message, ("max_rows",))])
