"""Money as integer minor units of an ISO 4217 currency, and its text; never a float."""

import re
from collections.abc import Mapping
from functools import cache, lru_cache

from iso4217 import Currency as IsoCurrency

from daybook.numbers import counted

AMOUNT_MAX = 10**15 - 1
"""The largest amount of a line, so that sums of many fit into 64 bits."""

_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,6})?", re.ASCII)


class InvalidAmount(ValueError):
    """Text that isn't an amount of its currency; the message says why."""


@lru_cache(maxsize=1024)
def decimals_of(currency: str) -> int:
    """How many decimals a currency has (JPY 0, USD 2, BHD 3).

    Raises KeyError for anything but the ISO 4217 code of a currency in use with minor
    units (gold and test codes have none).
    """
    try:
        decimals = IsoCurrency(currency).exponent
    except ValueError:
        raise KeyError(currency) from None
    if decimals is None:
        raise KeyError(currency)
    return decimals


@cache
def currencies_in_use() -> Mapping[str, str]:
    """The names of all currencies in use that have minor units, by their codes."""
    return {
        currency.code: currency.currency_name
        for currency in sorted(IsoCurrency, key=lambda currency: currency.code)
        if currency.exponent is not None
    }


def parse_amount(text: str, currency: str) -> int:
    """Parse a decimal string (`-12.34`) into minor units.

    Raises InvalidAmount for anything else, such as thousands separators, exponents,
    more decimals than the currency has, or more than `AMOUNT_MAX`.
    """
    if not _DECIMAL.fullmatch(text):
        raise InvalidAmount(f"{text!r} is not a decimal number such as 1234.50")
    whole, _, fraction = text.lstrip("-").partition(".")
    decimals = decimals_of(currency)
    if len(fraction) > decimals:
        has = counted(len(fraction), "decimal")
        raise InvalidAmount(f"{text!r} has {has}, {currency} has {decimals}")
    minor = int(whole + fraction.ljust(decimals, "0"))
    if minor > AMOUNT_MAX:
        raise InvalidAmount(f"{text!r} is too large")
    return -minor if text.startswith("-") else minor


def amount_text(minor: int, currency: str) -> str:
    """Minor units as a decimal string with exactly the currency's decimals."""
    return decimal_text(minor, decimals_of(currency))


def decimal_text(minor: int, decimals: int) -> str:
    """Minor units as a decimal string with this number of decimals."""
    digits = str(minor)
    if decimals == 0:
        return digits
    if minor >= 0 and len(digits) > decimals:  # nearly all are
        return f"{digits[:-decimals]}.{digits[-decimals:]}"
    digits = str(abs(minor)).rjust(decimals + 1, "0")
    sign = "-" if minor < 0 else ""
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}"


def grouped_text(minor: int, currency: str) -> str:
    """An amount for people, with thousands separators: `-1,234.50`."""
    whole, point, fraction = amount_text(minor, currency).partition(".")
    return f"{int(whole):,}{point}{fraction}" if whole != "-0" else f"-0.{fraction}"


def divide_half_up(numerator: int, denominator: int) -> int:
    """The quotient rounded half up, mirrored for a negative numerator."""
    if numerator < 0:
        return -divide_half_up(-numerator, denominator)
    return (2 * numerator + denominator) // (2 * denominator)
