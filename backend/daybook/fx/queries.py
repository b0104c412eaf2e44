"""Reading rates: the shipped ones, those that were added, and those of one's own."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import ColumnElement, Select, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day
from daybook.fx.models import ManualRate, RateRefresh, ReferenceRate
from daybook.fx.rules import EURO, PublishedRate, Rates, Series
from daybook.fx.shipped import shipped_currencies, shipped_days, shipped_series

_ADDED = (
    ReferenceRate.currency,
    ReferenceRate.day,
    ReferenceRate.mantissa,
    ReferenceRate.decimals,
    ReferenceRate.refresh,
)


async def load_rates(  # noqa: PLR0913  (keyword-only, each has its meaning)
    session: AsyncSession,
    currencies: Iterable[str] | None,
    *,
    today: Day,
    refresh: int | None = None,
    organisation_id: int | None = None,
    manual_through: int = 0,
) -> Rates:
    """The rates of some currencies, or of all; of others, nothing can be asked.

    Currencies that the ECB doesn't quote may be among them: asking for their rate says
    so. Days after `today` have the latest rate. With `refresh`, later refreshes than
    that don't count, so that a file is made again with the rates that it had. An
    organisation's manual rates up to a number stand on days without one of the ECB's.
    """
    is_known = true() if refresh is None else ReferenceRate.refresh <= refresh
    newest = await session.scalar(select(func.max(ReferenceRate.day)).where(is_known))
    added = await session.scalars(
        select(ReferenceRate.currency).where(is_known).distinct()
    )
    entered: dict[str, list[PublishedRate]] = {}
    if organisation_id is not None and manual_through:
        entered = await _entered(session, organisation_id, manual_through)
    quoted = shipped_currencies() | set(added) | set(entered)
    wanted = quoted if currencies is None else quoted & (set(currencies) - {EURO})
    series = await load_series(session, wanted, refresh=refresh)
    for currency in wanted & set(entered):
        series[currency] = series[currency].with_added(entered[currency])
    complete_until = shipped_days()[-1]
    return Rates(
        series,
        today,
        complete_until,
        max(complete_until, newest or complete_until),
        quoted,
    )


async def load_series(
    session: AsyncSession, currencies: Iterable[str], *, refresh: int | None = None
) -> dict[str, Series]:
    """All rates of currencies, by their codes; none of a currency without any.

    With `refresh`, later refreshes than that don't count.
    """
    is_known = true() if refresh is None else ReferenceRate.refresh <= refresh
    wanted = sorted(set(currencies))
    rows = await session.execute(
        select(*_ADDED)
        .where(ReferenceRate.currency.in_(wanted), is_known)
        .order_by(ReferenceRate.currency, ReferenceRate.day)
    )
    added: dict[str, list[PublishedRate]] = defaultdict(list)
    for row in rows:
        added[row.currency].append(PublishedRate(*row))
    return {
        currency: shipped_series(currency).with_added(added[currency])
        for currency in wanted
    }


async def _entered(
    session: AsyncSession, organisation_id: int, through: int
) -> dict[str, list[PublishedRate]]:
    """The manual rates that held when the last of them was entered, by currency."""
    rows = await session.scalars(
        manual_rates_held(organisation_id, ManualRate.number <= through)
    )
    found: dict[str, list[PublishedRate]] = defaultdict(list)
    for row in rows:
        assert row.mantissa is not None, "it wasn't withdrawn"
        rate = PublishedRate(
            row.currency, row.day, row.mantissa, row.decimals, is_manual=True
        )
        found[row.currency].append(rate)
    return found


async def newest_refresh(session: AsyncSession) -> int:
    """The number of the last refresh; 0 before the first."""
    return await session.scalar(select(func.max(RateRefresh.number))) or 0


async def newest_manual_rate(session: AsyncSession, organisation_id: int) -> int:
    """The number of an organisation's last manual rate; 0 before the first."""
    newest = select(func.max(ManualRate.number)).where(
        ManualRate.organisation_id == organisation_id
    )
    return await session.scalar(newest) or 0


async def find_refreshes(
    session: AsyncSession, numbers: Iterable[int]
) -> dict[int, RateRefresh]:
    """The refreshes of some numbers."""
    found = await session.scalars(
        select(RateRefresh).where(RateRefresh.number.in_(sorted(set(numbers))))
    )
    return {refresh.number: refresh for refresh in found}


async def manual_rates(session: AsyncSession, organisation_id: int) -> list[ManualRate]:
    """The rates that an organisation entered and didn't withdraw, newest days first."""
    holding = manual_rates_held(organisation_id)
    found = await session.scalars(
        holding.order_by(ManualRate.day.desc(), ManualRate.currency)
    )
    return list(found)


def manual_rates_held(
    organisation_id: int, *conditions: ColumnElement[bool]
) -> Select[ManualRate]:
    """The last rate of each currency and day, of those that fulfil the conditions."""
    is_ours = ManualRate.organisation_id == organisation_id
    newest = (
        select(func.max(ManualRate.number))
        .where(is_ours, *conditions)
        .group_by(ManualRate.currency, ManualRate.day)
    )
    return select(ManualRate).where(
        is_ours, ManualRate.number.in_(newest), ManualRate.mantissa.is_not(None)
    )


async def manual_rate_of(
    session: AsyncSession, organisation_id: int, currency: str, day: Day
) -> PublishedRate | None:
    """The rate that an organisation entered for a day; None if none holds."""
    row = await session.scalar(
        select(ManualRate)
        .where(
            ManualRate.organisation_id == organisation_id,
            ManualRate.currency == currency,
            ManualRate.day == day,
        )
        .order_by(ManualRate.number.desc())
        .limit(1)
    )
    if row is None or row.mantissa is None:
        return None
    return PublishedRate(currency, day, row.mantissa, row.decimals)
