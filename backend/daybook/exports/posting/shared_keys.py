"""Entries of other days that a target would take for those that it has, by their keys.

An entry by month is named by its journal or group alone. Where two files have a part of
a month each, their entries of that month have the same keys.
"""

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.exports.file_spec import FileSpec
from daybook.exports.mapping.forms import FORMS
from daybook.exports.posting.overlapping import (
    Shared,
    days_of_both,
    journals_in_both,
    shared_with,
    target_of,
)
from daybook.exports.posting.recorded_files import (
    RecordedFile,
    Selected,
    recorded_files,
)
from daybook.exports.queries import posted_records
from daybook.exports.stored_spec import groupings_text
from daybook.ledger.models import Journal
from daybook.ledger.queries import had_several_ledgers
from daybook.reports.journals.conditions import has_movements
from daybook.reports.journals.group_keys import Granularity


async def keys_in_use(
    session: AsyncSession, spec: FileSpec, selected: Selected
) -> Shared:
    """The journals whose entries posted files have by the same keys, on other days.

    Nothing is shared by entries of a day and by differences, whose keys are their own,
    and where the target takes a key again on another day.
    """
    integration = spec.integration
    if (
        integration is None
        or not FORMS[integration].entry_key
        or spec.granularity is not Granularity.MONTHLY
        or selected.base is not None
    ):
        return Shared()
    pin = spec.pin
    posted = await posted_records(session, pin.organisation_id, pin.ledger_id)
    files = await recorded_files(session, posted)
    has_currency = await had_several_ledgers(session, pin)
    its = [
        file
        for file in files
        if _has_such_keys(spec, selected, file)
        # Keys begin with the currency since there was a second ledger.
        and await had_several_ledgers(session, file.selected.pin) == has_currency
    ]
    return await shared_with(session, selected, its, _in_both)


def _has_such_keys(spec: FileSpec, mine: Selected, file: RecordedFile) -> bool:
    """Whether a file has other days of a selection's months, for the same target."""
    record, theirs = file.listed.record, file.selected
    if (
        target_of(record.format) != target_of(spec.file_format.number)
        or Granularity(record.granularity) is not spec.granularity
        or record.group_by != groupings_text(spec.by)
        or theirs.base is not None
    ):
        return False
    first_day, last_day = days_of_both(mine, theirs)
    months = (its.journal_filter.months(its.pin) for its in (mine, theirs))
    starts, ends = zip(*months, strict=True)
    return first_day > last_day and max(starts) <= min(ends)


async def _in_both(
    session: AsyncSession, mine: Selected, theirs: Selected
) -> Select[int]:
    """The numbers of journals with entries in both selections."""
    return select(Journal.number).where(
        *await journals_in_both(session, mine, theirs),
        has_movements(mine.pin, mine.journal_filter),
        has_movements(theirs.pin, theirs.journal_filter),
    )
