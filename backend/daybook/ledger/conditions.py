"""Which of a ledger's rows have something on given days, as SQL conditions."""

from typing import cast

from sqlalchemy import ColumnElement, and_, case, exists, or_, select

from daybook.calendar import FIRST_DAY, LAST_DAY, Day, month_of
from daybook.ledger.models import Journal, JournalMovement, MonthCount, MonthTotal
from daybook.ledger.pins import Pin


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


def journals_within(pin: Pin, first: Day, last: Day) -> list[ColumnElement[bool]]:
    """Which of the ledger's journals are of months that the days touch."""
    start, end = month_of(first), month_of(last)
    conditions = [Journal.ledger_id == pin.ledger_id]
    if start == end:
        conditions.append(Journal.month == start)
    elif (start, end) != (month_of(FIRST_DAY), month_of(LAST_DAY)):
        conditions.append(Journal.month.between(start, end))
    return conditions


def kept_within(
    one: type[MonthTotal | MonthCount], pin: Pin, first: Day, last: Day
) -> list[ColumnElement[bool]]:
    """Which rows of a table that each recording keeps are of the days' months."""
    return [
        one.ledger_id == pin.ledger_id,
        one.month.between(month_of(first), month_of(last)),
        one.recorded_in <= pin.recording,
    ]


def movements_within(pin: Pin, first: Day, last: Day) -> list[ColumnElement[bool]]:
    """Which movements in force have an amount on the days."""
    conditions = [JournalMovement.ledger_id == pin.ledger_id, in_force(pin.recording)]
    if first > FIRST_DAY or last < LAST_DAY:
        # All days hold every movement: an export of all doesn't ask each one.
        conditions += [
            JournalMovement.first_day <= last,
            JournalMovement.last_day >= first,
            amount_within(first, last) > 0,
        ]
    return conditions


def moves_within(pin: Pin, first: Day, last: Day) -> ColumnElement[bool]:
    """Whether a journal has such a movement: what a report lists."""
    return exists(
        select(1).where(
            JournalMovement.journal == Journal.number,
            *movements_within(pin, first, last),
        )
    ).correlate(Journal)
