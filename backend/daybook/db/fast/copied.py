"""Rows of a long statement, copied by PostgreSQL into a file at once.

A COPY uses all of the server's workers, which no cursor does, and a slow reader of the
file holds no transaction.

Private: the driver below SQLAlchemy's connection, asyncpg's `copy_from_query`, and what
`compiled` uses. Whoever calls it needs another way for SQLite, and for
`DAYBOOK_FAST=no`.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import IO, Any

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.db.fast.compiled import CompiledSelect

NULL = r"\N"
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


def copied_rows(
    file: IO[bytes], texts: Collection[int], size: int
) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of such a file, so many at a time; columns not in `texts` are integers.

    Values are converted column by column, in a third of the time.
    """
    while lines := [*islice(file, size)]:
        rows = [line.split("\t") for line in b"".join(lines).decode().split("\n")[:-1]]
        columns = [
            _texts(column) if at in texts else _integers(column)
            for at, column in enumerate(zip(*rows, strict=True))
        ]
        yield [*zip(*columns, strict=True)]


def _integers(values: Sequence[str]) -> list[int | None]:
    try:
        return [*map(int, values)]
    except ValueError:
        return [None if value == NULL else int(value) for value in values]


def _texts(values: Sequence[str]) -> Sequence[str | None]:
    if "\\" not in "".join(values):
        return values
    return [
        None if value == NULL else _ESCAPED.sub(_character, value) for value in values
    ]


def _character(escaped: re.Match[str]) -> str:
    return _CHARACTERS.get(escaped[1], escaped[1])
