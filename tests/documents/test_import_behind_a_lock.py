"""Domain rule 6: nothing posts before its invoice, where a lock had moved that one."""

from dataclasses import replace

import pytest

from daybook.db.engine import Database
from daybook.documents.rules import Document, Line
from daybook_factories import (
    billing_schedule,
    burn_down_line,
    credit_note,
    credited_line,
    invoice,
    line,
    lock,
    milestone_line,
    prepayment_line,
    record,
    terms,
    usage_line,
    voided,
)
from daybook_shown import balances, booked, moved_by_locks

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

EVERY_DAY = ["2025-02-01", "2025-02-20", "2026-08-01"]


@pytest.fixture(autouse=True)
async def ledger(database: Database) -> None:
    """A lock needs a ledger; an invoice of nothing makes one."""
    await record(database, invoice("nothing", line(its_terms=terms("0.00"))))


async def record_behind(
    database: Database, through: str, back_to: str | None, *documents: Document
) -> None:
    """Record documents under a lock that then moves back."""
    await lock(database, through)
    await record(database, *documents)
    await lock(database, back_to)


def year(amount: str = "1200.00", a: str = "2025-07-01") -> Document:
    """An invoice for July 2025 to June 2026."""
    its_terms = terms(amount, ("2025-07-01", "2026-06-30"))
    return invoice("inv_1", line(its_terms=its_terms), accounting_date=a)


def project(done: str | None, a: str = "2025-01-10") -> Document:
    """An invoice of one milestone, 600.00."""
    return invoice("inv_1", milestone_line(("m1", "600.00", done)), accounting_date=a)


@pytest.mark.parametrize("recorded_on", ["2025-07-10", "2025-08-01", "2026-12-01"])
async def test_a_credit_note_posts_with_its_invoice_at_the_earliest(
    database: Database, recorded_on: str
) -> None:
    # Locked through 31 July, so the invoice posts on 1 August: c is that day, when
    # 100.00 are recognized and 1,100.00 deferred.
    await record_behind(database, "2025-07-31", "2025-06-30", year())

    note = credit_note("cn_1", credited_line("300.00"), accounting_date="2025-07-10")
    await record(database, note, on=recorded_on)

    assert await booked(database, "cn_1") == {
        "2025-08-01 Dr Deferred Cr Billed": "300.00"
    }
    assert await booked(database, between=("2025-01-01", "2025-07-31")) == {}
    assert await balances(database) == {"Billed": "900.00", "Recognized": "900.00"}


@pytest.mark.parametrize("recorded_on", EVERY_DAY)
async def test_a_milestone_posts_with_its_invoice_at_the_earliest(
    database: Database, recorded_on: str
) -> None:
    await record_behind(database, "2025-01-31", None, project(None))

    await record(database, project("2025-01-15"), on=recorded_on)

    assert await booked(database) == {
        "2025-02-01 Dr Billed Cr Deferred": "600.00",
        "2025-02-01 Dr Deferred Cr Recognized": "600.00",
    }
    assert await moved_by_locks(database) == [
        f"2025-02-01 Dr {one}, locked through 2025-01-31"
        for one in (
            "Billed Cr Deferred 600.00 for 2025-01-10 to 2025-01-10",
            "Deferred Cr Recognized 600.00 for 2025-01-15 to 2025-01-15",
        )
    ]


async def test_a_milestone_that_is_open_again_is_mirrored_where_it_was_posted(
    database: Database,
) -> None:
    await record_behind(database, "2025-01-31", None, project(None))
    await record(database, project("2025-01-15"), on="2025-02-20")

    await record(database, project(None), on="2025-03-01")

    assert await booked(database) == {"2025-02-01 Dr Billed Cr Deferred": "600.00"}


@pytest.mark.parametrize("recorded_on", ["2025-07-10", "2025-08-20", "2026-12-01"])
async def test_a_revision_posts_with_its_invoice_at_the_earliest(
    database: Database, recorded_on: str
) -> None:
    # The service moves to a later start: July's days were posted on 1 August.
    await record_behind(database, "2025-07-31", None, year())

    await record(database, year("2400.00", "2025-07-05"), on=recorded_on)

    assert await booked(database, between=("2025-01-01", "2025-07-31")) == {
        f"2025-07-0{day} Dr Unbilled Cr Recognized": "6.45" for day in range(1, 5)
    }
    assert await balances(database) == {"Billed": "2400.00", "Recognized": "2400.00"}


async def test_a_burn_down_posts_with_its_grant_at_the_earliest(
    database: Database,
) -> None:
    granted = invoice("pre", prepayment_line("500.00"), accounting_date="2025-01-10")
    await record_behind(database, "2025-01-31", None, granted)

    early = {"2025-01-05": "40.00", "2025-01-20": "60.00"}
    usage = usage_line("u", "100.00", usage=early)
    burning = burn_down_line("100.00", usage)
    used = invoice("inv_1", usage, burning, accounting_date="2025-02-05")
    await record(database, used, on="2025-02-05")

    assert await booked(database, "inv_1") == {
        "2025-01-05 Dr Unbilled Cr Recognized": "40.00",
        "2025-02-01 Dr Deferred Cr Unbilled": "40.00",
        "2025-02-01 Dr Deferred Cr Recognized": "60.00",
    }


async def test_what_was_accrued_posts_on_its_own_days(database: Database) -> None:
    # An invoice in arrears, dated 1 February and moved to 1 March by a lock.
    period = ("2025-01-01", "2025-01-31")
    its_terms = terms("310.00", period, accounting_date="2025-02-01")
    bill = invoice("inv_1", line(its_terms=its_terms), accounting_date="2025-02-01")
    other = replace(bill, id="inv_2", billing_schedule_id="bs_1")
    schedule = billing_schedule("bs_1", "310.00", period)
    await record(database, schedule)
    await record_behind(database, "2025-02-28", None, other)

    await record(database, bill, on="2025-03-05")

    days = await booked(database, "inv_1")
    assert days.pop("2025-02-01 Dr Billed Cr Unbilled") == "310.00"
    assert len(days) == 31


@pytest.mark.parametrize("recorded_on", EVERY_DAY)
async def test_a_void_mirrors_what_was_posted_behind_the_lock(
    database: Database, recorded_on: str
) -> None:
    await record_behind(database, "2025-01-31", None, project(None))
    done = project("2025-01-15")
    await record(database, done)

    await record(database, voided(done), on=recorded_on)

    assert await booked(database) == {}


async def test_without_a_lock_an_earlier_revision_posts_earlier(
    database: Database,
) -> None:
    await record(database, year(a="2025-08-01"), on="2025-08-01")

    await record(database, year(a="2025-07-01"), on="2025-09-01")

    billed = [one for one in await booked(database) if "Cr Deferred" in one]
    assert billed == ["2025-07-01 Dr Billed Cr Deferred"]


@pytest.mark.parametrize("between", ["an amount of zero", "a later date"])
async def test_the_first_posting_is_kept_while_an_invoice_comes_to_nothing(
    database: Database, between: str
) -> None:
    await record_behind(database, "2025-07-31", None, project(None, "2025-07-01"))
    nothing = invoice(
        "inv_1", milestone_line(("m1", "0.00", None)), accounting_date="2025-07-01"
    )
    later = project(None, "2025-09-10")
    await record(
        database, nothing if between == "an amount of zero" else later, on="2025-09-15"
    )

    await record(database, project("2025-07-15", "2025-07-01"), on="2025-09-16")

    assert await booked(database) == {
        "2025-08-01 Dr Billed Cr Deferred": "600.00",
        "2025-08-01 Dr Deferred Cr Recognized": "600.00",
    }


@pytest.mark.parametrize("is_alone", [True, False])
async def test_a_line_that_is_added_later_posts_with_its_invoice_at_the_earliest(
    database: Database, *, is_alone: bool
) -> None:
    july = ("2025-07-01", "2025-07-31")
    first = line("1", its_terms=terms("600.00", july))
    added = line("2", its_terms=terms("31.00", july))
    its_schedule = None if is_alone else "bs_1"
    await record(database, billing_schedule("bs_1", period=july))

    def bill(*lines: Line) -> Document:
        return invoice(
            "inv_1",
            *lines,
            accounting_date="2025-07-01",
            billing_schedule_id=its_schedule,
        )

    await record_behind(database, "2025-07-31", None, bill(first))

    await record(database, bill(first, added), on="2025-08-20")

    assert await booked(database, "inv_1") == {
        "2025-08-01 Dr Billed Cr Deferred": "631.00",
        "2025-08-01 Dr Deferred Cr Recognized": "631.00",
    }
