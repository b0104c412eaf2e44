"""Domain rule 2, "Billing schedule" and "Its invoice": nothing is recognized twice."""

import pytest

from daybook.db.engine import Database
from daybook.documents.rules import Document
from daybook.errors import ProblemCode, Rejected
from daybook.ledger.rules import SourceKind
from daybook.recognition.rules import Method, Timing
from daybook_factories import (
    billing_schedule,
    credit_note,
    credited_line,
    invoice,
    line,
    lock,
    record,
    revise,
    terms,
    usage_line,
    voided,
)
from daybook_shown import (
    balances,
    booked,
    booked_by_month,
    moved_by_locks,
    serviced_by_month,
)
from daybook_stored import journals

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

FEBRUARY = ("2025-02-01", "2025-02-28")
SCHEDULE = billing_schedule()
ACCRUED = {
    "2025-01 Dr Unbilled Cr Recognized": "309.68",
    "2025-02 Dr Unbilled Cr Recognized": "600.00",
    "2025-03 Dr Unbilled Cr Recognized": "600.00",
    "2025-04 Dr Unbilled Cr Recognized": "300.00",
}


def billed(
    id_: str,
    amount: str,
    a: str = "2025-03-01",
    period: tuple[str, str] = FEBRUARY,
    *,
    timing: Timing | None = None,
) -> Document:
    """An invoice of the billing schedule, for February unless it says otherwise."""
    its_terms = terms(amount, period, accounting_date=a, timing=timing)
    one = line(its_terms=its_terms)
    return invoice(id_, one, accounting_date=a, billing_schedule_id="bs_1")


async def test_it_accrues_the_price_by_whole_and_part_months(
    database: Database,
) -> None:
    # 600.00 a month, 16 Jan to 15 Apr 2025: 309.68 / 600.00 / 600.00 / 300.00.
    await record(database, SCHEDULE)

    assert await booked_by_month(database) == ACCRUED
    assert {journal.source for journal in await journals(database)} == {
        SourceKind.BILLING_SCHEDULE
    }
    days = await booked(database, between=("2025-01-30", "2025-02-01"))
    # 15 times 19.36, and 19.28 on the last day.
    assert list(days.values()) == ["19.36", "19.28", "21.43"]


@pytest.mark.parametrize(
    ("months", "price", "share"),
    [(3, "1800.00", "600.00"), (12, "7200.00", "600.00"), (12, "1000.00", "83.33")],
)
async def test_a_month_accrues_the_price_by_the_months_of_its_frequency(
    database: Database, months: int, price: str, share: str
) -> None:
    await record(database, billing_schedule("bs_1", price, FEBRUARY, months=months))

    assert await booked_by_month(database) == {
        "2025-02 Dr Unbilled Cr Recognized": share
    }


async def test_in_advance_it_makes_no_movements(database: Database) -> None:
    schedule = billing_schedule(timing=Timing.IN_ADVANCE)

    result = await record(database, schedule)
    assert result.movements == 0

    await record(database, billed("inv_1", "600.00", "2025-02-01"))
    assert await booked_by_month(database) == {
        "2025-02 Dr Billed Cr Deferred": "600.00",
        "2025-02 Dr Deferred Cr Recognized": "600.00",
    }


@pytest.mark.parametrize("recorded_on", ["2025-01-01", "2025-03-10", "2026-01-01"])
async def test_cancelling_drops_the_days_from_then_on(
    database: Database, recorded_on: str
) -> None:
    await record(database, SCHEDULE)

    await record(database, billing_schedule(cancelled_on="2025-03-01"), on=recorded_on)

    assert await booked_by_month(database) == {
        key: one for key, one in ACCRUED.items() if key < "2025-03"
    }


async def test_cancelling_keeps_the_days_before_as_they_were(
    database: Database,
) -> None:
    await record(database, SCHEDULE)
    before = await booked(database, between=("2025-01-01", "2025-02-09"))

    await record(database, billing_schedule(cancelled_on="2025-02-10"))

    assert await booked(database) == before


async def test_its_invoice_bills_what_was_accrued(database: Database) -> None:
    await record(database, SCHEDULE, billed("inv_1", "600.00"))

    assert await booked_by_month(database, "bs_1") == ACCRUED
    assert await booked(database, "inv_1") == {
        "2025-03-01 Dr Billed Cr Unbilled": "600.00"
    }


async def test_an_invoice_of_more_recognizes_the_difference(
    database: Database,
) -> None:
    await record(database, SCHEDULE, billed("inv_1", "620.00"))

    assert await booked(database, "inv_1") == {
        "2025-03-01 Dr Billed Cr Unbilled": "600.00",
        "2025-03-01 Dr Billed Cr Recognized": "20.00",
    }


async def test_an_invoice_of_less_takes_the_difference_back(
    database: Database,
) -> None:
    await record(database, SCHEDULE, billed("inv_1", "580.00"))

    assert await booked(database, "inv_1") == {
        "2025-03-01 Dr Billed Cr Unbilled": "580.00",
        "2025-03-01 Dr Recognized Cr Unbilled": "20.00",
    }


async def test_a_second_invoice_for_the_same_days_is_all_difference(
    database: Database,
) -> None:
    await record(database, SCHEDULE, billed("inv_1", "600.00"))

    await record(database, billed("inv_2", "50.00", "2025-03-10"))

    assert await booked(database, "inv_2") == {
        "2025-03-10 Dr Billed Cr Recognized": "50.00"
    }
    assert await booked_by_month(database, "bs_1") == ACCRUED


async def test_accruals_on_or_after_the_invoices_date_follow_the_invoice(
    database: Database,
) -> None:
    # 560.00 for February is 20.00 a day; until the 14th, 14 x 21.43 had accrued.
    await record(database, SCHEDULE, billed("inv_1", "560.00", "2025-02-15"))

    of_schedule = await booked_by_month(database, "bs_1")
    assert of_schedule == ACCRUED | {"2025-02 Dr Unbilled Cr Recognized": "300.02"}
    legs = {"2025-02-15 Dr Billed Cr Unbilled", "2025-02-15 Dr Billed Cr Deferred"}
    legs.add("2025-02-15 Dr Recognized Cr Unbilled")
    of_invoice = await booked(database, "inv_1")
    assert {key: one for key, one in of_invoice.items() if key in legs} == {
        "2025-02-15 Dr Billed Cr Unbilled": "280.00",
        "2025-02-15 Dr Billed Cr Deferred": "280.00",
        "2025-02-15 Dr Recognized Cr Unbilled": "20.02",
    }
    days = {key: one for key, one in of_invoice.items() if key not in legs}
    assert len(days) == 14
    assert set(days.values()) == {"20.00"}


async def test_an_invoice_in_advance_takes_the_place_of_the_accruals(
    database: Database,
) -> None:
    await record(database, SCHEDULE, billed("inv_1", "600.00", "2025-02-01"))

    assert await booked_by_month(database, "bs_1") == {
        key: one for key, one in ACCRUED.items() if not key.startswith("2025-02")
    }
    assert await booked_by_month(database, "inv_1") == {
        "2025-02 Dr Billed Cr Deferred": "600.00",
        "2025-02 Dr Deferred Cr Recognized": "600.00",
    }


@pytest.mark.parametrize("recorded_on", ["2025-01-01", "2025-02-20", "2025-06-01"])
@pytest.mark.parametrize("a", ["2025-02-01", "2025-02-15", "2025-03-01"])
async def test_no_service_day_is_recognized_twice(
    database: Database, a: str, recorded_on: str
) -> None:
    await record(database, SCHEDULE)

    await record(database, billed("inv_1", "600.00", a), on=recorded_on)

    months = await booked_by_month(database)
    february = [
        one for key, one in months.items() if key.startswith("2025-02 Dr Unb")
    ] + [one for key, one in months.items() if key.startswith("2025-02 Dr Def")]
    assert sum(float(one) for one in february) == pytest.approx(600.00, abs=0.03)
    whole = await balances(database)
    assert whole["Unbilled"] == "1209.68"
    assert "Deferred" not in whole


async def test_an_invoice_for_other_days_stands_alone(database: Database) -> None:
    may = ("2025-05-01", "2025-05-31")

    await record(database, SCHEDULE, billed("inv_1", "600.00", "2025-06-01", may))

    assert await booked_by_month(database, "bs_1") == ACCRUED
    assert await booked_by_month(database, "inv_1") == {
        "2025-05 Dr Unbilled Cr Recognized": "600.00",
        "2025-06 Dr Billed Cr Unbilled": "600.00",
    }


async def test_an_invoice_for_some_days_beside_it_meets_the_others(
    database: Database,
) -> None:
    # 1 April to 30 April, of which the schedule has the first 15 days: 300.00.
    april = ("2025-04-01", "2025-04-30")

    await record(database, SCHEDULE, billed("inv_1", "600.00", "2025-05-01", april))

    assert await booked_by_month(database, "bs_1") == ACCRUED
    assert await booked_by_month(database, "inv_1") == {
        "2025-04 Dr Unbilled Cr Recognized": "300.00",
        "2025-05 Dr Billed Cr Unbilled": "600.00",
    }


async def test_a_line_of_another_product_stands_alone(database: Database) -> None:
    its_terms = terms("600.00", FEBRUARY, accounting_date="2025-03-01")
    other = line(product="other", its_terms=its_terms)
    await record(
        database,
        SCHEDULE,
        invoice(
            "inv_1", other, accounting_date="2025-03-01", billing_schedule_id="bs_1"
        ),
    )

    assert await booked_by_month(database, "inv_1") == {
        "2025-02 Dr Unbilled Cr Recognized": "600.00",
        "2025-03 Dr Billed Cr Unbilled": "600.00",
    }


@pytest.mark.parametrize("recorded_on", ["2025-01-01", "2025-02-20", "2025-06-01"])
async def test_voiding_its_invoice_leaves_the_accruals_in_unbilled_again(
    database: Database, recorded_on: str
) -> None:
    await record(database, SCHEDULE)
    one = billed("inv_1", "620.00", "2025-02-15")
    await record(database, one)

    await record(database, voided(one), on=recorded_on)

    assert await booked_by_month(database) == ACCRUED
    assert await balances(database) == {
        "Unbilled": "1809.68",
        "Recognized": "1809.68",
    }


async def test_a_schedule_that_changes_its_price_changes_what_is_met(
    database: Database,
) -> None:
    await record(database, SCHEDULE, billed("inv_1", "600.00"))

    await record(database, billing_schedule("bs_1", "620.00"), on="2025-05-01")

    months = await booked_by_month(database)
    assert months["2025-02 Dr Unbilled Cr Recognized"] == "620.00"
    assert await booked(database, "inv_1") == {
        "2025-03-01 Dr Billed Cr Unbilled": "600.00",
        "2025-03-01 Dr Recognized Cr Unbilled": "20.00",
    }


async def test_crediting_its_invoice_after_the_service_is_from_recognized(
    database: Database,
) -> None:
    note = credit_note("cn_1", credited_line("200.00"), accounting_date="2025-03-10")

    await record(database, SCHEDULE, billed("inv_1", "600.00"), note)

    assert await booked(database, "cn_1") == {
        "2025-03-10 Dr Recognized Cr Billed": "200.00"
    }


async def test_crediting_usage_that_met_the_accruals_recognizes_nothing_twice(
    database: Database,
) -> None:
    # 5 February was accrued: what is billed for it is a difference, not a day again.
    used = {"2025-02-05": "100.00", "2025-02-25": "300.00"}
    usage = usage_line("1", "400.00", FEBRUARY, usage=used)
    one = invoice(
        "inv_1", usage, accounting_date="2025-02-15", billing_schedule_id="bs_1"
    )
    note = credit_note("cn_1", credited_line("60.00"), accounting_date="2025-02-16")
    await record(database, SCHEDULE, one)

    before = await booked(database, "inv_1")
    await record(database, note)

    assert await booked(database, "inv_1") == before | {
        "2025-02-25 Dr Deferred Cr Recognized": "240.00"
    }
    assert await balances(database) == {
        "Billed": "340.00",
        "Unbilled": "1209.68",
        "Recognized": "1549.68",
    }


async def test_a_point_in_time_on_the_invoices_date_is_billed_and_recognized_at_once(
    database: Database,
) -> None:
    point = terms(
        "600.00", FEBRUARY, method=Method.POINT_IN_TIME, recognized_on="2025-02-15"
    )
    one = invoice(
        "inv_1",
        line(its_terms=point),
        accounting_date="2025-02-15",
        billing_schedule_id="bs_1",
    )

    await record(database, SCHEDULE, one)

    assert await booked(database, "inv_1") == {
        "2025-02-15 Dr Billed Cr Unbilled": "300.02",
        "2025-02-15 Dr Billed Cr Recognized": "299.98",
    }


async def test_locked_accruals_are_one_entry_on_the_first_open_day(
    database: Database,
) -> None:
    await record(database, invoice("first"))
    await lock(database, "2025-02-28")

    await record(database, SCHEDULE, on="2025-03-05")

    (moved,) = await moved_by_locks(database)
    assert moved == (
        "2025-03-01 Dr Unbilled Cr Recognized 909.68 for 2025-01-16 to 2025-02-28,"
        " locked through 2025-02-28"
    )
    assert await serviced_by_month(database, "bs_1") == ACCRUED


async def test_an_invoice_stays_with_its_schedule(database: Database) -> None:
    one = billed("inv_1", "600.00")
    await record(database, SCHEDULE, billing_schedule("bs_2"), one)
    its_terms = terms("600.00", FEBRUARY, accounting_date="2025-03-01")
    moved = revise(
        invoice("inv_1", billing_schedule_id="bs_2"),
        line(its_terms=its_terms),
        accounting_date="2025-03-01",
    )

    with pytest.raises(Rejected) as rejected:
        await record(database, moved)

    (problem,) = rejected.value.problems
    assert problem.code is ProblemCode.CHANGED
    assert problem.path == ("billing_schedule_id",)
