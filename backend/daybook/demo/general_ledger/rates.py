"""Exchange rates of the demo: what was booked, and what the shipped history lacks.

The shipped history ends some time before the present. The demo goes on from its last
rates, week by week, as rates that were entered by hand.
"""

from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction

from daybook.calendar import Day
from daybook.db.engine import Database
from daybook.fx.entering import RateDay, enter_rate
from daybook.fx.rules import EURO, LOOK_BACK_DAYS, Series
from daybook.fx.shipped import shipped_days, shipped_series
from daybook.money import decimal_text

ENTERED = ("GBP", "USD")
DRIFT = (3, -4, 6, -2, -5, 4)
"""By how many thousandths a rate lies off the last shipped one, week after week."""
WEEKS_MAX = 60
"""As many weeks as the demo's journals reach back, and no more, have rates."""
REASON = "Demo: goes on from the last rate of the ECB that came with Daybook"


def booked_rate(base: str, currency: str, day: Day) -> Fraction:
    """Xero's CurrencyRate of 6 decimals: units of a currency for one of base."""
    exact = _euro_rate(currency, day) / _euro_rate(base, day)
    return Fraction(round(exact * 10**6), 10**6)


async def enter_rates(
    database: Database, organisation_id: int, *, today: Day, now: datetime, made_by: str
) -> None:
    """Enter the rates of each week since the shipped history ended."""
    for rate_day, rate in later_rates(today):
        await enter_rate(
            *(database, organisation_id, rate_day, rate),
            reason=REASON,
            today=today,
            now=now,
            made_by=made_by,
        )


def later_rates(today: Day) -> Iterator[tuple[RateDay, str]]:
    """What is entered up to a day, each week after the last shipped day."""
    last = shipped_days()[-1]
    weeks = (today - last) // LOOK_BACK_DAYS
    for week in range(max(1, weeks - WEEKS_MAX + 1), weeks + 1):
        drift = 1_000 + DRIFT[week % len(DRIFT)]
        for currency in ENTERED:
            published = shipped_series(currency).at(-1)
            mantissa = published.mantissa * drift // 1_000
            rate_day = RateDay(currency, last + week * LOOK_BACK_DAYS)
            yield rate_day, decimal_text(mantissa, published.decimals)


def _euro_rate(currency: str, day: Day) -> Fraction:
    """How many units of a currency a euro was worth; the last known one later on."""
    if currency == EURO:
        return Fraction(1)
    series: Series = shipped_series(currency)
    found = series.last_until(day)
    assert found is not None, "the demo's days are in the history"
    return found.value
