"""Reads movements summed by their days, told apart by whether their family is open.

A family is open on a day if it has something on Deferred then (domain rule 8).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    func,
    literal_column,
    null,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day
from daybook.ledger.amount_conditions import in_force
from daybook.ledger.column_conditions import is_manual
from daybook.ledger.models import Journal, JournalMovement
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role
from daybook.recognition.models import Schedule
from daybook.reports.manual_deferred import has_begun
from daybook.reports.open_families import (
    of_journals,
    open_families,
    select_system,
)
from daybook.reports.revenue import RevenueFilter
from daybook.reports.revenue_sql import (
    FAMILY,
    SIDE,
    has_side_of,
    is_movement_of_journal,
    narrowing,
    part_until,
    side_of,
    signed_debit,
    total,
    touches_deferred,
)
from daybook.reports.spans import Span

_DAYS = (JournalMovement.first_day, JournalMovement.last_day)
_SPAN = (*_DAYS, JournalMovement.debit_role, JournalMovement.credit_role)
_SUMS = (total(JournalMovement.amount), total(JournalMovement.daily))


class ReadSpan(NamedTuple):
    """A span of movements, and the customer and product if they are told apart.

    `is_open` says whether its family is; None in manual journals.
    """

    customer_id: int | None
    product_id: int | None
    is_open: bool | None
    span: Span


async def read_system(
    session: AsyncSession,
    pin: Pin,
    on: Day,
    revenue_filter: RevenueFilter,
    customers: Sequence[int] | None = None,
) -> list[ReadSpan]:
    """Spans of families: of some customers by customer and product, or of all."""
    if customers is None and revenue_filter.customer_id is not None:
        customers = [revenue_filter.customer_id]
    if customers is None and revenue_filter.document_id is None:
        statement = _of_all(pin, on, revenue_filter)
    else:
        statement = _of_some(pin, on, revenue_filter, customers)
    rows = await session.execute(statement)
    return [
        ReadSpan(row[0], row[1], bool(row[2]), Span._make((*row[3:], 0, 0, 0)))
        for row in rows
    ]


def _of_all(
    pin: Pin, on: Day, revenue_filter: RevenueFilter
) -> Select[*tuple[Any, ...]]:
    """All families' movements, which are read once more to find the open families."""
    families = open_families(pin, on).subquery()
    is_open = families.c.family.is_not(None)
    statement = (
        select_system(pin, null(), null(), is_open, *_SPAN, *_SUMS)
        .outerjoin(families, families.c.family == FAMILY)
        .group_by(is_open, *_SPAN)
    )
    if revenue_filter.product_id is not None:
        statement = statement.where(Schedule.product_id == revenue_filter.product_id)
    return statement


def _of_some(
    pin: Pin, on: Day, revenue_filter: RevenueFilter, customers: Sequence[int] | None
) -> Select[*tuple[Any, ...]]:
    """The movements of some families, each beside what its family has on Deferred."""
    its = JournalMovement
    deferred = signed_debit(Role.DEFERRED, part_until(on))
    rows = of_journals(
        select_system(
            pin,
            *(Journal.customer_id, Journal.product_id, Schedule.document_id),
            *(*_SPAN, its.amount, its.daily),
            func.sum(deferred).over(partition_by=FAMILY).label("net"),
        ),
        pin,
        revenue_filter,
        customers,
    )
    every = rows.subquery().c
    is_open = every.net != 0
    party = (every.customer_id, every.product_id)
    span = (every.first_day, every.last_day, every.debit_role, every.credit_role)
    statement = select(
        *(*party, is_open.label("is_open"), *span),
        *(total(every.amount), total(every.daily)),
    ).group_by(*party, literal_column("is_open"), *span)
    if revenue_filter.product_id is not None:
        statement = statement.where(every.product_id == revenue_filter.product_id)
    if revenue_filter.document_id is not None:
        statement = statement.where(every.document_id == revenue_filter.document_id)
    return statement


async def read_manual(
    session: AsyncSession,
    pin: Pin,
    revenue_filter: RevenueFilter,
    customers: Sequence[int | None] | None = None,
    *,
    begun_on: Day | None = None,
) -> list[ReadSpan]:
    """Spans of manual journals: of some customers, or of all.

    With a product only its sides count. With `begun_on` they are what touches Deferred,
    of those that had begun by that day.
    """
    is_by_party = customers is not None
    side = side_of(revenue_filter.product_id)
    parties = (Journal.customer_id,) if is_by_party else ()
    statement = (
        select(*(parties or (null(),)), *_SPAN, *_SUMS, side)
        .select_from(Journal)
        .join(JournalMovement, is_movement_of_journal())
        .where(*manual_conditions(pin, revenue_filter, begun_on))
        .group_by(*parties, *_SPAN, SIDE)
    )
    if customers is not None:
        known = [customer for customer in customers if customer is not None]
        is_chosen: ColumnElement[bool] = Journal.customer_id.in_(known)
        if None in customers:
            is_chosen = or_(is_chosen, Journal.customer_id.is_(None))
        statement = statement.where(is_chosen)
    rows = await session.execute(statement)
    return [ReadSpan(row[0], None, None, Span._make((*row[1:], 0, 0))) for row in rows]


def manual_conditions(
    pin: Pin, revenue_filter: RevenueFilter, begun_on: Day | None
) -> list[ColumnElement[bool]]:
    """Movements of manual journals, joined with their journals.

    All of them, or those that touch Deferred, of journals that had begun by a day.
    """
    conditions = [
        Journal.ledger_id == pin.ledger_id,
        is_manual(),
        in_force(pin.recording),
        *narrowing(revenue_filter),
    ]
    if revenue_filter.product_id is not None:
        conditions.append(has_side_of(revenue_filter.product_id))
    if begun_on is not None:
        conditions += [touches_deferred(), has_begun(pin, begun_on)]
    return conditions


def apart_customers(
    pin: Pin, on: Day, revenue_filter: RevenueFilter
) -> Select[*tuple[Any, ...]]:
    """The customers of families that have movements and nothing on Deferred."""
    families = open_families(pin, on, revenue_filter).subquery()
    statement = (
        select_system(pin, Journal.customer_id)
        .distinct()
        .outerjoin(families, families.c.family == FAMILY)
        .join(Journal, is_movement_of_journal())
        .where(Journal.ledger_id == pin.ledger_id, families.c.family.is_(None))
    )
    for column, wanted in (
        (Journal.customer_id, revenue_filter.customer_id),
        (Schedule.product_id, revenue_filter.product_id),
        (Schedule.document_id, revenue_filter.document_id),
    ):
        if wanted is not None:
            statement = statement.where(column == wanted)
    return statement
