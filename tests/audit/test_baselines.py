"""What was recorded before there were digests: the upgrade digests what stands."""

import json
from dataclasses import replace

import pytest
from alembic import command
from sqlalchemy import Connection, text

from daybook.audit.persons import Persons
from daybook.audit.rules import FIRST_LINK, Record, Verification, hash_of
from daybook.db.engine import Database, History
from daybook.db.migrate import alembic_config, upgrade
from daybook.documents.rules import DocumentStatus
from daybook.reports.audit import verify
from daybook_factories import credit_note, invoice, record
from daybook_people import member
from daybook_trail import ORGANISATION, tamper

pytestmark = pytest.mark.anyio

BEFORE = "0009"


async def before_digests(database: Database) -> None:
    """Take a database back to what the version before digests left."""
    async with database.engine.begin() as connection:
        await connection.run_sync(_downgrade)
    async with database.reads() as session:
        rows = await session.execute(
            text("SELECT * FROM audit_records ORDER BY number")
        )
        records = [Record(**row) for row in rows.mappings()]
    previous = FIRST_LINK
    for one in records:
        linked = one._replace(previous_hash=previous)
        previous = hash_of(linked, Persons({}).hash)
        values = {"p": linked.previous_hash, "h": previous, "n": one.number}
        statement = (
            "UPDATE audit_records SET previous_hash = :p, hash = :h WHERE number = :n"
        )
        await tamper(database, statement, values)
    await tamper(database, "UPDATE organisations SET audit_hash = :h", {"h": previous})
    # The first versions had no audit trail: a recording that no record tells of.
    await tamper(database, "DELETE FROM audited_recordings WHERE recording = 1")


def _downgrade(connection: Connection) -> None:
    command.downgrade(alembic_config(connection, History.LEDGER), BEFORE)


async def an_old_history(database: Database) -> None:
    """Two members' invoice, its revision and a credit note, and then the upgrade."""
    await member(database)
    await record(database, invoice("inv_1"), on="2025-10-16")
    revised = replace(invoice("inv_1"), number="INV-NEW")
    await record(database, revised, on="2025-11-01")
    await record(database, credit_note("cn_1", invoice_id="inv_1"), on="2025-12-01")
    await before_digests(database)
    await upgrade(database)


async def test_an_upgrade_digests_what_stands_and_once(database: Database) -> None:
    await an_old_history(database)
    await upgrade(database)

    async with database.reads() as session:
        rows = await session.execute(
            text("SELECT action, details FROM audit_records WHERE digest IS NOT NULL")
        )
        ((action, details),) = rows
    assert action == "BEGIN_DIGESTS"
    assert json.loads(details)["rows"] > 0
    assert (await verify(database, ORGANISATION)).mismatch is None


async def test_what_comes_after_the_upgrade_is_digested_beside_it(
    database: Database,
) -> None:
    await an_old_history(database)

    await record(database, invoice("inv_2"), on="2025-12-02")
    note = credit_note("cn_1", invoice_id="inv_1")
    voided = replace(note, status=DocumentStatus.VOIDED)
    await record(database, voided, on="2025-12-03")

    assert (await verify(database, ORGANISATION)).mismatch is None


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE movements SET amount = amount + 1 WHERE journal = 2 AND seq = 1",
        "UPDATE movements SET superseded_in = NULL WHERE superseded_in IS NOT NULL",
        "UPDATE documents SET number = 'X'",
        "UPDATE document_versions SET number = 'X'",
        "UPDATE customers SET name = 'X'",
        "UPDATE recordings SET made_by = 'X' WHERE number = 1",
        "UPDATE memberships SET role = 2",
        "UPDATE audit_records SET made_by = 'X' WHERE number = 2",
        "DELETE FROM audited_recordings WHERE recording = 1",
    ],
)
@pytest.mark.either_database
async def test_a_change_after_the_upgrade_is_found(
    database: Database, change: str
) -> None:
    await an_old_history(database)

    await tamper(database, change)

    assert (await verify(database, ORGANISATION)).mismatch is not None


async def test_a_database_without_records_gets_none(database: Database) -> None:
    async with database.engine.begin() as connection:
        await connection.run_sync(_downgrade)

    await upgrade(database)

    assert await verify(database, ORGANISATION) == Verification(0)
