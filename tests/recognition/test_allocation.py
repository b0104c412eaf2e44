"""Domain rules 3 and 4: a total goes to its months, and a month's share to its days."""

from fractions import Fraction
from itertools import pairwise
from math import floor

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from daybook.calendar import month_of, parse_day
from daybook.recognition.allocation import (
    Strategy,
    allocate,
    daily_amount,
    month_parts,
    split,
    split_signed,
)
from daybook_factories import usd
from daybook_oracle import exact_months, months_of, rounded
from daybook_strategies import allocation_strategies, many, periods, totals

EVEN_MONTHS = Strategy.DAILY_RATE_EVEN_MONTHS
FRACTION = Strategy.CALENDAR_FRACTION
EXACT = Strategy.EXACT_DAYS
EVEN = Strategy.EVEN_PERIODS
THIRTY = Strategy.THIRTY_360


def shares_of(total: str, first: str, last: str, strategy: Strategy) -> list[int]:
    parts = allocate(usd(total), parse_day(first), parse_day(last), strategy)
    return [share for _, share in parts]


def amounts(text: str) -> list[int]:
    """Read `1.00 / 11 x 2.00 / 3.00`."""
    read = []
    for part in text.split(" / "):
        times, _, amount = part.rpartition(" x ")
        read += [usd(amount)] * int(times or 1)
    return read


@pytest.mark.parametrize(
    ("total", "first", "last", "strategy", "expected"),
    [
        *(
            ("3,600.00", "2025-03-10", "2025-06-09", strategy, expected)
            for strategy, expected in [
                (EVEN_MONTHS, "860.87 / 1,193.48 / 1,193.48 / 352.17"),
                (FRACTION, "848.87 / 1,196.14 / 1,196.14 / 358.85"),
                (EXACT, "860.87 / 1,173.91 / 1,213.04 / 352.18"),
                (EVEN, "4 x 900.00"),
                (THIRTY, "840.00 / 1,200.00 / 1,200.00 / 360.00"),
            ]
        ),
        (
            "1,200.00",
            "2025-01-15",
            "2026-01-14",
            EVEN_MONTHS,
            "55.89 / 11 x 99.83 / 45.98",
        ),
        ("1,080.00", "2024-07-01", "2025-06-30", EVEN_MONTHS, "12 x 90.00"),
        ("1,080.00", "2024-07-01", "2025-06-30", FRACTION, "12 x 90.00"),
        ("1,080.00", "2024-07-01", "2025-06-30", THIRTY, "12 x 90.00"),
        ("1,080.00", "2024-07-01", "2025-06-30", EVEN, "12 x 90.00"),
        ("400.00", "2023-08-20", "2023-12-19", EVEN, "5 x 80.00"),
    ],
)
def test_the_table_of_rule_3(
    total: str, first: str, last: str, strategy: Strategy, expected: str
) -> None:
    assert shares_of(total, first, last, strategy) == amounts(expected)


def test_the_table_of_rule_3_for_exact_days_of_a_year() -> None:
    shares = shares_of("1,080.00", "2024-07-01", "2025-06-30", EXACT)

    assert shares[:3] == amounts("91.73 / 91.73 / 88.77")
    assert sum(shares) == usd("1,080.00")


@pytest.mark.parametrize(
    ("first", "last", "weights"),
    [
        ("2025-01-31", "2025-02-01", "1 / 1"),
        ("2025-01-30", "2025-01-31", "1"),
        ("2025-02-27", "2025-03-01", "4 / 1"),
        ("2024-02-28", "2024-03-31", "3 / 30"),
        ("2024-02-29", "2024-02-29", "1"),
        ("2025-01-01", "2025-02-28", "30 / 30"),
    ],
)
def test_thirty_360_ends_every_month_on_the_30th(
    first: str, last: str, weights: str
) -> None:
    days = [int(part) for part in weights.split(" / ")]

    shares = shares_of("3,000.00", first, last, THIRTY)

    exact = [Fraction(usd("3,000.00") * day, sum(days)) for day in days]
    assert shares[:-1] == [floor(share + Fraction(1, 2)) for share in exact[:-1]]
    assert sum(shares) == usd("3,000.00")


@pytest.mark.parametrize(
    ("share", "days", "daily", "last"),
    [
        ("90.00", 31, "2.90", "3.00"),  # rule 4: May
        ("90.00", 28, "3.21", "3.33"),  # rule 4: February
        ("0.20", 31, "0.00", "0.20"),  # rule 4: nothing for 30 days
        ("1,000.00", 28, "35.71", "35.83"),  # the February of rule 2's example
        ("3,000.00", 31, "96.77", "96.90"),  # rule 5: that day's own
        ("0.00", 30, "0.00", "0.00"),
        ("-90.00", 31, "-2.90", "-3.00"),
    ],
)
def test_a_months_share_goes_to_its_days_by_the_same_rule(
    share: str, days: int, daily: str, last: str
) -> None:
    assert daily_amount(usd(share), days) == usd(daily)
    assert usd(share) - (days - 1) * usd(daily) == usd(last)


def test_others_are_truncated_where_the_last_share_would_change_sign() -> None:
    # Three halves would round up to 3, and leave -1.
    assert split(2, [1, 1, 1, 1]) == [0, 0, 0, 2]
    assert split(-2, [1, 1, 1, 1]) == [0, 0, 0, -2]


@many
@given(totals, periods(), allocation_strategies)
@example(1, (19723, 20088), Strategy.CALENDAR_FRACTION)
def test_shares_are_those_of_the_rule(
    total: int, period: tuple[int, int], strategy: Strategy
) -> None:
    months = allocate(total, *period, strategy)
    shares = [share for _, share in months]

    exact = exact_months(abs(total), months_of(*period), strategy)
    assert sum(exact) == abs(total)
    assert sum(shares) == total
    assert all(share * total >= 0 for share in shares), "no share runs backwards"
    assert [abs(share) for share in shares] == rounded(abs(total), exact)


@many
@given(totals, periods(), allocation_strategies)
def test_equal_months_get_equal_shares(
    total: int, period: tuple[int, int], strategy: Strategy
) -> None:
    months = allocate(total, *period, strategy)
    full = {share for part, share in months[:-1] if part.is_full}

    assert strategy is EXACT or len(full) <= 1


@many
@given(periods())
def test_months_of_a_period_follow_one_another(period: tuple[int, int]) -> None:
    parts = month_parts(*period)

    assert parts[0].first_day == period[0]
    assert parts[-1].last_day == period[1]
    for before, after in pairwise(parts):
        assert after.first_day == before.last_day + 1
        assert month_of(after.first_day) == month_of(before.first_day) + 1


@many
@given(totals, st.integers(1, 31))
def test_daily_shares_sum_to_the_months_share(share: int, days: int) -> None:
    daily = daily_amount(share, days)
    last = share - daily * (days - 1)

    assert daily * share >= 0
    assert last * share >= 0, "the last day doesn't run backwards"
    assert abs(abs(daily) - Fraction(abs(share), days)) < 1


signed = st.lists(st.integers(-500, 500).filter(bool), min_size=1, max_size=12).filter(
    lambda parts: sum(parts) != 0
)


@many
@given(signed, st.integers(0, 20_000))
@example([24, -5, -5, -5, 1], 1)
@example([26, -4, -4, -4, -5, 1], 1)
def test_shares_of_either_sign_sum_and_keep_their_sign(
    parts: list[int], size: int
) -> None:
    # A total goes the way of its parts.
    total = size if sum(parts) > 0 else -size

    shares = split_signed(total, parts)

    assert sum(shares) == total
    assert all(share * part >= 0 for share, part in zip(shares, parts, strict=True))
    assert split_signed(sum(parts), parts) == parts
    assert split_signed(-total, [-part for part in parts]) == [
        -share for share in shares
    ]


def test_a_negative_share_mirrors_a_positive_one() -> None:
    # Rule 2: 160.00 less 0.01; the exact shares are 99.99375, 39.9975 and 99.99375.
    parts = [usd("100.00"), -usd("40.00"), usd("100.00")]

    assert split_signed(usd("159.99"), parts) == [9999, -4000, 10000]
    assert split_signed(usd("144.00"), parts) == [9000, -3600, 9000]
