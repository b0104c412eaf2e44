"""Euro reference rates as exact values: look-back, cross rates, conversion. Pure.

The ECB publishes how many units of a currency one euro is worth, once a business day.
Nothing is rounded here but a converted amount, once, and the text of a rate.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from typing import NamedTuple

from daybook.calendar import LAST_DAY, Day, date_of, day_of, day_text
from daybook.errors import Problem, ProblemCode, Rejected, did_you_mean
from daybook.money import decimal_text, decimals_of, divide_half_up

EURO = "EUR"
FIRST_RATE_DAY: Day = day_of(date(1999, 1, 4))
"""The first day that the ECB published rates on."""
LOOK_BACK_DAYS = 7
"""How many days before a day without a rate the last earlier rate may lie."""
SATURDAY = 5
GOOD_FRIDAY, EASTER_MONDAY = timedelta(2), timedelta(1)
_HOLIDAYS = {(1, 1), (5, 1), (12, 25), (12, 26)}
"""The months and days of the other holidays."""
SHOWN_DECIMALS = 8
"""How many decimals a cross rate is shown with; amounts use the exact one."""


class NoRate(Rejected):
    """There is no rate of a currency for a day; the message says why."""

    def __init__(
        self,
        currency: str,
        day: Day,
        message: str,
        code: ProblemCode = ProblemCode.NOT_FOUND,
    ) -> None:
        self.currency, self.day = currency, day
        super().__init__([Problem(code, message)])


class PublishedRate(NamedTuple):
    """How many units of a currency one euro was worth, as the ECB published it.

    That is `mantissa / 10**decimals`. `refresh` is the number of the refresh that added
    the rate; None if it came with the software, or an organisation entered it itself.
    """

    currency: str
    day: Day
    mantissa: int
    decimals: int
    refresh: int | None = None
    is_manual: bool = False

    @property
    def value(self) -> Fraction:
        """The exact rate."""
        return Fraction(self.mantissa, 10**self.decimals)

    @property
    def text(self) -> str:
        """The rate as the ECB writes it: without zeros at the end of decimals."""
        text = decimal_text(self.mantissa, self.decimals)
        return text.rstrip("0").rstrip(".") if self.decimals else text


class CrossRate(NamedTuple):
    """How many units of `target` one unit of `source` is worth on a day.

    `source_rate` and `target_rate` are the published rates that it was made of, each of
    the day or of a day before. They are None for the euro, and where both currencies
    are the same.
    """

    source: str
    target: str
    day: Day
    value: Fraction
    source_rate: PublishedRate | None = None
    target_rate: PublishedRate | None = None

    @property
    def text(self) -> str:
        """The rate as it is shown."""
        return rate_text(self.value)


@dataclass(frozen=True, slots=True)
class Series:
    """A currency's published rates by day, in the order of days.

    `refreshes` has the numbers of the refreshes that added rates, by day; `manual` the
    days whose rate an organisation entered itself.
    """

    currency: str
    decimals: int = 0
    days: Sequence[Day] = ()
    mantissas: Sequence[int] = ()
    refreshes: Mapping[Day, int] = field(default_factory=dict)
    manual: frozenset[Day] = frozenset()

    def last_until(self, day: Day) -> PublishedRate | None:
        """The rate of a day, or the last one before; None before the first."""
        position = bisect_right(self.days, day)
        return self.at(position - 1) if position else None

    def at(self, position: int) -> PublishedRate:
        """The rate at a position, as of a list."""
        day = self.days[position]
        return PublishedRate(
            self.currency,
            day,
            self.mantissas[position],
            self.decimals,
            self.refreshes.get(day),
            day in self.manual,
        )

    def with_added(self, added: Sequence[PublishedRate]) -> "Series":
        """The series with rates of further days; those of its own days stay."""
        known = set(self.days)
        new = [rate for rate in added if rate.day not in known]
        if not new:
            return self
        decimals = max(self.decimals, *(rate.decimals for rate in new))
        factor = 10 ** (decimals - self.decimals)
        by_day = {
            day: mantissa * factor
            for day, mantissa in zip(self.days, self.mantissas, strict=True)
        }
        for rate in new:
            by_day[rate.day] = rate.mantissa * 10 ** (decimals - rate.decimals)
        days = sorted(by_day)
        refreshes = {rate.day: rate.refresh for rate in new if rate.refresh is not None}
        return Series(
            self.currency,
            decimals,
            days,
            [by_day[day] for day in days],
            {**self.refreshes, **refreshes},
            self.manual | {rate.day for rate in new if rate.is_manual},
        )


@dataclass(frozen=True, slots=True)
class Rates:
    """The rates of some currencies, by a currency's code.

    `today` divides past from future days. `newest` is the newest day that any currency
    has a rate of; up to `complete_until` nothing that the ECB published is missing.
    `quoted` are all currencies that the ECB publishes or published.
    """

    series: Mapping[str, Series]
    today: Day
    complete_until: Day
    newest: Day
    quoted: frozenset[str]

    def rate(self, source: str, target: str, day: Day) -> CrossRate:
        """The cross rate of a day, exactly: the target's rate over the source's.

        Raises NoRate for a currency without a rate for the day.
        """
        if source == target:
            return CrossRate(source, target, day, Fraction(1))
        source_rate = self.published(source, day)
        target_rate = self.published(target, day)
        value = _value(target_rate) / _value(source_rate)
        return CrossRate(source, target, day, value, source_rate, target_rate)

    def published(self, currency: str, day: Day) -> PublishedRate | None:
        """The rate of a day; None for the euro, which is always 1.

        On a day without a rate the last earlier one, at most `LOOK_BACK_DAYS` before;
        on a day in the future the latest, if the currency is still quoted. Raises
        NoRate.
        """
        if currency == EURO:
            return None
        if currency not in self.quoted:
            words = did_you_mean(currency, self.quoted)
            message = f"the ECB publishes no rate of {currency!r}{words}"
            raise NoRate(currency, day, message, ProblemCode.UNKNOWN_CURRENCY)
        series = self.series[currency]
        is_future = day > self.today
        # With a fixed present there may be rates of days that are still to come.
        found = series.last_until(self.today if is_future else day)
        # A future day has the latest rate, unless the currency came to its end.
        wanted = min(self.today, self.newest) if is_future else day
        if found is None or wanted - found.day > LOOK_BACK_DAYS:
            raise NoRate(currency, day, self._missing_words(series, found, day))
        return found

    def unsettled_words(self, source: str, target: str, day: Day) -> str:
        """Why the rate of a day may still change; empty once it can't.

        A refresh can add the rate of the day, or of the last business day before it.
        """
        while not is_business_day(day):
            day -= 1
        if day > self.today:
            return f"the rate of {day_text(day)} is still to come"
        if day <= self.complete_until:
            return ""
        for currency in sorted({source, target} - {EURO}):
            known = self.series[currency].last_until(day)
            if known is None or known.day != day:
                return (
                    f"the rate of {currency} for {day_text(day)} isn't known yet:"
                    " `daybook fx refresh FILE` adds it from the ECB's history"
                )
        return ""

    def _missing_words(
        self, series: Series, found: PublishedRate | None, day: Day
    ) -> str:
        """Why there is no rate, and the way out if there is one."""
        missing = f"there is no ECB rate of {series.currency} for {day_text(day)}"
        if found is None:
            return f"{missing}: its rates begin on {day_text(series.days[0])}"
        before = f"{missing} or the {LOOK_BACK_DAYS} days before"
        last = day_text(found.day)
        is_last = found.day == series.days[-1]
        if is_last and found.day < self.complete_until - LOOK_BACK_DAYS:
            return f"{before}: the ECB stopped quoting it on {last}"
        words = f"{before}: the last earlier one is of {last}"
        if day <= self.complete_until:
            return words
        return (
            f"{words}; `daybook fx refresh FILE` adds later ones from the ECB's"
            " history, unless it stopped quoting the currency"
        )


@cache
def is_business_day(day: Day) -> bool:
    """Whether the ECB publishes rates on a day: Monday to Friday, but for holidays.

    These are the closing days of TARGET, the same every year since 2002.
    """
    value = date_of(day)
    easter = _easter(value.year)
    return (
        value.weekday() < SATURDAY
        and (value.month, value.day) not in _HOLIDAYS
        and value - easter not in {-GOOD_FRIDAY, EASTER_MONDAY}
    )


@cache
def _easter(year: int) -> date:
    """Easter Sunday, by the algorithm of Meeus, Jones and Butcher."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (b - (b + 8) // 25 + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, before = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, before + 1)


def _value(rate: PublishedRate | None) -> Fraction:
    return Fraction(1) if rate is None else rate.value


def rate_text(value: Fraction) -> str:
    """A rate with `SHOWN_DECIMALS` decimals, rounded half up."""
    scaled = divide_half_up(value.numerator * 10**SHOWN_DECIMALS, value.denominator)
    return decimal_text(scaled, SHOWN_DECIMALS)


def convert(
    amount_minor: int, from_currency: str, to_currency: str, rate: Fraction
) -> int:
    """An amount at an exact rate, rounded once to the other currency's minor units.

    Half up, and mirrored for a negative amount. Raises Rejected for a currency that
    isn't in use any more: rates are kept of some.
    """
    decimals = decimals_in_use(to_currency) - decimals_in_use(from_currency)
    exact = amount_minor * rate * Fraction(10) ** decimals
    return divide_half_up(exact.numerator, exact.denominator)


def decimals_in_use(currency: str) -> int:
    """How many decimals a currency has; raises Rejected if it isn't in use."""
    try:
        return decimals_of(currency)
    except KeyError:
        message = (
            f"{currency!r} is not a currency in use, so nothing can be converted from"
            " it or into it: choose one that is in use, such as the one that replaced"
            " it"
        )
        problem = Problem(ProblemCode.UNKNOWN_CURRENCY, message)
        raise Rejected([problem]) from None


def parse_rate_day(text: str) -> Day:
    """Parse `YYYY-MM-DD`; raises ValueError for anything else, or outside 1999-2099.

    Rates are older than documents may be.
    """
    # fromisoformat also accepts 20250101, and weeks such as 2025-W01-1.
    if len(text) != 10 or text[7] != "-" or not text.isascii():
        raise ValueError("not a date YYYY-MM-DD")
    day = day_of(date.fromisoformat(text))
    if not FIRST_RATE_DAY <= day <= LAST_DAY:
        raise ValueError(f"outside {day_text(FIRST_RATE_DAY)} … {day_text(LAST_DAY)}")
    return day
