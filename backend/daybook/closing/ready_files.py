"""A file of a month that was made, and that no target has yet."""

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Month, first_day_of, last_day_of
from daybook.exports.posting.overlapping import target_of
from daybook.exports.posting.recorded_files import Selected, recorded_files
from daybook.exports.queries import ListedRecord, RecordFilter, find_records
from daybook.ledger.pins import Pin
from daybook.paging import PageRequest

LOOKED_AT = 20
"""How many of the newest files are looked at: older ones are hardly still to load."""


async def ready_file(
    session: AsyncSession, pin: Pin, month: Month, targets: Collection[str]
) -> ListedRecord | None:
    """The newest file with all entries of a month that isn't posted; None without.

    It is one for the targets. Without any, every file will do.
    """
    wanted = RecordFilter(pin.currency, is_posted=False)
    newest = await find_records(
        session, pin.organisation_id, PageRequest(LOOKED_AT), wanted
    )
    records = [
        row
        for row in newest.items
        if row.record.recording <= pin.recording
        and (not targets or target_of(row.record.format).upper() in targets)
    ]
    for listed, selected in await recorded_files(session, records):
        if _has_all_of(selected, month):
            return listed
    return None


def _has_all_of(selected: Selected, month: Month) -> bool:
    first, last = selected.days
    its = selected.journal_filter
    is_partial = (
        its.sources is not None or its.narrows_journals() or its.narrows_movements()
    )
    has_month = first <= first_day_of(month) and last_day_of(month) <= last
    return has_month and not is_partial
