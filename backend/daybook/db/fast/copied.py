"""Rows of a long statement, copied by PostgreSQL into a file at once.

A COPY uses all of the server's workers, which no cursor does, and a slow reader of the
file holds no transaction.

Private: the driver below SQLAlchemy's connection, asyncpg's `copy_from_query`, and what
`compiled` uses. Callers need another way for SQLite, and for `DAYBOOK_FAST=no`.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import IO, TypeAlias

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.db.fast.compiled import CompiledSelect

CopiedRow: TypeAlias = Sequence[str | None]
"""A text for each value, or None."""

_NULL = r"\N"
_ESCAPED = re.compile(r"\\(.)")
_CHARACTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


async def copy_rows(
    session: AsyncSession, compiled: CompiledSelect, file: IO[bytes]
) -> None:
    """Write a statement's rows into a file, in PostgreSQL's text format."""
    connection = await session.connection()
    raw = await connection.get_raw_connection()
    compilation = compiled.for_dialect(connection.dialect)
    values = [compilation.values[name] for name in compilation.names]

    async def write(data: bytes) -> None:
        # The driver would write a file's pieces in a thread, a visit for each.
        file.write(data)

    await raw.driver_connection.copy_from_query(  # type: ignore[union-attr]  # it is open
        compilation.text, *values, output=write, format="text"
    )


def copied_rows(file: IO[bytes], size: int) -> Iterator[list[CopiedRow]]:
    """The rows of such a file, so many at a time."""
    while lines := [*islice(file, size)]:
        text = b"".join(lines).decode()
        read = _values if "\\" in text else _plain
        yield [read(line) for line in text.split("\n")[:-1]]


def _plain(line: str) -> CopiedRow:
    return line.split("\t")


def _values(line: str) -> CopiedRow:
    """The values of a line that may have an empty one, or an escaped character."""
    return [
        None if value == _NULL else _ESCAPED.sub(_character, value)
        for value in line.split("\t")
    ]


def _character(escaped: re.Match[str]) -> str:
    return _CHARACTERS.get(escaped[1], escaped[1])
