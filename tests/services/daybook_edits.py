"""Edits by hand: what somebody can do who has the database and knows its tables.

Their connection has the database's own guards off, and every edit can be undone, so
that one ledger is enough for all of them.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Column, Executable, Table, and_, delete, insert, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from daybook.audit.forms import EXEMPT
from daybook.db.base import UtcDateTime
from daybook.db.engine import Database
from daybook.reports.audit import verify
from daybook.tables import Base
from daybook_factories import ORGANISATION

Row: TypeAlias = Mapping[str, Any]

TABLES = tuple(
    table for table in Base.metadata.sorted_tables if table.name != "open_recordings"
)
"""Every table that has rows."""
VERIFIED = tuple(table for table in TABLES if table.name not in EXEMPT)
"""Those whose edits verification finds."""

_alike: dict[str, list[Row]] = {}
"""The rows of the calendar, which every database has: they are read only once."""


class Edit(NamedTuple):
    """Something that is done to the tables, and what undoes it."""

    name: str
    do: Sequence[Executable]
    undo: Sequence[Executable]


@asynccontextmanager
async def by_hand(
    database: Database, *, is_guarded: bool = False
) -> AsyncIterator["Hand"]:
    """Somebody who switched the guards off: on SQLite for everybody, and for good.

    Where they left them on (`is_guarded`), they only see what they are told.
    """
    arguments: dict[str, Any] = {}
    if not database.is_sqlite and not is_guarded:
        # Neither triggers nor foreign keys. SQLite minds these only where told to.
        arguments["server_settings"] = {"session_replication_role": "replica"}
    engine = create_async_engine(
        database.url, poolclass=NullPool, connect_args=arguments
    )
    async with engine.connect() as connection:
        if database.is_sqlite and not is_guarded:
            found = await connection.exec_driver_sql(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            )
            for (name,) in found.all():
                await connection.exec_driver_sql(f"DROP TRIGGER {name}")
            await connection.commit()
        hand = Hand(connection)
        for table in TABLES:
            if table.name in _alike:
                hand.rows[table] = _alike[table.name]
                continue
            rows = await connection.execute(select(table))
            hand.rows[table] = [dict(row) for row in rows.mappings()]
        _alike["calendar"] = hand.rows[Base.metadata.tables["calendar"]]
        await connection.commit()
        yield hand
    await engine.dispose()


@dataclass(slots=True)
class Hand:
    """A connection without guards, and all rows as they were."""

    connection: AsyncConnection
    rows: dict[Table, list[Row]] = field(default_factory=dict)

    async def do(self, statements: Sequence[Executable]) -> bool:
        """Commit statements; says False where the database can't hold what they do."""
        try:
            for statement in statements:
                done = await self.connection.execute(statement)
                assert done.rowcount, f"something is edited: {statement}"
            await self.connection.commit()
        except DBAPIError:
            await self.connection.rollback()
            return False
        return True

    def as_before(self, *tables: str) -> list[Executable]:
        """Statements that give tables the rows that they had."""
        statements: list[Executable] = []
        for name in tables:
            table = Base.metadata.tables[name]
            statements.append(delete(table))
            if rows := self.rows[table]:
                statements.append(insert(table).values(rows))
        return statements

    def changes_of(self, column: Column[Any]) -> Iterator[Edit]:
        """Edits that give a row another value in a column: the likeliest first."""
        table, random = column.table, _random(column)
        assert isinstance(table, Table), "a table's column"
        row = random.choice(self.rows[table])
        for value in self._others(column, row, random):
            changed = {**row, column.name: value}
            yield Edit(
                f"{table.name}.{column.name}: {_short(row[column.name])} is"
                f" {_short(value)} in {_words(table, row)}",
                [update(table).where(_is(table, row)).values({column.name: value})],
                [update(table).where(_is(table, changed)).values(dict(row))],
            )

    def _others(self, column: Column[Any], row: Row, random: Random) -> Iterator[Any]:
        """Other values: those of other rows, and then what is near."""
        value = row[column.name]
        table = column.table
        assert isinstance(table, Table), "a table's column"
        known = list({row[column.name]: None for row in self.rows[table]})
        random.shuffle(known)
        yield from (one for one in known[:5] if one not in {value, None})
        yield from _near(value, column)
        if column.nullable and value is not None:
            yield None
        if value is not None and not isinstance(value, bool):
            yield _beyond({one for one in known if one is not None})

    def removal(self, table: Table) -> Edit:
        """A random row is gone."""
        row = _random(table).choice(self.rows[table])
        return Edit(
            f"{table.name}: {_words(table, row)} is gone",
            [delete(table).where(_is(table, row))],
            [insert(table).values(dict(row))],
        )

    def doubling(self, table: Table) -> Edit:
        """A random row is there again, under another key."""
        row = _random(table).choice(self.rows[table])
        keys = [list(table.primary_key.columns)]
        keys += [list(index.columns) for index in table.indexes if index.unique]
        doubled = dict(row)
        for key in keys:
            if not any(doubled[one.name] != row[one.name] for one in key):
                last = key[-1]
                taken = {row[last.name] for row in self.rows[table]}
                doubled[last.name] = _beyond(taken)
        return Edit(
            f"{table.name}: {_words(table, row)} is there again as"
            f" {_words(table, doubled)}",
            [insert(table).values(doubled)],
            [delete(table).where(_is(table, doubled))],
        )


async def problem_of(database: Database) -> str | None:
    """What verification says of the trail; None if all of it holds."""
    found = await verify(database, ORGANISATION)
    return None if found.mismatch is None else f"{found.mismatch}"


async def unseen(
    database: Database, hand: Hand, candidates: Iterator[Edit]
) -> str | None:
    """Make the first edit that can be made, and undo it; its name if none saw it."""
    name = "nothing"
    for edit in candidates:
        name = edit.name
        if not await hand.do(edit.do):
            continue
        try:
            problem = await problem_of(database)
        except Exception as error:  # noqa: BLE001  (whatever it is, it isn't a finding)
            return f"{edit.name}: verification broke off: {error!r}"
        finally:
            assert await hand.do(edit.undo), f"undone: {edit.name}"
        return None if problem else edit.name
    return f"{name}: the database takes no such edit"


def columns_to_change() -> list[Column[Any]]:
    """Every column that something tells of."""
    return [
        column
        for table in VERIFIED
        for column in table.columns
        if f"{table.name}.{column.name}" not in EXEMPT
    ]


def _random(subject: Column[Any] | Table) -> Random:
    """The same choices for a column or a table in every run."""
    return Random(str(subject))  # noqa: S311  (nobody is to be surprised)


def _near(value: Any, column: Column[Any]) -> Iterator[Any]:
    """Values that a column might hold as well."""
    kind = column.type.python_type
    if kind is bool:
        yield not value
    elif kind is int:
        number = 0 if value is None else value
        yield from (number + 1, number - 1, number + 100)
    elif kind is bytes:
        whole = value or bytes(32)
        yield bytes([whole[0] ^ 1]) + whole[1:]
    elif isinstance(column.type, UtcDateTime):
        yield (value or datetime.fromisoformat("2025-06-15T12:00:00+00:00")) + (
            timedelta(seconds=1)
        )
    else:
        yield f"{value or ''}x"


def _beyond(taken: set[Any]) -> Any:
    """A value that none of those is."""
    last = max(one for one in taken if one is not None)
    if isinstance(last, datetime):
        return last + timedelta(days=1)
    if isinstance(last, bytes):
        return bytes([last[0] ^ 1]) + last[1:]
    return last + 1 if isinstance(last, int) else f"{last}x"


def _is(table: Table, row: Row) -> Any:
    """Whether a row is the one of this key."""
    return and_(*(column == row[column.name] for column in table.primary_key.columns))


def _words(table: Table, row: Row) -> str:
    return ", ".join(
        f"{column.name} {_short(row[column.name])}"
        for column in table.primary_key.columns
    )


def _short(value: Any) -> str:
    text = str(value) if isinstance(value, datetime) else repr(value)
    return text if len(text) <= 40 else f"{text[:40]}…"
