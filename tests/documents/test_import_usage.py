"""Domain rule 2, methods of single days: usage and points in time."""

from dataclasses import replace

import pytest

from daybook.db.engine import Database
from daybook.documents.rules import Document
from daybook.recognition.rules import Method, Timing
from daybook_factories import (
    credit_note,
    credited_line,
    invoice,
    line,
    record,
    terms,
    usage_line,
    usd,
)
from daybook_shown import balances, booked, booked_by_month

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

JANUARY = ("2025-01-01", "2025-01-31")


async def test_dated_usage_is_earned_when_it_was_used(database: Database) -> None:
    # What Stripe publishes as stripe-sub-03: 15 in January, 17 in February.
    used = {"2019-01-25": "15.00", "2019-02-04": "17.00"}
    line_ = usage_line("1", "32.00", ("2019-01-15", "2019-02-14"), usage=used)

    await record(database, invoice("inv_1", line_, accounting_date="2019-02-14"))

    assert await booked(database) == {
        "2019-01-25 Dr Unbilled Cr Recognized": "15.00",
        "2019-02-04 Dr Unbilled Cr Recognized": "17.00",
        "2019-02-14 Dr Billed Cr Unbilled": "32.00",
    }


async def test_usage_without_days_is_earned_on_the_last_day_of_its_period(
    database: Database,
) -> None:
    line_ = usage_line("1", "100.00", JANUARY)

    await record(database, invoice("inv_1", line_, accounting_date="2025-02-01"))

    assert await booked(database) == {
        "2025-01-31 Dr Unbilled Cr Recognized": "100.00",
        "2025-02-01 Dr Billed Cr Unbilled": "100.00",
    }


async def test_timing_chooses_the_day_of_undated_usage(database: Database) -> None:
    line_ = usage_line("1", "100.00", JANUARY, timing=Timing.IN_ADVANCE)

    await record(database, invoice("inv_1", line_, accounting_date="2024-12-15"))

    assert await booked(database) == {
        "2024-12-15 Dr Billed Cr Deferred": "100.00",
        "2025-01-01 Dr Deferred Cr Recognized": "100.00",
    }


async def test_usage_on_both_sides_of_the_accounting_date(database: Database) -> None:
    used = {"2025-01-10": "10.00", "2025-01-15": "20.00", "2025-01-20": "30.00"}
    line_ = usage_line("1", "60.00", JANUARY, usage=used)

    await record(database, invoice("inv_1", line_, accounting_date="2025-01-15"))

    # In arrears the accounting date itself counts as before it.
    assert await booked(database) == {
        "2025-01-10 Dr Unbilled Cr Recognized": "10.00",
        "2025-01-15 Dr Billed Cr Unbilled": "30.00",
        "2025-01-15 Dr Billed Cr Deferred": "30.00",
        "2025-01-15 Dr Unbilled Cr Recognized": "20.00",
        "2025-01-20 Dr Deferred Cr Recognized": "30.00",
    }


@pytest.mark.parametrize(
    ("timing", "a", "day"),
    [
        (Timing.IN_ADVANCE, "2024-12-01", "2025-01-01"),
        (Timing.IN_ARREARS, "2024-12-01", "2025-01-31"),
    ],
)
async def test_timing_chooses_the_day_of_a_point_in_time(
    database: Database, timing: Timing, a: str, day: str
) -> None:
    point = terms("50.00", JANUARY, method=Method.POINT_IN_TIME, timing=timing)

    await record(database, invoice("inv_1", line(its_terms=point), accounting_date=a))

    assert await booked(database) == {
        f"{a} Dr Billed Cr Deferred": "50.00",
        f"{day} Dr Deferred Cr Recognized": "50.00",
    }


async def test_a_point_in_time_without_a_period_is_the_accounting_date(
    database: Database,
) -> None:
    point = terms(
        "50.00", None, method=Method.POINT_IN_TIME, accounting_date="2025-03-09"
    )

    await record(
        database, invoice("inv_1", line(its_terms=point), accounting_date="2025-03-09")
    )

    assert await booked(database) == {"2025-03-09 Dr Billed Cr Recognized": "50.00"}


async def test_a_point_in_time_has_its_own_day(database: Database) -> None:
    point = terms(
        "50.00", JANUARY, method=Method.POINT_IN_TIME, recognized_on="2025-01-17"
    )

    await record(
        database, invoice("inv_1", line(its_terms=point), accounting_date="2025-01-20")
    )

    assert await booked(database) == {
        "2025-01-17 Dr Unbilled Cr Recognized": "50.00",
        "2025-01-20 Dr Billed Cr Unbilled": "50.00",
    }


async def test_an_invoice_dated_inside_its_period_does_both(
    database: Database,
) -> None:
    # 12,000.00 for 2025, a = 10 February: 1,321.39 Unbilled, 10,678.61 Deferred.
    year = line(its_terms=terms("12,000.00"))

    await record(database, invoice("inv_1", year, accounting_date="2025-02-10"))

    months = await booked_by_month(database)
    assert months["2025-02 Dr Billed Cr Unbilled"] == "1321.39"
    assert months["2025-02 Dr Billed Cr Deferred"] == "10678.61"
    assert await balances(database, "2025-02-09") == {
        "Unbilled": "1321.39",
        "Recognized": "1321.39",
    }
    assert await balances(database) == {"Billed": "12000.00", "Recognized": "12000.00"}


async def test_a_negative_line_without_a_group_stands_alone(
    database: Database,
) -> None:
    month = line(its_terms=terms("-31.00", JANUARY))

    await record(database, invoice("inv_1", month))

    assert await booked_by_month(database) == {
        "2025-01 Dr Deferred Cr Billed": "31.00",
        "2025-01 Dr Recognized Cr Deferred": "31.00",
    }


def corrected() -> Document:
    """200.00 used on two days, and 40.00 taken back in between (domain rule 2)."""
    used = usage_line(
        "1",
        "200.00",
        ("2025-01-01", "2025-02-28"),
        usage={"2025-01-10": "100.00", "2025-02-10": "100.00"},
    )
    back = usage_line(
        "2",
        "-40.00",
        ("2025-01-01", "2025-02-28"),
        usage={"2025-01-20": "-40.00"},
        group="1",
    )
    return invoice("inv_1", used, back)


async def test_a_correction_of_usage_stands_on_its_own_day(database: Database) -> None:
    await record(database, corrected())

    assert await booked_by_month(database) == {
        "2025-01 Dr Billed Cr Deferred": "160.00",
        "2025-01 Dr Deferred Cr Recognized": "60.00",
        "2025-02 Dr Deferred Cr Recognized": "100.00",
    }
    days = await booked(database)
    assert days["2025-01-20 Dr Recognized Cr Deferred"] == "40.00"


async def test_a_discount_scales_each_day_with_its_sign(database: Database) -> None:
    # 160.00 less 16.00: nine tenths of each day.
    await record(database, replace(corrected(), discount=usd("16.00")))

    days = await booked(database)
    assert days == {
        "2025-01-01 Dr Billed Cr Deferred": "144.00",
        "2025-01-10 Dr Deferred Cr Recognized": "90.00",
        "2025-01-20 Dr Recognized Cr Deferred": "36.00",
        "2025-02-10 Dr Deferred Cr Recognized": "90.00",
    }


async def test_usage_that_corrections_take_back_whole_stays_on_its_days(
    database: Database,
) -> None:
    used = usage_line("1", "100.00", usage={"2025-01-10": "100.00"})
    back = usage_line("2", "-100.00", usage={"2025-01-20": "-100.00"}, group="1")

    await record(database, invoice("inv_1", used, back, accounting_date="2025-01-15"))

    assert await booked(database) == {
        "2025-01-10 Dr Unbilled Cr Recognized": "100.00",
        "2025-01-15 Dr Billed Cr Unbilled": "100.00",
        "2025-01-15 Dr Deferred Cr Billed": "100.00",
        "2025-01-20 Dr Recognized Cr Deferred": "100.00",
    }
    assert await balances(database) == {}


async def test_a_negative_deferred_counts_as_nothing_for_a_credit(
    database: Database,
) -> None:
    # Rule 6: 100 used on the 10th, -40 on the 20th, 30 credited on the 15th.
    used = usage_line("1", "100.00", usage={"2025-01-10": "100.00"})
    back = usage_line("2", "-40.00", usage={"2025-01-20": "-40.00"}, group="1")
    note = credit_note("cn_1", credited_line("30.00"), accounting_date="2025-01-15")

    await record(database, invoice("inv_1", used, back), note, on="2025-03-01")

    assert await booked(database, "cn_1") == {
        "2025-01-15 Dr Recognized Cr Billed": "30.00"
    }
    days = await booked(database, "inv_1")
    assert days["2025-01-20 Dr Recognized Cr Deferred"] == "40.00"
    assert await balances(database) == {"Billed": "30.00", "Recognized": "30.00"}


async def test_a_credit_scales_later_days_each_with_its_sign(
    database: Database,
) -> None:
    # After the 15th, -40 and 100 are left: 60 in Deferred, of which 30 are credited.
    note = credit_note("cn_1", credited_line("30.00"), accounting_date="2025-01-15")

    await record(database, corrected(), note, on="2025-03-01")

    assert await booked(database, "cn_1") == {
        "2025-01-15 Dr Deferred Cr Billed": "30.00"
    }
    assert await booked(database, "inv_1", between=("2025-01-16", "2025-12-31")) == {
        "2025-01-20 Dr Recognized Cr Deferred": "20.00",
        "2025-02-10 Dr Deferred Cr Recognized": "50.00",
    }
