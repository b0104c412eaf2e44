"""Days and months as numbers, and their text."""

import calendar
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.calendar import (
    FIRST_DAY,
    LAST_DAY,
    date_of,
    day_of,
    day_text,
    first_day_of,
    last_day_of,
    month_of,
    month_text,
    parse_day,
    parse_month,
    range_words,
)

days = st.integers(FIRST_DAY, LAST_DAY)


def test_days_count_from_1970() -> None:
    assert day_of(date(1970, 1, 1)) == 0
    assert month_of(0) == 0
    assert day_of(date(2000, 1, 1)) == FIRST_DAY
    assert day_of(date(2099, 12, 31)) == LAST_DAY


@given(days)
def test_a_day_becomes_its_date_and_text_and_back(day: int) -> None:
    assert day_of(date_of(day)) == day
    assert parse_day(day_text(day)) == day
    assert parse_month(month_text(month_of(day))) == month_of(day)


@given(days)
def test_a_month_holds_its_days_and_no_others(day: int) -> None:
    month = month_of(day)
    first, last = first_day_of(month), last_day_of(month)
    value = date_of(day)

    assert first <= day <= last
    assert last - first + 1 == calendar.monthrange(value.year, value.month)[1]
    assert month_of(first) == month_of(last) == month
    assert month_of(first - 1) == month - 1
    assert month_of(last + 1) == month + 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2025-02-29",
        "2025-13-01",
        "2025-00-10",
        "2025-1-1",
        "20250101",
        "2025-W01-1",
        "2025-01-01T00:00:00",
        " 2025-01-01",
        "202\N{ARABIC-INDIC DIGIT FIVE}-01-01",
        "01.01.2025",
        "1999-12-31",
        "2100-01-01",
    ],
)
def test_a_day_is_read_in_one_form_only(text: str) -> None:
    with pytest.raises(ValueError, match=r"(?i)date|day|month|format|outside"):
        parse_day(text)


@pytest.mark.parametrize(
    "text", ["", "2025-13", "2025-1", "2025-W01", "2025-01-01", "1999-12", "2100-01"]
)
def test_a_month_is_read_in_one_form_only(text: str) -> None:
    with pytest.raises(ValueError, match=r"(?i)month|date|format|outside"):
        parse_month(text)


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2025-12-31", "2025-12-31", "31 Dec 2025"),
        ("2025-12-01", "2025-12-31", "1–31 Dec 2025"),
        ("2025-01-16", "2025-04-15", "16 Jan – 15 Apr 2025"),
        ("2025-12-01", "2026-01-01", "1 Dec 2025 – 1 Jan 2026"),
    ],
)
def test_a_range_says_nothing_twice(first: str, last: str, words: str) -> None:
    assert range_words(parse_day(first), parse_day(last)) == words
