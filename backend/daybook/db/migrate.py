"""Bringing a database's tables to the state that this version needs.

Every command asks whether they are there, and hardly ever are they not: so Alembic,
which takes a tenth of a second to import, is imported where it has work to do.
"""
# ruff: noqa: PLC0415

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, Text, column, inspect, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.clock import real_now
from daybook.db.engine import Database, History, Store, WriteSession

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"

UPGRADE_LOCK = 0x6461_7962_6F6F_6B
"""The advisory lock that an upgrade of a PostgreSQL database holds."""


class SchemaOutdated(Exception):
    """The database's tables are not those that this version needs."""


class _History(NamedTuple):
    """Where a history of migrations is told, and where a database keeps its place."""

    folder: Path
    version_table: str


HISTORIES = {
    History.LEDGER: _History(MIGRATIONS / "versions", "alembic_version"),
    History.RUNTIME: _History(MIGRATIONS / "runtime_versions", "runtime_version"),
}


def alembic_config(connection: Connection, history: History) -> "Config":
    """What Alembic needs to know to work on a connection."""
    from alembic.config import Config

    told = HISTORIES[history]
    config = Config()
    for name, path in (
        ("script_location", MIGRATIONS),
        ("version_locations", told.folder),
    ):
        config.set_main_option(name, str(path).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["history"] = history
    config.attributes["version_table"] = told.version_table
    return config


def newest_revision(history: History = History.LEDGER) -> str:
    """The revision that this version's code works with.

    Revisions are numbered, and a migration's file name begins with its number.
    """
    files = HISTORIES[history].folder.glob("[0-9]*.py")
    return max(file.name.partition("_")[0] for file in files)


async def current_revision(store: Store) -> str | None:
    """The store's revision, or None where it is empty."""
    table = HISTORIES[store.history].version_table

    def find(connection: Connection) -> str | None:
        if not inspect(connection).has_table(table):
            return None
        wanted = select(column("version_num", Text)).select_from(text(table))
        return connection.scalar(wanted)

    async with store.engine.connect() as connection:
        return await connection.run_sync(find)


async def is_current(database: Database) -> bool:
    """Whether all tables are those of this version.

    A file that may only be read can be a copy, which the runtime store isn't part of.
    """
    stores = [database] if database.is_read_only else [database, database.runtime]
    return all(
        [await current_revision(one) == newest_revision(one.history) for one in stores]
    )


async def upgrade(database: Database) -> None:
    """Bring the database to the newest revisions; does nothing if it is there.

    What stands and has no digest yet gets one, in the same transaction. Programs that
    start at the same time take turns.
    """
    from alembic import command

    from daybook import tables  # noqa: F401  (the digests are of every feature's)
    from daybook.audit.baselines import begin_digests

    database.check_writable()
    async with database.writing.begin() as connection:
        if not database.is_sqlite:
            await connection.exec_driver_sql(
                f"SELECT pg_advisory_xact_lock({UPGRADE_LOCK})"
            )
        # The runtime store's turn is within the ledger's: Alembic can do one at a time.
        async with database.runtime.writing.begin() as beside:
            for one, history in (
                (connection, History.LEDGER),
                (beside, History.RUNTIME),
            ):
                await one.run_sync(
                    lambda sync, of: command.upgrade(alembic_config(sync, of), "head"),
                    history,
                )
        session = AsyncSession(bind=connection, expire_on_commit=False)
        await begin_digests(WriteSession(session), database.clock.fixed or real_now())
        await session.flush()


async def make_ready(database: Database) -> None:
    """Upgrade SQLite files by themselves; ask the operator to for a server's database.

    Raises SchemaOutdated, saying what to run.
    """
    if database.is_read_only:
        await _check_readable(database)
        return
    if await is_current(database):
        return
    if not database.is_sqlite:
        raise SchemaOutdated(
            "the database's tables are not those of this version:"
            " run `daybook db upgrade`"
        )
    await upgrade(database)


async def _check_readable(database: Database) -> None:
    """Raise SchemaOutdated for a file of another version, which stays as it is."""
    found, newest = await current_revision(database), newest_revision()
    if found == newest:
        return
    name = database.path.name
    if found is not None and found > newest:
        raise SchemaOutdated(
            f"{name} was made by a later version of Daybook ({found}, this is"
            f" {newest}): read it with that one"
        )
    raise SchemaOutdated(
        f"{name} was made by an earlier version of Daybook and is read-only: run"
        " `daybook db upgrade` on a copy that can be written"
    )


async def schema_differences(store: Store) -> list[object]:
    """How the store's tables differ from the models; empty when they agree."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    from daybook import tables  # knows all features

    own = tables.METADATA[store.history]
    # On PostgreSQL the other history's tables stand in the same schema.
    others = {name for one in tables.METADATA.values() for name in one.tables}
    others |= {one.version_table for one in HISTORIES.values()}
    others -= set(own.tables)

    def compare(sync: Connection) -> list[object]:
        context = MigrationContext.configure(
            sync,
            opts={
                "compare_type": True,
                "include_name": lambda name, kind, _parents: (
                    kind != "table" or name not in others
                ),
            },
        )
        return list(compare_metadata(context, own))

    async with store.engine.connect() as connection:
        return await connection.run_sync(compare)
