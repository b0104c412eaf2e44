"""Domain rule 2, "Its invoice": days decide what an invoice meets, not its amount."""

from dataclasses import replace

import pytest

from daybook.db.engine import Database
from daybook.documents.rules import Document, Line
from daybook.recognition.rules import Timing, Treatment
from daybook_factories import (
    billing_schedule,
    credit_note,
    credited_line,
    invoice,
    line,
    record,
    terms,
    voided,
)
from daybook_shown import balances, booked, booked_by_month

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

JANUARY = ("2025-01-01", "2025-01-31")
LATE_JANUARY = ("2025-01-16", "2025-01-31")
YEAR = ("2025-01-01", "2025-12-31")
SCHEDULE = billing_schedule("bs_1", "600.00", JANUARY)
ACCRUED = {"2025-01 Dr Unbilled Cr Recognized": "600.00"}
EVERY_DAY = ["2025-01-01", "2025-02-05", "2025-06-01"]
"""Before the accruals, between them and what follows, and after all of it."""


def part(
    amount: str,
    period: tuple[str, str] = JANUARY,
    *,
    id: str = "1",  # noqa: A002  (the field's name)
    group: str | None = None,
    timing: Timing = Timing.IN_ARREARS,
) -> Line:
    return line(id, its_terms=terms(amount, period, timing=timing), group=group)


def bill(
    *lines: Line,
    id: str = "inv_1",  # noqa: A002  (the field's name)
    a: str = "2025-02-01",
    discount: str = "0.00",
) -> Document:
    return invoice(
        id, *lines, accounting_date=a, billing_schedule_id="bs_1", discount=discount
    )


def rebuilt(id_: str, amount: str, on: str = "2025-02-10") -> Document:
    return credit_note(
        id_,
        credited_line(amount),
        accounting_date=on,
        treatment=Treatment.REBUILD,
    )


@pytest.mark.parametrize("recorded_on", EVERY_DAY)
@pytest.mark.parametrize("treatment", Treatment)
@pytest.mark.parametrize("amount", ["599.99", "600.00"])
async def test_all_of_its_invoice_can_be_credited(
    database: Database, amount: str, treatment: Treatment, recorded_on: str
) -> None:
    note = replace(rebuilt("cn_1", amount), treatment=treatment)
    await record(database, SCHEDULE, bill(part("600.00")))

    await record(database, note, on=recorded_on)

    assert await booked(database, "cn_1") == {
        "2025-02-10 Dr Recognized Cr Billed": amount
    }
    left = {} if amount == "600.00" else {"Billed": "0.01", "Recognized": "0.01"}
    assert await balances(database) == left


@pytest.mark.parametrize("recorded_on", EVERY_DAY)
async def test_credits_that_reach_zero_together_leave_nothing(
    database: Database, recorded_on: str
) -> None:
    await record(database, SCHEDULE, bill(part("600.00")))

    await record(database, rebuilt("cn_1", "250.00"), on=recorded_on)
    await record(database, rebuilt("cn_2", "350.00", "2025-02-20"), on=recorded_on)

    assert await booked(database, "cn_1") == {
        "2025-02-10 Dr Recognized Cr Billed": "250.00"
    }
    assert await booked(database, "cn_2") == {
        "2025-02-20 Dr Recognized Cr Billed": "350.00"
    }
    assert await balances(database) == {}


@pytest.mark.parametrize("recorded_on", EVERY_DAY)
async def test_an_invoice_within_its_days_can_be_credited_to_nothing(
    database: Database, recorded_on: str
) -> None:
    # 15 days at 19.35 were accrued, 4 more earned out of Deferred by the 20th.
    advance = part("600.00", timing=Timing.IN_ADVANCE)
    await record(database, SCHEDULE, bill(advance, a="2025-01-16"))

    await record(database, rebuilt("cn_1", "600.00", "2025-01-20"), on=recorded_on)

    assert await booked(database, "cn_1") == {
        "2025-01-20 Dr Recognized Cr Billed": "367.65",
        "2025-01-20 Dr Deferred Cr Billed": "232.35",
    }
    assert await balances(database) == {}


async def test_an_invoice_of_more_days_than_were_accrued_is_credited_to_nothing(
    database: Database,
) -> None:
    both = part("1200.00", ("2025-01-01", "2025-02-28"))
    await record(database, SCHEDULE, bill(both, a="2025-03-01"))

    await record(database, rebuilt("cn_1", "1200.00", "2025-03-10"), on="2025-04-01")

    assert await booked(database, "cn_1") == {
        "2025-03-10 Dr Recognized Cr Billed": "1200.00"
    }
    assert await balances(database) == {}


async def test_a_second_invoice_for_the_days_is_credited_to_nothing(
    database: Database,
) -> None:
    again = bill(part("50.00"), id="inv_2", a="2025-02-05")
    await record(database, SCHEDULE, bill(part("600.00")), again)
    note = replace(rebuilt("cn_1", "50.00"), invoice_id="inv_2")

    await record(database, note, on="2025-03-01")

    assert await booked(database, "cn_1") == {
        "2025-02-10 Dr Recognized Cr Billed": "50.00"
    }
    assert await balances(database) == {"Billed": "600.00", "Recognized": "600.00"}


NOTHING = {
    "an amount of zero": bill(part("0.00")),
    "a full discount": bill(part("600.00"), discount="600.00"),
    "a line against it": bill(
        part("600.00"), part("-600.00", id="2", group="1"), a="2025-02-01"
    ),
    "two lines": bill(part("600.00"), part("-600.00", id="2")),
}


@pytest.mark.parametrize("recorded_on", EVERY_DAY)
@pytest.mark.parametrize("nothing", NOTHING.values(), ids=NOTHING)
async def test_an_invoice_of_nothing_takes_back_what_was_accrued(
    database: Database, nothing: Document, recorded_on: str
) -> None:
    # 0 against 600: Dr Recognized 600, Cr Unbilled 600 on a.
    await record(database, SCHEDULE)

    await record(database, nothing, on=recorded_on)

    assert await booked_by_month(database, "bs_1") == ACCRUED
    assert await booked(database, "inv_1") == {
        "2025-02-01 Dr Recognized Cr Unbilled": "600.00"
    }
    assert await balances(database) == {}


@pytest.mark.parametrize("recorded_on", EVERY_DAY)
async def test_a_revision_to_nothing_takes_back_what_was_accrued(
    database: Database, recorded_on: str
) -> None:
    await record(database, SCHEDULE, bill(part("600.00")))

    await record(database, bill(part("0.00")), on=recorded_on)

    assert await booked(database, "inv_1") == {
        "2025-02-01 Dr Recognized Cr Unbilled": "600.00"
    }
    assert await balances(database) == {}


async def test_an_invoice_of_nothing_within_the_days_ends_the_accruals(
    database: Database,
) -> None:
    # Dated 16 January: 15 days at 19.35 are taken back.
    nothing = part("0.00", timing=Timing.IN_ADVANCE)
    await record(database, SCHEDULE, bill(nothing, a="2025-01-16"))

    assert await booked_by_month(database, "bs_1") == {
        "2025-01 Dr Unbilled Cr Recognized": "290.25"
    }
    assert await booked(database, "inv_1") == {
        "2025-01-16 Dr Recognized Cr Unbilled": "290.25"
    }
    assert await balances(database) == {}


@pytest.mark.parametrize("recorded_on", EVERY_DAY)
async def test_lines_are_compared_with_the_accruals_together(
    database: Database, recorded_on: str
) -> None:
    # 600.00 for January and -100.00 for its second half: 500 billed, 100 taken back.
    its_lines = part("600.00"), part("-100.00", LATE_JANUARY, id="2")
    await record(database, SCHEDULE)

    await record(database, bill(*its_lines), on=recorded_on)

    assert await booked_by_month(database, "bs_1") == ACCRUED
    assert await booked(database, "inv_1") == {
        "2025-02-01 Dr Billed Cr Unbilled": "500.00",
        "2025-02-01 Dr Recognized Cr Unbilled": "100.00",
    }
    assert await balances(database) == {"Billed": "500.00", "Recognized": "500.00"}


async def test_lines_within_the_days_keep_their_own_from_a_on(
    database: Database,
) -> None:
    # Earned before 16 January: 290.25 - 48.45 against 290.25.
    its_lines = (
        part("600.00", timing=Timing.IN_ADVANCE),
        part("-100.00", id="2", timing=Timing.IN_ADVANCE),
    )
    await record(database, SCHEDULE, bill(*its_lines, a="2025-01-16"))

    shown = await booked(database, "inv_1", between=("2025-01-16", "2025-01-16"))
    assert shown == {
        "2025-01-16 Dr Billed Cr Unbilled": "241.80",
        "2025-01-16 Dr Billed Cr Deferred": "258.20",
        "2025-01-16 Dr Recognized Cr Unbilled": "48.45",
        "2025-01-16 Dr Deferred Cr Recognized": "16.12",
    }
    assert await balances(database) == {"Billed": "500.00", "Recognized": "500.00"}


async def test_a_negative_invoice_takes_all_back_and_its_amount(
    database: Database,
) -> None:
    await record(database, SCHEDULE, bill(part("-100.00")))

    assert await booked(database, "inv_1") == {
        "2025-02-01 Dr Recognized Cr Unbilled": "600.00",
        "2025-02-01 Dr Recognized Cr Billed": "100.00",
    }


@pytest.mark.parametrize("recorded_on", EVERY_DAY)
async def test_voiding_one_of_two_leaves_the_other_all_difference(
    database: Database, recorded_on: str
) -> None:
    # Domain rule 6: 600 and 50 for one accrued month, the 600 voided.
    first, second = bill(part("600.00")), bill(part("50.00"), id="inv_2")
    await record(database, SCHEDULE, first)
    await record(database, second)

    await record(database, voided(first), on=recorded_on)

    assert await booked(database, "inv_1") == {}
    assert await booked(database, "inv_2") == {
        "2025-02-01 Dr Billed Cr Recognized": "50.00"
    }
    assert await balances(database) == {
        "Billed": "50.00",
        "Unbilled": "600.00",
        "Recognized": "650.00",
    }


async def test_the_next_invoice_of_the_days_bills_what_stands_again(
    database: Database,
) -> None:
    first, second = bill(part("600.00")), bill(part("50.00"), id="inv_2")
    await record(database, SCHEDULE, first)
    await record(database, second)
    await record(database, voided(first), on="2025-02-10")

    third = bill(part("580.00"), id="inv_3", a="2025-02-15")
    await record(database, third, on="2025-02-15")

    assert await booked(database, "inv_3") == {
        "2025-02-15 Dr Billed Cr Unbilled": "580.00",
        "2025-02-15 Dr Recognized Cr Unbilled": "20.00",
    }
    assert await balances(database) == {"Billed": "630.00", "Recognized": "630.00"}


async def test_a_void_and_its_replacement_in_one_file_bill_the_days(
    database: Database,
) -> None:
    first = bill(part("600.00"))
    await record(database, SCHEDULE, first)

    again = bill(part("600.00"), id="inv_2")
    await record(database, again, voided(first), on="2025-02-10")

    assert await booked(database, "inv_2") == {
        "2025-02-01 Dr Billed Cr Unbilled": "600.00"
    }


async def test_a_line_that_is_left_out_leaves_the_accruals_standing(
    database: Database,
) -> None:
    other = line("2", product="other", its_terms=terms("10.00", JANUARY))
    both = bill(part("600.00"), other)
    second = bill(part("50.00"), id="inv_2")
    await record(database, SCHEDULE, both)
    await record(database, second)

    await record(database, bill(other), on="2025-02-10")
    third = bill(part("600.00"), id="inv_3")
    await record(database, third, on="2025-02-11")

    assert await booked(database, "inv_2") == {
        "2025-02-01 Dr Billed Cr Recognized": "50.00"
    }
    assert await booked(database, "inv_3") == {
        "2025-02-01 Dr Billed Cr Unbilled": "600.00"
    }
    assert (await balances(database)).get("Unbilled") is None


async def test_a_line_added_later_is_compared_with_its_invoices_others(
    database: Database,
) -> None:
    await record(database, SCHEDULE, bill(part("600.00")))
    await record(database, bill(part("50.00"), id="inv_2"))

    more = bill(part("600.00"), part("-100.00", LATE_JANUARY, id="2"))
    await record(database, more, on="2025-02-10")

    assert await booked(database, "inv_1") == {
        "2025-02-01 Dr Billed Cr Unbilled": "500.00",
        "2025-02-01 Dr Recognized Cr Unbilled": "100.00",
    }


async def test_one_line_of_several_is_credited_by_rebuild(database: Database) -> None:
    its_lines = part("600.00"), part("-100.00", LATE_JANUARY, id="2")
    await record(database, SCHEDULE, bill(*its_lines))

    await record(database, rebuilt("cn_1", "600.00"), on="2025-03-01")

    assert await booked(database, "cn_1") == {
        "2025-02-10 Dr Recognized Cr Billed": "600.00"
    }
    assert await balances(database) == {"Billed": "-100.00", "Recognized": "-100.00"}


async def test_a_line_added_later_takes_no_days_from_who_met_them(
    database: Database,
) -> None:
    february = ("2025-02-01", "2025-02-28")
    both = ("2025-01-01", "2025-02-28")
    await record(database, billing_schedule("bs_1", "600.00", both))
    await record(database, bill(part("600.00"), a="2025-03-01"))
    second = bill(part("1200.00", both), id="inv_2", a="2025-03-01")
    await record(database, second)
    before = await booked(database, "inv_2")

    more = bill(part("600.00"), part("600.00", february, id="2"), a="2025-03-01")
    await record(database, more, on="2025-03-10")

    assert await booked(database, "inv_2") == before
    assert await booked(database, "inv_1") == {
        "2025-03-01 Dr Billed Cr Unbilled": "600.00",
        "2025-03-01 Dr Billed Cr Recognized": "600.00",
    }
