"""Amounts as people type them are exact, or refused with the way out."""

from fractions import Fraction
from operator import add, mul, sub, truediv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.money import grouped_text
from daybook_web.manual_journals.arithmetic import (
    MINUS,
    TEXT_MAX,
    Unreadable,
    evaluate,
    is_plain,
)


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("1250000*0.6", 75_000_000),
        ("1,250,000.00", 125_000_000),
        ("  12.5 ", 1_250),
        (f"100 + 20.50 {MINUS} 0.25", 12_025),
        ("2+3*4", 1_400),
        ("(2+3)*4", 2_000),
        ("100-10-5", 8_500),
        ("-5+10", 500),
        ("--5", 500),
        ("1000/8", 12_500),
        ("1/3*3", 100),
        ("0.005*2", 1),
        ("1,000 \N{MULTIPLICATION SIGN} 12 \N{DIVISION SIGN} 4", 300_000),
        ("((((7))))", 700),
        ("007", 700),
    ],
)
def test_an_amount_is_worked_out(text: str, minor: int) -> None:
    assert evaluate(text, "USD") == minor


@pytest.mark.parametrize(
    ("text", "currency", "says"),
    [
        ("", "USD", "“” is not an amount such as 1,250.00 or 1250000*0.6"),
        ("1,25", "USD", "is not an amount"),
        ("1.250,00", "USD", "is not an amount"),
        ("1 000", "USD", "is not an amount"),
        ("1e3", "USD", "is not an amount"),
        ("1.", "USD", "is not an amount"),
        (".5", "USD", "is not an amount"),
        ("1..5", "USD", "is not an amount"),
        ("1.5.2", "USD", "is not an amount"),
        ("2**3", "USD", "is not an amount"),
        ("2(3)", "USD", "is not an amount"),
        ("(2", "USD", "is not an amount"),
        ("2)", "USD", "is not an amount"),
        ("2+", "USD", "is not an amount"),
        ("()", "USD", "is not an amount"),
        ("__import__('os')", "USD", "is not an amount"),
        ("٣", "USD", "is not an amount"),
        ("5/0", "USD", "“5/0” divides by zero"),
        ("5/(2-2)", "USD", "divides by zero"),
        ("0", "USD", "0.00 is not above zero"),
        ("5-7.5", "USD", f"{MINUS}2.50 is not above zero: the other side"),
        ("100/3", "USD", "not a whole amount of USD: the nearest is 33.33"),
        ("12.345", "USD", "the nearest is 12.35"),
        ("0.5", "JPY", "“0.5” is not a whole amount of JPY: the nearest is 1"),
        ("1+" * 60 + "1", "USD", "an amount has at most 100 characters"),
        ("(" * 100, "USD", "is not an amount"),
    ],
)
def test_anything_else_is_refused(text: str, currency: str, says: str) -> None:
    with pytest.raises(Unreadable) as refused:
        evaluate(text, currency)

    assert says in str(refused.value)


@given(st.integers(1, 10**15 - 1), st.sampled_from(["USD", "JPY", "BHD"]))
def test_what_a_page_shows_reads_as_the_same_amount(minor: int, currency: str) -> None:
    shown = grouped_text(minor, currency)

    assert evaluate(shown, currency) == minor
    assert is_plain(shown)


Sum = tuple[str, Fraction | None]
"""A text and its value; None where it divides by zero."""


def _joined(parts: tuple[Sum, str, Sum]) -> Sum:
    (left, first), sign, (right, second) = parts
    text = f"({left}{sign}{right})"
    if first is None or second is None or (sign == "/" and second == 0):
        return text, None
    return text, SIGNS[sign](first, second)


SIGNS = {"+": add, "-": sub, "*": mul, "/": truediv}
NUMBERS = st.integers(0, 99).map(lambda number: (str(number), Fraction(number)))
SUMS: st.SearchStrategy[Sum] = st.recursive(
    NUMBERS,
    lambda inner: st.tuples(inner, st.sampled_from(list(SIGNS)), inner).map(_joined),
    max_leaves=8,
)


@given(SUMS)
def test_sums_and_products_are_those_of_arithmetic(drawn: Sum) -> None:
    text, value = drawn
    is_amount = value is not None and value > 0 and (value * 100).denominator == 1

    if is_amount and len(text) <= TEXT_MAX:
        assert value is not None and evaluate(text, "USD") == value * 100
    else:
        with pytest.raises(Unreadable):
            evaluate(text, "USD")
