"""What other systems publish about the same rules, imported end to end.

Where the collection of published cases is beside the repository, the numbers are
compared with it.
"""

import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from daybook.calendar import month_of, month_text
from daybook.db.engine import Database
from daybook.ledger.rules import Role
from daybook.money import amount_text
from daybook_oracle import net_of
from daybook_published import CASES, import_case
from daybook_shown import balances, booked, moved_by_locks
from daybook_stored import stored_movements

pytestmark = pytest.mark.either_database

COLLECTION = Path(__file__).parents[2].parent / "shared" / "cases" / "published.json"
CATALOGUE = Path(__file__).parents[2] / "docs" / "published-cases.md"

ACCOUNTS = {
    "Revenue": "Recognized",
    "DeferredRevenue": "Deferred",
    "AR": "Billed",
    "UnbilledAR": "Unbilled",
}


@pytest.mark.anyio
@pytest.mark.parametrize("name", CASES)
async def test_published_case(database: Database, name: str) -> None:
    case = CASES[name]

    await import_case(database, case)

    found = await changes(database)
    for account, expected in case.changes.items():
        first = {month: found[account].get(month, "0.00") for month in expected}
        assert first == expected
    # A case that prints the first months only doesn't say what comes after them.
    months = {month for change in case.changes.values() for month in change}
    for account in case.changes:
        outside = set(found[account]) - months
        assert not outside or min(outside) > max(months)


@pytest.mark.anyio
async def test_annual_in_advance_is_deferred_and_recognized_by_day(
    database: Database,
) -> None:
    # seq-s3: 12,000 a year, daily Dr Deferred, Cr Recognized of 32.88.
    await import_case(database, CASES["seq-s3-annual-advance"])

    days = await booked(database, between=("2025-01-01", "2025-01-02"))
    assert days == {
        "2025-01-01 Dr Billed Cr Deferred": "12000.00",
        "2025-01-01 Dr Deferred Cr Recognized": "32.88",
        "2025-01-02 Dr Deferred Cr Recognized": "32.88",
    }


@pytest.mark.anyio
async def test_a_locked_month_is_one_catch_up_on_the_first_open_day(
    database: Database,
) -> None:
    # seq-s4: one entry on 1 January 2026 for December.
    await import_case(database, CASES["seq-s4-lock-catchup"])

    (of_revenue,) = [
        one for one in await moved_by_locks(database) if "Cr Recognized" in one
    ]
    assert of_revenue == (
        "2026-01-01 Dr Deferred Cr Recognized 31.00 for 2025-12-01 to 2025-12-31,"
        " locked through 2025-12-31"
    )


@pytest.mark.anyio
async def test_arrears_bill_what_has_accrued_on_the_invoices_dates(
    database: Database,
) -> None:
    # seq-s1: on the invoice date Dr Billed, Cr Unbilled.
    await import_case(database, CASES["seq-s1-arrears"])

    assert await booked(database, "jan") == {
        "2025-02-01 Dr Billed Cr Unbilled": "309.68"
    }
    assert await booked(database, "apr") == {
        "2025-04-16 Dr Billed Cr Unbilled": "300.00"
    }


@pytest.mark.anyio
async def test_a_credit_note_finds_what_is_recognized_and_deferred(
    database: Database,
) -> None:
    # seq-s6: 9,000.00 and 3,000.00 after nine months.
    await import_case(database, CASES["seq-s6-credit-note-state"])

    before = await balances(database, "2025-09-30")
    assert (before["Recognized"], before["Deferred"]) == ("9000.00", "3000.00")


@pytest.mark.anyio
async def test_a_frozen_period_loses_nothing_and_gets_nothing(
    database: Database,
) -> None:
    # erpnext-e5: May's 1,000.00 is posted in the first open month, none in May.
    await import_case(database, CASES["erpnext-e5-closed-period"])

    (moved,) = [
        movement.movement
        for movement in await stored_movements(database)
        if movement.locked_through
    ]
    assert moved.amount == 1_000_00
    assert min(
        movement.month for movement in await stored_movements(database)
    ) == month_of(moved.first_day)


def test_every_case_is_here_and_in_the_catalogue() -> None:
    text = CATALOGUE.read_text(encoding="utf-8")
    for name in CASES:
        assert f"`{name}`" in text
    if not COLLECTION.is_file():
        pytest.skip("the collection of published cases isn't beside the repository")
    assert {load["id"] for load in json.loads(COLLECTION.read_text())} == CASES.keys()


@pytest.mark.parametrize("name", CASES)
def test_published_numbers_are_those_of_the_collection(name: str) -> None:
    if not COLLECTION.is_file():
        pytest.skip("the collection of published cases isn't beside the repository")
    (source,) = [
        load for load in json.loads(COLLECTION.read_text()) if load["id"] == name
    ]

    case = CASES[name]
    for account, published in published_changes(source["expected"]).items():
        if account in case.changes:
            ours = [Decimal(change) for change in case.changes[account].values()]
            assert ours == [Decimal(one) for one in published if Decimal(one)]


def published_changes(expected: dict[str, Any]) -> dict[str, list[str]]:
    """What a case prints of each account, month by month."""
    if "monthly_change" in expected:
        by_account = dict(expected["monthly_change"])
        # What was paid left receivables again: no document of ours tells of it.
        for month, paid in by_account.pop("Cash", {}).items():
            left = Decimal(by_account["AR"][month]) + Decimal(paid)
            by_account["AR"] |= {month: str(left)}
        return {ACCOUNTS[one]: list(its.values()) for one, its in by_account.items()}
    shares: list[str] = []
    if "per_period" in expected:
        shares = [expected["per_period"]] * expected["periods"]
    elif "waterfall" in expected:
        (row,) = expected["waterfall"].values()
        shares = list(row["recognized"].values())
    elif "per_month_even" in expected:
        shares = [expected["per_month_even"]] * 12
    elif "net_by_line" in expected:
        shares = expected["net_by_line"]
    elif all(
        "covers" not in entry and "date" in entry
        for entry in expected.get("entries", ())
    ):
        shares = [entry["amount"] for entry in expected.get("entries", ())]
    return {"Recognized": shares} if shares else {}


async def changes(database: Database) -> dict[str, dict[str, str]]:
    """How each account's balance changes in each month, on its own side."""
    total: dict[Role, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for movement in await stored_movements(database):
        if not movement.is_in_force():
            continue
        for (day, debit, credit), amount in net_of([movement.movement]).items():
            month = month_text(month_of(day))
            for role, sign in ((debit, 1), (credit, -1)):
                its_sign = sign if role.is_debit_normal else -sign
                total[role][month] += its_sign * amount
    return {
        role.name.title(): {
            month: amount_text(amount, "USD")
            for month, amount in sorted(total[role].items())
            if amount
        }
        for role in Role
    }
