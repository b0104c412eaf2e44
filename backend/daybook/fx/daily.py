"""A pair's rates day by day, among them those that an organisation entered itself."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day
from daybook.fx.queries import load_rates, newest_manual_rate
from daybook.fx.rules import CrossRate, NoRate, PublishedRate


class DayRate(NamedTuple):
    """A pair's rate of a day, and the rates for a euro that it is made of."""

    cross: CrossRate
    used: tuple[PublishedRate, ...]


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
    rates = await load_rates(
        session,
        (source, target),
        today=today,
        organisation_id=organisation_id,
        manual_through=await newest_manual_rate(session, organisation_id),
    )
    found = []
    for day in days:
        try:
            cross = rates.rate(source, target, day)
        except NoRate:
            continue
        made_of = (cross.source_rate, cross.target_rate)
        used = tuple(rate for rate in made_of if rate is not None)
        found.append(DayRate(cross, used))
    return found
