"""Amounts as people type them: `1,250,000.00`, `1250000*0.6`, `(100 + 20) / 4`.

Exact: a result that the currency can't hold is refused, never rounded. Pure.
"""

import re
from fractions import Fraction

from daybook.money import decimals_of, divide_half_up, grouped_text

TEXT_MAX = 100
"""The most characters, so that no text takes long or nests deeply."""
MINUS = "\N{MINUS SIGN}"

# Thousands are separated everywhere or nowhere: 1,25 may mean 1.25, so it is refused.
_NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?"
_TOKEN = re.compile(rf"\s*(?:({_NUMBER})(?![0-9.,])|([-+*/()]))", re.ASCII)
_SIGNS = str.maketrans(
    {
        MINUS: "-",
        "\N{MULTIPLICATION SIGN}": "*",
        "\N{DIVISION SIGN}": "/",
        "\N{NO-BREAK SPACE}": " ",
    }
)


class Unreadable(ValueError):
    """Text that is no amount; the message says why, and the way out."""


def is_plain(text: str) -> bool:
    """Whether a text is a number alone, so that nobody needs to be told its result."""
    return re.fullmatch(_NUMBER, text.strip(), re.ASCII) is not None


def evaluate(text: str, currency: str) -> int:
    """The amount in minor units, which is above zero; raises Unreadable."""
    if len(text) > TEXT_MAX:
        raise Unreadable(f"an amount has at most {TEXT_MAX} characters")
    exact = _Reader(text).value() * Fraction(10 ** decimals_of(currency))
    if exact <= 0:
        raise Unreadable(
            f"{_shown(exact, currency)} is not above zero: the other side of the line"
            " is for what goes the other way"
        )
    if exact.denominator != 1:
        raise Unreadable(
            f"“{text.strip()}” is not a whole amount of {currency}: the nearest is"
            f" {_shown(exact, currency)}"
        )
    return exact.numerator


def _shown(exact: Fraction, currency: str) -> str:
    minor = divide_half_up(exact.numerator, exact.denominator)
    return grouped_text(minor, currency).replace("-", MINUS)


class _Reader:
    """Reads sums of products of numbers and parentheses, from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _tokens(text)

    def value(self) -> Fraction:
        """The value of the whole text."""
        value = self._sum()
        if self.tokens:
            raise self._unreadable()
        return value

    def _sum(self) -> Fraction:
        value = self._product()
        while self.tokens and self.tokens[0] in {"+", "-"}:
            if self.tokens.pop(0) == "+":
                value += self._product()
            else:
                value -= self._product()
        return value

    def _product(self) -> Fraction:
        value = self._factor()
        while self.tokens and self.tokens[0] in {"*", "/"}:
            if self.tokens.pop(0) == "*":
                value *= self._factor()
                continue
            divisor = self._factor()
            if divisor == 0:
                raise Unreadable(f"“{self.text.strip()}” divides by zero")
            value /= divisor
        return value

    def _factor(self) -> Fraction:
        if not self.tokens:
            raise self._unreadable()
        token = self.tokens.pop(0)
        if token == "-":
            return -self._factor()
        if token == "(":
            value = self._sum()
            if not self.tokens or self.tokens.pop(0) != ")":
                raise self._unreadable()
            return value
        if not token[0].isdigit():
            raise self._unreadable()
        return Fraction(token.replace(",", ""))

    def _unreadable(self) -> Unreadable:
        return _unreadable(self.text)


def _tokens(text: str) -> list[str]:
    found, at, text = [], 0, text.translate(_SIGNS).rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _unreadable(text)
        found.append(match[1] or match[2])
        at = match.end()
    return found


def _unreadable(text: str) -> Unreadable:
    return Unreadable(
        f"“{text.strip()}” is not an amount such as 1,250.00 or 1250000*0.6"
    )
