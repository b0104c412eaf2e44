"""Domain rule 6, `REBUILD`: as if the parent had been sold net."""

import pytest

from daybook.db.engine import Database
from daybook.documents.rules import Document, Line
from daybook.recognition.rules import Method, Timing, Treatment
from daybook_factories import (
    credit_note,
    credited_line,
    invoice,
    line,
    lock,
    milestone_line,
    record,
    terms,
    usage_line,
    voided,
)
from daybook_services.database import AT_ANY_TIME, NewDatabase
from daybook_shown import balances, booked, booked_by_month
from daybook_stored import posted

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

YEARLY = invoice("inv_1", line(its_terms=terms("12,000.00")))


def rebuilt(
    amount: str, day: str = "2025-10-01", id_: str = "cn_1", *lines: Line
) -> Document:
    """A credit note of this treatment."""
    return credit_note(
        id_,
        *(lines or (credited_line(amount),)),
        accounting_date=day,
        treatment=Treatment.REBUILD,
    )


@pytest.mark.parametrize("recorded_on", ["2025-01-01", "2025-10-01", "2026-03-01"])
async def test_its_numbers(database: Database, recorded_on: str) -> None:
    # 12,000.00 for 2025, 2,000.00 credited 1 October: p 1,500.03, Deferred 499.97,
    # then 833.33 / 833.33 / 833.37; Deferred ends at 0.
    await record(database, YEARLY)

    await record(database, rebuilt("2,000.00"), on=recorded_on)

    assert await booked(database, "cn_1") == {
        "2025-10-01 Dr Recognized Cr Billed": "1500.03",
        "2025-10-01 Dr Deferred Cr Billed": "499.97",
    }
    months = await booked_by_month(database, "inv_1")
    assert list(months.values())[-3:] == ["833.33", "833.33", "833.37"]
    assert await balances(database) == {"Billed": "10000.00", "Recognized": "10000.00"}


async def test_from_then_on_the_days_are_those_of_the_net_schedule(
    new_database: NewDatabase,
) -> None:
    credited, net = (
        Database(new_database(), AT_ANY_TIME),
        Database(new_database(), AT_ANY_TIME),
    )
    await record(credited, YEARLY, rebuilt("2,000.00", "2025-10-17"))
    await record(net, invoice("inv_1", line(its_terms=terms("10,000.00"))))
    later = ("2025-10-17", "2025-12-31")

    found = await booked(credited, "inv_1", between=later)

    assert found == await booked(net, "inv_1", between=later)
    await credited.close()
    await net.close()


async def test_it_rebuilds_what_a_reversal_left(database: Database) -> None:
    used = usage_line(
        "2",
        "300.00",
        ("2025-01-01", "2025-12-31"),
        usage={"2025-02-01": "1.00", "2025-11-01": "299.00"},
        product="usage",
        timing=Timing.IN_ADVANCE,
    )
    first = credit_note(
        "cn_0", credited_line("250.00", "2"), accounting_date="2025-03-01"
    )
    await record(database, invoice("inv_1", used), first)

    await record(
        database, rebuilt("", "2025-04-01", "cn_1", credited_line("40.00", "2"))
    )

    # Sold for 10.00, 0.03 had been recognized: 1.00 was. 0.97 comes back.
    assert await booked(database, "cn_1") == {
        "2025-04-01 Dr Recognized Cr Billed": "0.97",
        "2025-04-01 Dr Deferred Cr Billed": "39.03",
    }


async def test_a_negative_figure_is_on_the_other_side(
    database: Database,
) -> None:
    # The first took 3,000.00 from Deferred and 2,000.00 from Recognized: 7,000.00 are
    # recognized. Sold for 6,000.00, it would be 4,500.00: p is 2,500.00.
    first = credit_note("cn_0", credited_line("5,000.00"))
    await record(database, YEARLY, first)

    await record(database, rebuilt("1,000.00"))

    assert await booked(database, "cn_1") == {
        "2025-10-01 Dr Recognized Cr Billed": "2500.00",
        "2025-10-01 Dr Billed Cr Deferred": "1500.00",
    }
    months = await booked_by_month(database, "inv_1")
    assert list(months.values())[-3:] == ["500.00"] * 3
    assert await balances(database) == {"Billed": "6000.00", "Recognized": "6000.00"}


async def test_several_each_see_the_credits_before_them(database: Database) -> None:
    notes = [
        rebuilt("2,000.00"),
        rebuilt("4,000.00", "2025-11-01", "cn_2"),
        rebuilt("6,000.00", "2025-12-01", "cn_3"),
    ]

    await record(database, YEARLY, *notes)

    months = await booked_by_month(database, "inv_1")
    assert list(months.values())[-2:] == ["833.33", "500.00"]
    assert "2025-12 Dr Deferred Cr Recognized" not in months
    assert await balances(database) == {}


@pytest.mark.parametrize("day", ["2026-01-01", "2026-06-01"])
async def test_after_the_service_end_all_is_from_recognized(
    database: Database, day: str
) -> None:
    await record(database, YEARLY, rebuilt("2,000.00", day))

    assert await booked(database, "cn_1") == {
        f"{day} Dr Recognized Cr Billed": "2000.00"
    }


async def test_on_the_first_day_all_is_from_deferred(database: Database) -> None:
    await record(database, YEARLY, rebuilt("2,000.00", "2025-01-01"))

    assert await booked(database, "cn_1") == {
        "2025-01-01 Dr Deferred Cr Billed": "2000.00"
    }
    months = await booked_by_month(database, "inv_1")
    assert list(months.values())[1:] == [*["833.33"] * 11, "833.37"]


async def test_milestones_are_rebuilt_pro_rata(database: Database) -> None:
    one = invoice(
        "inv_1", milestone_line(("a", "400.00", "2025-02-01"), ("b", "600.00", None))
    )

    await record(database, one, rebuilt("100.00", "2025-03-01"))

    # Sold for 900.00, a would have been 360.00 and b 540.00.
    assert await booked(database, "cn_1") == {
        "2025-03-01 Dr Recognized Cr Billed": "40.00",
        "2025-03-01 Dr Deferred Cr Billed": "60.00",
    }
    assert (await balances(database))["Deferred"] == "540.00"


async def test_in_arrears_after_billing(database: Database) -> None:
    its_terms = terms(
        "600.00", ("2025-01-01", "2025-01-31"), accounting_date="2025-02-01"
    )
    one = invoice("inv_1", line(its_terms=its_terms), accounting_date="2025-02-01")

    await record(database, one, rebuilt("200.00", "2025-02-10"))

    assert await booked(database, "cn_1") == {
        "2025-02-10 Dr Recognized Cr Billed": "200.00"
    }
    assert await balances(database) == {"Billed": "400.00", "Recognized": "400.00"}


async def test_a_future_point_in_time_is_rebuilt(database: Database) -> None:
    point = terms(
        "500.00", None, method=Method.POINT_IN_TIME, recognized_on="2025-12-01"
    )

    await record(database, invoice("inv_1", line(its_terms=point)), rebuilt("200.00"))

    assert await booked(database) == {
        "2025-01-01 Dr Billed Cr Deferred": "500.00",
        "2025-10-01 Dr Deferred Cr Billed": "200.00",
        "2025-12-01 Dr Deferred Cr Recognized": "300.00",
    }


async def test_into_a_locked_period(database: Database) -> None:
    await record(database, YEARLY)
    await lock(database, "2025-10-31")

    await record(database, rebuilt("2,000.00"), on="2025-11-05")

    # c is 1 November: 10,000.00 less 10/12 of 10,000.00.
    assert await booked(database, "cn_1") == {
        "2025-11-01 Dr Recognized Cr Billed": "1666.70",
        "2025-11-01 Dr Deferred Cr Billed": "333.30",
    }
    months = await booked_by_month(database, "inv_1")
    assert list(months.values())[-3:] == ["1000.00", "833.33", "833.37"]


async def test_voided_it_leaves_what_was(database: Database) -> None:
    await record(database, YEARLY)
    before = await posted(database)
    note = rebuilt("2,000.00")
    await record(database, note)

    await record(database, voided(note), on="2025-11-20")

    assert await posted(database) == before
