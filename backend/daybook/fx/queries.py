"""Reading rates: the shipped ones, those that were added, and those of one's own."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import func, select, true
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


async def load_rates(
    session: AsyncSession,
    currencies: Iterable[str],
    *,
    today: Day,
    refresh: int | None = None,
) -> Rates:
    """The rates of some currencies; of others, nothing can be asked.

    Currencies that the ECB doesn't quote may be among them: asking for their rate says
    so. Days after `today` have the latest rate. With `refresh`, later refreshes than
    that don't count, so that a file is made again with the rates that it had.
    """
    wanted = set(currencies) - {EURO}
    is_known = true() if refresh is None else ReferenceRate.refresh <= refresh
    newest = await session.scalar(select(func.max(ReferenceRate.day)).where(is_known))
    added = await session.scalars(
        select(ReferenceRate.currency).where(is_known).distinct()
    )
    quoted = shipped_currencies() | set(added)
    complete_until = shipped_days()[-1]
    return Rates(
        await load_series(session, wanted & quoted, refresh=refresh),
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


async def newest_refresh(session: AsyncSession) -> int:
    """The number of the last refresh; 0 before the first."""
    return await session.scalar(select(func.max(RateRefresh.number))) or 0


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
    newest = (
        select(func.max(ManualRate.number))
        .where(ManualRate.organisation_id == organisation_id)
        .group_by(ManualRate.currency, ManualRate.day)
    )
    found = await session.scalars(
        select(ManualRate)
        .where(
            ManualRate.organisation_id == organisation_id,
            ManualRate.number.in_(newest),
            ManualRate.mantissa.is_not(None),
        )
        .order_by(ManualRate.day.desc(), ManualRate.currency)
    )
    return list(found)


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
