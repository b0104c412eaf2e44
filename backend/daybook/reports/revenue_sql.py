"""What the reports of deferred revenue select: parts of movements, lines, families."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Integer,
    SQLColumnExpression,
    and_,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
    union,
)
from sqlalchemy.orm import aliased

from daybook.calendar import Day
from daybook.ledger.column_conditions import touches
from daybook.ledger.models import Journal, JournalMovement
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role, SourceKind
from daybook.recognition.models import Schedule
from daybook.reports.revenue import RevenueFilter
from daybook.reports.spans import BOTH, CREDITED, DEBITED

LINE = func.coalesce(Schedule.revises_id, Schedule.id)
"""The first schedule of a schedule's line."""
FAMILY = func.coalesce(Schedule.family_id, Schedule.id)
"""The schedule that a schedule's family is named after."""
STANDALONE = int(SourceKind.STANDALONE)

DEBIT_PRODUCT: Any = func.coalesce(JournalMovement.debit_product_id, Journal.product_id)
CREDIT_PRODUCT: Any = func.coalesce(
    JournalMovement.credit_product_id, Journal.product_id
)


def until(day: Day) -> ColumnElement[int]:
    """The part of a movement up to a day, for movements that begin by then."""
    its = JournalMovement
    return case(
        (its.last_day <= day, its.amount),
        else_=its.daily * (day - its.first_day + 1),
    )


def part_until(day: Day) -> ColumnElement[int]:
    """The part of a movement up to a day, for any movements."""
    return case((JournalMovement.first_day <= day, until(day)), else_=0)


def signed_debit(role: Role, amount: SQLColumnExpression[int]) -> ColumnElement[int]:
    """An amount as an account is debited it; negative as it is credited."""
    its = JournalMovement
    return case(
        (its.debit_role == int(role), amount),
        (its.credit_role == int(role), -amount),
        else_=0,
    )


def net_debit(role: Role, amount: SQLColumnExpression[int]) -> ColumnElement[int]:
    """Debits less credits of an account, summed; 0 without movements."""
    net = func.sum(signed_debit(role, amount))
    return cast(func.coalesce(net, 0), BigInteger)


def total(amount: SQLColumnExpression[int]) -> ColumnElement[int]:
    """A sum as an integer: PostgreSQL's own is a decimal number."""
    return cast(func.sum(amount), BigInteger)


def touches_deferred() -> ColumnElement[bool]:
    """Whether a movement has a side on Deferred."""
    return touches(Role.DEFERRED)


def is_movement_of_journal() -> ColumnElement[bool]:
    """The join of movements with their journals."""
    return and_(
        JournalMovement.ledger_id == Journal.ledger_id,
        JournalMovement.journal == Journal.number,
    )


def is_schedule_of_movement(pin: Pin) -> ColumnElement[bool]:
    """The join of movements with their schedules, of the pinned ledger."""
    return and_(
        Schedule.ledger_id == pin.ledger_id,
        Schedule.id == JournalMovement.schedule_id,
    )


def narrowing(revenue_filter: RevenueFilter) -> list[ColumnElement[bool]]:
    """The conditions of a filter on journals: their customer and document."""
    wanted = (
        (Journal.customer_id, revenue_filter.customer_id),
        (Journal.document_id, revenue_filter.document_id),
    )
    return [column == number for column, number in wanted if number is not None]


def has_side_of(product_id: int) -> ColumnElement[bool]:
    """Whether a side of a movement is a product's, its own or its journal's."""
    return or_(product_id == DEBIT_PRODUCT, product_id == CREDIT_PRODUCT)


SIDE: ColumnElement[int] = literal_column("side", type_=Integer)
"""The name of `side_of`, to group by: its parameters would be others there."""


def side_of(product_id: int | None) -> ColumnElement[int]:
    """Which sides of a movement are a product's (`SpanSide`); both without one."""
    if product_id is None:
        return literal_column("0", type_=Integer).label("side")
    return case(
        (CREDIT_PRODUCT.is_distinct_from(product_id), DEBITED),
        (DEBIT_PRODUCT.is_distinct_from(product_id), CREDITED),
        else_=BOTH,
    ).label("side")


def schedules_beside(pin: Pin, document_id: int) -> CompoundSelect[Any]:
    """The schedules of all families that a document is in, by two indexes."""
    its, member = aliased(Schedule), aliased(Schedule)
    families = select(func.coalesce(its.family_id, its.id)).where(
        its.ledger_id == pin.ledger_id, its.document_id == document_id
    )
    return union(
        *(
            select(member.id).where(
                member.ledger_id == pin.ledger_id, column.in_(families)
            )
            for column in (member.id, member.family_id)
        )
    )
