"""Amounts as minor units, and their text."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.money import (
    AMOUNT_MAX,
    InvalidAmount,
    amount_text,
    currencies_in_use,
    decimals_of,
    divide_half_up,
    grouped_text,
    parse_amount,
)

CURRENCIES = {"JPY": 0, "USD": 2, "BHD": 3, "CLF": 4}
amounts = st.integers(-AMOUNT_MAX, AMOUNT_MAX)
currencies = st.sampled_from(sorted(CURRENCIES))


@pytest.mark.parametrize(("currency", "decimals"), CURRENCIES.items())
def test_currencies_have_their_own_decimals(currency: str, decimals: int) -> None:
    assert decimals_of(currency) == decimals


@pytest.mark.parametrize("code", ["", "usd", "USD ", "840", "XAU", "XTS", "XXX", "ABC"])
def test_what_is_no_currency_in_use_is_unknown(code: str) -> None:
    with pytest.raises(KeyError):
        decimals_of(code)


def test_currencies_in_use_are_those_with_decimals() -> None:
    known = currencies_in_use()

    assert known["EUR"] == "Euro"
    assert not {"XAU", "XTS", "XXX"} & set(known)
    assert list(known) == sorted(known)
    assert all(decimals_of(code) >= 0 for code in known)


@given(amounts, currencies)
def test_an_amount_becomes_its_text_and_back(minor: int, currency: str) -> None:
    text = amount_text(minor, currency)

    assert parse_amount(text, currency) == minor
    assert Decimal(text).scaleb(CURRENCIES[currency]) == minor
    assert grouped_text(minor, currency).replace(",", "") == text


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("0", "USD", 0),
        ("-0", "USD", 0),
        ("-0.00", "USD", 0),
        ("12", "USD", 1200),
        ("12.3", "USD", 1230),
        ("-12.34", "USD", -1234),
        ("12", "JPY", 12),
        ("0.001", "BHD", 1),
        ("9999999999999.99", "USD", AMOUNT_MAX),
        ("-9999999999999.99", "USD", -AMOUNT_MAX),
    ],
)
def test_decimal_text_is_read_exactly(text: str, currency: str, minor: int) -> None:
    assert parse_amount(text, currency) == minor


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        ".5",
        "5.",
        "+1",
        "1,000.00",
        "1 000",
        "1e3",
        "1_000",
        "0x10",
        "00.10",
        "--1",
        " 1",
        "1\n",
        "12.345",
        "1.0000000",
        "NaN",
        "Infinity",
        "١٢",
        "10000000000000.00",
        "9" * 400,
    ],
)
def test_other_text_is_no_amount(text: str) -> None:
    with pytest.raises(InvalidAmount):
        parse_amount(text, "USD")


def test_yen_have_no_decimals() -> None:
    with pytest.raises(InvalidAmount, match="JPY has 0"):
        parse_amount("1.0", "JPY")


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (123456789, "USD", "1,234,567.89"),
        (-123456, "USD", "-1,234.56"),
        (-5, "USD", "-0.05"),
        (-1234567, "JPY", "-1,234,567"),
        (0, "BHD", "0.000"),
    ],
)
def test_amounts_for_people_have_separated_thousands(
    minor: int, currency: str, text: str
) -> None:
    assert grouped_text(minor, currency) == text


@given(amounts, st.integers(1, 10**6))
def test_division_rounds_half_away_from_zero(numerator: int, denominator: int) -> None:
    exact = Decimal(numerator) / Decimal(denominator)

    rounded = divide_half_up(numerator, denominator)

    assert rounded == exact.quantize(Decimal(1), ROUND_HALF_UP)


def test_an_amount_with_one_decimal_too_many_is_told_so() -> None:
    with pytest.raises(InvalidAmount, match=r"'12\.5' has 1 decimal, JPY has 0"):
        parse_amount("12.5", "JPY")
