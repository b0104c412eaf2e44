"""On which days recurrences make journals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.adjustments.recurring.checking import problems_of
from daybook.adjustments.recurring.rules import LAST_MONTH, Schedule
from daybook.calendar import (
    FIRST_DAY,
    LAST_DAY,
    day_text,
    last_day_of,
    month_of,
    month_text,
    parse_day,
    parse_month,
)
from daybook_recurring import monthly

FIRST_MONTH = month_of(FIRST_DAY)
MONTHS = st.integers(FIRST_MONTH, LAST_MONTH - 1)


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    """Any schedule without a problem."""
    first = draw(MONTHS)
    until = draw(st.none() | st.integers(first, LAST_MONTH - 1))
    return Schedule(draw(st.integers(1, 31)), first, until, draw(st.booleans()))


@pytest.mark.parametrize(
    ("day", "month", "date"),
    [
        (31, "2025-01", "2025-01-31"),
        (31, "2025-02", "2025-02-28"),
        (31, "2024-02", "2024-02-29"),
        (30, "2024-02", "2024-02-29"),
        (29, "2025-02", "2025-02-28"),
        (29, "2024-02", "2024-02-29"),
        (28, "2024-02", "2024-02-28"),
        (31, "2025-04", "2025-04-30"),
        (30, "2025-04", "2025-04-30"),
        (29, "2000-02", "2000-02-29"),
        (1, "2025-12", "2025-12-01"),
        (31, "2099-12", "2099-12-31"),
    ],
)
def test_a_day_is_the_last_one_of_a_shorter_month(
    day: int, month: str, date: str
) -> None:
    schedule = monthly(day, month)

    assert day_text(schedule.day_in(parse_month(month))) == date


def test_a_reversal_is_on_the_first_day_of_the_next_month() -> None:
    schedule = monthly(15, "2025-12", reverses=True)
    december = parse_month("2025-12")

    assert schedule.reversal_in(december) == parse_day("2026-01-01")
    assert monthly(15, "2025-12").reversal_in(december) is None


def test_months_are_due_on_their_day_and_not_before() -> None:
    schedule = monthly(31, "2025-01", "2025-03")

    def due(today: str) -> list[str]:
        return [month_text(month) for month in schedule.due((), parse_day(today))]

    assert due("2025-01-30") == []
    assert due("2025-01-31") == ["2025-01"]
    assert due("2025-02-27") == ["2025-01"]
    assert due("2025-02-28") == ["2025-01", "2025-02"]
    assert due("2099-12-31") == ["2025-01", "2025-02", "2025-03"]


def test_the_last_journal_that_reverses_itself_is_of_november_2099() -> None:
    schedule = monthly(31, "2099-10", reverses=True)

    months = [month_text(month) for month in schedule.months()]

    assert months == ["2099-10", "2099-11"]
    assert schedule.due((), LAST_DAY + 40) == [*schedule.months()]


@given(schedules(), st.integers(FIRST_DAY, LAST_DAY), st.data())
def test_due_months_are_those_whose_day_has_come(
    schedule: Schedule, today: int, data: st.DataObject
) -> None:
    every = [*schedule.months()]
    made = data.draw(st.sets(st.sampled_from(every), max_size=20))

    due = schedule.due(made, today)

    assert due == [
        month
        for month in every
        if schedule.day_in(month) <= today and month not in made
    ]
    assert schedule.count_due(today) == len(schedule.due((), today))


@given(schedules())
def test_each_month_of_a_schedule_has_one_journal_within_it(schedule: Schedule) -> None:
    for month in list(schedule.months())[:50]:
        day, reversal = schedule.day_in(month), schedule.reversal_in(month)
        assert month_of(day) == month
        assert reversal is None or reversal == last_day_of(month) + 1
        assert reversal is None or reversal <= LAST_DAY


@given(schedules())
def test_a_schedule_within_the_calendar_has_no_problem(schedule: Schedule) -> None:
    assert list(problems_of(schedule)) == []


@pytest.mark.parametrize(
    ("schedule", "fields"),
    [
        (Schedule(0, 661), ["dayOfMonth"]),
        (Schedule(32, 661), ["dayOfMonth"]),
        (Schedule(1, FIRST_MONTH - 1), ["firstMonth"]),
        (Schedule(1, LAST_MONTH + 1), ["firstMonth"]),
        (Schedule(1, 661, LAST_MONTH + 1), ["untilMonth"]),
        (Schedule(1, 661, 660), ["untilMonth"]),
        (Schedule(32, 661, 660), ["dayOfMonth", "untilMonth"]),
        (Schedule(1, LAST_MONTH, reverses=True), ["firstMonth"]),
        (Schedule(1, 661, LAST_MONTH, reverses=True), ["untilMonth"]),
    ],
)
def test_a_wrong_schedule_is_told_with_its_fields(
    schedule: Schedule, fields: list[str]
) -> None:
    assert [problem.path[0] for problem in problems_of(schedule)] == fields
