"""An exact rate between the minor units of two currencies. Pure."""

from fractions import Fraction
from typing import NamedTuple

from daybook.money import divide_half_up


class Exchange(NamedTuple):
    """How many minor units of a currency one minor unit of another is worth.

    That is `numerator / denominator`, exactly.
    """

    numerator: int
    denominator: int

    @classmethod
    def at(cls, rate: Fraction, decimals: int, target_decimals: int) -> "Exchange":
        """The exchange at a rate between currencies of so many decimals."""
        exact = rate * Fraction(10) ** (target_decimals - decimals)
        return cls(exact.numerator, exact.denominator)

    def of(self, amount: int) -> int:
        """An amount in the other currency, rounded half up; a negative one mirrored."""
        return divide_half_up(amount * self.numerator, self.denominator)

    def is_near(self, amount: int, converted: int, rounded: int) -> bool:
        """Whether a converted amount differs by rounding only.

        Each of `rounded` shares differs by half a minor unit at most, in each currency.
        """
        off = abs(converted * self.denominator - amount * self.numerator)
        return 2 * off <= (rounded + 1) * (self.numerator + self.denominator)
