"""Which entries before a file's days are in no file for its target.

What the files of a system leave out is missing in its accounts, and no later file has
it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import FIRST_DAY, Day, day_text, first_day_of, last_day_of
from daybook.exports.file_spec import FileSpec
from daybook.exports.formats import FORMATS
from daybook.exports.mapping.forms import FORMS, Integration
from daybook.exports.mapping.queries import integrations_at
from daybook.exports.posting.recorded_files import recorded_files
from daybook.exports.preflight.findings import Finding, FindingCode
from daybook.exports.queries import records_of_formats
from daybook.ledger.pins import Pin
from daybook.ledger.queries import account_names
from daybook.ledger.rules import Role, net_change
from daybook.money import grouped_text
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.totals import totals_by_month

RANGES_NAMED = 3
"""How many ranges of days a finding names."""

Days: TypeAlias = tuple[Day, Day]
"""The first and the last of a range of days."""


class _Left(NamedTuple):
    """Days in no file, from the first to the last month with entries, and their sums.

    `changes` are those of the accounts, each on its normal side.
    """

    days: Days
    changes: Mapping[Role, int]


async def find_earlier(session: AsyncSession, spec: FileSpec) -> Finding | None:
    """Which earlier entries are in no file for the system; None if there are none.

    Days that the system has closed don't count, and neither does anything before a
    difference, or before a file that has only some of its days' entries. Once a file of
    the system is posted, only posted ones are files.
    """
    integration, pin = spec.integration, spec.pin
    if integration is None or spec.options.since is not None:
        return None
    if _is_partial(spec.journal_filter):
        return None
    closed = (await integrations_at(session, pin))[integration].closed_through
    first = FIRST_DAY if closed is None else closed + 1
    last = spec.journal_filter.first_day() - 1
    is_posted, files = await _days_of_files(session, pin, integration)
    left = []
    for days in days_in_none(first, last, files):
        left += await _left(session, pin, days, spec.journal_filter.on)
    changes = {role: sum(its.changes[role] for its in left) for role in Role}
    if not any(changes.values()):
        return None
    names = await account_names(session, pin)
    amounts = [
        f"{names.of(role).name} {grouped_text(amount, pin.currency)} {pin.currency}"
        for role, amount in changes.items()
        if amount
    ]
    title, ranges = FORMS[integration].title, [its.days for its in left]
    return Finding(
        FindingCode.EARLIER_ENTRIES,
        blocks=False,
        title=f"entries of {_words(ranges)} are in no {'posted ' * is_posted}file for"
        f" {title}",
        message=", ".join(amounts),
        way_out=f"export those days too, from {day_text(ranges[0][0])} on; if {title}"
        " has them otherwise, say through which day it is closed",
        command=f"daybook mapping enable --integration {integration.name}"
        " --closed-through DAY",
        count=len(ranges),
    )


def days_in_none(first: Day, last: Day, files: Iterable[Days]) -> Iterator[Days]:
    """The days from the first through the last that no file has, range by range."""
    for start, end in sorted(files):
        if start > first:
            yield first, min(start - 1, last)
        first = max(first, end + 1)
        if first > last:
            return
    if first <= last:
        yield first, last


def _words(ranges: Sequence[Days]) -> str:
    """`2025-12-01 to 2025-12-31`; of several the first ones."""
    named = [f"{day_text(start)} to {day_text(end)}" for start, end in ranges]
    more = len(named) - RANGES_NAMED
    return ", ".join(named[:RANGES_NAMED]) + (f" and {more} more" if more > 0 else "")


def _is_partial(journal_filter: JournalFilter) -> bool:
    """Whether a file has only some of its days' entries."""
    return (
        journal_filter.sources is not None
        or journal_filter.narrows_journals()
        or journal_filter.narrows_movements()
    )


async def _days_of_files(
    session: AsyncSession, pin: Pin, integration: Integration
) -> tuple[bool, list[Days]]:
    """Whether files of the system are posted, and of which days its files have all."""
    formats = [its.number for its in FORMATS if its.integration is integration]
    records = await records_of_formats(
        session, pin.organisation_id, pin.ledger_id, formats
    )
    posted = [listed for listed in records if listed.posting is not None]
    files = [file.selected for file in await recorded_files(session, posted or records)]
    return bool(posted), [
        file.days
        for file in files
        if file.base is None and not _is_partial(file.journal_filter)
    ]


async def _left(
    session: AsyncSession, pin: Pin, days: Days, on: Day | None
) -> list[_Left]:
    """What is posted on some days; empty if nothing is."""
    wanted = JournalFilter(*days, on=on, include_scheduled=False)
    first, last = wanted.first_day(), wanted.last_day(pin)
    if first > last:
        return []
    totals = await totals_by_month(session, pin, wanted)
    if not totals:
        return []
    changes = {
        role: sum(net_change(pairs, role) for pairs in totals.values()) for role in Role
    }
    start, end = first_day_of(min(totals)), last_day_of(max(totals))
    return [_Left((max(start, first), min(end, last)), changes)]
