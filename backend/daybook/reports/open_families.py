"""The families that are open on a day: with something on Deferred then (rule 8)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    and_,
    func,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from daybook.adjustments.models import ManualDocument
from daybook.calendar import Day, month_of
from daybook.ledger.amount_conditions import in_force
from daybook.ledger.column_conditions import is_manual, touches
from daybook.ledger.models import Journal, JournalMovement
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role
from daybook.recognition.models import Schedule
from daybook.reports.revenue import EVERYTHING, RevenueFilter
from daybook.reports.revenue_sql import (
    FAMILY,
    is_movement_of_journal,
    is_schedule_of_movement,
    net_debit,
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
    families = open_families(pin, on, revenue_filter).subquery()
    schedules = select(_Line.id).where(
        _Line.ledger_id == pin.ledger_id,
        func.coalesce(_Line.family_id, _Line.id).in_(select(families.c.family)),
    )
    # Under an OR, PostgreSQL would search the families again for each movement.
    schedule_id = func.coalesce(movement.schedule_id, _NO_SCHEDULE)
    return and_(
        schedule_id.in_(union_all(schedules, select(_NO_SCHEDULE))),
        or_(
            movement.schedule_id.is_not(None),
            and_(touches(Role.DEFERRED, movement), has_begun(pin, on)),
        ),
    )


def has_begun(pin: Pin, on: Day) -> ColumnElement[bool]:
    """Whether a `Journal` is of a manual journal that touched Deferred up to a day.

    One that is dated later has nothing to leave Deferred on the day, as an invoice that
    is dated later. A manual journal's documents begin together: what reverses it later
    is what leaves Deferred.
    """
    of_begun, own = aliased(ManualDocument), aliased(ManualDocument)
    begun = _begun_documents(pin, on)
    siblings = (
        select(of_begun.document_id)
        .join(
            own,
            and_(
                own.organisation_id == of_begun.organisation_id,
                own.number == of_begun.number,
                own.ledger_id == of_begun.ledger_id,
            ),
        )
        .where(
            of_begun.organisation_id == pin.organisation_id,
            of_begun.ledger_id == pin.ledger_id,
            own.document_id.in_(begun),
        )
    )
    return Journal.document_id.in_(union_all(begun, siblings))


def _begun_documents(pin: Pin, on: Day) -> Select[int]:
    """The documents of manual journals that touch Deferred up to a day."""
    journal, movement = aliased(Journal), aliased(JournalMovement)
    return (
        select(journal.document_id)
        .join(
            movement,
            and_(
                movement.ledger_id == journal.ledger_id,
                movement.journal == journal.number,
            ),
        )
        .where(
            journal.ledger_id == pin.ledger_id,
            is_manual(journal),
            journal.month <= month_of(on),
            movement.first_day <= on,
            in_force(pin.recording, movement),
            touches(Role.DEFERRED, movement),
        )
    )


def open_families(
    pin: Pin, on: Day, revenue_filter: RevenueFilter = EVERYTHING
) -> Select[*tuple[Any, ...]]:
    """The families with something on Deferred: of a customer, of a document, or all.

    A family may have other products and documents than the filter.
    """
    statement = (
        select_system(pin, FAMILY.label("family"))
        .where(touches_deferred(), JournalMovement.first_day <= on)
        .group_by(FAMILY)
        .having(net_debit(Role.DEFERRED, until(on)) != 0)
    )
    if not revenue_filter.is_narrow:
        return statement
    customer_id = revenue_filter.customer_id
    customers = None if customer_id is None else [customer_id]
    statement = statement.where(Journal.month <= month_of(on))
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
