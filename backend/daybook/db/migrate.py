"""Bringing a database's tables to the state that this version needs."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from daybook.db.engine import Database

UPGRADE_LOCK = 0x6461_7962_6F6F_6B
"""The advisory lock that an upgrade of a PostgreSQL database holds."""


class SchemaOutdated(Exception):
    """The database's tables are not those that this version needs."""


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    location = Path(__file__).parent / "migrations"
    config.set_main_option("script_location", str(location).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def newest_revision() -> str:
    """The revision that this version's code works with."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None, "there is at least one migration"
    return head


async def current_revision(database: Database) -> str | None:
    """The database's revision, or None where it is empty."""
    async with database.engine.connect() as connection:
        return await connection.run_sync(
            lambda sync: MigrationContext.configure(sync).get_current_revision()
        )


async def upgrade(database: Database) -> None:
    """Bring the database to the newest revision; does nothing if it is there.

    Programs that start at the same time take turns.
    """
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
    from daybook import tables  # noqa: PLC0415  (knows all features)

    def compare(sync: Connection) -> list[object]:
        context = MigrationContext.configure(sync, opts={"compare_type": True})
        return list(compare_metadata(context, tables.Base.metadata))

    async with database.engine.connect() as connection:
        return await connection.run_sync(compare)
