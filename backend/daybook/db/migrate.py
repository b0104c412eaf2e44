"""Upgrading a database's tables to this version.

Every command checks whether that is needed, and it hardly ever is. Alembic, which takes
a tenth of a second to import, is therefore only imported where it is used.
"""
# ruff: noqa: PLC0415

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, Text, column, inspect, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.clock import real_now
from daybook.db.engine import Database, History, Store, WriteSession
from daybook.db.postgresql import OLDEST_TESTED

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"

UPGRADE_LOCK = 0x6461_7962_6F6F_6B
"""The advisory lock that an upgrade of a PostgreSQL database holds."""


class SchemaOutdated(Exception):
    """The database's tables are not those of this version, or its server is too old."""


class _History(NamedTuple):
    """A history's folder of migrations, and the table with a database's revision."""

    folder: Path
    version_table: str


HISTORIES = {
    History.LEDGER: _History(MIGRATIONS / "versions", "alembic_version"),
    History.RUNTIME: _History(MIGRATIONS / "runtime_versions", "runtime_version"),
}


def alembic_config(connection: Connection, history: History) -> "Config":
    """Alembic's configuration for a history and a connection."""
    from alembic.config import Config

    folder, version_table = HISTORIES[history]
    config = Config()
    for name, path in (
        ("script_location", MIGRATIONS),
        ("version_locations", folder),
    ):
        config.set_main_option(name, str(path).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["history"] = history
    config.attributes["version_table"] = version_table
    return config


def newest_revision(history: History = History.LEDGER) -> str:
    """The revision that this version needs.

    Revisions are numbered, and a migration's file name begins with its number.
    """
    files = HISTORIES[history].folder.glob("[0-9]*.py")
    return max(file.name.partition("_")[0] for file in files)


async def current_revision(store: Store) -> str | None:
    """The store's revision; None if it is empty."""
    table = HISTORIES[store.history].version_table

    def find(connection: Connection) -> str | None:
        if not inspect(connection).has_table(table):
            return None
        statement = select(column("version_num", Text)).select_from(text(table))
        return connection.scalar(statement)

    async with store.engine.connect() as connection:
        return await connection.run_sync(find)


async def is_current(database: Database) -> bool:
    """Whether all tables are those of this version.

    A read-only file may be a copy without its runtime store, which isn't checked.
    """
    stores = [database] if database.is_read_only else [database, database.runtime]
    return all(
        [
            await current_revision(store) == newest_revision(store.history)
            for store in stores
        ]
    )


async def upgrade(database: Database) -> None:
    """Upgrade the database to the newest revisions, if it isn't there yet.

    Rows without a digest get one in the same transaction. Programs that start at the
    same time take turns.
    """
    from alembic import command

    from daybook import tables  # noqa: F401  (digests cover all features' tables)
    from daybook.audit.baselines import begin_digests

    database.check_writable()
    await _check_not_later(database)
    async with database.writing.begin() as connection:
        if not database.is_sqlite:
            await connection.exec_driver_sql(
                f"SELECT pg_advisory_xact_lock({UPGRADE_LOCK})"
            )
        # Nested, since Alembic can only migrate one store at a time.
        async with database.runtime.writing.begin() as runtime:
            for migrated, history in (
                (connection, History.LEDGER),
                (runtime, History.RUNTIME),
            ):
                await migrated.run_sync(
                    lambda sync, of: command.upgrade(alembic_config(sync, of), "head"),
                    history,
                )
        session = AsyncSession(bind=connection, expire_on_commit=False)
        await begin_digests(WriteSession(session), database.clock.fixed or real_now())
        await session.flush()


async def make_ready(database: Database) -> None:
    """Upgrade a SQLite database; raises SchemaOutdated for an outdated PostgreSQL one.

    The error's message says which command to run.
    """
    if database.is_read_only:
        await _check_readable(database)
        return
    if await is_current(database):
        _check_server(database)
        return
    if not database.is_sqlite:
        await _check_not_later(database)
        if await current_revision(database) is None:
            raise SchemaOutdated(
                "the database has no tables of Daybook: run `daybook db upgrade`, or"
                " restore a backup into it first"
            )
        raise SchemaOutdated(
            "the database's tables are not those of this version:"
            " run `daybook db upgrade`"
        )
    await upgrade(database)


async def _check_not_later(database: Database) -> None:
    """Raise SchemaOutdated for tables of a later version, or a server that is too old.

    Both are refused before anything is changed.
    """
    for store in (database, database.runtime):
        found, newest = await current_revision(store), newest_revision(store.history)
        if found is not None and found > newest:
            raise SchemaOutdated(_is_later(store, found, newest))
    _check_server(database)


def _check_server(database: Database) -> None:
    """Raise SchemaOutdated for an older server than those that are tested.

    There has been a connection, so that the server's version is known.
    """
    version = getattr(database.engine.dialect, "server_version_info", None)
    if not database.is_sqlite and version and version[0] < OLDEST_TESTED:
        raise SchemaOutdated(
            f"the database's server is PostgreSQL {version[0]}, and {OLDEST_TESTED} is"
            " the oldest that Daybook is tested with: upgrade the server"
        )


def _is_later(store: Store, found: str, newest: str) -> str:
    name = store.path.name if store.is_sqlite else "the database"
    return (
        f"{name} was made by a later version of Daybook (revision {found}, this is"
        f" {newest}): run that version"
    )


async def _check_readable(database: Database) -> None:
    """Raise SchemaOutdated for a read-only file of another version."""
    found, newest = await current_revision(database), newest_revision()
    if found == newest:
        return
    if found is not None and found > newest:
        raise SchemaOutdated(_is_later(database, found, newest))
    raise SchemaOutdated(
        f"{database.path.name} was made by an earlier version of Daybook and is"
        " read-only: run `daybook db upgrade` on a copy that can be written"
    )


async def schema_differences(store: Store) -> list[object]:
    """The differences between the store's tables and the models."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    from daybook import tables  # loads the models of all features

    own = tables.METADATA[store.history]
    # On PostgreSQL, the other history's tables are in the same schema.
    others = {name for metadata in tables.METADATA.values() for name in metadata.tables}
    others |= {history.version_table for history in HISTORIES.values()}
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
