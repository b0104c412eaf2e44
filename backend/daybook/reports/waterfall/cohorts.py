"""Cohorts: what was booked in a month, and when it is recognized."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Select, case, func
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day, Month, month_of
from daybook.ledger.column_conditions import touches
from daybook.ledger.models import JournalMovement
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role
from daybook.recognition.models import Schedule
from daybook.reports.deferred.totals import deferred_totals
from daybook.reports.kept_totals import keep_totals
from daybook.reports.open_families import join_journals, of_journals, select_system
from daybook.reports.revenue import RevenueFilter, Tie
from daybook.reports.revenue_sql import (
    FAMILY,
    narrowing,
    net_debit,
    part_until,
    total,
)
from daybook.reports.spans import Span
from daybook.reports.waterfall.reading import read_manual


class Cohort(NamedTuple):
    """Families by the month that booked them; manual journals have no month.

    `recognized` is posted up to the day, by posting month, `scheduled` after it.
    `unscheduled` is as in the waterfall: what families that are open on the day keep on
    Deferred after all their entries.
    Booked + unbilled = recognized + remaining, unless a filter takes one side of manual
    journals between products.
    """

    month: Month | None
    booked: int
    recognized: Mapping[Month, int]
    scheduled: Mapping[Month, int]
    remaining: int
    unbilled: int
    unscheduled: int


async def find_cohorts(
    session: AsyncSession, pin: Pin, on: Day, revenue_filter: RevenueFilter
) -> list[Cohort]:
    """All cohorts by month; manual journals last.

    A family belongs to the month of its first movement on Billed, or of its first
    movement if nothing bills it.
    """

    async def read() -> list[Cohort]:
        sums: dict[Month | None, _Sum] = defaultdict(lambda: _Sum(on))
        rows = await session.execute(_select(pin, on, revenue_filter))
        for first_day, is_open, *columns in rows:
            span = Span._make((*columns, 0, 0, 0))
            sums[month_of(first_day)].add(span)
            if is_open:
                sums[month_of(first_day)].keep(span)
        months = sorted(month for month in sums if month is not None)
        for manual in await read_manual(session, pin, revenue_filter):
            sums[None].add(manual.span)
        for begun in await read_manual(session, pin, revenue_filter, begun_on=on):
            sums[None].keep(begun.span)
        every: list[Month | None] = [*months, *([None] if None in sums else [])]
        return [sums[month].cohort(month) for month in every]

    key = "cohorts", pin.ledger_id, pin.recording, on, revenue_filter
    return await keep_totals(session, key, read)


@dataclass(slots=True)
class _Sum:
    """Adds up a cohort's movements, posted up to `on` or scheduled after it."""

    on: Day
    booked: int = 0
    remaining: int = 0
    unbilled: int = 0
    unscheduled: int = 0
    recognized: dict[Month, int] = field(default_factory=lambda: defaultdict(int))
    scheduled: dict[Month, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, span: Span) -> None:
        posted = span.until(self.on)
        self.booked += span.change(Role.BILLED, posted)
        self.remaining -= span.change(Role.DEFERRED, posted)
        self.unbilled += span.change(Role.UNBILLED, posted)
        month = month_of(span.first_day)
        self.recognized[month] -= span.change(Role.RECOGNIZED, posted)
        later = span.amount - posted
        self.scheduled[month] -= span.change(Role.RECOGNIZED, later)

    def keep(self, span: Span) -> None:
        """Add to what stays on Deferred, of all days."""
        self.unscheduled -= span.change(Role.DEFERRED, span.amount)

    def cohort(self, month: Month | None) -> Cohort:
        recognized, scheduled = map(_amounts, (self.recognized, self.scheduled))
        return Cohort(
            month,
            self.booked,
            recognized,
            scheduled,
            self.remaining,
            self.unbilled,
            self.unscheduled,
        )


def _amounts(months: Mapping[Month, int]) -> dict[Month, int]:
    return {month: amount for month, amount in sorted(months.items()) if amount}


def _select(
    pin: Pin, on: Day, revenue_filter: RevenueFilter
) -> Select[*tuple[Any, ...]]:
    """Movements summed by their days and by the day that booked their family.

    And by whether the family is open on a day.
    """
    its = JournalMovement
    billed = func.min(case((touches(Role.BILLED), its.first_day)))
    first_day = func.coalesce(billed, func.min(its.first_day)).label("first_day")
    is_open = (net_debit(Role.DEFERRED, part_until(on)) != 0).label("is_open")
    booked = select_system(pin, FAMILY.label("family"), first_day, is_open).group_by(
        FAMILY
    )
    if revenue_filter.is_narrow:
        booked = _of_families(booked, pin, revenue_filter)
    families = booked.subquery()
    cohort = (families.c.first_day, families.c.is_open)
    span = (its.first_day, its.last_day, its.debit_role, its.credit_role)
    statement = (
        select_system(pin, *cohort, *span, total(its.amount), total(its.daily))
        .join(families, families.c.family == FAMILY)
        .group_by(*cohort, *span)
    )
    if revenue_filter.product_id is not None:
        statement = statement.where(Schedule.product_id == revenue_filter.product_id)
    if revenue_filter.is_narrow:
        statement = join_journals(statement, pin).where(*narrowing(revenue_filter))
    return statement


def _of_families(
    statement: Select[*tuple[Any, ...]], pin: Pin, revenue_filter: RevenueFilter
) -> Select[*tuple[Any, ...]]:
    """Whole families: all documents of those that a document is in."""
    customer_id = revenue_filter.customer_id
    customers = None if customer_id is None else [customer_id]
    if revenue_filter.document_id is not None:
        customers = None
    return of_journals(statement, pin, revenue_filter, customers)


async def cohort_ties(
    session: AsyncSession, pin: Pin, on: Day, revenue_filter: RevenueFilter
) -> list[Tie]:
    """What the sums of cohorts must agree with."""
    cohorts = await find_cohorts(session, pin, on, revenue_filter)
    figures = await deferred_totals(session, pin, on, revenue_filter)
    recognized = sum(sum(cohort.recognized.values()) for cohort in cohorts)
    report = "in the deferred revenue report"
    return [
        Tie(
            "booked_is_reported",
            sum(cohort.booked for cohort in cohorts),
            figures.booked,
            f"Booked = booked {report}",
        ),
        Tie(
            "unbilled_is_reported",
            sum(cohort.unbilled for cohort in cohorts),
            figures.unbilled,
            f"Unbilled = unbilled {report}",
        ),
        Tie(
            "recognized_is_reported",
            recognized,
            figures.recognized,
            f"Recognized = recognized {report}",
        ),
        Tie(
            "remaining_is_reported",
            sum(cohort.remaining for cohort in cohorts),
            figures.remaining,
            f"Remaining = remaining {report}",
        ),
    ]
