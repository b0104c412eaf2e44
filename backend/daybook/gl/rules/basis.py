"""What synthetic journals of a connection are valued with: its chart and the rates."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from daybook.calendar import Day, day_words
from daybook.fx.rules import rate_text
from daybook.gl.rules.chart import Chart
from daybook.money import decimals_of, divide_half_up


@dataclass(frozen=True, slots=True)
class Basis:
    """A connection's accounts, its base currency, and the ECB's rates as of today.

    `cross_rate` gives units of base for a unit of a currency on a day; `rate_days` the
    days between two, both inclusive, on which the currency or base has a new rate.
    """

    chart: Chart
    base: str
    today: Day
    cross_rate: Callable[[str, Day], Fraction]
    rate_days: Callable[[str, Day, Day], Sequence[Day]]
    _words: dict[tuple[str, Day], str] = field(default_factory=dict, compare=False)

    def rate(self, currency: str, day: Day) -> Fraction:
        """Units of base for a unit of a currency on a day, exactly."""
        return Fraction(1) if currency == self.base else self.cross_rate(currency, day)

    def value(self, amount: int, currency: str, rate: Fraction) -> int:
        """An amount in minor units of base, rounded half up."""
        shift = decimals_of(self.base) - decimals_of(currency)
        up, down = 10 ** max(shift, 0), 10 ** max(-shift, 0)
        return divide_half_up(amount * rate.numerator * up, rate.denominator * down)

    def rate_words(self, currency: str, day: Day) -> str:
        """A day's rate for people: `0.77213394 (1 Nov 2019)`."""
        words = self._words.get((currency, day))
        if words is None:
            words = f"{rate_text(self.rate(currency, day))} ({day_words(day)})"
            self._words[currency, day] = words
        return words
