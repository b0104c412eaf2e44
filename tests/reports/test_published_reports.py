"""Published cases by the reports' own output, where the convention is ours.

Where it isn't, docs/published-cases.md says why.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Month, last_day_of, month_text, parse_day, parse_month
from daybook.db.engine import Database
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role
from daybook.money import amount_text
from daybook.reports.deferred.queries import deferred_totals
from daybook.reports.revenue import EVERYTHING
from daybook.reports.rollforward.queries import roll_forward
from daybook.reports.waterfall.cohorts import find_cohorts
from daybook.reports.waterfall.queries import waterfall_totals
from daybook_factories import pin
from daybook_published import CASES, import_case, months

pytestmark = pytest.mark.anyio

COLLECTION = Path(__file__).parents[2].parent / "shared" / "cases" / "published.json"
CATALOGUE = Path(__file__).parents[2] / "docs" / "published-cases.md"
REPORTED = (
    "stripe-wf-35",
    "seq-s6-credit-note-state",
    "chargebee-cb2-closed-full-refund",
    "stripe-late-34a-catchup-on",
)


async def test_booked_month_by_recognized_month(database: Database) -> None:
    # stripe-wf-35: booked in July, recognized in July and August, nothing remains.
    await import_case(database, CASES["stripe-wf-35"])
    at = await pin(database)

    async with database.reads() as session:
        (july,) = await find_cohorts(session, at, parse_day("2025-07-31"), EVERYTHING)
        (august,) = await find_cohorts(session, at, parse_day("2025-08-31"), EVERYTHING)

    assert (july.month, usd(july.booked)) == (parse_month("2025-07"), "31.00")
    assert by_month(july.recognized) == {"2025-07": "11.00"}
    assert by_month(july.scheduled) == {"2025-08": "20.00"}
    assert usd(july.remaining) == "20.00"
    found = {
        "booked": usd(august.booked),
        "recognized": by_month(august.recognized),
        "remaining": usd(august.remaining),
    }
    assert found == {
        "booked": "31.00",
        "recognized": {"2025-07": "11.00", "2025-08": "20.00"},
        "remaining": "0.00",
    }
    if COLLECTION.is_file():
        cases = {case["id"]: case for case in json.loads(COLLECTION.read_text())}
        assert {"2025-07": found} == cases["stripe-wf-35"]["expected"]["waterfall"]


async def test_a_credit_note_takes_deferred_first(database: Database) -> None:
    # seq-s6: 9,000.00 and 3,000.00 before it; 4,000.00 leave nothing deferred.
    await import_case(database, CASES["seq-s6-credit-note-state"])
    at = await pin(database)

    async with database.reads() as session:
        before = await deferred_totals(session, at, parse_day("2025-09-30"), EVERYTHING)
        after = await deferred_totals(session, at, parse_day("2025-10-01"), EVERYTHING)
        october = await columns(session, at, "2025-10", "2025-10")

    assert (usd(before.recognized), usd(before.remaining)) == ("9000.00", "3000.00")
    assert (usd(after.recognized), usd(after.remaining)) == ("8000.00", "0.00")
    assert usd(after.booked) == "8000.00"
    assert october == {"2025-10": {"CREDIT_NOTES": "-3000.00"}}


async def test_a_full_refund_after_closed_months(database: Database) -> None:
    # chargebee-cb2: 100.00 in each closed month, -300.00 in the first open one.
    await import_case(database, CASES["chargebee-cb2-closed-full-refund"])
    at = await pin(database)

    async with database.reads() as session:
        (cohort,) = await find_cohorts(session, at, parse_day("2025-06-30"), EVERYTHING)
        forward = await columns(session, at, "2025-01", "2025-06")

    expected = {**months("2025-01", ["100.00"] * 3), "2025-04": "-300.00"}
    assert by_month(cohort.recognized) == expected
    assert (usd(cohort.booked), usd(cohort.remaining)) == ("0.00", "0.00")
    assert forward == {
        "2025-01": {"BILLED": "600.00", "RECOGNIZED": "-100.00"},
        "2025-02": {"RECOGNIZED": "-100.00"},
        "2025-03": {"RECOGNIZED": "-100.00"},
        "2025-04": {"CREDIT_NOTES": "-300.00"},
        "2025-05": {},
        "2025-06": {},
    }


async def test_a_late_invoice_is_caught_up_in_its_month(database: Database) -> None:
    # stripe-late-34a: Deferred grows by 31.00 in November and falls to 0 in December.
    await import_case(database, CASES["stripe-late-34a-catchup-on"])
    at = await pin(database)
    on = parse_day("2024-11-30")

    async with database.reads() as session:
        forward = await roll_forward(
            session, at, Role.DEFERRED, parse_month("2024-11"), on + 31, EVERYTHING
        )
        waterfall = await waterfall_totals(session, at, on, EVERYTHING)
        (cohort,) = await find_cohorts(session, at, on + 31, EVERYTHING)

    changes = {month_text(its.month): usd(its.closing - its.opening) for its in forward}
    case = CASES["stripe-late-34a-catchup-on"].changes
    assert changes == case["Deferred"]
    assert usd(waterfall.remaining) == "31.00"
    assert by_month(waterfall.months) == {"2024-12": "31.00"}
    assert by_month(cohort.recognized) == case["Recognized"]
    assert usd(cohort.booked) == "92.00"


def test_each_case_of_the_reports_is_in_the_catalogue() -> None:
    text = CATALOGUE.read_text(encoding="utf-8").partition("## In the reports")[2]
    for name in REPORTED:
        assert f"`{name}`" in text


async def columns(
    session: AsyncSession, at: Pin, first: str, last: str
) -> dict[str, dict[str, str]]:
    """The columns of each month of Deferred's roll-forward."""
    on = last_day_of(parse_month(last))
    found = await roll_forward(
        session, at, Role.DEFERRED, parse_month(first), on, EVERYTHING
    )
    return {
        month_text(its.month): {
            column.name: usd(amount) for column, amount in its.columns.items() if amount
        }
        for its in found
    }


def by_month(amounts: Mapping[Month, int]) -> dict[str, str]:
    """Amounts as text, by month; those that are zero left out."""
    return {
        month_text(month): usd(amount)
        for month, amount in sorted(amounts.items())
        if amount
    }


def usd(amount: int) -> str:
    """Dollars as text."""
    return amount_text(amount, "USD")
