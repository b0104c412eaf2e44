"""Why movements were appended: voids, revisions and breakage, with their numbers."""

import pytest
from sqlalchemy import select

from daybook.calendar import LAST_DAY, day_text, parse_day
from daybook.db.engine import Database
from daybook.documents.models import StoredDocument
from daybook.documents.replanning import put_families_right
from daybook.documents.rules import Document
from daybook.ledger.models import Journal, JournalMovement, Ledger
from daybook.ledger.rules import Cause, Role
from daybook.money import amount_text
from daybook_factories import (
    ORGANISATION,
    billing_schedule,
    burn_down_line,
    credit_note,
    credited_line,
    invoice,
    line,
    lock,
    milestone_line,
    noon,
    prepayment_line,
    recognize_breakage,
    record,
    terms,
    usage_line,
    voided,
)
from daybook_replayed import Intruder, misfit_of, rows_of

pytestmark = pytest.mark.anyio

SOLD = invoice()
"""1,200.00 for 2025, billed on 1 January."""
DOUBLED = invoice("inv_1", line(its_terms=terms("2400.00")))
HALVED = invoice("inv_1", line(its_terms=terms("600.00")))


async def appended(
    database: Database, until: str = "", *, is_right: bool = True
) -> list[str]:
    """What the last recording appended up to a day, in the order of its journals.

    Checks that planning it again gives the same.
    """
    assert (await misfit_of(database) is None) is is_right
    last_day = parse_day(until) if until else LAST_DAY
    async with database.reads() as session:
        last = await session.scalar(select(Ledger.recordings))
        rows = await session.execute(
            select(StoredDocument.external_id, JournalMovement)
            .join(
                Journal,
                (Journal.ledger_id == StoredDocument.ledger_id)
                & (Journal.document_id == StoredDocument.id),
            )
            .join(
                JournalMovement,
                (Journal.ledger_id == JournalMovement.ledger_id)
                & (Journal.number == JournalMovement.journal),
            )
            .where(
                JournalMovement.recorded_in == last,
                JournalMovement.first_day <= last_day,
            )
            .order_by(JournalMovement.journal, JournalMovement.seq)
        )
        return [words(document, movement) for document, movement in rows]


def words(document: str, movement: JournalMovement) -> str:
    """A movement: `inv_1: Dr Deferred, Cr Billed 1200.00, 2025-03-01 VOID`."""
    debit, credit = (
        Role(role).name.title() for role in (movement.debit_role, movement.credit_role)
    )
    days = day_text(movement.first_day)
    if movement.last_day != movement.first_day:
        days += f"/{day_text(movement.last_day)[-2:]}"
    cause = "" if movement.cause is None else f" {Cause(movement.cause).name}"
    amount = amount_text(movement.amount, "USD")
    return f"{document}: Dr {debit}, Cr {credit} {amount}, {days}{cause}"


async def test_a_new_invoice_has_no_cause(database: Database) -> None:
    await record(database, SOLD)

    assert not [row for row in await appended(database) if not row[-1].isdigit()]


async def test_a_void_takes_back_what_was_posted(database: Database) -> None:
    await record(database, SOLD)
    await record(database, voided(SOLD), on="2025-03-15")

    # The part of March that stays is no difference.
    assert await appended(database) == [
        "inv_1: Dr Deferred, Cr Billed 1200.00, 2025-01-01 VOID",
        "inv_1: Dr Recognized, Cr Deferred 100.00, 2025-01-01/31 VOID",
        "inv_1: Dr Recognized, Cr Deferred 100.00, 2025-02-01/28 VOID",
        "inv_1: Dr Deferred, Cr Recognized 48.45, 2025-03-01/15",
        "inv_1: Dr Recognized, Cr Deferred 48.45, 2025-03-01/15 VOID",
    ]


async def test_a_voided_credit_note_puts_its_invoice_back(database: Database) -> None:
    sold = invoice("inv_1", line(its_terms=terms("12000.00")))
    note = credit_note("cn_1", credited_line("2000.00"))
    await record(database, sold)
    await record(database, note, on="2025-10-01")
    credited = await appended(database, "2025-10-01")
    await record(database, voided(note), on="2025-11-15")

    assert credited == [
        "inv_1: Dr Deferred, Cr Recognized 32.26, 2025-10-01",
        "inv_1: Dr Recognized, Cr Deferred 21.51, 2025-10-01",
        "cn_1: Dr Deferred, Cr Billed 2000.00, 2025-10-01",
    ]
    assert await appended(database) == [
        "inv_1: Dr Deferred, Cr Recognized 666.67, 2025-10-01/31 VOID",
        "inv_1: Dr Deferred, Cr Recognized 166.65, 2025-11-01/15",
        "inv_1: Dr Deferred, Cr Recognized 500.05, 2025-11-16/30",
        "inv_1: Dr Deferred, Cr Recognized 333.30, 2025-11-01/15 VOID",
        "inv_1: Dr Deferred, Cr Recognized 1000.00, 2025-12-01/31",
        "cn_1: Dr Billed, Cr Deferred 2000.00, 2025-10-01 VOID",
    ]


async def test_a_changed_credit_note_is_a_revision(database: Database) -> None:
    await record(database, invoice("inv_1", line(its_terms=terms("12000.00"))))
    await record(
        database, credit_note("cn_1", credited_line("2000.00")), on="2025-10-01"
    )
    await record(
        database, credit_note("cn_1", credited_line("3000.00")), on="2025-12-31"
    )

    # The third 1,000.00 takes what was left to recognize in each of three months.
    assert await appended(database) == [
        "inv_1: Dr Recognized, Cr Deferred 333.33, 2025-10-01/31 REVISION",
        "inv_1: Dr Recognized, Cr Deferred 333.33, 2025-11-01/30 REVISION",
        "inv_1: Dr Recognized, Cr Deferred 333.34, 2025-12-01/31 REVISION",
        "cn_1: Dr Deferred, Cr Billed 1000.00, 2025-10-01 REVISION",
    ]


async def test_a_revision_up_and_down(database: Database) -> None:
    await record(database, SOLD)
    await record(database, DOUBLED, on="2025-03-15")

    assert await appended(database, "2025-04-01") == [
        "inv_1: Dr Billed, Cr Deferred 1200.00, 2025-01-01 REVISION",
        "inv_1: Dr Deferred, Cr Recognized 100.00, 2025-01-01/31 REVISION",
        "inv_1: Dr Deferred, Cr Recognized 100.00, 2025-02-01/28 REVISION",
        "inv_1: Dr Deferred, Cr Recognized 48.45, 2025-03-01/15",
        "inv_1: Dr Deferred, Cr Recognized 103.25, 2025-03-16/31",
        "inv_1: Dr Deferred, Cr Recognized 48.30, 2025-03-01/15 REVISION",
        "inv_1: Dr Deferred, Cr Recognized 200.00, 2025-04-01/30",
    ]

    await record(database, HALVED, on="2025-03-20")

    assert await appended(database, "2025-04-01") == [
        "inv_1: Dr Deferred, Cr Billed 1800.00, 2025-01-01 REVISION",
        "inv_1: Dr Recognized, Cr Deferred 150.00, 2025-01-01/31 REVISION",
        "inv_1: Dr Recognized, Cr Deferred 150.00, 2025-02-01/28 REVISION",
        "inv_1: Dr Deferred, Cr Recognized 32.25, 2025-03-16/20",
        "inv_1: Dr Deferred, Cr Recognized 17.80, 2025-03-21/31",
        "inv_1: Dr Recognized, Cr Deferred 96.80, 2025-03-01/20 REVISION",
        "inv_1: Dr Deferred, Cr Recognized 50.00, 2025-04-01/30",
    ]


async def test_a_line_that_is_left_out_and_one_that_is_new(database: Database) -> None:
    second = line("2", product="p2", its_terms=terms("240.00"))
    third = line("3", product="p3", its_terms=terms("120.00"))
    await record(database, invoice("inv_1", line(), second))
    await record(database, invoice("inv_1", line(), third), on="2025-02-10")

    # A new line is billed and recognized like any other.
    assert sorted(await appended(database, "2025-02-28")) == [
        "inv_1: Dr Billed, Cr Deferred 120.00, 2025-01-01",
        "inv_1: Dr Deferred, Cr Billed 240.00, 2025-01-01 REVISION",
        "inv_1: Dr Deferred, Cr Recognized 10.00, 2025-01-01/31",
        "inv_1: Dr Deferred, Cr Recognized 10.00, 2025-02-01/28",
        "inv_1: Dr Deferred, Cr Recognized 7.10, 2025-02-01/10",
        "inv_1: Dr Recognized, Cr Deferred 20.00, 2025-01-01/31 REVISION",
        "inv_1: Dr Recognized, Cr Deferred 7.10, 2025-02-01/10 REVISION",
    ]


async def test_a_void_behind_a_lock(database: Database) -> None:
    await record(database, SOLD)
    await lock(database, "2025-02-28", on="2025-03-10")
    await record(database, voided(SOLD), on="2025-03-15")

    assert await appended(database) == [
        "inv_1: Dr Deferred, Cr Recognized 48.45, 2025-03-01/15",
        "inv_1: Dr Recognized, Cr Deferred 48.45, 2025-03-01/15 VOID",
        "inv_1: Dr Deferred, Cr Billed 1200.00, 2025-03-01 VOID",
        "inv_1: Dr Recognized, Cr Deferred 200.00, 2025-03-01 VOID",
    ]


async def test_what_stays_of_a_difference_keeps_its_cause(database: Database) -> None:
    await record(database, SOLD)
    await lock(database, "2025-03-10", on="2025-03-12")
    await record(database, DOUBLED, on="2025-03-12")
    # March reaches into locked days, so that all of it is a difference.
    revised = await appended(database, "2025-03-31")
    await lock(database, None, on="2025-03-13")
    await record(database, HALVED, on="2025-03-20")

    assert revised == [
        "inv_1: Dr Deferred, Cr Recognized 67.80, 2025-03-11/31 REVISION",
        "inv_1: Dr Billed, Cr Deferred 1200.00, 2025-03-11 REVISION",
        "inv_1: Dr Deferred, Cr Recognized 232.20, 2025-03-11 REVISION",
    ]
    assert await appended(database, "2025-03-31") == [
        "inv_1: Dr Deferred, Cr Recognized 64.60, 2025-03-01/20",
        "inv_1: Dr Deferred, Cr Recognized 32.20, 2025-03-11/20 REVISION",
        "inv_1: Dr Deferred, Cr Recognized 17.80, 2025-03-21/31",
        "inv_1: Dr Recognized, Cr Deferred 48.40, 2025-03-11/20 REVISION",
        "inv_1: Dr Deferred, Cr Billed 1800.00, 2025-03-11 REVISION",
        "inv_1: Dr Recognized, Cr Deferred 348.40, 2025-03-11 REVISION",
    ]


async def test_a_line_that_now_accrues(database: Database) -> None:
    later = "2026-01-02"
    accrued = invoice(
        "inv_1", line(its_terms=terms(accounting_date=later)), accounting_date=later
    )
    await record(database, SOLD)
    await record(database, accrued, on="2025-03-15")

    # March was never in Unbilled: its row reaches past the day of recording.
    assert await appended(database, "2025-03-31") == [
        "inv_1: Dr Unbilled, Cr Recognized 100.00, 2025-01-01/31 REVISION",
        "inv_1: Dr Deferred, Cr Billed 1200.00, 2025-01-01 REVISION",
        "inv_1: Dr Recognized, Cr Deferred 100.00, 2025-01-01/31 REVISION",
        "inv_1: Dr Unbilled, Cr Recognized 100.00, 2025-02-01/28 REVISION",
        "inv_1: Dr Recognized, Cr Deferred 100.00, 2025-02-01/28 REVISION",
        "inv_1: Dr Unbilled, Cr Recognized 100.00, 2025-03-01/31",
        "inv_1: Dr Deferred, Cr Recognized 48.45, 2025-03-01/15",
        "inv_1: Dr Recognized, Cr Deferred 48.45, 2025-03-01/15 REVISION",
    ]


async def test_breakage_and_what_a_voided_burn_down_adds_to_it(
    database: Database,
) -> None:
    used = usage_line("u", "100.00", ("2025-02-01", "2025-02-28"))
    paid = invoice(
        "inv_b", used, burn_down_line("100.00", used), accounting_date="2025-03-01"
    )
    await record(database, invoice("other", customer="Zed"))
    await recognize_breakage(database)
    grant = prepayment_line("500.00", expires_on="2025-06-30")
    await record(database, invoice("pre", grant))
    granted = await appended(database)
    await record(database, paid, on="2025-03-01")
    burned = await appended(database)
    await record(database, voided(paid), on="2025-07-10")

    assert granted == [
        "pre: Dr Billed, Cr Deferred 500.00, 2025-01-01",
        "pre: Dr Deferred, Cr Recognized 500.00, 2025-06-30 BREAKAGE",
    ]
    assert burned == [
        "pre: Dr Deferred, Cr Recognized 400.00, 2025-06-30 BREAKAGE",
        "inv_b: Dr Deferred, Cr Recognized 100.00, 2025-02-28",
    ]
    # The void decides before the breakage.
    assert await appended(database) == [
        "pre: Dr Deferred, Cr Recognized 100.00, 2025-06-30 VOID",
        "inv_b: Dr Recognized, Cr Deferred 100.00, 2025-02-28 VOID",
    ]


async def test_a_milestone_that_is_reached_is_no_revision(database: Database) -> None:
    def steps(first: str, reached: str | None) -> Document:
        return invoice(
            "inv_m", milestone_line(("a", first, reached), ("b", "600.00", None))
        )

    await record(database, steps("300.00", None))
    await record(database, steps("300.00", "2025-02-01"), on="2025-02-03")
    reached = await appended(database)
    await record(database, steps("400.00", "2025-02-01"), on="2025-02-13")

    assert reached == ["inv_m: Dr Deferred, Cr Recognized 300.00, 2025-02-01"]
    assert await appended(database) == [
        "inv_m: Dr Billed, Cr Deferred 100.00, 2025-01-01 REVISION",
        "inv_m: Dr Deferred, Cr Recognized 100.00, 2025-02-01 REVISION",
    ]


async def test_a_billing_schedule_with_its_invoice(database: Database) -> None:
    bill = invoice(
        "inv_s",
        line(its_terms=terms("600.00", ("2025-01-16", "2025-02-15"))),
        accounting_date="2025-02-16",
        billing_schedule_id="bs_1",
    )
    await record(database, billing_schedule())
    await record(database, bill, on="2025-02-16")
    met = await appended(database)
    await record(database, voided(bill), on="2025-02-20")
    unmet = await appended(database)
    await record(database, billing_schedule(cancelled_on="2025-03-01"), on="2025-03-03")

    assert not [row for row in met if not row[-1].isdigit()]
    assert unmet == [
        "inv_s: Dr Unbilled, Cr Billed 600.00, 2025-02-16 VOID",
        "inv_s: Dr Unbilled, Cr Recognized 31.13, 2025-02-16 VOID",
    ]
    assert await appended(database) == [
        "bs_1: Dr Unbilled, Cr Recognized 58.05, 2025-03-01/03",
        "bs_1: Dr Recognized, Cr Unbilled 58.05, 2025-03-01/03 REVISION",
    ]


async def test_a_family_that_is_put_right_has_no_cause(database: Database) -> None:
    await record(database, SOLD)
    await record(database, credit_note(), on="2025-10-01")
    (january, *_) = await rows_of(database, "movements", "amount = 10000")
    await Intruder(database).change("movements", january, amount=9700)

    await put_families_right(
        database,
        ORGANISATION,
        "USD",
        reason="test",
        now=noon(parse_day("2025-11-03")),
        made_by="test",
    )

    assert await appended(database, is_right=False) == [
        "inv_1: Dr Deferred, Cr Recognized 3.00, 2025-01-31"
    ]
