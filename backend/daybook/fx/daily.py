"""A pair's rates day by day, among them those that an organisation entered itself."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day
from daybook.fx.models import ManualRate
from daybook.fx.queries import load_rates, manual_rates
from daybook.fx.rules import CrossRate, NoRate, PublishedRate, Rates, Series

ManualDays = dict[str, set[Day]]
"""The days whose rate was entered, by currencies."""


class UsedRate(NamedTuple):
    """A rate that a cross rate is made of, and whether the organisation entered it."""

    rate: PublishedRate
    is_manual: bool


class DayRate(NamedTuple):
    """A pair's rate of a day, and the rates for a euro that it is made of."""

    cross: CrossRate
    used: tuple[UsedRate, ...]


async def daily_rates(  # noqa: PLR0913  (whose, of what, and when)
    session: AsyncSession,
    organisation_id: int,
    source: str,
    target: str,
    days: Iterable[Day],
    *,
    today: Day,
) -> list[DayRate]:
    """A pair's rates of some days; a day that has none is left out.

    Rates are as `Rates.rate` has them. A rate that the organisation entered counts
    where the ECB has none of its day.
    """
    rates = await load_rates(session, (source, target), today=today)
    entered = await manual_rates(session, organisation_id)
    rates, manual = _with_manual(rates, {source, target}, entered)
    found = []
    for day in days:
        try:
            cross = rates.rate(source, target, day)
        except NoRate:
            continue
        used = tuple(
            UsedRate(rate, rate.day in manual[rate.currency])
            for rate in (cross.source_rate, cross.target_rate)
            if rate is not None
        )
        found.append(DayRate(cross, used))
    return found


def _with_manual(
    rates: Rates, currencies: set[str], entered: Iterable[ManualRate]
) -> tuple[Rates, ManualDays]:
    """The rates with those that were entered, and the days of these."""
    added: dict[str, list[PublishedRate]] = defaultdict(list)
    for row in entered:
        if row.currency in currencies and row.mantissa is not None:
            rate = PublishedRate(row.currency, row.day, row.mantissa, row.decimals)
            added[row.currency].append(rate)
    manual: ManualDays = defaultdict(set)
    series = dict(rates.series)
    for currency, its in added.items():
        published = series.get(currency, Series(currency))
        series[currency] = published.with_added(its)
        manual[currency] = {rate.day for rate in its} - set(published.days)
    return replace(rates, series=series, quoted=rates.quoted | {*added}), manual
