"""The families that are open on a day: with something on Deferred then (rule 8)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    and_,
    case,
    func,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import aliased

from daybook.calendar import Day, month_of
from daybook.ledger.amount_conditions import in_force
from daybook.ledger.column_conditions import touches
from daybook.ledger.models import Journal, JournalMovement
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role
from daybook.recognition.models import Schedule
from daybook.reports.manual_deferred import has_begun, keeps_something
from daybook.reports.revenue import EVERYTHING, RevenueFilter
from daybook.reports.revenue_sql import (
    FAMILY,
    is_movement_of_journal,
    is_schedule_of_movement,
    net_debit,
    part_until,
    schedules_beside,
    touches_deferred,
    until,
)

_Line = aliased(Schedule)
_NO_SCHEDULE = literal_column("0", type_=Integer)
"""Stands for the schedule of manual journals, which have none."""


def is_in_waterfall(
    pin: Pin, on: Day, revenue_filter: RevenueFilter, movement: Any = JournalMovement
) -> ColumnElement[bool]:
    """Whether the waterfall of a day sums a movement.

    Its family is open then; or its journal is of a manual one that has begun, and it
    touches Deferred itself. The movement's `Journal` must be joined.
    """
    families = open_families(pin, on, revenue_filter)
    return _is_in(families, pin, movement, has_begun(pin, on))


def is_unscheduled(
    pin: Pin, on: Day, revenue_filter: RevenueFilter, movement: Any = JournalMovement
) -> ColumnElement[bool]:
    """Whether the waterfall's *Unscheduled* comes from a movement, as above.

    Its family, or its manual journal with what reverses it, then keeps something on
    Deferred for ever. What comes to nothing in the end is left out.
    """
    families = _unscheduled_families(pin, on, revenue_filter)
    of_manual = and_(has_begun(pin, on), keeps_something(pin, revenue_filter))
    return _is_in(families, pin, movement, of_manual)


def _is_in(
    families: Select[*tuple[Any, ...]],
    pin: Pin,
    movement: Any,
    of_manual: ColumnElement[bool],
) -> ColumnElement[bool]:
    """Whether a movement is of one of the families, or of a manual journal."""
    every = families.subquery()
    schedules = select(_Line.id).where(
        _Line.ledger_id == pin.ledger_id,
        func.coalesce(_Line.family_id, _Line.id).in_(select(every.c.family)),
    )
    # Under an OR, PostgreSQL would search the families again for each movement.
    schedule_id = func.coalesce(movement.schedule_id, _NO_SCHEDULE)
    return and_(
        schedule_id.in_(union_all(schedules, select(_NO_SCHEDULE))),
        or_(
            movement.schedule_id.is_not(None),
            and_(touches(Role.DEFERRED, movement), of_manual),
        ),
    )


def open_families(
    pin: Pin, on: Day, revenue_filter: RevenueFilter = EVERYTHING
) -> Select[*tuple[Any, ...]]:
    """The families with something on Deferred: of a customer, of a document, or all.

    A family may have other products and documents than the filter.
    """
    statement = (
        _families(pin, revenue_filter)
        .where(JournalMovement.first_day <= on)
        .having(net_debit(Role.DEFERRED, until(on)) != 0)
    )
    if revenue_filter.is_narrow:
        statement = statement.where(Journal.month <= month_of(on))
    return statement


def _unscheduled_families(
    pin: Pin, on: Day, revenue_filter: RevenueFilter
) -> Select[*tuple[Any, ...]]:
    """The open families that keep something on Deferred after all their entries.

    What of that is of the filter's product and document counts: a grant may be used up
    by another product.
    """
    amount: ColumnElement[int] = case(
        (and_(true(), *_of_line(revenue_filter)), JournalMovement.amount), else_=0
    )
    return _families(pin, revenue_filter).having(
        and_(
            net_debit(Role.DEFERRED, part_until(on)) != 0,
            net_debit(Role.DEFERRED, amount) != 0,
        )
    )


def _of_line(revenue_filter: RevenueFilter) -> list[ColumnElement[bool]]:
    """Whether a schedule is of the filter's product and document."""
    wanted = (
        (Schedule.product_id, revenue_filter.product_id),
        (Schedule.document_id, revenue_filter.document_id),
    )
    return [column == number for column, number in wanted if number is not None]


def _families(pin: Pin, revenue_filter: RevenueFilter) -> Select[*tuple[Any, ...]]:
    """Families by what touches Deferred of them: of a customer or document, or all."""
    statement = (
        select_system(pin, FAMILY.label("family"))
        .where(touches_deferred())
        .group_by(FAMILY)
    )
    if not revenue_filter.is_narrow:
        return statement
    customer_id = revenue_filter.customer_id
    customers = None if customer_id is None else [customer_id]
    return of_journals(statement, pin, revenue_filter, customers)


def select_system(pin: Pin, *columns: Any) -> Select[*tuple[Any, ...]]:
    """Movements in force with their schedules: those of manual journals have none."""
    return (
        select(*columns)
        .select_from(JournalMovement)
        .join(Schedule, is_schedule_of_movement(pin))
        .where(JournalMovement.ledger_id == pin.ledger_id, in_force(pin.recording))
    )


def join_journals(
    statement: Select[*tuple[Any, ...]], pin: Pin
) -> Select[*tuple[Any, ...]]:
    """Movements with their journals."""
    return statement.join(Journal, is_movement_of_journal()).where(
        Journal.ledger_id == pin.ledger_id
    )


def of_journals(
    statement: Select[*tuple[Any, ...]],
    pin: Pin,
    revenue_filter: RevenueFilter,
    customers: Sequence[int] | None,
) -> Select[*tuple[Any, ...]]:
    """The same by journals: of some customers, and of the families of a document."""
    statement = join_journals(statement, pin)
    if customers is not None:
        statement = statement.where(Journal.customer_id.in_(customers))
    if revenue_filter.document_id is not None:
        # Documents lead to their journals by an index.
        statement = statement.where(
            Schedule.id.in_(schedules_beside(pin, revenue_filter.document_id)),
            Journal.document_id == Schedule.document_id,
        )
    return statement
