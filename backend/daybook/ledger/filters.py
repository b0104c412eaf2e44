"""What a report, an export or a query selects, and the same as SQL conditions."""

from dataclasses import dataclass
from typing import cast

from sqlalchemy import ColumnElement, and_, case, exists, or_, select

from daybook.calendar import (
    FIRST_DAY,
    LAST_DAY,
    Day,
    Month,
    first_day_of,
    last_day_of,
    month_of,
)
from daybook.ledger.models import (
    CatchUp,
    Journal,
    JournalMovement,
    MonthCount,
    MonthTotal,
)
from daybook.ledger.pins import Pin
from daybook.ledger.rules import SourceKind


@dataclass(frozen=True, slots=True)
class JournalFilter:
    """Absent fields do not narrow; present ones all apply.

    `posted_from … posted_to` are posting dates, both included. `on` divides posted from
    scheduled entries. `customer_id` and the like are Daybook's own numbers; a billing
    schedule's journals are its own and those of its invoices. `shifted` asks for
    journals with a movement that a lock moved, or for those without one. `search` finds
    journal numbers, customers, products and document numbers.
    """

    posted_from: Day | None = None
    posted_to: Day | None = None
    sources: tuple[SourceKind, ...] | None = None
    customer_id: int | None = None
    product_id: int | None = None
    document_id: int | None = None
    billing_schedule_id: int | None = None
    shifted: bool | None = None
    excludes_recognized: bool = False
    on: Day | None = None
    include_scheduled: bool = True
    search: str | None = None

    def first_day(self) -> Day:
        """The first posting date that is selected."""
        return FIRST_DAY if self.posted_from is None else self.posted_from

    def divides_on(self, pin: Pin) -> Day:
        """The last day whose entries are posted; later ones are scheduled."""
        return pin.today if self.on is None else self.on

    def last_day(self, pin: Pin) -> Day:
        """The last posting date that is selected."""
        last = LAST_DAY if self.posted_to is None else self.posted_to
        return last if self.include_scheduled else min(last, self.divides_on(pin))

    def months(self, pin: Pin) -> tuple[Month, Month]:
        """The first and the last month that can hold what is selected."""
        return month_of(self.first_day()), month_of(self.last_day(pin))

    def is_whole_months(self, pin: Pin) -> bool:
        """Whether the selected days are all days of their months."""
        first, last = self.months(pin)
        return self.first_day() <= first_day_of(first) and (
            self.last_day(pin) >= last_day_of(last)
        )

    def narrows_journals(self) -> bool:
        """Whether anything but days and sources is filtered."""
        named = (
            *(self.customer_id, self.product_id, self.document_id),
            *(self.billing_schedule_id, self.shifted, self.search),
        )
        return self.excludes_recognized or any(value is not None for value in named)


def in_force(recording: int) -> ColumnElement[bool]:
    """Whether a movement counts at a recording: made and not yet superseded by then."""
    return and_(
        JournalMovement.recorded_in <= recording,
        or_(
            JournalMovement.superseded_in.is_(None),
            JournalMovement.superseded_in > recording,
        ),
    )


def amount_within(first: Day, last: Day) -> ColumnElement[int]:
    """The part of a movement on `first … last`: `rules.amount_between` as SQL."""
    one = JournalMovement
    if first <= FIRST_DAY and last >= LAST_DAY:
        return cast("ColumnElement[int]", one.amount)
    start = case((one.first_day > first, one.first_day), else_=first)
    return case(
        (and_(one.first_day >= first, one.last_day <= last), one.amount),
        (or_(one.first_day > last, one.last_day < first), 0),
        (one.last_day > last, one.daily * (last - start + 1)),
        else_=one.amount - one.daily * (start - one.first_day),
    )


def journal_conditions(pin: Pin, wanted: JournalFilter) -> list[ColumnElement[bool]]:
    """Conditions on `Journal`'s own columns and its catch-ups.

    Those that need documents, names or schedules are the report's (`daybook.reports`).
    """
    first, last = wanted.months(pin)
    conditions = [Journal.ledger_id == pin.ledger_id]
    if first == last:
        conditions.append(Journal.month == first)
    elif (first, last) != (month_of(FIRST_DAY), month_of(LAST_DAY)):
        conditions.append(Journal.month.between(first, last))
    if wanted.sources is not None:
        conditions.append(Journal.source.in_([int(one) for one in wanted.sources]))
    if wanted.customer_id is not None:
        conditions.append(Journal.customer_id == wanted.customer_id)
    if wanted.product_id is not None:
        conditions.append(Journal.product_id == wanted.product_id)
    if wanted.document_id is not None:
        conditions.append(Journal.document_id == wanted.document_id)
    if wanted.shifted is not None:
        is_moved = has_catch_ups(pin)
        conditions.append(is_moved if wanted.shifted else ~is_moved)
    return conditions


def kept_conditions(
    one: type[MonthTotal | MonthCount], pin: Pin, wanted: JournalFilter
) -> list[ColumnElement[bool]]:
    """Which rows of a table that each recording keeps belong to whole months."""
    conditions = [
        one.ledger_id == pin.ledger_id,
        one.month.between(*wanted.months(pin)),
        one.recorded_in <= pin.recording,
    ]
    if wanted.sources is not None:
        conditions.append(one.source.in_([int(kind) for kind in wanted.sources]))
    return conditions


def has_catch_ups(pin: Pin) -> ColumnElement[bool]:
    """Whether a journal has a movement in force that a lock moved."""
    return exists(
        select(1)
        .select_from(CatchUp)
        .join(
            JournalMovement,
            and_(
                JournalMovement.ledger_id == CatchUp.ledger_id,
                JournalMovement.journal == CatchUp.journal,
                JournalMovement.seq == CatchUp.seq,
            ),
        )
        .where(
            CatchUp.ledger_id == pin.ledger_id,
            CatchUp.journal == Journal.number,
            in_force(pin.recording),
        )
    ).correlate(Journal)


def movement_conditions(pin: Pin, wanted: JournalFilter) -> list[ColumnElement[bool]]:
    """Conditions on `JournalMovement`: in force, with an amount on selected days."""
    first, last = wanted.first_day(), wanted.last_day(pin)
    conditions = [JournalMovement.ledger_id == pin.ledger_id, in_force(pin.recording)]
    if first > FIRST_DAY or last < LAST_DAY:
        # All days hold every movement: an export of all doesn't ask each one.
        conditions += [
            JournalMovement.first_day <= last,
            JournalMovement.last_day >= first,
            amount_within(first, last) > 0,
        ]
    return conditions


def has_movements(pin: Pin, wanted: JournalFilter) -> ColumnElement[bool]:
    """Whether a journal has anything to show: what a report lists."""
    return exists(
        select(1).where(
            JournalMovement.journal == Journal.number,
            *movement_conditions(pin, wanted),
        )
    ).correlate(Journal)
