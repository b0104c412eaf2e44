"""Figures beside the journal report: counts of exceptions, balances and months.

Most are read from kept sums or by an index. Those that would read every journal of a
large ledger are slow: a page asks for the quick ones first and for the others then.
All are kept, since each page of a list asks for them again.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day, Month, first_day_of, last_day_of, month_of
from daybook.ledger.models import Ledger
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role, SourceKind, net_change
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.marks import has_moved
from daybook.reports.journals.totals import (
    TotalsByMonth,
    count_journals,
    pair_totals,
    totals_by_month,
)
from daybook.reports.kept_totals import keep_figures, keep_totals

Value = TypeVar("Value")

QUICK_JOURNALS = 20_000
"""In a ledger of at most as many journals every figure is quick."""
_CREDIT_NOTES, _MANUAL = (SourceKind.CREDIT_NOTE,), (SourceKind.STANDALONE,)


class JournalCounts(NamedTuple):
    """How many journals there are, and of each mark; None for what would be slow.

    Each is the length of the list with its filter: `moved` that of `shifted`.
    """

    all: int | None
    moved: int | None
    credit_notes: int | None
    revised: int | None
    voided: int | None
    partly_scheduled: int | None
    manual: int | None


class MonthFigures(NamedTuple):
    """What Recognized gains in a month, up to the dividing day and after it."""

    month: Month
    posted: int
    scheduled: int


class Figures:
    """The figures of a selection at a pin.

    With `only_quick` the slow ones are None.
    """

    def __init__(
        self,
        session: AsyncSession,
        pin: Pin,
        journal_filter: JournalFilter,
        *,
        only_quick: bool,
    ) -> None:
        self._session, self._pin, self._filter = session, pin, journal_filter
        self._only_quick = only_quick
        self._on = journal_filter.divides_on(pin)

    async def counts(self) -> JournalCounts:
        """The counts of the selection without its marks, and of each mark in it."""
        base = without_marks(self._filter)
        sources = base.sources
        return JournalCounts(
            all=await self._count(base),
            moved=await self._moved(base),
            credit_notes=await self._count(
                replace(base, sources=_both(sources, _CREDIT_NOTES))
            ),
            revised=await self._count(replace(base, revised=True)),
            voided=await self._count(replace(base, voided=True)),
            partly_scheduled=await self._partly(base),
            manual=await self._count(replace(base, sources=_both(sources, _MANUAL))),
        )

    @property
    def balances_on(self) -> Day:
        """The day at whose end the balances are: the last selected posted one."""
        end = self._filter.posted_to
        return self._on if end is None else min(end, self._on)

    async def balances(self) -> dict[Role, int] | None:
        """Each account's balance on its normal side, of all that the filter selects."""
        its = replace(
            self._filter,
            posted_from=None,
            posted_to=self.balances_on,
            include_scheduled=False,
            on=self._on,
        )

        async def read() -> dict[Role, int]:
            pairs = await pair_totals(self._session, self._pin, its)
            return {role: net_change(pairs, role) for role in Role}

        is_quick = not its.narrows_journals() or is_narrow(its)
        return await self._unless_slow("balances", its, read, is_quick=is_quick)

    async def months(self, first: Month, last: Month) -> list[MonthFigures] | None:
        """Each month from `first` to `last`, of the filter without its own days."""
        its = replace(
            self._filter,
            posted_from=first_day_of(first),
            posted_to=last_day_of(last),
            on=self._on,
        )

        async def read() -> list[MonthFigures]:
            totals = await totals_by_month(self._session, self._pin, its)
            posted = await self._posted_in_the_month(its)
            return [
                self._month(month, totals, posted) for month in range(first, last + 1)
            ]

        is_quick = not its.narrows_journals() or is_narrow(its)
        return await self._unless_slow("months", its, read, is_quick=is_quick)

    async def _posted_in_the_month(self, its: JournalFilter) -> int:
        """What is posted in the month that the dividing day cuts, if it is selected."""
        month = month_of(self._on)
        first, last = its.months(self._pin)
        if not first <= month <= last:
            return 0
        cut = replace(its, posted_from=first_day_of(month), posted_to=self._on)
        pairs = await pair_totals(self._session, self._pin, cut)
        return net_change(pairs, Role.RECOGNIZED)

    def _month(self, month: Month, totals: TotalsByMonth, cut: int) -> MonthFigures:
        total = net_change(totals.get(month, {}), Role.RECOGNIZED)
        dividing = month_of(self._on)
        posted = total if month < dividing else cut if month == dividing else 0
        return MonthFigures(month, posted, total - posted)

    async def _moved(self, base: JournalFilter) -> int | None:
        if not await has_moved(self._session, self._pin):
            return 0
        return await self._count(replace(base, shifted=True))

    async def _partly(self, base: JournalFilter) -> int | None:
        month = month_of(self._on)
        first, last = base.months(self._pin)
        if not first <= month <= last or self._on == last_day_of(month):
            return 0
        return await self._count(replace(base, partly_scheduled=True))

    async def _count(self, its: JournalFilter) -> int | None:
        async def read() -> int:
            return await count_journals(self._session, self._pin, its)

        is_kept = its.is_whole_months(self._pin) and not its.narrows_journals()
        is_quick = is_kept or is_narrow(its) or its.sources == ()
        return await self._unless_slow("count", its, read, is_quick=is_quick)

    async def _unless_slow(
        self,
        what: str,
        its: JournalFilter,
        read: Callable[[], Awaitable[Value]],
        *,
        is_quick: bool,
    ) -> Value | None:
        key: tuple[Any, ...] = ("journal figures", what, self._pin, its)
        if is_quick or await self._is_of_a_small_ledger():
            return await keep_figures(self._session, key, read)
        if self._only_quick:
            return None
        return await keep_totals(self._session, key, read)

    async def _is_of_a_small_ledger(self) -> bool:
        async def read() -> int:
            ledger = await self._session.get_one(Ledger, self._pin.ledger_id)
            return ledger.journals

        pin = self._pin
        key = ("journals", pin.ledger_id, pin.recording, pin.audit_head)
        return await keep_figures(self._session, key, read) <= QUICK_JOURNALS


def without_marks(journal_filter: JournalFilter) -> JournalFilter:
    """The filter without those that select a mark's journals."""
    sources = journal_filter.sources
    return replace(
        journal_filter,
        shifted=None,
        revised=None,
        voided=None,
        partly_scheduled=None,
        sources=None if sources in {_CREDIT_NOTES, _MANUAL} else sources,
    )


def is_narrow(journal_filter: JournalFilter) -> bool:
    """Whether an index leads to the few journals that a filter selects."""
    numbers = (
        journal_filter.customer_id,
        journal_filter.document_id,
        journal_filter.billing_schedule_id,
    )
    return (
        any(number is not None for number in numbers)
        or bool(journal_filter.revised or journal_filter.voided)
        or journal_filter.sources == _MANUAL
    )


def _both(
    sources: tuple[SourceKind, ...] | None, wanted: tuple[SourceKind, ...]
) -> tuple[SourceKind, ...]:
    """Those wanted, unless the filter leaves them out."""
    if sources is None:
        return wanted
    return tuple(kind for kind in wanted if kind in sources)
