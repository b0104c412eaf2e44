"""What repeating invoices will make: their days, and their journals."""

from dataclasses import replace

import pytest

from daybook.calendar import day_text
from daybook.gl.rules.documents import (
    Document,
    DocumentLine,
    RepeatingInvoice,
    Schedule,
    Unit,
)
from daybook.gl.rules.forecasts import forecast_lines, occurrences
from daybook.gl.rules.journal_types import JournalType
from daybook_gl_rules import RECEIVABLE, SALES, TAX, basis, day, nets


def days(schedule: Schedule, today: str) -> list[str]:
    return [day_text(due) for due in occurrences(schedule, day(today))]


def monthly(
    start: str, next_: str, end: str | None = None, period: int = 1
) -> Schedule:
    last = day(end) if end else None
    return Schedule(Unit.MONTHLY, period, day(start), day(next_), last)


def test_the_example_of_xero_is_due_six_times() -> None:
    schedule = monthly("2019-04-15", "2019-04-15", "2019-09-30")
    assert days(schedule, "2019-04-01") == [
        f"2019-{month:02}-15" for month in range(4, 10)
    ]


def test_a_31st_is_the_last_day_of_shorter_months() -> None:
    schedule = monthly("2025-01-31", "2025-01-31", "2025-05-31")
    assert days(schedule, "2025-01-01") == [
        "2025-01-31",
        "2025-02-28",
        "2025-03-31",
        "2025-04-30",
        "2025-05-31",
    ]
    # It is a 31st, too, where the next one is due in February.
    late = monthly("2025-01-31", "2025-02-28", "2025-04-30")
    assert days(late, "2025-02-01") == ["2025-02-28", "2025-03-31", "2025-04-30"]
    # One that was moved to the 28th stays there.
    moved = monthly("2025-01-15", "2025-02-28", "2025-04-30")
    assert days(moved, "2025-02-01") == ["2025-02-28", "2025-03-28", "2025-04-28"]


def test_without_an_end_it_is_three_years() -> None:
    quarterly = days(monthly("2026-01-31", "2026-01-31", period=3), "2026-01-31")

    assert quarterly[:3] == ["2026-01-31", "2026-04-30", "2026-07-31"]
    assert quarterly[-1] == "2029-01-31"
    assert len(quarterly) == 13
    leap = days(monthly("2024-02-29", "2024-02-29", period=12), "2024-02-29")
    assert leap == ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28"]


def test_weeks_are_counted_by_the_period() -> None:
    fortnights = Schedule(
        Unit.WEEKLY, 2, day("2026-01-05"), day("2026-01-05"), day("2026-02-16")
    )
    assert days(fortnights, "2026-01-01") == [
        "2026-01-05",
        "2026-01-19",
        "2026-02-02",
        "2026-02-16",
    ]


def test_what_is_past_is_no_forecast() -> None:
    schedule = monthly("2026-01-10", "2026-01-10", "2026-04-30")
    assert days(schedule, "2026-03-10") == ["2026-03-10", "2026-04-10"]
    assert days(schedule, "2026-05-01") == []


GUITARS = Document(
    id="r-1",
    type="ACCREC",
    number="",
    status="AUTHORISED",
    day=0,
    currency="NZD",
    total=5750_00,
    total_tax=750_00,
    reference="[Week]",
    lines=[DocumentLine(5000_00, 750_00, "200", "Guitars Fender Strat", "OUTPUT2")],
)
REPEATING = RepeatingInvoice(GUITARS, monthly("2019-04-15", "2019-04-15", "2019-09-30"))


def test_each_occurrence_is_a_journal() -> None:
    made = [*forecast_lines([REPEATING], basis("2019-04-01", base="NZD"))]

    assert nets(made[:3]) == [(RECEIVABLE, -5750_00), (SALES, 5000_00), (TAX, 750_00)]
    assert len(made) == 6 * 3
    assert {line.type for line in made} == {JournalType.FORECAST_INVOICE}
    assert {line.reference for line in made} == {"[Week]"}
    assert [line.day for line in made[::3]] == [
        day(f"2019-{month:02}-15") for month in range(4, 10)
    ]


def test_a_foreign_one_is_at_the_rate_of_its_day() -> None:
    rates = {"2019-04-01": "0.50", "2019-05-10": "0.60"}
    made = [*forecast_lines([REPEATING], basis("2019-04-01", rates))]

    assert [line.net for line in made[::3]] == [-2875_00, *[-3450_00] * 5]


@pytest.mark.parametrize("status", ["DRAFT", "DELETED"])
def test_only_what_is_deleted_makes_none(status: str) -> None:
    template = REPEATING._replace(document=replace(GUITARS, status=status))
    made = [*forecast_lines([template], basis("2019-04-01", base="NZD"))]

    assert bool(made) == (status != "DELETED")
