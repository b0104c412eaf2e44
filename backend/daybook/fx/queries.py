"""Reading rates: the shipped ones, and those that were added."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day
from daybook.fx.models import RateRefresh, ReferenceRate
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
    session: AsyncSession, currencies: Iterable[str], *, today: Day
) -> Rates:
    """The rates of some currencies; of others, nothing can be asked.

    Currencies that the ECB doesn't quote may be among them: asking for their rate says
    so. Days after `today` have the latest rate.
    """
    wanted = set(currencies) - {EURO}
    newest = await session.scalar(select(func.max(ReferenceRate.day)))
    added = await session.scalars(select(ReferenceRate.currency).distinct())
    quoted = shipped_currencies() | set(added)
    complete_until = shipped_days()[-1]
    return Rates(
        await load_series(session, wanted & quoted),
        today,
        complete_until,
        max(complete_until, newest or complete_until),
        quoted,
    )


async def load_series(
    session: AsyncSession, currencies: Iterable[str]
) -> dict[str, Series]:
    """All rates of currencies, by their codes; none of a currency without any."""
    wanted = sorted(set(currencies))
    rows = await session.execute(
        select(*_ADDED)
        .where(ReferenceRate.currency.in_(wanted))
        .order_by(ReferenceRate.currency, ReferenceRate.day)
    )
    added: dict[str, list[PublishedRate]] = defaultdict(list)
    for row in rows:
        added[row.currency].append(PublishedRate(*row))
    return {
        currency: shipped_series(currency).with_added(added[currency])
        for currency in wanted
    }


async def find_refreshes(
    session: AsyncSession, numbers: Iterable[int]
) -> dict[int, RateRefresh]:
    """The refreshes of some numbers."""
    found = await session.scalars(
        select(RateRefresh).where(RateRefresh.number.in_(sorted(set(numbers))))
    )
    return {refresh.number: refresh for refresh in found}
