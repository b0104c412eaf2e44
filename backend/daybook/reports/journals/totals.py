"""Totals and counts of the journal report, at a pin.

Whole months of all customers, and parts of months, come from small tables that each
recording keeps; narrower filters are summed from movements.
"""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from sqlalchemy import BigInteger, cast, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import FIRST_DAY, Month, first_day_of, last_day_of, month_of
from daybook.ledger.amount_conditions import amount_within
from daybook.ledger.models import (
    Journal,
    JournalMovement,
    MonthCount,
    MonthTotal,
    SpanTotal,
)
from daybook.ledger.pins import Pin
from daybook.ledger.rules import AccountPair, Role, net_change
from daybook.ledger.span_sums import counts_once, span_part_within, spans_at
from daybook.reports.journals.conditions import (
    AnySelect,
    is_listed,
    journal_conditions,
    kept_conditions,
    select_movements,
    with_names,
    with_search,
)
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.kept_totals import has_figures, keep_figures

TotalsByMonth: TypeAlias = dict[Month, dict[AccountPair, int]]
"""The amounts between each pair of accounts, by month."""


async def count_journals(
    session: AsyncSession, pin: Pin, journal_filter: JournalFilter
) -> int:
    """How many journals `find_journals` lists in all."""
    if journal_filter.is_whole_months(pin) and not journal_filter.narrows_journals():
        kept = select(func.sum(MonthCount.change))
        kept = kept.where(*kept_conditions(MonthCount, pin, journal_filter))
        return int(await session.scalar(kept) or 0)
    listed: AnySelect = (
        select(func.count())
        .select_from(Journal)
        .where(*journal_conditions(pin, journal_filter), is_listed(pin, journal_filter))
    )
    if journal_filter.search:
        listed = with_search(with_names(listed, pin), pin, journal_filter)
    return await session.scalar(listed) or 0


async def kept_count(
    session: AsyncSession, pin: Pin, journal_filter: JournalFilter
) -> int:
    """The same, kept for the next pages of a list."""
    read = partial(count_journals, session, pin, journal_filter)
    return await keep_figures(session, ("count", pin, journal_filter), read)


async def totals_by_month(
    session: AsyncSession, pin: Pin, journal_filter: JournalFilter
) -> TotalsByMonth:
    """The amounts between each pair of accounts on each month's selected days."""
    totals: TotalsByMonth = defaultdict(dict)
    for part in _parts(pin, journal_filter):
        if part.narrows_journals():
            statement = _summed(pin, part)
        elif part.is_whole_months(pin):
            from_start = part.first_day() == FIRST_DAY
            if from_start or has_figures(session, _key_of_months(pin)):
                totals |= _selected(await _every_month(session, pin), pin, part)
                continue
            statement = _kept(pin, part)
        else:
            statement = _kept_days(pin, part)
        for month, debit, credit, total in await session.execute(statement):
            if total:
                totals[month][Role(debit), Role(credit)] = int(total)
    return totals


_EveryMonth: TypeAlias = Sequence[tuple[Month, AccountPair, int, int]]
"""Month, pair of accounts, source and amount, by month."""


def _key_of_months(pin: Pin) -> Hashable:
    return "every month", pin.ledger_id, pin.recording


async def _every_month(session: AsyncSession, pin: Pin) -> _EveryMonth:
    """All of a ledger's totals by month, kept for its recording.

    A page asks for several ranges that begin with the ledger. Who wants a month alone
    reads that, unless this is known: a ledger with many recordings has many rows.
    """

    async def read() -> _EveryMonth:
        its = MonthTotal
        key = (its.month, its.debit_role, its.credit_role, its.source)
        statement = (
            select(*key, func.sum(its.change))
            .where(its.ledger_id == pin.ledger_id, its.recorded_in <= pin.recording)
            .group_by(*key)
            .order_by(*key)
        )
        return [
            (month, (Role(debit), Role(credit)), source, int(total))
            for month, debit, credit, source, total in await session.execute(statement)
            if total
        ]

    return await keep_figures(session, _key_of_months(pin), read)


def _selected(
    every: _EveryMonth, pin: Pin, journal_filter: JournalFilter
) -> TotalsByMonth:
    """What a filter of whole months selects of all months."""
    first, last = journal_filter.months(pin)
    sources = journal_filter.sources
    sums: dict[tuple[Month, AccountPair], int] = defaultdict(int)
    for month, pair, source, amount in every:
        if first <= month <= last and (sources is None or source in sources):
            sums[month, pair] += amount
    totals: TotalsByMonth = defaultdict(dict)
    for (month, pair), amount in sums.items():
        if amount:
            totals[month][pair] = amount
    return totals


def _parts(pin: Pin, journal_filter: JournalFilter) -> list[JournalFilter]:
    """The same selection as whole months and parts of one month each."""
    first, last = journal_filter.first_day(), journal_filter.last_day(pin)
    start, end = journal_filter.months(pin)
    if journal_filter.narrows_journals() or first > last or start == end:
        return [journal_filter]
    whole = [
        start if first <= first_day_of(start) else start + 1,
        end if last >= last_day_of(end) else end - 1,
    ]
    ranges = []
    if whole[0] <= whole[1]:
        ranges.append((first_day_of(whole[0]), last_day_of(whole[1])))
    if whole[0] > start:
        ranges.append((first, last_day_of(start)))
    if whole[1] < end:
        ranges.append((first_day_of(end), last))
    # The days alone decide what is posted and what is scheduled.
    return [
        replace(journal_filter, posted_from=day, posted_to=to, include_scheduled=True)
        for day, to in ranges
    ]


def _kept(pin: Pin, journal_filter: JournalFilter) -> AnySelect:
    pair = (MonthTotal.debit_role, MonthTotal.credit_role)
    statement: AnySelect = select(MonthTotal.month, *pair, func.sum(MonthTotal.change))
    statement = statement.where(*kept_conditions(MonthTotal, pin, journal_filter))
    return statement.group_by(MonthTotal.month, *pair)


def _kept_days(pin: Pin, journal_filter: JournalFilter) -> AnySelect:
    """Some days of one month, by the sums of movements that span the same days."""
    first, last = journal_filter.first_day(), journal_filter.last_day(pin)
    month, part = month_of(first), span_part_within(first, last)
    pair = (SpanTotal.debit_role, SpanTotal.credit_role)
    statement: AnySelect = select(
        literal_column(str(month)), *pair, cast(func.sum(part), BigInteger)
    ).where(
        *spans_at(pin, until=last),
        SpanTotal.first_day >= first_day_of(month),
        SpanTotal.last_day >= first,
        counts_once(),
    )
    if journal_filter.sources is not None:
        statement = statement.where(
            SpanTotal.source.in_([int(kind) for kind in journal_filter.sources])
        )
    return statement.group_by(*pair)


def _summed(pin: Pin, journal_filter: JournalFilter) -> AnySelect:
    pair = (JournalMovement.debit_role, JournalMovement.credit_role)
    amount = func.sum(
        amount_within(journal_filter.first_day(), journal_filter.last_day(pin))
    )
    statement = select_movements(pin, journal_filter, Journal.month, *pair, amount)
    return statement.group_by(Journal.month, *pair)


async def pair_totals(
    session: AsyncSession, pin: Pin, journal_filter: JournalFilter
) -> dict[AccountPair, int]:
    """The amounts between each pair of accounts on the selected days."""
    totals: dict[AccountPair, int] = defaultdict(int)
    for pairs in (await totals_by_month(session, pin, journal_filter)).values():
        for pair, amount in pairs.items():
            totals[pair] += amount
    return totals


async def kept_totals(
    session: AsyncSession, pin: Pin, journal_filter: JournalFilter
) -> Mapping[AccountPair, int]:
    """The same, kept for the next pages of a list."""
    read = partial(pair_totals, session, pin, journal_filter)
    return await keep_figures(session, ("totals", pin, journal_filter), read)


async def posted_totals(
    session: AsyncSession, pin: Pin, journal_filter: JournalFilter
) -> dict[AccountPair, int]:
    """What of `pair_totals` is posted: dated up to the filter's `on`."""
    last = min(journal_filter.last_day(pin), journal_filter.divides_on(pin))
    if last < journal_filter.first_day():
        return {}
    return await pair_totals(session, pin, replace(journal_filter, posted_to=last))


async def scheduled_totals(
    session: AsyncSession, pin: Pin, journal_filter: JournalFilter
) -> Mapping[AccountPair, int]:
    """What of `kept_totals` is scheduled: dated after the filter's `on`."""
    first = max(journal_filter.first_day(), journal_filter.divides_on(pin) + 1)
    if first > journal_filter.last_day(pin):
        return {}
    return await kept_totals(session, pin, replace(journal_filter, posted_from=first))


async def balances(session: AsyncSession, pin: Pin) -> dict[Role, int]:
    """Each account's balance on its normal side, of all that is posted at the pin."""
    posted = JournalFilter(include_scheduled=False)
    totals = await pair_totals(session, pin, posted)
    return {role: net_change(totals, role) for role in Role}


async def recognized_by_month(
    session: AsyncSession, pin: Pin, first: Month, last: Month
) -> dict[Month, int]:
    """Recognized Revenue, credits less debits, of each month that has any."""
    journal_filter = JournalFilter(
        posted_from=first_day_of(first), posted_to=last_day_of(last)
    )
    read = partial(totals_by_month, session, pin, journal_filter)
    totals = await keep_figures(session, ("by month", pin, journal_filter), read)
    return {
        month: net_change(pairs, Role.RECOGNIZED) for month, pairs in totals.items()
    }


async def months_with_journals(
    session: AsyncSession, pin: Pin
) -> tuple[Month, Month] | None:
    """The ledger's first and last month with movements, or None if it is empty."""
    row = (
        await session.execute(
            select(func.min(MonthTotal.month), func.max(MonthTotal.month)).where(
                MonthTotal.ledger_id == pin.ledger_id,
                MonthTotal.recorded_in <= pin.recording,
            )
        )
    ).one()
    return None if row[0] is None else (row[0], row[1])
