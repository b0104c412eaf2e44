"""What a recurrence is, on which days it makes journals, which steps it takes. Pure.

A recurrence has a journal's content and makes one manual journal from it each month,
its instances. `R-3` is the third recurrence of its organisation. The version in force
makes instances once it is active: approved, or submitted while four eyes is off. Saving
another version stops that until the new version is active.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from daybook.adjustments.rules import (
    AdjustmentKind,
    EnteredJournal,
    EnteredLine,
    refused,
)
from daybook.calendar import LAST_DAY, Day, Month, first_day_of, last_day_of, month_of
from daybook.errors import ProblemCode, Rejected

LAST_MONTH: Month = month_of(LAST_DAY)
"""The last month that journals may be dated in."""


class RecurrenceStepKind(IntEnum):
    """What somebody did with a recurrence; the number is stored.

    `SAVED` wrote a version. `ACTIVATED` began to make instances without approval, since
    four eyes was off.
    """

    SAVED = 1
    SUBMITTED = 2
    WITHDRAWN = 3
    APPROVED = 4
    REJECTED = 5
    ACTIVATED = 6
    ENDED = 7

    @property
    def status(self) -> "RecurrenceStatus":
        """The status that a recurrence has after such a step."""
        return _STATUSES[self]


class RecurrenceStatus(IntEnum):
    """The state of a recurrence; the number is stored. Only an active one is run."""

    DRAFT = 1
    SUBMITTED = 2
    REJECTED = 5
    ACTIVE = 6
    ENDED = 7

    @property
    def is_editable(self) -> bool:
        """Whether a new version may be saved."""
        return self not in {RecurrenceStatus.SUBMITTED, RecurrenceStatus.ENDED}

    @property
    def is_submittable(self) -> bool:
        """Whether the version in force may be submitted."""
        return self in {RecurrenceStatus.DRAFT, RecurrenceStatus.REJECTED}


_STATUSES: Mapping[RecurrenceStepKind, RecurrenceStatus] = {
    RecurrenceStepKind.SAVED: RecurrenceStatus.DRAFT,
    RecurrenceStepKind.SUBMITTED: RecurrenceStatus.SUBMITTED,
    RecurrenceStepKind.WITHDRAWN: RecurrenceStatus.DRAFT,
    RecurrenceStepKind.APPROVED: RecurrenceStatus.ACTIVE,
    RecurrenceStepKind.REJECTED: RecurrenceStatus.REJECTED,
    RecurrenceStepKind.ACTIVATED: RecurrenceStatus.ACTIVE,
    RecurrenceStepKind.ENDED: RecurrenceStatus.ENDED,
}


class Schedule(NamedTuple):
    """The months of a recurrence, and the day in each.

    In a shorter month the day is its last one. `until_month` is the last month; without
    one it goes on. An instance that `reverses` does so on the first day of the next
    month.
    """

    day_of_month: int
    first_month: Month
    until_month: Month | None = None
    reverses: bool = False

    @property
    def last_month(self) -> Month:
        """The last month that has an instance."""
        last = LAST_MONTH - self.reverses
        return last if self.until_month is None else min(self.until_month, last)

    def day_in(self, month: Month) -> Day:
        """The date of a month's instance."""
        return min(first_day_of(month) + self.day_of_month - 1, last_day_of(month))

    def reversal_in(self, month: Month) -> Day | None:
        """The day on which a month's instance reverses itself, if it does."""
        return first_day_of(month + 1) if self.reverses else None

    def months(self, made: Container[Month] = ()) -> Iterator[Month]:
        """Its months without an instance, in order."""
        for month in range(self.first_month, self.last_month + 1):
            if month not in made:
                yield month

    def due(self, made: Container[Month], today: Day) -> list[Month]:
        """The months whose instance is to be made by today, in order."""
        last = month_of(min(today, LAST_DAY))
        return [
            month
            for month in self.months(made)
            if month <= last and self.day_in(month) <= today
        ]

    def count_due(self, today: Day) -> int:
        """How many months have an instance by today."""
        this_month = month_of(min(today, LAST_DAY))
        is_due = today >= self.day_in(this_month)
        last = min(self.last_month, this_month if is_due else this_month - 1)
        return max(0, last - self.first_month + 1)


@dataclass(frozen=True, slots=True)
class EnteredRecurrence:
    """A recurrence as it is entered: a journal's content, and when it is made."""

    currency: str
    kind: AdjustmentKind
    narrative: str
    schedule: Schedule
    lines: tuple[EnteredLine, ...] = ()
    customer_id: str | None = None
    product_id: str | None = None

    def journal(self, schedule: Schedule) -> EnteredJournal:
        """The first month's journal by a schedule."""
        month = schedule.first_month
        return EnteredJournal(
            self.currency,
            schedule.day_in(month),
            self.kind,
            self.narrative,
            self.lines,
            self.customer_id,
            self.product_id,
            reverses_on=schedule.reversal_in(month),
        )


PREFIX = "R-"
BY_RECURRENCE = "recurrence "
"""What a recurrence is called as the maker of journals begins with this."""


def label(number: int) -> str:
    """What people call a recurrence: `R-3`."""
    return f"{PREFIX}{number}"


def name_of(number: int) -> str:
    """A recurrence as the maker of journals; it names no person."""
    return f"{BY_RECURRENCE}{label(number)}"


def check_version(number: int, in_force: int, expected: int) -> None:
    """Raise Rejected where the caller saw another version than the one in force."""
    if in_force != expected:
        message = (
            f"{label(number)} was changed meanwhile: version {in_force} is in force,"
            f" and you saw version {expected}; look at it again"
        )
        raise refused(ProblemCode.CONFLICT, message, "version")


WAYS_ON: Mapping[RecurrenceStatus, str] = {
    RecurrenceStatus.DRAFT: "is a draft: submit it first",
    RecurrenceStatus.SUBMITTED: "is submitted, which freezes it: withdraw it first",
    RecurrenceStatus.REJECTED: "was rejected: submit it again first",
    RecurrenceStatus.ACTIVE: "is active: change it, or end it",
    RecurrenceStatus.ENDED: "has ended, which is final: write a new one",
}


def wrong_status(number: int, status: RecurrenceStatus) -> Rejected:
    """A rejection of a step that the recurrence's status doesn't permit."""
    return refused(ProblemCode.WRONG_STATUS, f"{label(number)} {WAYS_ON[status]}")
