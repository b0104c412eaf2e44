"""Compressed files: what comes out again is the plain file, block by block."""

import gzip
import io
import zlib
from pathlib import Path

import duckdb
import pytest
import zstandard

from daybook.db.engine import Database
from daybook.errors import Rejected
from daybook.exports.file_spec import FileSpec
from daybook.exports.formats import DEFAULT, FORMATS, Format
from daybook.exports.reading import rows
from daybook.exports.rules import Granularity
from daybook.exports.writing import streaming
from daybook.exports.writing.compression import (
    COMPRESSIONS,
    GZIP,
    ZSTD,
    Compression,
    compression_of,
    parse_compression,
)
from daybook.exports.writing.streaming import render_file
from daybook.ledger.pins import Pin
from daybook.reports.journals.filters import JournalFilter
from daybook_factories import invoice, pin, record

pytestmark = pytest.mark.anyio

TEXTS = [known for known in FORMATS if known.may_be_compressed]


def unzstd(content: bytes) -> bytes:
    """The text of all frames."""
    reader = zstandard.ZstdDecompressor().stream_reader(
        io.BytesIO(content), read_across_frames=True
    )
    return reader.read()


READS = {"gzip": gzip.decompress, "zstd": unzstd}


async def file_of(
    database: Database,
    at: Pin,
    how: Compression | None = None,
    file_format: Format = DEFAULT,
) -> bytes:
    """A file of everything."""
    every = JournalFilter()
    spec = FileSpec(at, every, Granularity.DAILY, None, file_format, how)
    pieces = render_file(database, spec)
    return b"".join([piece async for piece in pieces])


@pytest.fixture
async def at(database: Database) -> Pin:
    """A ledger with eight journals a month."""
    await record(database, *(invoice(f"inv_{number}") for number in range(8)))
    return await pin(database)


def members_of(content: bytes) -> list[bytes]:
    """The texts of the members of a gzip file."""
    found = []
    while content:
        reader = zlib.decompressobj(wbits=31)
        found.append(reader.decompress(content) + reader.flush())
        content = reader.unused_data
    return found


@pytest.mark.parametrize("file_format", TEXTS, ids=lambda known: known.name)
@pytest.mark.parametrize("how", COMPRESSIONS, ids=lambda known: known.name)
@pytest.mark.either_database
async def test_the_plain_file_comes_out_again(
    database: Database, at: Pin, how: Compression, file_format: Format
) -> None:
    plain = await file_of(database, at, file_format=file_format)

    made = await file_of(database, at, how, file_format)

    assert READS[how.name](made) == plain
    assert len(made) < len(plain) / 10
    assert await file_of(database, at, how, file_format) == made


@pytest.mark.either_database
async def test_blocks_end_with_units_and_with_slices(
    database: Database, at: Pin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "BLOCK_BYTES", 20_000)
    monkeypatch.setattr(rows, "SLICE", 5)

    header, *blocks = members_of(await file_of(database, at, GZIP))

    assert header.startswith(b"Journal Number,") and header.count(b"\n") == 1
    starts = [int(block.split(b",")[0]) for block in blocks]
    ends = [int(block.splitlines()[-1].split(b",")[0]) for block in blocks]
    assert starts == [1, *(end + 1 for end in ends[:-1])]
    assert {5, 10, 15} <= set(ends)
    assert len(blocks) > 96 / 5


@pytest.mark.parametrize("how", [None, *COMPRESSIONS], ids=["plain", "gzip", "zstd"])
@pytest.mark.either_database
async def test_duckdb_reads_the_file_as_it_is(
    database: Database, at: Pin, how: Compression | None, tmp_path: Path
) -> None:
    file = tmp_path / f"journals.csv{how.suffix if how else ''}"
    file.write_bytes(await file_of(database, at, how))

    with duckdb.connect() as connection:
        (row,) = connection.execute(
            "SELECT count(*), sum(Amount) FILTER (Direction = 'DEBIT')"
            " FROM read_csv(?, types = {'Amount': 'DECIMAL(18,2)'})",
            [str(file)],
        ).fetchall()

    assert [str(value) for value in row] == ["5856", "19200.00"]


def test_compressions_are_known_by_their_names() -> None:
    assert parse_compression(" GZIP ") is GZIP
    assert compression_of("zstd") is ZSTD
    assert compression_of(None) is None
    with pytest.raises(Rejected, match=r"'lz4' is not a compression: .* gzip, zstd"):
        parse_compression("lz4")
    with pytest.raises(LookupError, match="doesn't know the compression lz4"):
        compression_of("lz4")
