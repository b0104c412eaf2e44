"""Ledgers planned again, and rows that somebody changed past the program."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import asyncpg
from sqlalchemy import text

from daybook.db.engine import Database
from daybook.documents.replaying import Replayed, replay_ledger
from daybook.ledger.queries import find_ledgers
from daybook_factories import ORGANISATION

# ruff: noqa: S608  (tables and columns are the schema's own)

KEYS = {
    "movements": ("ledger_id", "journal", "seq"),
    "catch_ups": ("ledger_id", "journal", "seq"),
    "catch_up_parts": ("ledger_id", "journal", "seq", "position"),
    "journals": ("ledger_id", "number"),
    "schedules": ("ledger_id", "id"),
    "settlements": ("ledger_id", "family_id", "recorded_in"),
    "document_lines": ("ledger_id", "document_id", "position"),
}

Row = Mapping[str, Any]


async def replayed(
    database: Database, recordings: range | None = None
) -> dict[str, Replayed]:
    """All ledgers planned again, by currency."""
    async with database.reads() as session:
        ledgers = await find_ledgers(session, ORGANISATION)
    return {
        ledger.currency: await replay_ledger(
            database, ORGANISATION, ledger, recordings=recordings
        )
        for ledger in ledgers
    }


async def misfit_of(database: Database) -> str | None:
    """The first mismatch of any ledger; families of earlier rules are none here."""
    for one in (await replayed(database)).values():
        assert one.earlier == 0, one.named
        if one.mismatch is not None:
            return one.mismatch.reason
    return None


async def rows_of(database: Database, table: str, where: str = "1 = 1") -> list[Row]:
    """A table's rows, in the order of its key."""
    key = ", ".join(KEYS[table])
    async with database.reads() as session:
        found = await session.execute(
            text(f"SELECT * FROM {table} WHERE {where} ORDER BY {key}")
        )
        return [dict(row) for row in found.mappings()]


class Intruder:
    """Somebody with a database's file or password, whom no trigger stops."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def change(self, table: str, row: Row, **columns: Any) -> None:
        """Change columns of a row; raises what the database's checks refuse it with."""
        values = ", ".join(f"{name} = {_literal(one)}" for name, one in columns.items())
        await self.run(f"UPDATE {table} SET {values} WHERE {_at(table, row)}")

    async def remove(self, table: str, row: Row) -> None:
        """Remove a row."""
        await self.run(f"DELETE FROM {table} WHERE {_at(table, row)}")

    async def add(self, table: str, row: Row) -> None:
        """Add a row."""
        values = ", ".join(map(_literal, row.values()))
        await self.run(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({values})")

    async def put_back(self, table: str, changed: Row, row: Row) -> None:
        """Make a changed row what it was."""
        await self.remove(table, changed)
        await self.remove(table, row)
        await self.add(table, row)

    async def run(self, statement: str) -> None:
        """Run a statement without triggers and foreign keys."""
        url = self.database.url
        if self.database.is_sqlite:
            with closing(sqlite3.connect(str(url.database))) as connection:
                found = connection.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'trigger'"
                ).fetchall()
                for (name,) in found:
                    connection.execute(f"DROP TRIGGER {name}")
                connection.execute(statement)
                connection.commit()
            return
        plain = url.set(drivername="postgresql")
        session = await asyncpg.connect(plain.render_as_string(hide_password=False))
        try:
            await session.execute("SET session_replication_role = replica")
            await session.execute(statement)
        finally:
            await session.close()


def _at(table: str, row: Row) -> str:
    return " AND ".join(f"{name} = {_literal(row[name])}" for name in KEYS[table])


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        quoted = value.replace("'", "''")
        return f"'{quoted}'"
    return str(value)
