"""Bringing a database's tables to the state that this version needs.

Every command asks whether they are there, and hardly ever are they not: so Alembic,
which takes a tenth of a second to import, is imported where it has work to do.
"""
# ruff: noqa: PLC0415

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect

from daybook.db.engine import Database

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"

UPGRADE_LOCK = 0x6461_7962_6F6F_6B
"""The advisory lock that an upgrade of a PostgreSQL database holds."""


class SchemaOutdated(Exception):
    """The database's tables are not those that this version needs."""


def _config(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def newest_revision() -> str:
    """The revision that this version's code works with.

    Revisions are numbered, and a migration's file name begins with its number.
    """
    files = (MIGRATIONS / "versions").glob("[0-9]*.py")
    return max(file.name.partition("_")[0] for file in files)


async def current_revision(database: Database) -> str | None:
    """The database's revision, or None where it is empty."""

    def find(connection: Connection) -> str | None:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version")
        revision: str | None = found.scalar()
        return revision

    async with database.engine.connect() as connection:
        return await connection.run_sync(find)


async def upgrade(database: Database) -> None:
    """Bring the database to the newest revision; does nothing if it is there.

    Programs that start at the same time take turns.
    """
    from alembic import command

    async with database.writing.begin() as connection:
        if not database.is_sqlite:
            await connection.exec_driver_sql(
                f"SELECT pg_advisory_xact_lock({UPGRADE_LOCK})"
            )
        await connection.run_sync(
            lambda sync: command.upgrade(_config(sync), "head"),
        )


async def make_ready(database: Database) -> None:
    """Upgrade a SQLite file by itself; ask the operator to for a server's database.

    Raises SchemaOutdated, saying what to run.
    """
    current = await current_revision(database)
    if current == newest_revision():
        return
    if not database.is_sqlite:
        raise SchemaOutdated(
            "the database's tables are not those of this version:"
            " run `daybook db upgrade`"
        )
    await upgrade(database)


async def schema_differences(database: Database) -> list[object]:
    """How the database's tables differ from the models; empty when they agree."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    from daybook import tables  # knows all features

    def compare(sync: Connection) -> list[object]:
        context = MigrationContext.configure(sync, opts={"compare_type": True})
        return list(compare_metadata(context, tables.Base.metadata))

    async with database.engine.connect() as connection:
        return await connection.run_sync(compare)
