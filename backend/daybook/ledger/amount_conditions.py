"""SQL conditions for the rows of a ledger that have an amount on given days."""

from typing import Any, cast

from sqlalchemy import ColumnElement, and_, case, exists, or_, select

from daybook.calendar import FIRST_DAY, LAST_DAY, Day, month_of
from daybook.ledger.models import (
    Journal,
    JournalMovement,
    MonthCount,
    MonthTotal,
    SpanTotal,
)
from daybook.ledger.pins import Pin


def in_force(recording: int, movement: Any = JournalMovement) -> ColumnElement[bool]:
    """Whether a movement counts at a recording: recorded, not yet superseded."""
    return and_(
        movement.recorded_in <= recording,
        or_(movement.superseded_in.is_(None), movement.superseded_in > recording),
    )


def amount_within(first: Day, last: Day) -> ColumnElement[int]:
    """The part of a movement on `first … last`: `rules.amount_between` as SQL."""
    return part_within(JournalMovement, first, last)


def part_within(
    table: type[JournalMovement | SpanTotal], first: Day, last: Day
) -> ColumnElement[int]:
    """The part of a row on `first … last`, of a movement or a sum of movements."""
    if first <= FIRST_DAY and last >= LAST_DAY:
        return cast("ColumnElement[int]", table.amount)
    start = case((table.first_day > first, table.first_day), else_=first)
    return case(
        (and_(table.first_day >= first, table.last_day <= last), table.amount),
        (or_(table.first_day > last, table.last_day < first), 0),
        (table.last_day > last, table.daily * (last - start + 1)),
        else_=table.amount - table.daily * (start - table.first_day),
    )


def journals_within(pin: Pin, first: Day, last: Day) -> list[ColumnElement[bool]]:
    """The ledger's journals of the months that the days touch."""
    start, end = month_of(first), month_of(last)
    conditions = [Journal.ledger_id == pin.ledger_id]
    if start == end:
        conditions.append(Journal.month == start)
    elif (start, end) != (month_of(FIRST_DAY), month_of(LAST_DAY)):
        conditions.append(Journal.month.between(start, end))
    return conditions


def kept_within(
    table: type[MonthTotal | MonthCount], pin: Pin, first: Day, last: Day
) -> list[ColumnElement[bool]]:
    """Rows of a table that recordings keep by month, of the days' months."""
    return [
        table.ledger_id == pin.ledger_id,
        table.month.between(month_of(first), month_of(last)),
        table.recorded_in <= pin.recording,
    ]


def movements_within(
    pin: Pin, first: Day, last: Day, *, has_amount: bool = True
) -> list[ColumnElement[bool]]:
    """Movements in force that have an amount on the days.

    Without `has_amount` all that have any of the days, whatever falls on these.
    """
    conditions = [JournalMovement.ledger_id == pin.ledger_id, in_force(pin.recording)]
    if first > FIRST_DAY or last < LAST_DAY:
        # Without a limit every movement is included: an export of all tests none.
        conditions += [
            JournalMovement.first_day <= last,
            JournalMovement.last_day >= first,
        ]
        if has_amount:
            conditions.append(amount_within(first, last) > 0)
    return conditions


def moves_within(
    pin: Pin, first: Day, last: Day, *conditions: ColumnElement[bool]
) -> ColumnElement[bool]:
    """Whether a journal has a movement within the days, so that a report lists it.

    With `conditions`, a movement that meets them.
    """
    return exists(
        select(1).where(
            JournalMovement.journal == Journal.number,
            *movements_within(pin, first, last),
            *conditions,
        )
    ).correlate(Journal)
