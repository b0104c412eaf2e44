"""The chart's months and bars."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.calendar import (
    FIRST_DAY,
    LAST_DAY,
    Month,
    date_of,
    first_day_of,
    month_of,
    parse_month,
)
from daybook_web.journals.chart import (
    HEIGHT,
    MONTHS,
    Chart,
    Part,
    chart,
    months_near,
    short_amount,
    window,
)
from daybook_web.journals.query import ReportQuery
from daybook_web.journals.results import MonthFigures
from daybook_web.kit.formats import MINUS
from daybook_web.kit.results import Money

QUERY = ReportQuery().with_values(currency="USD", month="2025-10", customer="cus_1")
amounts = st.integers(-(10**18), 10**18)
calendar_months = st.integers(month_of(FIRST_DAY), month_of(LAST_DAY))


def figures(*minor: tuple[int, int]) -> list[MonthFigures]:
    """What is posted and what is scheduled of months from January 2025 on."""
    first = parse_month("2025-01")
    return [
        MonthFigures(
            date_of(first_day_of(first + index)), *(Money.of(part, 2) for part in parts)
        )
        for index, parts in enumerate(minor)
    ]


def drawn(*minor: tuple[int, int], shown: tuple[Month, ...] = ()) -> Chart:
    made = chart(figures(*minor), QUERY, shown)
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


@given(calendar_months, calendar_months, calendar_months, st.integers(1, MONTHS))
def test_a_period_of_up_to_a_year_is_shown_as_a_whole(
    near: Month, some: Month, other: Month, length: int
) -> None:
    first, last = sorted((some, other))
    until = min(near + length - 1, month_of(LAST_DAY))

    start, end = window(near, first, last, until)

    assert end - start == MONTHS - 1
    assert start <= near <= until <= end
    assert end <= months_near(near)[1]


def test_bars_are_as_high_as_their_share_of_the_largest() -> None:
    made = drawn((150_00, 0), (75_00, 0), (0, 0))

    assert [bar.value for bar in made.bars] == ["150", "75", "–"]
    assert made.zero == HEIGHT
    assert [list(bar.parts) for bar in made.bars] == [
        [Part("posted", 0, 1000)],
        [Part("posted", 500, 500)],
        [],
    ]


def test_negative_months_hang_from_the_line() -> None:
    made = drawn((100_00, 0), (-100_00, 0), (0, -50_00))

    assert made.zero == HEIGHT // 2
    assert [list(bar.parts) for bar in made.bars] == [
        [Part("posted", 0, 500)],
        [Part("posted", 500, 500)],
        [Part("scheduled", 500, 250)],
    ]
    assert made.bars[1].value == f"{MINUS}100"
    assert drawn((-100_00, 0)).zero == 0


def test_what_is_scheduled_of_a_month_goes_on_where_what_is_posted_ends() -> None:
    made = drawn((60_00, 40_00), (-30_00, -70_00), (50_00, -50_00))

    assert [bar.value for bar in made.bars] == ["100", f"{MINUS}100", "–"]
    assert [list(bar.parts) for bar in made.bars] == [
        [Part("posted", 200, 300), Part("scheduled", 0, 200)],
        [Part("posted", 500, 150), Part("scheduled", 650, 350)],
        # One gain and one loss stand on both sides of the line.
        [Part("posted", 250, 250), Part("scheduled", 500, 250)],
    ]


def test_a_phone_shows_six_months_around_the_one_shown() -> None:
    shown = (parse_month("2025-07"),)

    made = drawn(*[(1, 0)] * 12, shown=shown)

    near = [bar.month.month for bar in made.bars if not bar.is_far]
    assert near == [4, 5, 6, 7, 8, 9]


@pytest.mark.parametrize(
    ("first", "last", "near"),
    [("2025-01", "2025-12", [1, 2, 3, 4, 5, 6]), ("2025-12", "2025-12", range(7, 13))],
)
def test_a_phone_shows_six_months_at_either_end_too(
    first: str, last: str, near: Sequence[int]
) -> None:
    shown = tuple(range(parse_month(first), parse_month(last) + 1))

    made = drawn(*[(1, 0)] * 12, shown=shown)

    assert [bar.month.month for bar in made.bars if not bar.is_far] == [*near]


@pytest.mark.parametrize(
    ("minor", "text"),
    [
        (0, "–"),
        (50, "0.5"),
        (999_99, "1,000"),
        (1_240_00, "1.2k"),
        (412_000_00, "412k"),
        (-33_700_000_00, "\N{MINUS SIGN}33.7M"),
        (1_416_672_733_32, "1.4B"),
        (99_999_999_999_999_99, "100,000B"),
    ],
)
def test_amounts_above_bars_have_a_few_letters(minor: int, text: str) -> None:
    assert short_amount(minor, 2) == text


@given(st.lists(st.tuples(amounts, amounts), min_size=1, max_size=12))
def test_no_bar_leaves_the_chart(minor: list[tuple[int, int]]) -> None:
    made = chart(figures(*minor), QUERY, ())

    assert (made is None) == (not any(map(any, minor)))
    for bar, (posted, scheduled) in zip(made.bars if made else (), minor, strict=False):
        assert bar.amount.minor == posted + scheduled
        for part in bar.parts:
            assert 0 <= part.top <= part.top + part.height <= HEIGHT


def test_words_say_what_is_posted_of_a_month() -> None:
    made = drawn((1, 0), (1_00, 2_50), (0, 1), (0, 0))

    assert [bar.words for bar in made.bars] == [
        "posted",
        "1.00 posted, 2.50 scheduled",
        "scheduled",
        "",
    ]


def test_a_bar_leads_to_its_month_with_the_same_filters() -> None:
    made = drawn(
        (1, 0), (1, 0), shown=(month_of(first_day_of(parse_month("2025-02"))),)
    )

    assert [bar.is_shown for bar in made.bars] == [False, True]
    assert made.bars[0].url == "/journals?currency=USD&month=2025-01&customer=cus_1"
