"""What recorded files have: their selections, and the chains of differences.

A file that holds the difference to another one has rows of journals that changed in
between, and belongs to the chain of the files that it goes on from.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day
from daybook.exports.differences.since import chain_of
from daybook.exports.queries import ListedRecord
from daybook.exports.stored_spec import filter_of, options_of, pin_of_record
from daybook.ledger.models import Journal
from daybook.ledger.pins import Pin
from daybook.ledger.queries import is_renamed_by_now
from daybook.reports.journals.conditions import (
    journal_conditions,
    with_names,
    with_search,
)
from daybook.reports.journals.filters import ChangedSince, JournalFilter


class Selected(NamedTuple):
    """What a file has: a ledger at a recording, and a filter.

    A difference has only what changed since its `base`; `chain` are the numbers of all
    records that it goes on from. `number` is the file's own, if it has a record.
    """

    pin: Pin
    journal_filter: JournalFilter
    number: int | None = None
    chain: frozenset[int] = frozenset()
    base: ChangedSince | None = None

    @property
    def days(self) -> tuple[Day, Day]:
        """The first and the last selected posting date."""
        return self.journal_filter.first_day(), self.journal_filter.last_day(self.pin)


class RecordedFile(NamedTuple):
    """A record, and what its file has."""

    listed: ListedRecord
    selected: Selected


async def recorded_files(
    session: AsyncSession, records: Iterable[ListedRecord]
) -> list[RecordedFile]:
    """What the files of records have; queries only for differences."""
    files = []
    for listed in records:
        record = listed.record
        selected = await selection_since(
            session,
            pin_of_record(record, listed.currency),
            filter_of(record.selection),
            options_of(record.options).since,
        )
        files.append(RecordedFile(listed, selected._replace(number=record.number)))
    return files


async def selection_since(
    session: AsyncSession, pin: Pin, journal_filter: JournalFilter, since: int | None
) -> Selected:
    """What a file has that is the difference to a record, or whole without one."""
    if since is None:
        return Selected(pin, journal_filter)
    chain = await chain_of(session, pin.organisation_id, since)
    last = chain[-1]
    day = filter_of(last.selection).last_day(pin_of_record(last, pin.currency))
    return Selected(
        pin,
        journal_filter,
        chain=frozenset(record.number for record in chain),
        base=ChangedSince(last.recording, pin.recording, day),
    )


async def journals_selected(
    session: AsyncSession, selected: Selected
) -> list[ColumnElement[bool]]:
    """The conditions of a selection on `Journal`, with those on names."""
    pin, journal_filter = selected.pin, selected.journal_filter
    if selected.base is not None:
        journal_filter = replace(journal_filter, changed_since=selected.base)
    conditions = journal_conditions(pin, journal_filter)
    if (journal_filter.search or "").strip():
        is_renamed = await is_renamed_by_now(session, pin)
        at = pin._replace(is_renamed=is_renamed)
        its_ledger = select(Journal.number).where(Journal.ledger_id == pin.ledger_id)
        named = with_search(with_names(its_ledger, at), at, journal_filter)
        conditions.append(Journal.number.in_(named.correlate(None)))
    return conditions
