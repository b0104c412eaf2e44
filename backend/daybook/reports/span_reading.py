"""Reads movements summed by the days that they span, at a pin.

Recordings keep the sums of a ledger and of its products; those of a customer or a
document are summed from movements, which an index finds.
"""

from typing import Any

from sqlalchemy import Select, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day, month_of
from daybook.ledger.amount_conditions import in_force
from daybook.ledger.models import Journal, JournalMovement, SpanTotal
from daybook.ledger.pins import Pin
from daybook.ledger.span_sums import counts_once, spans_at
from daybook.reports.revenue import RevenueFilter
from daybook.reports.revenue_sql import (
    SIDE,
    has_side_of,
    is_movement_of_journal,
    narrowing,
    side_of,
    total,
)
from daybook.reports.spans import Span


async def read_spans(
    session: AsyncSession, pin: Pin, on: Day, revenue_filter: RevenueFilter
) -> list[Span]:
    """The sums of what a filter selects, of spans that begin by a day.

    Manual journals that don't touch Deferred are among them.
    """
    if revenue_filter.is_narrow:
        statement = _summed(pin, on, revenue_filter)
    else:
        statement = _kept(pin, on, revenue_filter.product_id)
    return [Span._make(row) for row in await session.execute(statement)]


def _kept(pin: Pin, on: Day, product_id: int | None) -> Select[*tuple[Any, ...]]:
    its = SpanTotal
    accounts = (its.first_day, its.last_day, its.debit_role, its.credit_role)
    is_all = product_id is None
    side = () if is_all else (its.side,)
    what = (*side, its.source, its.cause)
    statement = (
        select(
            *(*accounts, total(its.amount), total(its.daily)),
            *(*((literal_column("0"),) if is_all else side), its.source, its.cause),
        )
        .where(*spans_at(pin, product_id, until=on))
        .group_by(*accounts, *what)
    )
    return statement.where(counts_once()) if is_all else statement


def _summed(
    pin: Pin, on: Day, revenue_filter: RevenueFilter
) -> Select[*tuple[Any, ...]]:
    its = JournalMovement
    accounts = (its.first_day, its.last_day, its.debit_role, its.credit_role)
    cause = func.coalesce(its.cause, 0)
    side = side_of(revenue_filter.product_id)
    statement = (
        select(
            *(*accounts, total(its.amount), total(its.daily)),
            *(side, Journal.source, cause),
        )
        .select_from(Journal)
        .join(its, is_movement_of_journal())
        .where(
            *(Journal.ledger_id == pin.ledger_id, Journal.month <= month_of(on)),
            *(its.first_day <= on, in_force(pin.recording)),
            *narrowing(revenue_filter),
        )
        .group_by(*accounts, SIDE, Journal.source, its.cause)
    )
    if revenue_filter.product_id is not None:
        statement = statement.where(has_side_of(revenue_filter.product_id))
    return statement
