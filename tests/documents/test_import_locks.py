"""Domain rule 5: locks act when movements are created, and rewrite nothing."""

import pytest
from sqlalchemy import update

from daybook.calendar import LAST_DAY, parse_day
from daybook.db.engine import Database
from daybook.documents.actions import void_document
from daybook.documents.rules import Document
from daybook.errors import Rejected
from daybook.ledger.models import Ledger
from daybook.ledger.rules import LockMethod, SourceKind
from daybook.recognition.allocation import Strategy
from daybook_factories import (
    ORGANISATION,
    credit_note,
    credited_line,
    invoice,
    line,
    lock,
    noon,
    record,
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
from daybook_stored import dump, journals, stored_movements

pytestmark = pytest.mark.anyio

WINTER = ("2025-12-01", "2026-03-31")
JANUARY = ("2025-01-01", "2025-01-31")
BY_DOCUMENT = LockMethod.ACCOUNTING_DATE


@pytest.fixture(autouse=True)
async def ledger(database: Database) -> None:
    """A lock needs a ledger; an invoice of nothing makes one."""
    await record(database, invoice("nothing", line(its_terms=terms("0.00"))))


def of_winter(amount: str = "12,000.00", a: str = "2025-12-01") -> Document:
    """An invoice for 1 Dec 2025 to 31 Mar 2026, in advance."""
    its_terms = terms(amount, WINTER)
    return invoice("inv_1", line(its_terms=its_terms), accounting_date=a)


def of_january() -> Document:
    """90.00 for January: 30 times 2.90, and 3.00."""
    return invoice("inv_1", line(its_terms=terms("90.00", JANUARY)))


@pytest.mark.either_database
async def test_all_locked_days_are_one_entry_on_the_first_open_day(
    database: Database,
) -> None:
    # 12,000.00 for 1 Dec to 31 Mar, locked through 31 Dec: 3,000.00 on 1 January
    # beside that day's own 96.77; the billed leg moves by the same rule.
    await lock(database, "2025-12-31")

    await record(database, of_winter())

    assert await moved_by_locks(database) == [
        f"2026-01-01 Dr {one}, locked through 2025-12-31"
        for one in (
            "Billed Cr Deferred 12000.00 for 2025-12-01 to 2025-12-01",
            "Deferred Cr Recognized 3000.00 for 2025-12-01 to 2025-12-31",
        )
    ]
    of_day = [
        movement.movement.amount if movement.locked_through else movement.movement.daily
        for movement in await stored_movements(database)
        if movement.movement.first_day
        == min(its.movement.first_day for its in await stored_movements(database))
    ]
    assert sorted(of_day) == [96_77, 3_000_00, 12_000_00]
    assert await booked_by_month(database) == {
        "2026-01 Dr Billed Cr Deferred": "12000.00",
        "2026-01 Dr Deferred Cr Recognized": "6000.00",
        "2026-02 Dr Deferred Cr Recognized": "3000.00",
        "2026-03 Dr Deferred Cr Recognized": "3000.00",
    }


@pytest.mark.either_database
async def test_a_catch_up_is_in_the_journal_of_its_posting_month(
    database: Database,
) -> None:
    await lock(database, "2025-12-31")

    await record(database, of_winter())

    assert len(await journals(database)) == 3
    months = {journal.month for journal in await journals(database)}
    assert min(months) == (2026 - 1970) * 12


@pytest.mark.either_database
async def test_open_days_go_on_as_they_were_in_the_middle_of_a_month(
    database: Database,
) -> None:
    # 90.00 in January locked through the 15th: a catch-up of 43.50 on 16 January,
    # and as ever 2.90 on each of 16-30 January and 3.00 on the 31st.
    await lock(database, "2025-01-15")

    await record(database, of_january())

    days = await booked(database)
    assert days.pop("2025-01-16 Dr Billed Cr Deferred") == "90.00"
    assert days.pop("2025-01-16 Dr Deferred Cr Recognized") == "46.40"
    assert days.pop("2025-01-31 Dr Deferred Cr Recognized") == "3.00"
    assert list(days.values()) == ["2.90"] * 14
    assert (await moved_by_locks(database))[1].startswith(
        "2025-01-16 Dr Deferred Cr Recognized 43.50 for 2025-01-01 to 2025-01-15"
    )


@pytest.mark.parametrize("strategy", Strategy)
@pytest.mark.either_database
async def test_every_strategy_catches_up_what_its_locked_days_are(
    database: Database, strategy: Strategy
) -> None:
    await lock(database, "2026-01-10")
    its_terms = terms("12,345.67", WINTER, strategy=strategy)

    await record(
        database,
        invoice("inv_1", line(its_terms=its_terms), accounting_date="2026-01-11"),
    )

    entries = await moved_by_locks(database)
    assert len(entries) == 1
    assert await balances(database) == {
        "Billed": "12345.67",
        "Recognized": "12345.67",
    }


@pytest.mark.either_database
async def test_each_pair_of_accounts_has_its_entry(database: Database) -> None:
    await lock(database, "2026-02-28")

    await record(database, of_winter(a="2026-01-01"))

    assert [one.split(" for ")[0] for one in await moved_by_locks(database)] == [
        "2026-03-01 Dr Billed Cr Deferred 9000.00",
        "2026-03-01 Dr Billed Cr Unbilled 3000.00",
        "2026-03-01 Dr Deferred Cr Recognized 6000.00",
        "2026-03-01 Dr Unbilled Cr Recognized 3000.00",
    ]


@pytest.mark.either_database
async def test_each_schedule_has_its_entry(database: Database) -> None:
    await lock(database, "2025-12-31")
    lines = [line(str(at), its_terms=terms("400.00", WINTER)) for at in range(3)]

    await record(database, invoice("inv_1", *lines, accounting_date="2026-01-01"))

    assert len(await moved_by_locks(database)) == 3


@pytest.mark.either_database
async def test_a_document_of_locked_days_alone(database: Database) -> None:
    used = {"2025-11-03": "1.00", "2025-11-20": "2.00"}
    usage = usage_line("1", "3.00", ("2025-11-01", "2025-11-30"), usage=used)
    await lock(database, "2025-12-31")

    await record(database, invoice("inv_1", usage, accounting_date="2025-12-01"))

    assert await booked(database) == {
        "2026-01-01 Dr Billed Cr Unbilled": "3.00",
        "2026-01-01 Dr Unbilled Cr Recognized": "3.00",
    }
    assert (await serviced_by_month(database))[
        "2025-11 Dr Unbilled Cr Recognized"
    ] == "3.00"


async def test_what_was_posted_before_a_lock_stays(database: Database) -> None:
    await record(database, of_winter())
    before = await booked(database)

    await lock(database, "2026-01-31")

    assert await booked(database) == before
    assert await moved_by_locks(database) == []


async def test_moving_the_lock_forward_touches_only_what_comes_after(
    database: Database,
) -> None:
    await lock(database, "2025-12-31")
    await record(database, of_winter())
    before = await dump(database)
    await lock(database, "2026-01-31", on="2025-01-02")

    second = of_winter("400.00")
    await record(
        database,
        invoice("inv_2", *second.lines, accounting_date="2026-02-01"),
        on="2025-01-02",
    )

    after = await dump(database)
    for name in ("movements", "catch_ups", "catch_up_parts"):
        assert set(before[name]) <= set(after[name])
    of_second = await booked_by_month(database, "inv_2")
    assert of_second == {
        "2026-02 Dr Billed Cr Deferred": "200.00",
        "2026-02 Dr Billed Cr Unbilled": "200.00",
        "2026-02 Dr Deferred Cr Recognized": "100.00",
        "2026-02 Dr Unbilled Cr Recognized": "200.00",
        "2026-03 Dr Deferred Cr Recognized": "100.00",
    }


@pytest.mark.parametrize("back_to", ["2025-11-30", None])
@pytest.mark.either_database
async def test_moving_it_back_rewrites_nothing(
    database: Database, back_to: str | None
) -> None:
    await lock(database, "2025-12-31")
    await record(database, of_winter())
    before = await dump(database)

    await lock(database, back_to)
    await record(database, of_winter())

    after = await dump(database)
    for name in ("movements", "catch_ups", "catch_up_parts", "month_totals"):
        assert after[name] == before[name]


@pytest.mark.parametrize("back_to", ["2025-11-30", None])
@pytest.mark.either_database
async def test_what_is_undone_after_unlocking_is_mirrored_where_it_was_posted(
    database: Database, back_to: str | None
) -> None:
    await lock(database, "2025-12-31")
    await record(database, of_winter())
    await lock(database, back_to)

    await record(database, voided(of_winter()), on="2026-06-01")

    assert await booked(database) == {}


@pytest.mark.either_database
async def test_by_accounting_date_a_documents_own_date_is_its_first_open_day(
    database: Database,
) -> None:
    # An arrears January invoice dated 1 February posts all January on 1 February.
    await lock(database, None, method=BY_DOCUMENT)
    its_terms = terms("310.00", JANUARY, accounting_date="2025-02-01")

    await record(
        database,
        invoice("inv_1", line(its_terms=its_terms), accounting_date="2025-02-01"),
    )

    assert await booked(database) == {
        "2025-02-01 Dr Billed Cr Unbilled": "310.00",
        "2025-02-01 Dr Unbilled Cr Recognized": "310.00",
    }
    (moved,) = await moved_by_locks(database)
    assert moved.endswith(
        "310.00 for 2025-01-01 to 2025-01-31, locked through 2025-01-31"
    )


@pytest.mark.either_database
async def test_by_accounting_date_what_is_billed_in_advance_stays(
    database: Database,
) -> None:
    await lock(database, None, method=BY_DOCUMENT)

    await record(database, of_january())

    assert await moved_by_locks(database) == []
    assert len(await booked(database)) == 32


@pytest.mark.either_database
async def test_by_accounting_date_an_invoice_inside_its_period_catches_up(
    database: Database,
) -> None:
    await lock(database, None, method=BY_DOCUMENT)
    january = terms("90.00", JANUARY)

    await record(
        database,
        invoice("inv_1", line(its_terms=january), accounting_date="2025-01-16"),
    )

    days = await booked(database)
    assert days["2025-01-16 Dr Billed Cr Unbilled"] == "43.50"
    assert days["2025-01-16 Dr Unbilled Cr Recognized"] == "43.50"
    assert days["2025-01-16 Dr Billed Cr Deferred"] == "46.50"
    assert days["2025-01-16 Dr Deferred Cr Recognized"] == "2.90"
    assert len(days) == 4 + 15


@pytest.mark.either_database
async def test_a_credit_note_into_a_locked_period_takes_effect_on_the_first_open_day(
    database: Database,
) -> None:
    # c is 1 November: 10,000.00 are recognized by then, wherever a lock posted them.
    await record(database, invoice("year", line(its_terms=terms("12,000.00"))))
    await lock(database, "2025-10-31")
    note = credit_note(
        "cn_1",
        credited_line("5,000.00"),
        invoice_id="year",
        accounting_date="2025-10-01",
    )

    await record(database, note, on="2025-11-05")

    assert await booked(database, "cn_1") == {
        "2025-11-01 Dr Deferred Cr Billed": "2000.00",
        "2025-11-01 Dr Recognized Cr Billed": "3000.00",
    }
    assert await moved_by_locks(database) == []
    assert (await balances(database, "2025-11-01"))["Recognized"] == "7000.00"


@pytest.mark.either_database
async def test_recognized_means_service_days_wherever_a_lock_posted_them(
    database: Database,
) -> None:
    # October's service days were posted on 1 November; for c = 1 November they count.
    # The lock moves back, and c stays: nothing posts before what it credits.
    await lock(database, "2025-10-31")
    await record(database, invoice("year", line(its_terms=terms("12,000.00"))))
    await lock(database, None)
    note = credit_note(
        "cn_1",
        credited_line("5,000.00"),
        invoice_id="year",
        accounting_date="2025-10-01",
    )

    await record(database, note, on="2025-12-05")

    assert await booked(database, "cn_1") == {
        "2025-11-01 Dr Deferred Cr Billed": "2000.00",
        "2025-11-01 Dr Recognized Cr Billed": "3000.00",
    }
    assert await balances(database) == {"Billed": "7000.00", "Recognized": "7000.00"}


@pytest.mark.either_database
async def test_a_catch_up_keeps_its_source(database: Database) -> None:
    await lock(database, "2025-12-31")

    await record(database, of_winter())

    assert {movement.source for movement in await stored_movements(database)} == {
        SourceKind.INVOICE
    }


@pytest.mark.either_database
async def test_what_two_locks_moved_is_mirrored_where_each_posted_it(
    database: Database,
) -> None:
    await lock(database, "2025-12-31")
    await record(database, of_winter())
    await lock(database, "2026-01-31")
    await record(database, of_winter("13,200.00"), on="2026-02-05")
    assert [one.split(" for ")[0] for one in await moved_by_locks(database)] == [
        "2026-01-01 Dr Billed Cr Deferred 12000.00",
        "2026-01-01 Dr Deferred Cr Recognized 3000.00",
        "2026-02-01 Dr Billed Cr Deferred 1200.00",
        "2026-02-01 Dr Deferred Cr Recognized 600.00",
    ]
    await lock(database, None, on="2026-06-01")

    await record(database, voided(of_winter("13,200.00")), on="2026-06-01")

    assert await booked(database) == {}


@pytest.mark.either_database
async def test_nothing_posts_after_the_calendar(database: Database) -> None:
    await record(database, of_january())
    await lock(database, "2099-12-30")
    await record(database, invoice("inv_2", line(its_terms=terms("50.00", JANUARY))))
    async with database.writes() as session:  # as an earlier version let it be
        await session.execute(update(Ledger).values(locked_through=LAST_DAY))
    before = await dump(database)

    with pytest.raises(Rejected) as imported:
        await record(database, invoice("inv_3"))
    with pytest.raises(Rejected) as voiding:
        await void_document(
            *(database, ORGANISATION, SourceKind.INVOICE, "inv_1"),
            now=noon(parse_day("2025-06-15")),
        )

    for refused in (imported, voiding):
        assert [str(problem) for problem in refused.value.problems] == [
            (
                "currency: the USD ledger is locked through 2099-12-31, the calendar's"
                " last day, so nothing can be posted: move the lock back first"
                " [INVALID_VALUE]"
            )
        ]
    assert await booked(database, "inv_2") == {
        "2099-12-31 Dr Billed Cr Deferred": "50.00",
        "2099-12-31 Dr Deferred Cr Recognized": "50.00",
    }
    assert await dump(database) == before
