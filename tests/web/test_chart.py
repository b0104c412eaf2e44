"""The chart's months and bars."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.calendar import (
    FIRST_DAY,
    LAST_DAY,
    Day,
    Month,
    date_of,
    first_day_of,
    month_of,
    parse_day,
    parse_month,
)
from daybook_web.journals.chart import HEIGHT, MONTHS, Chart, chart, months_near, window
from daybook_web.journals.query import ReportQuery
from daybook_web.kit.results import Money, MonthAmount

QUERY = ReportQuery().with_values(currency="USD", month="2025-10", customer="cus_1")
TODAY = parse_day("2025-02-10")
calendar_months = st.integers(month_of(FIRST_DAY), month_of(LAST_DAY))


def figures(*minor: int) -> list[MonthAmount]:
    """Amounts of months from January 2025 on."""
    first = parse_month("2025-01")
    return [
        MonthAmount(date_of(first_day_of(first + index)), Money.of(amount, 2))
        for index, amount in enumerate(minor)
    ]


def drawn(*minor: int, shown: tuple[Month, ...] = (), today: Day = TODAY) -> Chart:
    made = chart(figures(*minor), QUERY, shown, today)
    assert made is not None
    return made


@given(calendar_months, calendar_months, calendar_months)
def test_twelve_months_hold_the_one_shown_and_most_that_have_journals(
    near: Month, some: Month, other: Month
) -> None:
    first, last = sorted((some, other))

    start, end = window(near, first, last)

    assert end - start == MONTHS - 1
    assert start <= near <= end
    assert month_of(FIRST_DAY) <= start
    assert end <= month_of(LAST_DAY)
    if first <= near <= last and last - first >= MONTHS:
        assert first <= start
        assert end <= last
    earliest, latest = months_near(near)
    assert earliest <= start
    assert end <= latest


def test_bars_are_as_high_as_their_share_of_a_round_number() -> None:
    made = drawn(150_00, 75_00, 0)

    assert made.labels == ["200", "100", "0"]
    assert made.zero == HEIGHT
    assert [(bar.top, bar.height) for bar in made.bars] == [
        (250, 750),
        (625, 375),
        (HEIGHT, 0),
    ]


def test_negative_months_hang_from_the_middle() -> None:
    made = drawn(100_00, -50_00)

    assert made.labels == ["100", "0", "\N{MINUS SIGN}100"]
    assert made.zero == HEIGHT // 2
    assert [(bar.top, bar.height) for bar in made.bars] == [(0, 500), (500, 250)]


@given(st.lists(st.integers(-(10**18), 10**18), min_size=1, max_size=12))
def test_no_bar_leaves_the_chart(minor: list[int]) -> None:
    made = chart(figures(*minor), QUERY, (), TODAY)

    assert (made is None) == (not any(minor))
    for bar in made.bars if made else ():
        assert 0 <= bar.top <= bar.top + bar.height <= HEIGHT


def test_months_are_posted_current_or_scheduled() -> None:
    made = drawn(1, 1, 1)

    assert [bar.status for bar in made.bars] == ["posted", "current", "scheduled"]


@pytest.mark.parametrize("day", ["2025-01-31", "2025-02-01"])
def test_a_month_is_posted_when_its_last_day_has_come(day: str) -> None:
    made = drawn(1, today=parse_day(day))

    assert made.bars[0].status == "posted"


def test_a_bar_leads_to_its_month_with_the_same_filters() -> None:
    made = drawn(1, 1, shown=(month_of(first_day_of(parse_month("2025-02"))),))

    assert [bar.is_shown for bar in made.bars] == [False, True]
    assert made.bars[0].url == "/journals?currency=USD&month=2025-01&customer=cus_1"
