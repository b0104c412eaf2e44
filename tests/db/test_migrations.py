"""Migrations bring an empty database to what the models say, and back."""

import asyncio
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, inspect, select, text
from sqlalchemy.exc import DBAPIError

from daybook.activity.commands import write_activity
from daybook.activity.models import Activity
from daybook.activity.rules import ActivityKind, Started
from daybook.calendar import parse_day
from daybook.db.engine import Database, History, Store, open_database
from daybook.db.migrate import (
    HISTORIES,
    SchemaOutdated,
    current_revision,
    is_current,
    make_ready,
    newest_revision,
    schema_differences,
    upgrade,
)
from daybook.ledger.commands import lock_organisation
from daybook.ledger.models import Organisation
from daybook.settings import Settings
from daybook.tables import Base
from daybook_factories import (
    ORGANISATION,
    credit_note,
    credited_line,
    invoice,
    line,
    noon,
    record,
    terms,
    voided,
)
from daybook_migrated import downgrade
from daybook_services.database import sqlite_url
from daybook_stored import dump

pytestmark = pytest.mark.anyio

SQLITE_DEFINITIONS = """
SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name
"""
POSTGRESQL_DEFINITIONS = """
SELECT tablename, indexname, indexdef FROM pg_indexes
WHERE schemaname = 'public' ORDER BY 2;
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 2;
SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid)
FROM pg_trigger WHERE NOT tgisinternal ORDER BY 2;
SELECT table_name, column_name, data_type || is_nullable
FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2
"""


async def test_migrations_make_the_tables_that_the_models_describe(
    database: Database,
) -> None:
    await make_ready(database)

    for store in (database, database.runtime):
        assert await schema_differences(store) == []
        assert await current_revision(store) == newest_revision(store.history)
    assert await is_current(database)


async def test_a_difference_in_either_store_is_found(database: Database) -> None:
    for store, table in ((database, "api_keys"), (database.runtime, "web_sessions")):
        async with store.engine.begin() as connection:
            await connection.exec_driver_sql(f"DROP TABLE {table}")

        (found, *_) = await schema_differences(store)
        assert "add_table" in str(found) and table in str(found)


async def test_migrations_make_the_checks_that_the_models_describe(
    database: Database,
) -> None:
    def checks(connection: Connection) -> dict[str, set[str | None]]:
        inspector = inspect(connection)
        return {
            table: {
                constraint["name"]
                for constraint in inspector.get_check_constraints(table)
            }
            for table in Base.metadata.tables
        }

    async with database.engine.connect() as connection:
        found = await connection.run_sync(checks)
    async with database.engine.begin() as connection:
        await connection.run_sync(downgrade)
        await connection.run_sync(Base.metadata.create_all)
        described = await connection.run_sync(checks)

    assert found == described
    assert any(found.values())


async def test_downgrade_leaves_nothing_and_upgrade_brings_all_back(
    database: Database,
) -> None:
    stores = (database, database.runtime)
    before = [await definitions(store) for store in stores]

    left: set[str] = set()
    for store in stores:
        async with store.engine.begin() as connection:
            await connection.run_sync(downgrade, "base", store.history)
    for store in stores:
        async with store.engine.connect() as connection:
            left |= set(
                await connection.run_sync(lambda at: inspect(at).get_table_names())
            )
        assert await current_revision(store) is None
    assert left == {"alembic_version", "runtime_version"}

    await upgrade(database)
    assert [await definitions(store) for store in stores] == before
    await record(database, invoice())


async def test_upgrading_again_changes_nothing(database: Database) -> None:
    await record(database, invoice())
    before = await dump(database)

    await upgrade(database)
    await make_ready(database)

    assert await dump(database) == before


async def test_a_new_file_is_made_ready_by_itself(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path / "new.db"))

    await make_ready(database)

    assert await schema_differences(database) == []
    await database.close()


async def test_a_server_is_upgraded_by_its_operator_only(
    postgresql_empty: str,
) -> None:
    database = open_database(Settings(database_url=postgresql_empty))

    with pytest.raises(SchemaOutdated, match="daybook db upgrade"):
        await make_ready(database)

    assert await current_revision(database) is None
    await database.close()


async def test_many_programs_make_a_new_database_ready_at_once(
    database_url: URL,
) -> None:
    databases = [Database(database_url) for _ in range(5)]
    async with databases[0].engine.begin() as connection:
        await connection.run_sync(downgrade)
        await connection.execute(text("DROP TABLE alembic_version"))

    await asyncio.gather(*(upgrade(database) for database in databases))

    assert await schema_differences(databases[0]) == []
    await asyncio.gather(*(database.close() for database in databases))


async def test_many_programs_make_a_new_file_at_once(tmp_path: Path) -> None:
    databases = [Database(sqlite_url(tmp_path / "new.db")) for _ in range(5)]

    await asyncio.gather(*(make_ready(database) for database in databases))

    assert await schema_differences(databases[0]) == []
    await asyncio.gather(*(database.close() for database in databases))


async def test_what_the_first_tables_held_is_brought_up_to_date(
    database: Database,
) -> None:
    # Recorded today, taken back to the first tables, which knew no families, and
    # brought up again: credits before, on and after the day of their invoice's import.
    year = invoice("inv_1")
    await record(database, year, invoice("inv_2"), credit_note("cn_1"))
    await record(
        database,
        credit_note("cn_2", invoice_id="inv_2"),
        credit_note("cn_3", credited_line("1,100.00"), accounting_date="2025-01-01"),
        invoice("inv_3", line(its_terms=terms("0.00"))),
        on="2025-06-15",
    )
    await record(database, credit_note("cn_4", invoice_id="inv_2"), on="2026-02-01")
    kept = ("schedules", "settlements", "movements", "journals", "documents")
    before = await dump(database)

    async with database.engine.begin() as connection:
        await connection.run_sync(downgrade, "0001")
    await upgrade(database)

    after = await dump(database)
    assert {one: after[one] for one in kept} == {one: before[one] for one in kept}
    again = voided(credit_note("cn_4", invoice_id="inv_2"))
    await record(database, again, on="2026-02-01")


async def test_the_last_time_is_found_in_what_was_recorded_before_it_was_kept(
    database: Database,
) -> None:
    await record(database, invoice("inv_1"), on="2025-06-15")
    await record(database, invoice("inv_2", currency="EUR"), on="2025-07-15")
    statement = select(Organisation.recorded_at)
    async with database.writes() as session:
        session.add(Organisation(id=2, name="New", time_zone="UTC"))
        before = list(await session.scalars(statement.order_by(Organisation.id)))

    async with database.engine.begin() as connection:
        await connection.run_sync(downgrade, "0007")
    await upgrade(database)

    async with database.reads() as session:
        after = list(await session.scalars(statement.order_by(Organisation.id)))
    assert after == before == [noon(parse_day("2025-07-15")), None]


async def test_files_are_found_in_what_the_log_said_before_it_kept_them(
    database: Database,
) -> None:
    said = (
        ("import of october.csv: line 2: refused", True),
        ("import of october.csv", False),
        ("import of a.csv; 1 notice: 1 credit", False),
        ("GraphQL: importDocuments", False),
    )
    await record(database, invoice("inv_1"))
    async with database.writes() as session:
        organisation = await lock_organisation(session, ORGANISATION)
        for message, is_failed in said:
            await write_activity(
                session,
                organisation,
                kind=ActivityKind.IMPORT,
                started=Started(noon(parse_day("2025-06-15"))),
                message=message,
                made_by=None,
                is_failed=is_failed,
                file="lost",
            )

    async with database.engine.begin() as connection:
        await connection.run_sync(downgrade, "0036")
    await upgrade(database)

    async with database.reads() as session:
        files = list(await session.scalars(select(Activity.file).order_by(Activity.id)))
    assert files == [None, "october.csv", "october.csv", "a.csv", None]
    with pytest.raises(DBAPIError, match="rows never change"):
        async with database.writes() as session:
            await session.execute(text("UPDATE activities SET file = 'other.csv'"))


async def definitions(store: Store) -> list[tuple[str, ...]]:
    """Everything that migrations make, as the database itself describes it."""
    queries = SQLITE_DEFINITIONS if store.is_sqlite else POSTGRESQL_DEFINITIONS
    async with store.reads() as session:
        return [
            tuple(row)
            for query in queries.split(";")
            for row in await session.execute(text(query))
        ]


@pytest.mark.parametrize("history", History)
def test_the_newest_file_s_number_is_the_newest_revision(history: History) -> None:
    folder = HISTORIES[history].folder
    script = ScriptDirectory(str(folder.parent), version_locations=[folder])

    assert script.get_heads() == [newest_revision(history)]
