"""Every family is planned again as each recording found it: honest rows fit."""

from datetime import timedelta

import pytest

from daybook.calendar import parse_day
from daybook.configuration.commands import set_time_zone, update_settings
from daybook.db.engine import Database
from daybook.demo.commands import fill
from daybook.documents.actions import complete_milestone, void_document
from daybook.documents.commands import import_documents
from daybook.documents.replaying import replay
from daybook.documents.replaying.replay import replay_ledger
from daybook.documents.rules import Document
from daybook.ledger.queries import choose_ledger
from daybook.ledger.rules import RULES_VERSION, LockMethod, SourceKind
from daybook.recognition.rules import Treatment
from daybook.settings import Settings
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
    revise,
    terms,
    usage_line,
    voided,
)
from daybook_filled import filled
from daybook_replayed import Intruder, misfit_of, replayed, rows_of

pytestmark = pytest.mark.anyio


NOW = noon(parse_day("2025-06-01"))
SLICE = 29
"""Documents, of which the demo has a thousand."""


@pytest.mark.either_database
async def test_nothing_recorded_is_nothing_to_plan(database: Database) -> None:
    assert await replayed(database) == {}


@pytest.mark.either_database
async def test_one_invoice_is_one_family(database: Database) -> None:
    await record(database, invoice())

    found = (await replayed(database))["USD"]

    assert (found.families, found.mismatch, found.earlier) == (1, None, 0)


@pytest.mark.either_database
async def test_groups_discounts_and_lines_of_their_own(database: Database) -> None:
    sent = invoice(
        "inv_1",
        line("1", its_terms=terms("800.00")),
        line("2", product="prod_2", its_terms=terms("200.00")),
        line("3", its_terms=terms("-120.00"), group="1"),
        discount="88.00",
    )
    await record(database, sent)
    await record(database, revise(sent, *sent.lines[:2], accounting_date="2025-03-01"))

    assert await misfit_of(database) is None


async def test_revisions_credits_and_voids_in_time_and_late(
    database: Database,
) -> None:
    sold = invoice()
    note = credit_note("cn_1", credited_line("200.00"))
    rebuilt = credit_note("cn_2", credited_line("100.00"), treatment=Treatment.REBUILD)
    await record(database, sold)
    await record(database, note, on="2025-02-15")
    await record(database, rebuilt, on="2025-11-20")
    more = revise(
        note,
        credited_line("150.00"),
        credited_line("10.00", id="2"),
        accounting_date="2025-10-01",
    )
    await record(database, more, on="2025-11-21")
    fewer = revise(note, credited_line("150.00"), accounting_date="2025-10-02")
    await record(database, fewer, on="2025-11-22")
    dearer = revise(
        sold, line(its_terms=terms("1500.00")), accounting_date="2025-01-01"
    )
    await record(database, dearer, on="2025-11-23")
    await record(database, voided(fewer), on="2025-11-24")
    await record(database, voided(rebuilt), voided(dearer), on="2025-12-01")

    assert await misfit_of(database) is None


async def test_locks_back_and_forth_by_both_methods(database: Database) -> None:
    first, second = invoice("a"), invoice("b", accounting_date="2025-03-01")
    await record(database, first, on="2025-01-02")
    await lock(database, "2025-04-30", on="2025-05-02")
    await record(database, second, credit_note(invoice_id="a"), on="2025-05-03")
    await lock(database, "2025-01-31", on="2025-05-04")
    cheaper = line(its_terms=terms("600.00"))
    again = revise(first, cheaper, accounting_date="2025-02-01")
    await record(database, again, on="2025-05-05")
    await lock(database, None, method=LockMethod.ACCOUNTING_DATE, on="2025-05-06")
    later = revise(second, cheaper, accounting_date="2025-04-01")
    await record(database, later, on="2025-05-06")
    note = credit_note("c", invoice_id="b", accounting_date="2025-05-05")
    await record(database, note, on="2025-05-06")
    await lock(database, None, on="2025-05-07")
    await record(database, voided(note), voided(later), on="2025-06-01")

    assert await misfit_of(database) is None


@pytest.mark.either_database
async def test_billing_schedules_and_their_invoices(database: Database) -> None:
    def bill(id_: str, amount: str, *more: str) -> Document:
        period = ("2025-01-16", "2025-02-15")
        lines = [
            line(str(at), its_terms=terms(one, period, accounting_date="2025-02-01"))
            for at, one in enumerate((amount, *more))
        ]
        return invoice(
            id_, *lines, accounting_date="2025-02-01", billing_schedule_id="bs_1"
        )

    await record(database, billing_schedule(), on="2025-01-16")
    await record(database, bill("a", "620.00", "-20.00"), on="2025-02-01")
    await record(database, bill("b", "50.00"), on="2025-02-02")
    await record(database, bill("a", "620.00"), on="2025-02-03")
    await record(database, voided(bill("a", "620.00")), on="2025-02-04")
    await record(database, bill("c", "0.00"), on="2025-02-05")
    await record(database, billing_schedule(cancelled_on="2025-03-10"), on="2025-03-01")

    assert await misfit_of(database) is None


@pytest.mark.either_database
async def test_milestones_as_they_are_completed_and_opened_again(
    database: Database,
) -> None:
    sold = invoice(
        "inv_1", milestone_line(("m1", "400.00", None), ("m2", "200.00", "2025-02-01"))
    )
    await record(database, sold)
    for day in ("2025-03-01", None, "2025-04-01"):
        await complete_milestone(
            *(database, ORGANISATION, "inv_1", "1", "m1"),
            None if day is None else parse_day(day),
            now=NOW,
        )
    await record(database, credit_note("cn", credited_line("60.00")), on="2025-06-02")
    await record(
        database,
        revise(
            sold,
            milestone_line(
                ("m1", "500.00", None), ("m2", "200.00", None), untouched=["m1"]
            ),
            accounting_date="2025-01-01",
        ),
        on="2025-06-03",
    )

    assert await misfit_of(database) is None


@pytest.mark.either_database
async def test_burn_downs_from_several_grants_and_what_expires(
    database: Database,
) -> None:
    usage = usage_line(
        "u", "100.00", usage={"2025-01-10": "60.00", "2025-01-20": "40.00"}
    )
    used = invoice(
        "used", usage, burn_down_line("90.00", usage), accounting_date="2025-02-01"
    )
    await record(
        database,
        invoice("g1", prepayment_line("50.00", "cg_1", expires_on="2025-12-31")),
        invoice("g2", prepayment_line("70.00", "cg_2")),
    )
    await record(database, used, on="2025-02-01")
    await recognize_breakage(database, on="2025-02-02")
    less = revise(
        used, usage, burn_down_line("30.00", usage), accounting_date="2025-02-01"
    )
    await record(database, less, on="2025-02-03")
    more = revise(
        used, usage, burn_down_line("80.00", usage), accounting_date="2025-02-02"
    )
    await record(database, more, on="2025-02-04")
    none = revise(used, usage, accounting_date="2025-02-02")
    await record(database, none, on="2025-02-04")
    await record(database, more, on="2025-02-05")
    await void_document(database, ORGANISATION, SourceKind.INVOICE, "used", now=NOW)
    await update_settings(
        *(database, ORGANISATION, "USD"), breakage=False, now=NOW, made_by=None
    )
    note = credit_note("cn", credited_line("20.00"), invoice_id="g1")
    await record(database, note, on="2025-07-01")

    assert await misfit_of(database) is None


@pytest.mark.either_database
async def test_a_recording_is_of_its_day_in_the_time_zone_of_its_time(
    database: Database,
) -> None:
    late = noon(parse_day("2025-03-31")) + timedelta(hours=8)
    sold = invoice()
    await record(database, sold)
    for zone in ("Asia/Tokyo", "America/New_York", "UTC"):
        # All at the same moment, when it is another day in Tokyo.
        await set_time_zone(database, ORGANISATION, zone, now=late, made_by=None)
        amount = f"{len(zone)}00.00"
        again = revise(
            sold, line(its_terms=terms(amount)), accounting_date="2025-01-01"
        )
        await import_documents(database, ORGANISATION, [again], now=late, reason="test")

    assert await misfit_of(database) is None


@pytest.mark.either_database
async def test_the_demo_fits(database: Database) -> None:
    await filled(database, fill, Settings(now=NOW))

    assert await misfit_of(database) is None


@pytest.mark.either_database
async def test_a_slice_at_a_time_finds_the_same(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(database, fill, Settings(now=NOW))
    whole = await replayed(database)
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(
        "daybook.documents.replaying.reading_histories.DOCUMENTS_AT_ONCE", SLICE
    )

    async with database.reads() as session:
        ledger = await choose_ledger(session, ORGANISATION, "USD")
    found = await replay_ledger(
        *(database, ORGANISATION, ledger),
        progress=lambda done, every: told.append((done, every)),
    )

    assert found == whole["USD"]
    assert told[0] == (0, ledger.documents)
    assert told[-1] == (ledger.documents, ledger.documents)
    assert len(told) > ledger.documents // SLICE


async def test_only_some_recordings_are_compared(database: Database) -> None:
    await record(database, invoice("a"))
    await record(database, invoice("b"))
    (row, *_) = await rows_of(database, "movements")
    await Intruder(database).change("movements", row, amount=row["amount"] + 1)

    assert (await replayed(database, range(2, 3)))["USD"].mismatch is None
    mismatch = (await replayed(database, range(1, 2)))["USD"].mismatch
    assert mismatch is not None and mismatch.recording == 1


async def test_what_other_rules_recorded_is_listed_apart(database: Database) -> None:
    await record(database, invoice("a"))
    await record(database, invoice("b"))
    (row, *_) = await rows_of(database, "movements")
    intruder = Intruder(database)
    await intruder.change("movements", row, amount=row["amount"] + 1)
    ours = f"SET rules = {RULES_VERSION}"
    for others in ("SET rules = NULL", "SET rules = 0", f"{ours} + 1"):
        await intruder.run(f"UPDATE recordings {ours}")
        await intruder.run(f"UPDATE recordings {others} WHERE number = 1")

        found = (await replayed(database))["USD"]

        assert (found.mismatch, found.earlier, found.families) == (None, 1, 2)
        (one,) = found.named
        assert one.document == "invoice 'a'"
        assert "amount 1200.01, should be 1200.00" in one.reason


@pytest.mark.either_database
async def test_only_some_of_them_are_named(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "NAMED_MAX", 2)
    await record(database, *(invoice(f"inv_{at}") for at in range(3)))
    await Intruder(database).run("UPDATE recordings SET rules = NULL")
    await Intruder(database).run("UPDATE movements SET method = 2")

    found = (await replayed(database))["USD"]

    assert (found.earlier, len(found.named)) == (3, 2)
