"""Importing credit notes: what they take, in time or late."""

import pytest

from daybook.calendar import month_of, month_text, parse_day
from daybook.db.engine import Database
from daybook.ledger.rules import Role, SourceKind
from daybook.recognition.rules import Method
from daybook_factories import (
    credit_note,
    credited_line,
    invoice,
    line,
    milestone_line,
    record,
    terms,
    usage_line,
    usd,
)
from daybook_services.database import AT_ANY_TIME, NewDatabase
from daybook_shown import balances, booked, booked_by_month
from daybook_stored import in_force, journals, posted

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

BILLED, UNBILLED, DEFERRED, RECOGNIZED = Role
OCTOBER = parse_day("2025-10-01")
YEARLY = invoice("inv_1", line(its_terms=terms("12,000.00")))


async def test_a_credit_note_reverses_deferred_first(database: Database) -> None:
    note = credit_note("cn_1", credited_line("5,000.00"))
    await record(database, YEARLY, on="2025-01-01")
    await record(database, note, on="2025-10-01")

    net = await posted(database)

    of_note = {key[1:]: amount for key, amount in net.items() if key[0] == "cn_1"}
    assert of_note == {
        ("prod_1", OCTOBER, BILLED, DEFERRED): -usd("3,000.00"),
        ("prod_1", OCTOBER, BILLED, RECOGNIZED): -usd("2,000.00"),
    }
    assert max(key[2] for key in net) == OCTOBER


async def test_the_rest_is_allocated_anew_in_its_invoices_journals(
    database: Database,
) -> None:
    await record(database, YEARLY, on="2025-01-01")
    await record(
        database, credit_note("cn_1", credited_line("2,000.00")), on="2025-09-01"
    )

    by_month: dict[tuple[str, str], int] = {}
    for (document, _, day, debit, _), amount in (await posted(database)).items():
        if debit is DEFERRED and day >= OCTOBER:
            month = month_text(month_of(day))
            by_month[document, month] = by_month.get((document, month), 0) + amount
    assert by_month == {
        ("inv_1", "2025-10"): usd("333.33"),
        ("inv_1", "2025-11"): usd("333.33"),
        ("inv_1", "2025-12"): usd("333.34"),
    }
    sources = [journal.source for journal in await journals(database)]
    assert sources == [SourceKind.INVOICE] * 12 + [SourceKind.CREDIT_NOTE]


async def test_a_credit_of_nothing_changes_nothing(database: Database) -> None:
    await record(database, YEARLY)
    before = await posted(database)

    result = await record(database, credit_note("cn_1", credited_line("0.00")))

    assert result.recorded[SourceKind.CREDIT_NOTE] == 1
    assert result.movements == 0
    assert await posted(database) == before


async def test_a_note_without_a_parent_is_a_negative_schedule(
    database: Database,
) -> None:
    point = terms(
        "100.00", None, method=Method.POINT_IN_TIME, recognized_on="2025-10-01"
    )
    november = terms("30.00", ("2025-11-01", "2025-11-30"))
    await record(
        database,
        credit_note(
            "cn_1",
            line("1", its_terms=point),
            line("2", its_terms=november),
            invoice_id=None,
        ),
    )

    net = {key[2:]: amount for key, amount in (await posted(database)).items()}

    assert net.pop((OCTOBER, BILLED, RECOGNIZED)) == -usd("100.00")
    assert net.pop((OCTOBER, BILLED, DEFERRED)) == -usd("30.00")
    assert set(net.values()) == {-usd("1.00")}
    assert {key[1:] for key in net} == {(DEFERRED, RECOGNIZED)}
    assert len(net) == 30


@pytest.mark.parametrize("is_first", [True, False])
async def test_the_invoice_may_stand_before_or_behind_its_note(
    new_database: NewDatabase, *, is_first: bool
) -> None:
    note = credit_note("cn_1", credited_line("2,000.00"))
    file = [YEARLY, note] if is_first else [note, YEARLY]
    apart, together = (
        Database(new_database(), AT_ANY_TIME),
        Database(new_database(), AT_ANY_TIME),
    )

    await record(apart, YEARLY)
    await record(apart, note)
    await record(together, *file)

    assert await posted(together) == await posted(apart)
    await apart.close()
    await together.close()


@pytest.mark.parametrize(
    "recorded_on", ["2025-01-01", "2025-10-01", "2025-11-17", "2026-06-01"]
)
async def test_the_net_of_every_day_is_the_same_recorded_in_time_or_late(
    new_database: NewDatabase, recorded_on: str
) -> None:
    notes = [
        credit_note("cn_1", credited_line("2,000.00")),
        credit_note("cn_2", credited_line("500.00"), accounting_date="2025-11-10"),
        credit_note("cn_3", credited_line("100.00"), accounting_date="2025-06-15"),
    ]
    expected, late = (
        Database(new_database(), AT_ANY_TIME),
        Database(new_database(), AT_ANY_TIME),
    )
    await record(expected, YEARLY, *notes)

    await record(late, YEARLY)
    for note in notes:
        await record(late, note, on=recorded_on)

    assert await posted(late) == await posted(expected)
    await expected.close()
    await late.close()


async def test_what_was_in_force_at_a_recording_never_changes(
    database: Database,
) -> None:
    imports = [
        ("2025-01-01", YEARLY),
        ("2025-03-01", invoice("inv_2", line(), line("2", product="prod_2"))),
        ("2025-11-17", credit_note("cn_1", credited_line("2,000.00"))),
        ("2025-12-05", credit_note("cn_2", credited_line("3,000.00"))),
        ("2025-12-06", credit_note("cn_3", credited_line(), invoice_id="inv_2")),
    ]
    snapshots = []

    for number, (day, document) in enumerate(imports, start=1):
        await record(database, document, on=day)
        snapshots.append(await in_force(database, number))

        for earlier, snapshot in enumerate(snapshots, start=1):
            assert await in_force(database, earlier) == snapshot


async def test_ids_are_unique_for_each_kind_of_document_only(
    database: Database,
) -> None:
    same = [invoice("same"), credit_note("same", invoice_id="same")]

    result = await record(database, *same)

    assert set(result.recorded.values()) == {1}
    assert (await record(database, *same)).unchanged == 2


async def test_one_note_credits_several_lines(database: Database) -> None:
    await record(
        database,
        invoice(
            "inv_1",
            line("1", product="a"),
            line("2", product="b"),
            line("3", product="b"),
        ),
        credit_note(
            "cn_1",
            credited_line("100.00", "1", id="x"),
            credited_line("50.00", "3", id="y"),
            credited_line("25.00", "3", id="z"),
        ),
    )

    net = await posted(database)

    of_note = {key[1:]: amount for key, amount in net.items() if key[0] == "cn_1"}
    assert of_note == {
        ("a", OCTOBER, BILLED, DEFERRED): -usd("100.00"),
        ("b", OCTOBER, BILLED, DEFERRED): -usd("75.00"),
    }


async def test_in_arrears_after_billing_recognized_is_taken_back(
    database: Database,
) -> None:
    # 600.00 billed 1 Feb, 200.00 credited 10 Feb.
    its_terms = terms(
        "600.00", ("2025-01-01", "2025-01-31"), accounting_date="2025-02-01"
    )
    note = credit_note("cn_1", credited_line("200.00"), accounting_date="2025-02-10")

    await record(
        database,
        invoice("inv_1", line(its_terms=its_terms), accounting_date="2025-02-01"),
        note,
    )

    assert await booked(database, "cn_1") == {
        "2025-02-10 Dr Recognized Cr Billed": "200.00"
    }
    assert await balances(database) == {"Billed": "400.00", "Recognized": "400.00"}


async def test_before_the_parents_accounting_date_it_takes_effect_on_it(
    database: Database,
) -> None:
    note = credit_note("cn_1", credited_line("100.00"), accounting_date="2024-11-11")

    await record(database, YEARLY, note)

    assert await booked(database, "cn_1") == {
        "2025-01-01 Dr Deferred Cr Billed": "100.00"
    }


async def test_against_a_finished_schedule_all_is_from_recognized(
    database: Database,
) -> None:
    note = credit_note("cn_1", credited_line("100.00"), accounting_date="2026-04-01")
    await record(database, YEARLY)
    before = await booked(database)

    await record(database, note, on="2026-04-02")

    after = await booked(database)
    assert after.pop("2026-04-01 Dr Recognized Cr Billed") == "100.00"
    assert after == before


async def test_open_milestones_are_reduced_pro_rata(database: Database) -> None:
    milestones = milestone_line(
        ("done", "400.00", "2025-02-01"),
        ("later", "300.00", "2025-12-01"),
        ("open", "300.00", None),
    )
    note = credit_note("cn_1", credited_line("200.01"))

    await record(database, invoice("inv_1", milestones), note)

    assert await booked(database, "cn_1") == {
        "2025-10-01 Dr Deferred Cr Billed": "200.01"
    }
    # 399.99 are left of 600.00: half of it each, the last takes the rest.
    assert (await booked(database))["2025-12-01 Dr Deferred Cr Recognized"] == "200.00"
    assert (await balances(database))["Deferred"] == "199.99"


async def test_future_dated_usage_is_reduced_pro_rata(database: Database) -> None:
    used = {"2025-02-01": "50.00", "2025-11-01": "60.00", "2025-12-01": "40.00"}
    usage = usage_line("1", "150.00", ("2025-01-01", "2025-12-31"), usage=used)

    await record(
        database,
        invoice("inv_1", usage),
        credit_note("cn_1", credited_line("50.00")),
        credit_note("cn_2", credited_line("60.00")),
    )

    assert await booked(database, between=("2025-01-02", "2025-12-31")) == {
        "2025-02-01 Dr Deferred Cr Recognized": "50.00",
        "2025-10-01 Dr Deferred Cr Billed": "100.00",
        "2025-10-01 Dr Recognized Cr Billed": "10.00",
    }


async def test_several_take_effect_in_the_order_of_recording(
    database: Database,
) -> None:
    # Recorded first, dated later: on 1 October it finds 3,000.00 less 1,000.00.
    later = credit_note("cn_1", credited_line("1,000.00"), accounting_date="2025-11-01")
    earlier = credit_note("cn_2", credited_line("1,000.00"))

    await record(database, YEARLY, later)
    await record(database, earlier)

    assert await booked(database, "cn_1") == {
        "2025-11-01 Dr Deferred Cr Billed": "1000.00"
    }
    assert await booked(database, "cn_2") == {
        "2025-10-01 Dr Deferred Cr Billed": "1000.00"
    }
    assert await balances(database) == {"Billed": "10000.00", "Recognized": "10000.00"}


async def test_the_notes_own_entries_are_in_its_journals(database: Database) -> None:
    await record(database, YEARLY, credit_note("cn_1", credited_line("5,000.00")))

    assert await booked_by_month(database, "cn_1") == {
        "2025-10 Dr Deferred Cr Billed": "3000.00",
        "2025-10 Dr Recognized Cr Billed": "2000.00",
    }
    assert "2025-10 Dr Deferred Cr Recognized" not in await booked_by_month(
        database, "inv_1"
    )


async def test_crediting_takes_back_no_day_that_was_recognized(
    database: Database,
) -> None:
    await record(database, YEARLY)
    before = await booked(database, between=("2025-01-01", "2025-09-30"))

    await record(database, credit_note("cn_1", credited_line("5,000.00")))

    assert await booked(database, between=("2025-01-01", "2025-09-30")) == before
