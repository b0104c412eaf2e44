"""What other systems publish about the same rules, by the names of the sources.

The numbers are public facts, kept here so that they are checked without the collection
that they come from; where it is there, the two are compared.
"""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from daybook.calendar import parse_day
from daybook.recognition.allocation import Strategy, allocate
from daybook_factories import usd

COLLECTION = Path(__file__).parents[2].parent / "shared" / "cases" / "published.json"


class Case(NamedTuple):
    """An amount over a period, and the published share of each month."""

    strategy: Strategy
    amount: str
    first: str
    last: str
    expected: list[str]


CASES = {
    # Business Central, contract deferrals, examples 1 to 3: even full months, the
    # first and last prorated by the days of the whole period.
    "bc-b1": Case(
        Strategy.DAILY_RATE_EVEN_MONTHS,
        *("1200.00", "2025-01-01", "2025-12-31"),
        ["100.00"] * 12,
    ),
    "bc-b2": Case(
        Strategy.DAILY_RATE_EVEN_MONTHS,
        *("1200.00", "2025-01-15", "2026-01-14"),
        ["55.89", *["99.83"] * 11, "45.98"],
    ),
    "bc-b3": Case(
        Strategy.DAILY_RATE_EVEN_MONTHS,
        *("1022.47", "2025-01-15", "2025-11-21"),
        ["55.89", *["99.73"] * 9, "69.01"],
    ),
    # ERPNext, deferred revenue based on days: 22, 28 and 15 of 65 days.
    "erpnext-e1-days": Case(
        Strategy.EXACT_DAYS,
        *("100.00", "2019-01-10", "2019-03-15"),
        ["33.85", "43.08", "23.07"],
    ),
    # NetSuite, straight-line, even periods: mid August to mid December.
    "netsuite-n1-even-periods": Case(
        Strategy.EVEN_PERIODS,
        *("400.00", "2023-08-15", "2023-12-15"),
        ["80.00"] * 5,
    ),
    # OCA, cost and revenue spread: equal months, the remainder on the last.
    "oca-o1-spread-12": Case(
        Strategy.EVEN_PERIODS,
        *("1000.00", "2017-02-01", "2018-01-31"),
        [*["83.33"] * 11, "83.37"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_published_case(name: str) -> None:
    case = CASES[name]
    period = parse_day(case.first), parse_day(case.last)

    months = allocate(usd(case.amount), *period, case.strategy)

    assert [share for _, share in months] == [usd(one) for one in case.expected]


@pytest.mark.parametrize("name", CASES)
def test_published_numbers_are_those_of_the_collection(name: str) -> None:
    if not COLLECTION.is_file():
        pytest.skip("the collection of published cases isn't beside the repository")
    (source,) = [one for one in json.loads(COLLECTION.read_text()) if one["id"] == name]
    case = CASES[name]

    assert published_amount(source["input"]) == Decimal(case.amount)
    assert published_shares(source["expected"]) == [
        Decimal(one) for one in case.expected
    ]


def published_amount(given: dict[str, Any]) -> Decimal:
    return Decimal(given.get("net_amount") or given["amount"])


def published_shares(expected: dict[str, Any]) -> list[Decimal]:
    if "entries" in expected:
        return [Decimal(one["amount"]) for one in expected["entries"]]
    return [Decimal(expected["per_period"])] * int(expected["periods"])


def test_every_case_of_these_sources_is_here() -> None:
    if not COLLECTION.is_file():
        pytest.skip("the collection of published cases isn't beside the repository")
    names = {one["id"] for one in json.loads(COLLECTION.read_text())}

    assert {name for name in names if name.startswith("bc-")} <= CASES.keys()
