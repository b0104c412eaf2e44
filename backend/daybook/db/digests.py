"""Digests of the rows that a transaction wrote, which can be computed again later.

A digest covers rows of a table in the order of their primary key. It begins with the
names of the table and the columns, so that it stays valid when a column is added.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.db.fast.bulk import Rows

CHUNK = 32
"""How many rows are encoded at once; part of the digest's definition."""
MARK_BYTES = 4
"""A mark is the beginning of a hash: it locates a difference, and proves nothing."""
MARKED_ALONE = 64
"""Up to this many rows, each row has its own mark; beyond, each chunk has."""

_WRITTEN = "written"


class RowDigest(NamedTuple):
    """How many rows there are, their digest, and marks of their parts."""

    rows: int
    digest: bytes
    marks: bytes


@dataclass(slots=True)
class Digester:
    """Digests rows that are added in order.

    `firsts` are the first rows of the chunks, to name the rows of a mark.
    """

    table: str
    columns: Sequence[str]
    rows: int = 0
    firsts: list[tuple[Any, ...]] = field(default_factory=list)
    _hash: Any = field(init=False)
    _alone: list[tuple[Any, ...]] = field(default_factory=list)
    _chunk: list[Any] = field(default_factory=list)
    _marks: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        """Begin with the names of the table and the columns."""
        self._hash = sha256(_encoded([self.table, *self.columns]))

    def add(self, row: tuple[Any, ...]) -> None:
        """Add the next row."""
        if self.rows % CHUNK == 0:
            self.firsts.append(row)
        if self.rows < MARKED_ALONE:
            self._alone.append(row)
        self.rows += 1
        self._chunk += row
        if self.rows % CHUNK == 0:
            self._end_chunk()

    def add_values(self, values: list[Any]) -> None:
        """Add all rows at once, value after value; nothing else may be added."""
        width = len(self.columns)
        self.rows = len(values) // width
        if self.rows <= MARKED_ALONE:
            self._alone = list(zip(*[iter(values)] * width, strict=True))
        size = CHUNK * width
        for start in range(0, len(values), size):
            self._chunk = values[start : start + size]
            self._end_chunk()

    def finish(self) -> RowDigest:
        """The digest of all added rows."""
        if self._chunk:
            self._end_chunk()
        marks = bytes(self._marks)
        if self.rows <= MARKED_ALONE:
            marks = b"".join(map(_mark, map(_encoded, self._alone)))
        return RowDigest(self.rows, self._hash.digest(), marks)

    def differing(self, before: RowDigest) -> tuple[tuple[Any, ...], bool] | None:
        """The first changed row and True, or a changed chunk's first row and False.

        None if the marks agree, or if rows are missing only at the end. Call `finish`
        first.
        """
        is_alone = max(self.rows, before.rows) <= MARKED_ALONE
        if is_alone:
            marks = [_mark(_encoded(row)) for row in self._alone]
            rows = self._alone
        else:
            marks, rows = _cut(bytes(self._marks)), self.firsts
        stored = _cut(before.marks)
        for start, row in enumerate(rows):
            if start >= len(stored) or marks[start] != stored[start]:
                return row, is_alone
        return None

    def _end_chunk(self) -> None:
        encoded = _encoded(self._chunk)
        self._chunk = []
        self._hash.update(encoded)
        self._marks += _mark(encoded)


def digest_of(rows: Rows) -> RowDigest:
    """The digest of rows that are ready to be written, in any order."""
    columns = rows.columns
    digester = Digester(rows.form, columns)
    digester.add_values(_in_order(rows, len(columns)))
    return digester.finish()


def _in_order(rows: Rows, width: int) -> list[Any]:
    """The values by primary key, whose columns come first.

    All rows are of one ledger or organisation. Rows with the same value in the second
    column are adjacent, and ordered by the third.
    """
    keys = rows.values[1::width]
    if keys == sorted(keys):
        return rows.values
    return [value for row in sorted(rows) for value in row]


def _encoded(values: Sequence[Any]) -> bytes:
    return orjson.dumps(values, default=_text)


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"a row holds a {type(value).__name__}")


def _mark(encoded: bytes) -> bytes:
    return sha256(encoded).digest()[:MARK_BYTES]


def _cut(marks: bytes) -> list[bytes]:
    return [
        marks[start : start + MARK_BYTES] for start in range(0, len(marks), MARK_BYTES)
    ]


class WrittenDigest(NamedTuple):
    """The digest of rows that a transaction wrote into a table for a recording.

    Ledger and recording are 0 for rows of an organisation. `numbers` are the lowest and
    the highest value in the rows' second column.
    """

    ledger_id: int
    recording: int
    name: str
    numbers: tuple[int, int]
    digest: RowDigest


def digests_of_tables(
    ledger_id: int, recording: int, tables: Iterable[Rows]
) -> list[WrittenDigest]:
    """Digests of rows that are written for a recording. Pure."""
    noted = []
    for rows in tables:
        if rows.values:
            numbers = rows.values[1 :: len(rows.columns)]
            bounds = (min(numbers), max(numbers))
            digest = digest_of(rows)
            noted.append(WrittenDigest(ledger_id, recording, rows.form, bounds, digest))
    return noted


@dataclass(slots=True)
class WrittenRows:
    """What a transaction has written so far, for its audit record.

    `changed` names the tables whose rows were changed, to be read again, each as
    (ledger, recording, table), or as (0, renaming, table). `added` names tables of an
    organisation by ranges of keys, as (first, last, table), for many rows.
    """

    noted: list[WrittenDigest] = field(default_factory=list)
    changed: set[tuple[int, int, str]] = field(default_factory=set)
    added: set[tuple[int, int, str]] = field(default_factory=set)

    def note(self, ledger_id: int, recording: int, *tables: Rows) -> None:
        """Digest rows that are inserted for a recording."""
        self.noted += digests_of_tables(ledger_id, recording, tables)

    @asynccontextmanager
    async def noting(
        self, ledger_id: int, recording: int, *tables: Rows
    ) -> AsyncIterator[None]:
        """Digest rows while the block inserts them, in another thread."""
        digesting = asyncio.to_thread(digests_of_tables, ledger_id, recording, tables)
        task = asyncio.create_task(digesting)
        try:
            yield
        finally:
            noted = await task
        self.noted += noted

    def note_ended(
        self, ledger_id: int, recording: int, name: str, keys: Iterable[tuple[int, int]]
    ) -> None:
        """Digest the keys of rows that a recording superseded, under a form's name."""
        digester = Digester(name, ENDED_COLUMNS[name])
        numbers = (recording, recording)
        for key in sorted(keys):
            digester.add((ledger_id, *key))
        if digester.rows:
            digest = digester.finish()
            self.noted.append(
                WrittenDigest(ledger_id, recording, name, numbers, digest)
            )


ENDED_MOVEMENTS = "superseded movements"
ENDED_DOCUMENTS = "superseded documents"
SIDED_MOVEMENTS = "movements between products"
CAUSED_MOVEMENTS = "movements with a cause"
OPENING_JOURNALS = "opening journals"
COMPRESSED_EXPORTS = "compressed exports"
DESCRIBED_EXPORTS = "exports with a manifest"
BASED_INTEGRATIONS = "integrations with a base currency"
"""Forms of rows with values in their table's sparse columns."""
ENDED_COLUMNS = {
    ENDED_MOVEMENTS: ("ledger_id", "journal", "seq"),
    ENDED_DOCUMENTS: ("ledger_id", "document_id", "made_in"),
}
"""The columns that digests of superseded rows cover: the rows' keys."""


def written(session: AsyncSession) -> WrittenRows:
    """What a session's transaction has written so far."""
    found: WrittenRows = session.info.setdefault(_WRITTEN, WrittenRows())
    return found
