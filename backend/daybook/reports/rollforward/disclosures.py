"""What is disclosed beside a roll-forward of Deferred (ASC 606-10-50-8 and -13)."""

from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day, month_of
from daybook.ledger.amount_conditions import amount_within, in_force
from daybook.ledger.column_conditions import is_manual
from daybook.ledger.models import Journal, JournalMovement
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role
from daybook.recognition.models import Schedule
from daybook.reports.kept_totals import keep_totals
from daybook.reports.revenue import RevenueFilter
from daybook.reports.revenue_sql import (
    FAMILY,
    has_side_of,
    is_movement_of_journal,
    is_schedule_of_movement,
    narrowing,
    net_debit,
    part_until,
    total,
    touches_deferred,
)
from daybook.reports.waterfall.figures import added
from daybook.reports.waterfall.queries import read_totals

MONTHS = 12
"""How many months, from that of the next day on, are due within a year."""


class Maturity(NamedTuple):
    """When Deferred is due: in the next twelve months, later, or nobody knows.

    `taken_back` goes back to Billed or Unbilled after the day: later credit notes and
    voids, less what later invoices bring. The parts sum to Deferred on the day.
    """

    within_year: int
    later: int
    unscheduled: int
    taken_back: int


async def maturity(
    session: AsyncSession, pin: Pin, on: Day, revenue_filter: RevenueFilter
) -> Maturity:
    """When what is deferred on a day is due, by the months of the waterfall."""
    totals = await read_totals(session, pin, on, revenue_filter)
    figures = added((totals.open, totals.manual))
    if totals.apart.remaining:
        # A filter cut families that have nothing on Deferred as a whole.
        figures = added((figures, totals.apart))
    end = month_of(on + 1) + MONTHS
    within = sum(amount for month, amount in figures.months.items() if month < end)
    later = sum(figures.months.values()) - within
    return Maturity(within, later, figures.unscheduled, figures.taken_back)


async def recognized_from_opening(
    session: AsyncSession,
    pin: Pin,
    first: Day,
    on: Day,
    revenue_filter: RevenueFilter,
) -> int:
    """Revenue of the days `first … on` that was in Deferred before them.

    Of each family, and of each manual journal, no more than it had in Deferred.
    """

    async def read() -> int:
        sums = 0
        for statement in (
            _families(pin, first, on, revenue_filter),
            _manual(pin, first, on, revenue_filter),
        ):
            its = statement.subquery()
            both = and_(its.c.opening > 0, its.c.recognized > 0)
            lesser = case(
                (its.c.opening < its.c.recognized, its.c.opening),
                else_=its.c.recognized,
            )
            sums += await session.scalar(select(total(lesser)).where(both)) or 0
        return sums

    key = "from opening", pin.ledger_id, pin.recording, first, on, revenue_filter
    return await keep_totals(session, key, read)


def _sums(first: Day, on: Day) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """What is on Deferred before the days, and what leaves it to Recognized on them."""
    its = JournalMovement
    amount = amount_within(first, on)
    is_recognized = and_(
        its.debit_role == int(Role.DEFERRED), its.credit_role == int(Role.RECOGNIZED)
    )
    is_taken_back = and_(
        its.debit_role == int(Role.RECOGNIZED), its.credit_role == int(Role.DEFERRED)
    )
    signed = case((is_recognized, amount), (is_taken_back, -amount), else_=0)
    return (
        (-net_debit(Role.DEFERRED, part_until(first - 1))).label("opening"),
        cast(func.sum(signed), BigInteger).label("recognized"),
    )


def _families(
    pin: Pin, first: Day, on: Day, revenue_filter: RevenueFilter
) -> Select[*tuple[Any, ...]]:
    its = JournalMovement
    statement = (
        select(*_sums(first, on))
        .select_from(its)
        .join(Schedule, is_schedule_of_movement(pin))
        .where(
            *(its.ledger_id == pin.ledger_id, in_force(pin.recording)),
            *(its.first_day <= on, touches_deferred()),
        )
        .group_by(FAMILY)
    )
    if revenue_filter.product_id is not None:
        statement = statement.where(Schedule.product_id == revenue_filter.product_id)
    if revenue_filter.is_narrow:
        statement = statement.join(
            Journal,
            and_(is_movement_of_journal(), Journal.document_id == Schedule.document_id),
        ).where(Journal.ledger_id == pin.ledger_id, Journal.month <= month_of(on))
    return statement.where(*narrowing(revenue_filter))


def _manual(
    pin: Pin, first: Day, on: Day, revenue_filter: RevenueFilter
) -> Select[*tuple[Any, ...]]:
    statement = (
        select(*_sums(first, on))
        .select_from(Journal)
        .join(JournalMovement, is_movement_of_journal())
        .where(
            *(Journal.ledger_id == pin.ledger_id, is_manual()),
            *(JournalMovement.first_day <= on, in_force(pin.recording)),
            touches_deferred(),
        )
        .group_by(Journal.document_id)
    )
    if revenue_filter.product_id is not None:
        statement = statement.where(has_side_of(revenue_filter.product_id))
    return statement.where(*narrowing(revenue_filter))
