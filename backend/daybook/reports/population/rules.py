"""What makes an entry worth an auditor's look, and which entries are selected. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TypeAlias

from daybook.calendar import FIRST_DAY, LAST_DAY, Day
from daybook.reports.revenue import EVERYTHING, RevenueFilter

ROUND_UNITS = 1_000
"""An amount is round if it is a multiple of so many whole units of its currency."""
SELDOM_PERCENT = 1
"""A pair of accounts is seldom with less of all entries than this."""


Use: TypeAlias = tuple[int, int]
"""A debit and a credit account, by their stored numbers."""


class PopulationFlag(Enum):
    """A mark of an entry, of those that AS 2401 tells auditors to look for."""

    MANUAL = "MANUAL"
    """Of a manual journal."""
    AFTER_CLOSE = "AFTER_CLOSE"
    """Recorded for a day that had been closed by then."""
    WEEKEND = "WEEKEND"
    """Recorded on a Saturday or Sunday, in the organisation's time zone."""
    ROUND = "ROUND"
    """A multiple of 1,000 whole units of the currency: 1,000.00, ¥1,000."""
    SELDOM_PAIR = "SELDOM_PAIR"
    """Its pair of accounts is that of less than one entry in a hundred."""
    SUPERSEDED = "SUPERSEDED"
    """Replaced by a later recording: in no report any more."""


@dataclass(frozen=True, slots=True)
class PopulationFilter:
    """Which entries are selected; what is absent doesn't narrow.

    Days of recording are in the organisation's time zone. An entry is posted on each of
    its days, and any of them within the posting days selects it; so does any of the
    flags. `author` is the name that the recording stores.
    """

    posted_from: Day | None = None
    posted_to: Day | None = None
    recorded_from: Day | None = None
    recorded_to: Day | None = None
    flags: tuple[PopulationFlag, ...] = ()
    author: str | None = None
    revenue: RevenueFilter = EVERYTHING

    @property
    def first_day(self) -> Day:
        """The first posting day."""
        return FIRST_DAY if self.posted_from is None else self.posted_from

    @property
    def last_day(self) -> Day:
        """The last posting day."""
        return LAST_DAY if self.posted_to is None else self.posted_to


ALL_ENTRIES = PopulationFilter()

SATURDAY, DAYS_OF_WEEK = 2, 7
"""The first Saturday is the third day after 1970-01-01."""


def weekends(
    first: Day, until: datetime, end_of: Callable[[Day], datetime]
) -> Iterator[tuple[datetime, datetime]]:
    """When each weekend begins and is over, from the one of a day or before it."""
    saturday = first - (first - SATURDAY) % DAYS_OF_WEEK
    while (begins := end_of(saturday - 1)) <= until:
        yield begins, end_of(saturday + 1)
        saturday += DAYS_OF_WEEK


def often(counts: Mapping[Use, int]) -> frozenset[Use]:
    """The uses that are of at least one entry in a hundred: all others are seldom."""
    total = sum(counts.values())
    return frozenset(
        use for use, count in counts.items() if 100 * count >= SELDOM_PERCENT * total
    )
