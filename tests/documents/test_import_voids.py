"""Domain rule 6, voids: of invoices, of credit notes, and what stands in their way."""

import pytest

from daybook.db.engine import Database
from daybook.errors import ProblemCode, Rejected
from daybook_factories import (
    credit_note,
    credited_line,
    invoice,
    line,
    lock,
    record,
    terms,
    voided,
)
from daybook_services.database import AT_ANY_TIME, NewDatabase
from daybook_shown import balances, booked, booked_by_month, moved_by_locks
from daybook_stored import dump, in_force, posted, stored_movements

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

YEARLY = invoice("inv_1", line(its_terms=terms("12,000.00")))
NOTE = credit_note("cn_1", credited_line("2,000.00"))


@pytest.mark.parametrize("recorded_on", ["2024-12-01", "2025-06-15", "2026-06-01"])
async def test_a_void_mirrors_posted_entries_on_their_own_dates(
    database: Database, recorded_on: str
) -> None:
    await record(database, YEARLY, on="2024-12-01")

    result = await record(database, voided(YEARLY), on=recorded_on)

    assert sum(result.voided.values()) == 1
    assert await posted(database) == {}


async def test_later_days_are_superseded_and_posted_ones_stay(
    database: Database,
) -> None:
    await record(database, YEARLY)
    before = await in_force(database, 1)

    await record(database, voided(YEARLY), on="2025-06-15")

    assert await in_force(database, 1) == before
    superseded = [
        movement
        for movement in await stored_movements(database)
        if movement.superseded_in
    ]
    assert {one.month % 12 for one in superseded} == set(range(5, 12))


async def test_locked_entries_are_mirrored_as_one_on_the_first_open_day(
    database: Database,
) -> None:
    await record(database, YEARLY)
    await lock(database, "2025-03-31")

    await record(database, voided(YEARLY), on="2025-06-15")

    assert await moved_by_locks(database) == [
        f"2025-04-01 Dr {one}, locked through 2025-03-31"
        for one in (
            "Deferred Cr Billed 12000.00 for 2025-01-01 to 2025-01-01",
            "Recognized Cr Deferred 3000.00 for 2025-01-01 to 2025-03-31",
        )
    ]
    assert await balances(database) == {}


async def test_a_void_again_does_nothing(database: Database) -> None:
    await record(database, YEARLY)
    await record(database, voided(YEARLY))
    before = await dump(database)

    result = await record(database, voided(YEARLY), on="2025-08-01")

    assert result.unchanged == 1
    assert await dump(database) == before


async def test_a_void_of_what_was_never_recorded_does_nothing(
    database: Database,
) -> None:
    before = await dump(database)

    result = await record(database, voided(YEARLY), voided(NOTE))

    assert (result.unchanged, result.unknown_voids.total()) == (0, 2)
    assert await dump(database) == before


async def test_a_void_document_does_not_come_back(database: Database) -> None:
    await record(database, YEARLY)
    await record(database, voided(YEARLY))

    with pytest.raises(Rejected) as rejected:
        await record(database, YEARLY)

    assert [problem.code for problem in rejected.value.problems] == [ProblemCode.VOID]


async def test_an_invoice_with_credit_notes_is_not_voided_naming_them(
    database: Database,
) -> None:
    second = credit_note("cn_2", credited_line("1.00"))
    await record(database, YEARLY, NOTE, second)

    with pytest.raises(Rejected) as rejected:
        await record(database, voided(YEARLY))

    (problem,) = rejected.value.problems
    assert problem.code is ProblemCode.IN_USE
    assert "credit note 'cn_1', credit note 'cn_2'" in problem.message

    await record(database, voided(NOTE), voided(second))
    await record(database, voided(YEARLY))
    assert await posted(database) == {}


@pytest.mark.parametrize("recorded_on", ["2025-01-01", "2025-11-17", "2026-06-01"])
async def test_voiding_a_credit_note_is_as_if_it_were_not_there(
    database: Database, recorded_on: str
) -> None:
    await record(database, YEARLY)
    before = await posted(database)
    await record(database, NOTE)

    await record(database, voided(NOTE), on=recorded_on)

    assert await posted(database) == before


async def test_a_credit_note_behind_a_void_one_stands_as_if_alone(
    new_database: NewDatabase,
) -> None:
    other = credit_note("cn_2", credited_line("2,500.00"), accounting_date="2025-11-01")
    with_both, alone = (
        Database(new_database(), AT_ANY_TIME),
        Database(new_database(), AT_ANY_TIME),
    )
    await record(with_both, YEARLY, NOTE, other)
    await record(alone, YEARLY, other)

    await record(with_both, voided(NOTE), on="2025-12-01")

    assert await posted(with_both) == await posted(alone)
    await with_both.close()
    await alone.close()


async def test_a_void_credit_note_gives_back_what_it_took(database: Database) -> None:
    whole = credit_note("cn_1", credited_line("12,000.00"))
    await record(database, YEARLY, whole)
    await record(database, voided(whole))

    await record(database, credit_note("cn_2", credited_line("12,000.00")))

    assert await balances(database) == {}


async def test_a_locked_credit_note_is_mirrored_on_the_first_open_day(
    database: Database,
) -> None:
    await record(database, YEARLY, NOTE)
    await lock(database, "2025-11-30")

    await record(database, voided(NOTE), on="2025-12-05")

    assert await booked(database, "cn_1") == {
        "2025-10-01 Dr Deferred Cr Billed": "2000.00",
        "2025-12-01 Dr Billed Cr Deferred": "2000.00",
    }
    # October and November had 333.33 each instead of 1,000.00.
    months = await booked_by_month(database, "inv_1")
    assert months["2025-11 Dr Deferred Cr Recognized"] == "333.33"
    assert months["2025-12 Dr Deferred Cr Recognized"] == "2333.34"


@pytest.mark.parametrize("is_in_file", [True, False])
async def test_nothing_can_be_added_to_a_void_invoice(
    database: Database, *, is_in_file: bool
) -> None:
    await record(database, YEARLY)
    if not is_in_file:
        await record(database, voided(YEARLY))

    with pytest.raises(Rejected) as rejected:
        await record(database, voided(YEARLY), credit_note("cn_9", credited_line("0")))

    assert [problem.code for problem in rejected.value.problems] == [ProblemCode.VOID]


async def test_a_void_standalone_credit_note_leaves_nothing(
    database: Database,
) -> None:
    alone = credit_note("cn_1", line(its_terms=terms("365.00")), invoice_id=None)
    await record(database, alone, on="2025-01-01")

    await record(database, voided(alone), on="2025-12-24")

    assert await posted(database) == {}


@pytest.mark.parametrize("is_note_first", [True, False])
async def test_an_invoice_and_its_credit_note_are_voided_together(
    database: Database, *, is_note_first: bool
) -> None:
    await record(database, YEARLY, NOTE)
    both = [voided(NOTE), voided(YEARLY)]

    result = await record(database, *(both if is_note_first else reversed(both)))

    assert sum(result.voided.values()) == 2
    assert await posted(database) == {}


async def test_a_credit_note_is_voided_before_its_invoice_is_revised(
    database: Database,
) -> None:
    await record(database, YEARLY, NOTE)
    smaller = invoice("inv_1", line(its_terms=terms("1,000.00")))

    await record(database, smaller, voided(NOTE))

    assert await balances(database) == {"Billed": "1000.00", "Recognized": "1000.00"}
