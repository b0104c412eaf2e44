"""The name that a misspelt one is nearest to."""

import pytest

from daybook.errors import did_you_mean

FIELDS = ("id", "name", "service_from", "service_to", "customer.id", "STRAIGHT_LINE")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("servce_from", "service_from"),
        ("serviceFrom", "service_from"),
        ("Service To", "service_to"),
        ("nmae", "name"),
        ("customer id", "customer.id"),
        ("straight-line", "STRAIGHT_LINE"),
    ],
)
def test_a_near_name_is_asked_for(given: str, meant: str) -> None:
    assert did_you_mean(given, FIELDS) == f"; did you mean {meant}?"


@pytest.mark.parametrize("given", ["", "colour", "service_start", "di" * 100_000, "é"])
def test_nothing_near_asks_nothing(given: str) -> None:
    assert did_you_mean(given, FIELDS) == ""
