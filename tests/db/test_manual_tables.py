"""Tables that take manual journals: how they come to be, and what they still refuse."""

from collections.abc import Sequence
from sqlite3 import SQLITE_DENY, SQLITE_OK, SQLITE_UPDATE
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from daybook.db.engine import Database, History
from daybook.db.migrate import SchemaOutdated, alembic_config, upgrade
from daybook.db.migrations.redefining import redefine
from daybook.reports.audit import verify
from daybook_factories import ORGANISATION, credit_note, invoice, record
from daybook_stored import dump

pytestmark = pytest.mark.anyio

BEGIN = (
    "INSERT INTO recordings (ledger_id, number, recorded_at, reason, renamings)"
    " SELECT ledger_id, max(number) + 1, max(recorded_at), 'by hand', 0"
    " FROM recordings GROUP BY ledger_id"
)
DOCUMENT = (
    "INSERT INTO documents (ledger_id, id, kind, external_id, number, issued_on,"
    " accounting_date, content_hash, recorded_in)"
    " SELECT {ledger}, 2, 4, 'mj', 'MJ', 1, 1, content_hash, 2 FROM documents"
)
JOURNAL = (
    "INSERT INTO journals (ledger_id, number, month, document_id, source, customer_id)"
    " VALUES ({ledger}, {number}, 1, 2, 4, {customer})"
)
MOVEMENT = (
    "INSERT INTO movements (ledger_id, journal, seq, debit_role, credit_role, amount,"
    " daily, first_day, last_day, recorded_in, debit_product_id, credit_product_id)"
    " VALUES ({ledger}, 101, 1, 4, {credit}, 1, 1, 1, 1, 2, {product}, NULL)"
)


async def test_an_upgrade_leaves_rows_and_their_digests(database: Database) -> None:
    await record(database, invoice("inv_1"), invoice("inv_2"))
    await record(database, credit_note("cn_1"), on="2025-10-01")
    before = await dump(database)

    async with database.engine.begin() as connection:
        await connection.run_sync(_downgrade)
    await upgrade(database)

    assert await dump(database) == before
    assert (await verify(database, ORGANISATION)).mismatch is None
    await record(database, invoice("inv_3"), on="2025-10-02")
    assert (await verify(database, ORGANISATION)).mismatch is None


def _downgrade(connection: Connection) -> None:
    command.downgrade(alembic_config(connection, History.LEDGER), "0015")


async def in_progress(database: Database, *statements: str) -> str:
    """What the last statement of a recording by hand is refused with, if it is."""
    await record(database, invoice())
    async with database.engine.connect() as connection:
        found = await connection.execute(text("SELECT min(ledger_id) FROM documents"))
        ledger = found.scalar_one()
        every = [BEGIN, DOCUMENT, *statements]
        last = every.pop()
        for one in every:
            await connection.execute(text(one.format(ledger=ledger)))
        try:
            await connection.execute(text(last.format(ledger=ledger)))
        except DBAPIError as refused:
            return str(refused.orig)
        finally:
            await connection.rollback()
    return ""


def journal(number: int, customer: str = "NULL") -> str:
    return JOURNAL.format(ledger="{ledger}", number=number, customer=customer)


def movement(credit: int, product: str) -> str:
    return MOVEMENT.format(ledger="{ledger}", credit=credit, product=product)


@pytest.mark.parametrize(
    ("statements", "refusal"),
    [
        ([journal(101)], ""),
        ([journal(101), journal(102, "1")], ""),
        ([journal(101), journal(102)], "journals: rows are added only by"),
        ([journal(101, "1"), journal(102, "1")], "journals: rows are added only by"),
        ([journal(101), movement(3, "NULL")], ""),
        ([journal(101), movement(4, "1")], ""),
        ([journal(101), movement(4, "NULL")], "sides_are_two"),
        ([journal(101), movement(100, "NULL")], "roles_are_known"),
        ([journal(101), movement(99, "NULL")], ""),
    ],
)
async def test_what_a_recording_may_add(
    database: Database, statements: Sequence[str], refusal: str
) -> None:
    found = await in_progress(database, *statements)

    assert refusal in found and bool(refusal) == bool(found)


def in_memory(**arguments: Any) -> Any:
    engine = create_engine("sqlite://", poolclass=StaticPool, **arguments)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE one (a INTEGER NOT NULL CHECK (a < 5), b TEXT NOT NULL)"
        )
        connection.exec_driver_sql("INSERT INTO one VALUES (1, 'x')")
    return engine


def test_a_table_is_relaxed_in_place() -> None:
    edits = {"one": [("(a < 5)", "(a < 9)"), ("b TEXT NOT NULL", "b TEXT")]}
    with in_memory().begin() as connection:
        redefine(connection, edits)
        connection.exec_driver_sql("INSERT INTO one VALUES (7, NULL)")

        rows = connection.exec_driver_sql("SELECT * FROM one").all()
        assert [tuple(row) for row in rows] == [(1, "x"), (7, None)]
        check = connection.exec_driver_sql("PRAGMA integrity_check").scalar_one()
        assert check == "ok"


def test_a_table_that_was_changed_is_refused() -> None:
    with in_memory().begin() as connection:
        with pytest.raises(SchemaOutdated, match="the table one isn't as earlier"):
            redefine(connection, {"one": [("(a < 6)", "(a < 9)")]})

        found = connection.exec_driver_sql("SELECT sql FROM sqlite_master").scalar_one()
        assert "a < 5" in found


def test_a_database_that_guards_its_schema_says_what_to_do() -> None:
    def refuse(action: int, table: str | None, *_: object) -> int:
        is_schema = action == SQLITE_UPDATE and table == "sqlite_master"
        return SQLITE_DENY if is_schema else SQLITE_OK

    engine = in_memory()
    with engine.connect() as connection:
        connection.connection.driver_connection.set_authorizer(refuse)
        with pytest.raises(
            SchemaOutdated, match="run `daybook db upgrade` with another"
        ):
            redefine(connection, {"one": [("(a < 5)", "(a < 9)")]})
