"""Relaxing constraints of SQLite tables without rewriting their rows.

SQLite can't drop a NOT NULL or a CHECK: the table's text in `sqlite_master` is edited
instead, by the procedure that SQLite documents for it ("Making Other Kinds Of Table
Schema Changes"), in the migration's own transaction. Rows are stored the same with and
without these clauses, so that none is read or written.
"""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from daybook.db.migrate import SchemaOutdated

Edits: TypeAlias = Mapping[str, Iterable[tuple[str, str]]]
"""Replacements in the text of each table: pairs of old and new text."""

REFUSED = (
    "this SQLite doesn't let its schema be edited (it is built with"
    " SQLITE_DBCONFIG_DEFENSIVE on), which the upgrade has to do: nothing was changed;"
    " run `daybook db upgrade` with another Python, such as the container image's, on"
    " this file, and any Python can use it afterwards"
)


def redefine(bind: sa.Connection, edits: Edits) -> None:
    """Edit the text of tables in a SQLite database's schema, and reload it.

    Raises SchemaOutdated if SQLite refuses or a table isn't as expected; the caller has
    to roll the transaction back.
    """
    changed = {
        table: _edited(table, _text(bind, table), pairs)
        for table, pairs in edits.items()
    }
    version = bind.exec_driver_sql("PRAGMA schema_version").scalar_one()
    bind.exec_driver_sql("PRAGMA writable_schema = ON")
    try:
        for table, sql in changed.items():
            bind.exec_driver_sql(
                "UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = ?",
                (sql, table),
            )
    except DBAPIError as error:
        raise SchemaOutdated(REFUSED) from error
    finally:
        bind.exec_driver_sql("PRAGMA writable_schema = OFF")
    # Makes every connection reload the schema, including this one.
    bind.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    for table, sql in changed.items():
        bind.exec_driver_sql(f"SELECT 1 FROM {table} LIMIT 1")  # noqa: S608  (names from our own tables)
        if _text(bind, table) != sql:
            raise SchemaOutdated(REFUSED)


def _text(bind: sa.Connection, table: str) -> str:
    """A table's CREATE statement, as SQLite stores it."""
    found = bind.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)
    )
    return str(found.scalar_one())


def _edited(table: str, sql: str, edits: Iterable[tuple[str, str]]) -> str:
    for old, new in edits:
        if sql.count(old) != 1:
            raise SchemaOutdated(
                f"the table {table} isn't as earlier versions of Daybook made it (there"
                f" should be {old!r} in it, once): nothing was changed; restore the"
                " file from a copy"
            )
        sql = sql.replace(old, new)
    return sql
