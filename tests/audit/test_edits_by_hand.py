"""Whatever is edited by hand in the database, verification finds."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple

import pytest
from sqlalchemy import URL, text

from daybook.audit.models import AuditRecord
from daybook.audit.persons import Persons
from daybook.audit.rules import Anchor, Record, hash_of
from daybook.db.engine import Database
from daybook.reports.audit import verify
from daybook.tables import Base
from daybook_edits import (
    TABLES,
    VERIFIED,
    Edit,
    Hand,
    by_hand,
    columns_to_change,
    problem_of,
    unseen,
)
from daybook_everything import everything_url
from daybook_factories import ORGANISATION
from daybook_services.database import AT_ANY_TIME
from daybook_stored import dump

pytestmark = pytest.mark.anyio

__all__ = ["everything_url"]

# ruff: noqa: S608  (what is edited is listed below)

MOVEMENT = (
    "(ledger_id, journal, seq) = (SELECT ledger_id, journal, seq FROM movements"
    " WHERE ledger_id = 2 AND superseded_in IS NULL ORDER BY journal, seq LIMIT 1)"
)
AGAIN = (
    "ledger_id, journal, seq + 100, schedule_id, debit_role, credit_role, amount,"
    " daily, first_day, last_day, method, recorded_in, superseded_in,"
    " debit_product_id, credit_product_id, cause"
)
ENDED = (
    "(ledger_id, journal, seq) = (SELECT ledger_id, journal, seq FROM movements"
    " WHERE superseded_in IS NOT NULL ORDER BY ledger_id, journal, seq LIMIT 1)"
)
ITS_TOTAL = (
    "(ledger_id, month, debit_role, credit_role, source, recorded_in) ="
    " (SELECT m.ledger_id, j.month, m.debit_role, m.credit_role, j.source,"
    " m.recorded_in FROM movements m JOIN journals j"
    " ON j.ledger_id = m.ledger_id AND j.number = m.journal WHERE m.ledger_id = 2"
    " AND m.superseded_in IS NULL ORDER BY m.journal, m.seq LIMIT 1)"
)


class Named(NamedTuple):
    """What is done, and the tables that it touches."""

    tables: str
    statements: tuple[str, ...]


def edited(table: str, change: str, where: str) -> Named:
    """A table's row or rows with other values."""
    return Named(table, (f"UPDATE {table} SET {change} WHERE {where}",))


EDITS: Mapping[str, Named] = {
    "a movement deleted": Named(
        "movements", (f"DELETE FROM movements WHERE {MOVEMENT}",)
    ),
    "a movement inserted": Named(
        "movements",
        (f"INSERT INTO movements SELECT {AGAIN} FROM movements WHERE {MOVEMENT}",),
    ),
    "a movement superseded": edited("movements", "superseded_in = 11", MOVEMENT),
    "a movement no longer superseded": edited(
        "movements", "superseded_in = NULL", ENDED
    ),
    "a movement's amount": edited("movements", "amount = amount + 1", MOVEMENT),
    "an amount that can't be added": edited(
        "movements", "amount = 9223372036854775807", MOVEMENT
    ),
    "a movement's days": edited(
        "movements", "first_day = first_day + 1, last_day = last_day + 1", MOVEMENT
    ),
    "a movement's amount, and its month's total": Named(
        "movements month_totals",
        (
            f"UPDATE movements SET amount = amount + 1 WHERE {MOVEMENT}",
            f"UPDATE month_totals SET change = change + 1 WHERE {ITS_TOTAL}",
        ),
    ),
    "a journal's customer": edited(
        "journals", "customer_id = 3 - customer_id", "ledger_id = 2 AND number = 3"
    ),
    "a month's total": edited("month_totals", "change = change + 1", ITS_TOTAL),
    "a month's count": edited(
        *("month_counts", "change = change + 1"),
        "ledger_id = 2 AND recorded_in = 1",
    ),
    "a document line's amount": edited(
        *("document_lines", "amount = amount + 1"),
        "ledger_id = 2 AND document_id = 2 AND position = 1",
    ),
    "a document's discount": edited(
        "documents", "discount = discount + 1", "external_id = 'inv_group'"
    ),
    "a document's number": edited(
        "documents", "number = 'INV-1'", "external_id = 'inv_used'"
    ),
    "the day a document was issued": edited(
        "documents", "issued_on = issued_on + 1", "external_id = 'inv_used'"
    ),
    "a document's accounting date": edited(
        "documents", "accounting_date = accounting_date + 1", "external_id = 'cn_1'"
    ),
    "a customer's name": edited("customers", "name = 'Acme Two'", "id = 1"),
    "a product's name": edited("products", "name = 'Seats'", "id = 1"),
    "an account's name": edited("account_names", "name = 'Sales'", "scope = ''"),
    "a recording's time": edited(
        *("recordings", "recorded_at = '2025-01-02 12:00:00.000000'"),
        "ledger_id = 2 AND number = 1",
    ),
    "who made a recording": edited(
        "recordings", "made_by = 'nobody'", "ledger_id = 2 AND number = 2"
    ),
    "a ledger's lock": edited("ledgers", "locked_through = NULL", "currency = 'USD'"),
    "a lock in the history": edited(
        *("ledger_settings", "locked_through = locked_through - 31"),
        "locked_through IS NOT NULL",
    ),
    "the product of a side": edited(
        "movements", "debit_product_id = NULL", "debit_product_id = 1"
    ),
    "a side that gets a product": edited(
        "movements", "credit_product_id = 2", "journal = 1 AND ledger_id = 2"
    ),
    "a side that loses its products": edited(
        "movements",
        "debit_product_id = NULL, credit_product_id = NULL, credit_role = 3",
        "debit_product_id = 1",
    ),
    "a movement's cause": edited("movements", "cause = 1", "cause = 2"),
    "a cause that a movement loses": edited("movements", "cause = NULL", "cause = 1"),
    "a movement that gets a cause": edited("movements", "cause = 1", MOVEMENT),
    "a movement's cause, and its sum's": Named(
        "movements span_totals",
        (
            "UPDATE span_totals SET cause = 9 WHERE cause = 1",
            "UPDATE movements SET cause = 9 WHERE cause = 1",
        ),
    ),
    "a sum of movements": edited("span_totals", "amount = amount + 1", "cause = 2"),
    "what a sum comes to a day": edited(
        "span_totals", "daily = daily + 1", "daily > 0 AND side = 0"
    ),
    "the days of a sum": edited(
        *("span_totals", "last_day = last_day + 1"),
        "recorded_in = 1 AND ledger_id = 2",
    ),
    "a sum of a side": edited("span_totals", "side = 0", "side = 1"),
    "what was taken over": edited("journals", "opening = NULL", "opening"),
    "a journal that becomes one of the opening": edited(
        "journals", "opening = TRUE", "number = 1 AND ledger_id = 2"
    ),
    "a base currency": edited(
        "integrations", "base_currency = 'CHF'", "base_currency = 'EUR'"
    ),
    "a base currency that is no longer said": edited(
        "integrations", "base_currency = NULL", "base_currency = 'GBP'"
    ),
    "a base currency that wasn't said": edited(
        "integrations", "base_currency = 'EUR'", "preset IS NULL"
    ),
    "a manual journal's customer": edited("journals", "customer_id = 2", "opening"),
    "a role": edited("memberships", "role = 4", "role = 2"),
    "a key's permissions": edited("api_keys", "permissions = 31", "number = 1"),
    "a webhook's address": edited(
        "webhook_endpoints", "url = 'https://elsewhere.example/'", "number = 1"
    ),
    "a connection's account": edited(
        "gl_connections", """accounts = '{"tax": "another"}'""", "number = 1"
    ),
    "the main connection": edited("gl_connections", "is_main = NOT is_main", "TRUE"),
    "the reporting currency": edited(
        "gl_settings", "reporting_currency = NULL", "organisation_id = 1"
    ),
    "what a dataset was made of": edited("gl_segments", "today = today - 1", "TRUE"),
    "a rate that was withdrawn": edited("manual_rates", "mantissa = 1", "number = 3"),
}


@pytest.fixture
async def everything(everything_url: URL) -> AsyncIterator[Database]:
    """A ledger with everything in it, which each test leaves as it was."""
    opened = Database(everything_url, AT_ANY_TIME)
    yield opened
    await opened.close()


async def test_every_table_has_rows_and_all_of_them_hold(everything: Database) -> None:
    async with by_hand(everything) as hand:
        assert [table.name for table in TABLES if not hand.rows[table]] == []

    assert await problem_of(everything) is None


@pytest.mark.either_database
async def test_what_was_once_edited_unseen_is_found(everything: Database) -> None:
    async with by_hand(everything) as hand:
        found = [
            await unseen(everything, hand, iter([named_edit(hand, name)]))
            for name in EDITS
        ]

    assert_none(found)


def named_edit(hand: Hand, name: str) -> Edit:
    one = EDITS[name]
    undo = hand.as_before(*one.tables.split())
    return Edit(name, [text(statement) for statement in one.statements], undo)


@pytest.mark.either_database
async def test_each_table_is_told_of(everything: Database) -> None:
    # A column of every other table, and a row of the others; all of them follow below.
    before = await dump(everything)
    columns = {column.table: column for column in columns_to_change()}
    async with by_hand(everything) as hand:
        edits = [
            [hand.changes_of(columns[one]), iter([hand.removal(one)])][number % 2]
            for number, one in enumerate(VERIFIED)
        ]
        found = [await unseen(everything, hand, edit) for edit in edits]

    assert await dump(everything) == before
    assert_none(found)


@pytest.mark.faults
async def test_each_column_of_each_table_is_told_of(everything: Database) -> None:
    before = await dump(everything)
    async with by_hand(everything) as hand:
        found = [
            await unseen(everything, hand, hand.changes_of(column))
            for column in columns_to_change()
        ]

    assert await dump(everything) == before
    assert_none(found)


ANOTHERS = {("doubling", "organisations"), ("doubling", "users")}
"""Another organisation has a trail of its own, and a user without a role no access."""


@pytest.mark.faults
@pytest.mark.parametrize("way", ["removal", "doubling"])
async def test_each_row_of_each_table_is_told_of(
    everything: Database, way: str
) -> None:
    before = await dump(everything)
    async with by_hand(everything) as hand:
        found = [
            await unseen(everything, hand, iter([getattr(hand, way)(one)]))
            for one in VERIFIED
            if (way, one.name) not in ANOTHERS
        ]

    assert await dump(everything) == before
    assert_none(found)


def assert_none(found: list[str | None]) -> None:
    """Fail with all edits that verification didn't see, a line each."""
    names = [one for one in found if one is not None]
    listed = "".join(f"\n  {name}" for name in names)
    assert not names, f"{len(names)} of {len(found)} edits were not seen:{listed}"


async def test_a_chain_made_anew_does_not_hold_the_head_of_before(
    everything: Database,
) -> None:
    tables = ("audit_records", "organisations")
    async with by_hand(everything) as hand:
        records = hand.rows[Base.metadata.tables["audit_records"]]
        head = max(records, key=lambda one: int(one["number"]))["hash"]
        anchor = bytes(head)
        assert await hand.do([*hand.as_before(*tables)])
        await write_anew(hand)
        try:
            async with everything.reads() as session:
                hashes = await session.execute(text("SELECT hash FROM audit_records"))
                kept = {bytes(digest) for digest in hashes.scalars()}
            # The chain and its end are right in themselves.
            assert await problem_of(everything) is None
            found = await verify(everything, ORGANISATION, anchor=Anchor(anchor))
            assert found.mismatch is not None
        finally:
            assert await hand.do(hand.as_before(*tables))

    assert head not in kept and len(kept) == len(records)


async def write_anew(hand: Hand) -> None:
    """Change what the third record says, and make all hashes after it anew."""
    table = AuditRecord.__table__
    salts = hand.rows[Base.metadata.tables["persons"]]
    persons = Persons({salt["name"]: salt["salt"] for salt in salts})
    link: Any = None
    for row in sorted(hand.rows[table], key=lambda one: int(one["number"])):  # type: ignore[index]
        record = Record(**row)
        if record.number == 3:
            details = {**json.loads(record.details), "more": "than was said"}
            record = record._replace(details=json.dumps(details))
        if link is not None:
            record = record._replace(previous_hash=link)
        link = hash_of(record, persons.hash)
        values = {**record._asdict(), "hash": link}
        await hand.connection.execute(
            table.update()  # type: ignore[attr-defined]
            .where(table.c.number == record.number)
            .values(values)
        )
    await hand.connection.execute(
        text("UPDATE organisations SET audit_hash = :link"), {"link": link}
    )
    await hand.connection.commit()
