"""The difference between a recorded file and the ledger now, as units of a file.

The file's journals are read again as they were, and as they are, and compared. A file
may itself be a difference: then the whole chain is read, since each of its files posted
to the accounts of its own time. Only journals that a later recording changed are read.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.db.engine import Database, ReadSession
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.exports.differences.difference import (
    Posted,
    added_unit,
    difference_of,
    moved_to,
)
from daybook.exports.file_spec import FileSpec
from daybook.exports.formats.contract import Opens
from daybook.exports.mapping.forms import FORMS, Preset
from daybook.exports.mapping.queries import integrations_at
from daybook.exports.models import ExportRecord
from daybook.exports.queries import posted_records, records_by_number
from daybook.exports.rules import ExportGroup, Groups, Movements, Units
from daybook.exports.stored_spec import record_spec
from daybook.fx.queries import newest_refresh
from daybook.ledger.pins import Pin
from daybook.reports.journals.filters import ChangedSince, JournalFilter

SLICE = 1_000
"""How many units of a difference are rendered at once."""
Read: TypeAlias = Callable[[Database, FileSpec], AsyncIterator[Units]]
"""Reads the units of what a spec selects."""


async def since_spec(session: ReadSession, pin: Pin, number: int) -> FileSpec:
    """The file that holds the difference between a record's file and a pin.

    It has the form and selection of the recorded file, but opens no accounts, since it
    is loaded with that one, which did. Raises Rejected for a record of
    another ledger, for a selection whose journals may come and go by themselves, for a
    moment before the record's, and for a record that a posted difference goes on from.
    """
    chain = await chain_of(session, pin.organisation_id, number)
    first, last = chain[0], chain[-1]
    base = record_spec(first, pin.currency)
    journal_filter = base.journal_filter
    problem = _refused(pin, number, last, journal_filter)
    problem = problem or await _continued(session, pin, number)
    if problem:
        raise Rejected([Problem(ProblemCode.UNSUPPORTED, problem, ("since",))])
    if not _is_open(journal_filter):
        # Entries that were scheduled then are no correction of what was posted.
        journal_filter = replace(journal_filter, on=first.divides_on)
    options = base.options._replace(since=number)
    if base.file_format.opens_accounts:
        options = options._replace(opens=Opens.NONE)
    if options.refresh is not None:
        # What is new has the rates of now; the files of the chain keep theirs.
        options = options._replace(refresh=await newest_refresh(session))
    if base.integration is not None:
        settings = (await integrations_at(session, base.pin))[base.integration]
        preset = options.preset or settings.preset
        if FORMS[base.integration].presets:
            preset = preset or Preset.NORMAL_BALANCE
        date_form = options.date_form or settings.form_of_dates(
            base.integration, preset
        )
        options = options._replace(preset=preset, date_form=date_form)
    return replace(base, pin=pin, journal_filter=journal_filter, options=options)


def _refused(
    pin: Pin, number: int, last: ExportRecord, journal_filter: JournalFilter
) -> str:
    """Why there is no difference to a record; empty if there is one."""
    if last.ledger_id != pin.ledger_id:
        return f"file {number} is of another ledger: choose that one"
    if last.recording > pin.recording:
        return f"file {number} is later than the as-of day: choose a later day"
    for name, is_given in (
        ("excludes fully recognized journals", journal_filter.excludes_recognized),
        ("is filtered by shifted", journal_filter.shifted is not None),
        ("is filtered by revised", journal_filter.revised is not None),
        ("is filtered by voided", journal_filter.voided is not None),
        (
            "is filtered by partly scheduled",
            journal_filter.partly_scheduled is not None,
        ),
        ("is filtered by a search", journal_filter.search is not None),
        ("is filtered by what is deferred", journal_filter.deferred_on is not None),
        ("is filtered by what changed", journal_filter.changed_after is not None),
    ):
        if is_given:
            return (
                f"file {number} {name}, so journals may join or leave it by"
                " themselves: export without that filter, and go on from there"
            )
    return ""


async def posted_after(
    session: AsyncSession, organisation_id: int, ledger_id: int, number: int
) -> list[int]:
    """The posted differences that go on from a record, by number."""
    later = []
    for listed in await posted_records(session, organisation_id, ledger_id):
        chain = await chain_of(session, organisation_id, listed.record.number)
        if number in {record.number for record in chain[:-1]}:
            later.append(listed.record.number)
    return later


async def _continued(session: ReadSession, pin: Pin, number: int) -> str:
    """Which posted difference goes on from a record, in words; empty if none does."""
    later = await posted_after(session, pin.organisation_id, pin.ledger_id, number)
    if not later:
        return ""
    return (
        f"file {max(later)} is posted and holds a difference to file {number}: go"
        f" on from file {max(later)}, or the same change is posted twice"
    )


def _is_open(journal_filter: JournalFilter) -> bool:
    """Whether a file had no end of its own: it ended with its day."""
    return journal_filter.posted_to is None and journal_filter.on is None


async def chain_of(
    session: AsyncSession, organisation_id: int, number: int
) -> list[ExportRecord]:
    """A record and those that it goes on from, the first one first."""
    chain: list[ExportRecord] = []
    wanted: int | None = number
    while wanted is not None:
        found = await records_by_number(session, organisation_id, [wanted])
        if not found:
            message = f"there is no export record {wanted}"
            raise Rejected([Problem(ProblemCode.NOT_FOUND, message, ("since",))])
        chain.append(found[0].record)
        wanted = record_spec(found[0].record, found[0].currency).options.since
    return chain[::-1]


async def filters_since(session: AsyncSession, spec: FileSpec) -> str:
    """The filters of the recorded file to which a file holds the difference."""
    assert spec.options.since is not None, "the file holds a difference"
    number = spec.options.since
    found = await records_by_number(session, spec.pin.organisation_id, [number])
    return found[0].record.filters or ""


async def base_of(session: AsyncSession, spec: FileSpec) -> FileSpec:
    """The recorded file to which a file holds the difference."""
    assert spec.options.since is not None, "the file holds a difference"
    chain = await chain_of(session, spec.pin.organisation_id, spec.options.since)
    return record_spec(chain[-1], spec.pin.currency)


async def read_difference(
    database: Database, spec: FileSpec, read: Read, key_prefix: str
) -> AsyncIterator[Units]:
    """The units of a file that holds a difference: `spec` is of `since_spec`."""
    number = spec.options.since
    assert number is not None, "the file holds a difference"
    async with database.reads() as session:
        chain = await chain_of(session, spec.pin.organisation_id, number)
    files = [*(record_spec(record, spec.pin.currency) for record in chain), spec]
    compared, suffix = _compared(files), _suffix(files)
    held: list[ExportGroup] = []
    async for units in _side_by_side(
        [_each(database, file, read) for file in compared]
    ):
        unit = _corrected(units, number, key_prefix, suffix)
        if unit is not None:
            held.append(unit)
        if len(held) >= SLICE:
            yield Groups(held)
            held = []
    if held:
        yield Groups(held)


def _compared(files: Sequence[FileSpec]) -> list[FileSpec]:
    """The files with lines by product, of journals that changed since the first."""
    first, last = files[0], files[-1]
    day = first.journal_filter.last_day(first.pin)
    is_moving = last.journal_filter.last_day(last.pin) > day
    changed = ChangedSince(
        first.pin.recording, last.pin.recording, day if is_moving else None
    )
    return [
        replace(
            file,
            is_compared=True,
            options=file.options._replace(since=None),
            journal_filter=replace(file.journal_filter, changed_since=changed),
        )
        for file in files
    ]


def _suffix(files: Sequence[FileSpec]) -> str:
    """What keys of the last file end with: `-r31`, and `-r31.2` if that was used.

    A chain may have several differences at one recording, where only days went by.
    """
    recording = files[-1].pin.recording
    earlier = [file for file in files[1:-1] if file.pin.recording == recording]
    again = f".{len(earlier) + 1}" if earlier else ""
    return f"-r{recording}{again}"


def _corrected(
    units: Sequence[ExportGroup | None], number: int, key_prefix: str, suffix: str
) -> ExportGroup | None:
    """What a unit's file has to be corrected by; None if by nothing.

    `units` are the unit as each file of the chain had it, and as it is now.
    """
    posted: Posted = {}
    changes = []
    for unit in units:
        changes = moved_to(posted, unit)
    newest = next(unit for unit in reversed(units) if unit is not None)
    key = f"{key_prefix}{newest.key}{suffix}"
    if newest.is_entered and not any(units[:-1]):
        return added_unit(newest, record=number, key=key)
    return difference_of(newest, changes, record=number, key=key)


async def _each(
    database: Database, file: FileSpec, read: Read
) -> AsyncIterator[ExportGroup]:
    """The units of a file, one after another."""
    async for units in read(database, file):
        assert not isinstance(units, Movements), "compared units have one date each"
        for unit in units.units:
            yield unit


async def _side_by_side(
    streams: Sequence[AsyncIterator[ExportGroup]],
) -> AsyncIterator[list[ExportGroup | None]]:
    """Units of several streams with equal places, in order; None where one has none."""
    heads: list[ExportGroup | None] = [await anext(stream, None) for stream in streams]
    while True:
        places: list[tuple[Any, ...]] = [head.place for head in heads if head]
        if not places:
            return
        place = min(places)
        yield [head if head and head.place == place else None for head in heads]
        for index, head in enumerate(heads):
            if head and head.place == place:
                heads[index] = await anext(streams[index], None)
