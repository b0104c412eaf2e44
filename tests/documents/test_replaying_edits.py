"""Whatever somebody changes past the program is found, and named."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from daybook.calendar import parse_day
from daybook.db.engine import Database
from daybook.demo.commands import fill
from daybook.settings import Settings
from daybook_factories import (
    billing_schedule,
    credit_note,
    credited_line,
    invoice,
    line,
    lock,
    milestone_line,
    record,
    revise,
    terms,
)
from daybook_filled import filled
from daybook_replayed import Intruder, Row, misfit_of, rows_of
from daybook_services.database import AT_ANY_TIME, NewDatabase
from daybook_services.faults import examples

# ruff: noqa: S608  (our own text)

Result = TypeVar("Result")

ANYWHERE = {
    "movements": (
        *("schedule_id", "debit_role", "credit_role", "amount", "daily", "first_day"),
        *("last_day", "method", "recorded_in", "superseded_in", "seq"),
    ),
    "catch_ups": ("first_day", "last_day", "locked_through"),
    "catch_up_parts": ("amount", "daily", "first_day", "last_day"),
    "journals": ("month", "document_id", "customer_id", "product_id", "source"),
    "settlements": ("settled_on",),
    "schedules": ("amount", "settled_on", "document_id"),
    "document_lines": ("amount", "schedule_id"),
}
"""Columns of which every other value is found."""


class Edited:
    """A database of all kinds of documents, in which somebody edits."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.runner = asyncio.Runner()
        self.intruder = Intruder(database)
        self.run(self.fill())
        assert self.run(misfit_of(database)) is None
        self.rows = {table: self.run(rows_of(database, table)) for table in ANYWHERE}
        # A line of nothing more or less comes to the same.
        lines = self.rows["document_lines"]
        self.rows["document_lines"] = [row for row in lines if row["amount"]]
        assert all(self.rows.values())

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.runner.run(work)

    def close(self) -> None:
        self.run(self.database.close())
        self.runner.close()

    async def fill(self) -> None:
        """A year of the demo, and what it has not."""
        database = self.database
        moment = datetime(2025, 6, 1, 12, tzinfo=UTC)
        await filled(database, fill, Settings(now=moment))
        await lock(database, "2025-05-31", on="2025-06-02")
        sold = invoice("sold", milestone_line(("m", "600.00", "2025-02-01")))
        others = [invoice("more"), billing_schedule("accrued")]
        await record(database, sold, *others, on="2025-06-03")
        bill = invoice(
            "bill",
            line(its_terms=terms("600.00", ("2025-01-16", "2025-02-15"))),
            accounting_date="2025-06-03",
            billing_schedule_id="accrued",
        )
        note = credit_note("note", credited_line("50.00"), invoice_id="more")
        await record(database, bill, note, on="2025-06-04")
        cheaper = line(its_terms=terms("900.00"))
        again = revise(others[0], cheaper, accounting_date="2025-02-01")
        await record(database, again, on="2025-07-05")

    def edit(self, data: st.DataObject) -> None:
        """Edit one row, expect it to be found, and put it back."""
        table = data.draw(st.sampled_from(sorted(ANYWHERE)))
        row = data.draw(st.sampled_from(self.rows[table]))
        deed = data.draw(st.sampled_from(["change", "change", "remove", "double"]))
        changed = dict(row)
        try:
            if deed == "remove" and table not in {"schedules", "journals"}:
                self.run(self.intruder.remove(table, row))
            elif deed == "double" and table == "movements":
                changed["seq"] += 100
                self.run(self.intruder.add(table, changed))
            else:
                column = data.draw(st.sampled_from(ANYWHERE[table]))
                changed[column] = data.draw(_another(row[column]))
                value = {column: changed[column]}
                self.run(self.intruder.change(table, row, **value))
        except Exception as refused:
            if "constraint" not in str(refused).lower():
                raise
            assume(condition=False)
        try:
            found = self.run(misfit_of(self.database))
            assert found is not None, (table, row, changed)
            if table == "movements":
                assert f"journal {row['journal']} " in found, (row, changed, found)
        finally:
            self.run(self.intruder.put_back(table, changed, row))


def _another(value: int | None) -> st.SearchStrategy[int | None]:
    """Another value, near or far."""
    if value is None:
        return st.integers(1, 40)
    near = st.sampled_from([value - 1, value + 1, value + 31])
    return near | st.integers(1, 30_000).filter(lambda one: one != value)


def find_edits(database: Database, edits: int) -> None:
    edited = Edited(database)

    @settings(
        max_examples=examples(edits),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        phases=[Phase.generate],
    )
    @given(st.data())
    def find(data: st.DataObject) -> None:
        edited.edit(data)

    try:
        find()
    finally:
        edited.close()


@pytest.mark.hypothesis
def test_every_edit_is_found_on_sqlite(new_sqlite: NewDatabase) -> None:
    find_edits(Database(new_sqlite(), AT_ANY_TIME), edits=12)


@pytest.mark.hypothesis
@pytest.mark.faults
def test_every_edit_is_found_on_postgresql(new_postgresql: NewDatabase) -> None:
    find_edits(Database(new_postgresql(), AT_ANY_TIME), edits=4)


async def the_row(database: Database, table: str, where: str) -> Row:
    (row, *_) = await rows_of(database, table, where)
    return row


class Edit(NamedTuple):
    """Columns of a row that are changed, and what is said of it."""

    table: str
    where: str
    columns: dict[str, Any]
    said: str


EDITS = [
    Edit(
        "movements",
        "journal = 2",
        {"amount": 120_00},
        "movement 1 of journal 2 (USD ledger, recording 1): amount 120.00, should be"
        " 100.00: Dr Deferred, Cr Recognized, 1–28 Feb 2025",
    ),
    Edit(
        "movements",
        "journal = 2",
        {"credit_role": 5, "method": 50},
        "movement 1 of journal 2 (USD ledger, recording 1): credit account 5, should be"
        " Recognized; method 50, should be STRAIGHT_LINE: Dr Deferred, Cr Recognized,"
        " 1–28 Feb 2025",
    ),
    Edit(
        "schedules",
        "id = 1",
        {"method": 50},
        "USD ledger: schedule 1: 50 is not a valid Method",
    ),
    Edit(
        "movements",
        "superseded_in = 2",
        {"superseded_in": None},
        "movement 1 of journal 7 (USD ledger, recording 1) should be superseded by"
        " recording 2, and stands",
    ),
    Edit(
        "movements",
        "journal = 2",
        {"superseded_in": 2},
        "movement 1 of journal 2 (USD ledger, recording 1) is superseded by recording"
        " 2, and should stand",
    ),
    Edit(
        "movements",
        "journal = 3",
        {"last_day": 2_000_000_000, "daily": 0},
        "movement 1 of journal 3 (USD ledger, recording 1): daily amount 0.00, should"
        " be 3.23; last day 2000000000, should be 31 Mar 2025: Dr Deferred, Cr"
        " Recognized, 1–31 Mar 2025",
    ),
    Edit(
        "movements",
        "journal = 4",
        {"schedule_id": 99},
        "movement 1 of journal 4 (USD ledger, recording 1): schedule 99, should be 1:"
        " Dr Deferred, Cr Recognized, 1–30 Apr 2025",
    ),
    Edit(
        "movements",
        "journal = 2",
        {"recorded_in": 99},
        "movement 1 of journal 2 (USD ledger, recording 1) is missing: 100.00: Dr"
        " Deferred, Cr Recognized, 1–28 Feb 2025",
    ),
    Edit(
        "journals",
        "number = 2",
        {"customer_id": 9, "month": 700},
        "journal 2 (USD ledger): month May 2028, should be Feb 2025; customer 9,"
        " should be 1",
    ),
    Edit(
        "journals",
        "number = 13",
        {"source": 1},
        "journal 13 (USD ledger): source invoice, should be credit note",
    ),
    Edit(
        "settlements",
        "recorded_in = 2",
        {"settled_on": None},
        "schedule 1 of invoice 'inv_1' (USD ledger, recording 2) is settled never,"
        " should be on 1 Jul 2025",
    ),
    Edit(
        "schedules",
        "id = 2",
        {"recognized_on": 20_300},
        "schedule 2 of credit note 'cn_1' (USD ledger, recording 2) takes effect on 31"
        " Jul 2025, should be 1 Jul 2025",
    ),
    Edit(
        "schedules",
        "id = 1",
        {"first_day": None},
        "schedule 1 of invoice 'inv_1' (USD ledger, recording 1) can't be planned: no"
        " document makes such schedules",
    ),
    Edit(
        "document_lines",
        "document_id = 1",
        {"amount": 1300_00},
        "line '1' of invoice 'inv_1' (USD ledger, recording 1): its schedule is"
        " 1200.00, should be 1300.00 by the document's lines",
    ),
    Edit(
        "document_lines",
        "document_id = 1",
        {"schedule_id": 7},
        "line '1' of invoice 'inv_1' (USD ledger, recording 1) has no schedule 7",
    ),
]


@pytest.mark.anyio
@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.said)
@pytest.mark.either_database
async def test_what_is_changed_is_named(database: Database, edit: Edit) -> None:
    await record(database, invoice())
    note = credit_note("cn_1", credited_line("600.00"), accounting_date="2025-07-01")
    await record(database, note, on="2025-06-15")
    assert await misfit_of(database) is None

    row = await the_row(database, edit.table, edit.where)
    await Intruder(database).change(edit.table, row, **edit.columns)

    assert await misfit_of(database) == edit.said


@pytest.mark.anyio
async def test_what_is_removed_or_added_is_named(database: Database) -> None:
    await record(database, invoice("a"), invoice("b"))
    intruder = Intruder(database)
    row = await the_row(database, "movements", "journal = 3")

    await intruder.add("movements", {**row, "seq": 2})
    assert await misfit_of(database) == (
        "movement 2 of journal 3 (USD ledger, recording 1) is one too many: 100.00: Dr"
        " Deferred, Cr Recognized, 1–28 Feb 2025"
    )
    await intruder.remove("movements", {**row, "seq": 2})

    await intruder.remove("movements", row)
    assert await misfit_of(database) == (
        "movement 1 of journal 3 (USD ledger, recording 1) is missing: 100.00: Dr"
        " Deferred, Cr Recognized, 1–28 Feb 2025"
    )


@pytest.mark.anyio
@pytest.mark.either_database
async def test_the_locked_days_of_a_catch_up_are_named(database: Database) -> None:
    await record(database, invoice("first"))
    await lock(database, "2025-01-31", on="2025-02-02")
    await record(database, invoice("behind"), on="2025-02-03")
    row = await the_row(database, "catch_up_parts", "amount = 10000")

    await Intruder(database).change("catch_up_parts", row, amount=99_00)

    assert await misfit_of(database) == (
        "movement 3 of journal 13 (USD ledger, recording 3): service days 1–31 Jan"
        " 2025, locked through 31 Jan 2025 (99.00 for 1–31 Jan 2025), should be 1–31"
        " Jan 2025, locked through 31 Jan 2025 (100.00 for 1–31 Jan 2025): Dr Deferred,"
        " Cr Recognized, 1 Feb 2025"
    )


@pytest.mark.anyio
@pytest.mark.either_database
async def test_a_lock_that_was_edited_is_found(database: Database) -> None:
    await record(database, invoice("first"))
    await lock(database, "2025-01-31", on="2025-02-02")
    await record(database, invoice("behind"), on="2025-02-03")
    day = parse_day("2025-02-10")

    await Intruder(database).run(f"UPDATE ledger_settings SET locked_through = {day}")

    found = await misfit_of(database)
    assert found == (
        "movement 1 of journal 13 (USD ledger, recording 3): amount 100.00, should be"
        " 64.30; first day 1 Feb 2025, should be 11 Feb 2025: Dr Deferred, Cr"
        " Recognized, 11–28 Feb 2025"
    )


@pytest.mark.anyio
async def test_rows_of_no_family_are_named(database: Database) -> None:
    await record(database, invoice("a"), invoice("b"))
    intruder = Intruder(database)
    await intruder.run("UPDATE ledgers SET schedules = 3")
    assert await misfit_of(database) == "schedule 3 (USD ledger) is missing"

    row = await the_row(database, "schedules", "id = 1")
    burning = {"classification": 3, "amount": 0, "family_id": 8}
    await intruder.add("schedules", {**row, **burning, "id": 3})
    assert await misfit_of(database) == (
        "schedule 3 (USD ledger) is of family 8, which doesn't exist"
    )
    await intruder.run("DELETE FROM schedules WHERE id = 3")
    await intruder.run("UPDATE ledgers SET schedules = 2")

    row = await the_row(database, "movements", "journal = 1")
    await intruder.add("movements", {**row, "seq": 9, "schedule_id": 9})
    assert await misfit_of(database) == (
        "movement 9 of journal 1 (USD ledger, recording 1) is in another journal than"
        " it should be"
    )
