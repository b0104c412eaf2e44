"""A part that was taken out of its archive is compared with what its record makes."""

import gzip
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard

from daybook.calendar import parse_day
from daybook.db.engine import Database
from daybook.errors import Rejected
from daybook.exports.file_spec import FileOptions, FileSpec
from daybook.exports.formats.generic import SEQUENCE
from daybook.exports.manifests.verifying import verify_file
from daybook.exports.rules import Granularity, Totals
from daybook.exports.writing.compression import GZIP, ZSTD, Compression
from daybook.reports.journals.filters import JournalFilter
from daybook_archives import members_of, spec_of
from daybook_factories import ORGANISATION, invoice, pin, record
from daybook_recorded import digest, made, packed

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

JANUARY = JournalFilter(posted_to=parse_day("2025-01-31"))
SAME = ["the same bytes"]
MORE = [
    "the same contents, but there is data behind their end: the file is damaged",
]


@pytest.fixture
async def ledger(database: Database) -> Database:
    await record(database, invoice("inv_1"), invoice("inv_2"))
    return database


async def spec(ledger: Database) -> FileSpec:
    """A daily file of a month in two parts."""
    return spec_of(
        await pin(ledger),
        SEQUENCE,
        granularity=Granularity.DAILY,
        wanted=JANUARY,
        options=FileOptions(max_rows=70),
    )


async def unpacked(
    ledger: Database, folder: Path, *, is_recorded: bool = True
) -> dict[str, bytes]:
    """The members of a recorded archive, which isn't there any more."""
    archive = folder / "x.zip"
    await made(ledger, archive, await spec(ledger), is_recorded=is_recorded)
    members = members_of(archive.read_bytes())
    archive.unlink()
    return members


async def found(
    ledger: Database, path: Path, number: int | None = None
) -> tuple[bool, str, list[str]]:
    verdict = await verify_file(ledger, ORGANISATION, path, number)
    return verdict.is_same, verdict.claim.name, verdict.findings


@pytest.mark.parametrize("name", ["x-02.csv", "renamed.csv"])
async def test_a_part_is_found_by_its_hash_whatever_its_name_is(
    ledger: Database, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes((await unpacked(ledger, tmp_path))["x-02.csv"])

    verdict = await verify_file(ledger, ORGANISATION, path)

    assert (verdict.is_same, verdict.findings) == (True, SAME)
    assert verdict.claim.name == "x-02.csv of export record 1"
    assert verdict.tally.totals == Totals(64, 1_300_00, 1_300_00)


async def test_a_part_that_was_changed_is_found_by_its_name(
    ledger: Database, tmp_path: Path
) -> None:
    path = tmp_path / "x-02.csv"
    content = (await unpacked(ledger, tmp_path))["x-02.csv"]
    path.write_bytes(content)
    before = digest(path)
    path.write_bytes(content.replace(b"Acme", b"Acne", 1))

    is_same, name, findings = await found(ledger, path)

    assert (is_same, name) == (False, "x-02.csv of export record 1")
    assert findings == [
        f"its SHA-256 is {digest(path)}, that of {name} {before}",
        "the first difference is in line 2",
        f"made again, its SHA-256 is {before}",
    ]


@pytest.mark.either_database
async def test_a_part_is_compared_with_the_record_that_is_named(
    ledger: Database, tmp_path: Path
) -> None:
    members = await unpacked(ledger, tmp_path)
    await unpacked(ledger, tmp_path)
    path = tmp_path / "x-01.csv"
    path.write_bytes(members["x-01.csv"])

    newest = await found(ledger, path)
    named = await found(ledger, path, 1)

    assert newest == (True, "x-01.csv of export record 2", SAME)
    assert named == (True, "x-01.csv of export record 1", SAME)


@pytest.mark.either_database
async def test_a_part_without_a_record_has_the_manifest_of_its_folder(
    ledger: Database, tmp_path: Path
) -> None:
    members = await unpacked(ledger, tmp_path, is_recorded=False)
    for name, content in members.items():
        (tmp_path / name).write_bytes(content)
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / "x-01.csv").write_bytes(members["x-01.csv"])

    is_same, name, findings = await found(ledger, tmp_path / "x-01.csv")

    assert (is_same, findings) == (True, SAME)
    assert name == "x-01.csv of its manifest (no record has it)"
    with pytest.raises(Rejected, match="no export record has its SHA-256"):
        await found(ledger, alone / "x-01.csv")


@pytest.mark.either_database
async def test_a_manifest_in_the_folder_is_not_that_of_other_files(
    ledger: Database, tmp_path: Path
) -> None:
    members = await unpacked(ledger, tmp_path)
    (tmp_path / "manifest.json").write_bytes(members["manifest.json"])
    (tmp_path / "other.csv").write_text("anything")

    with pytest.raises(Rejected, match="no export record has its SHA-256"):
        await found(ledger, tmp_path / "other.csv")


def _byte(content: bytes) -> bytes:
    return content + b"\0"


def _line(content: bytes) -> bytes:
    return content + b"more than a magic number\n"


@pytest.mark.parametrize("more", [_byte, _line], ids=["byte", "line"])
@pytest.mark.parametrize("compression", [GZIP, ZSTD], ids=lambda known: known.name)
@pytest.mark.either_database
async def test_data_behind_what_is_compressed_is_damage(
    ledger: Database,
    tmp_path: Path,
    compression: Compression,
    more: Callable[[bytes], bytes],
) -> None:
    path = tmp_path / "x"
    whole = replace(await spec(ledger), compression=compression, options=FileOptions())
    await made(ledger, path, whole)
    path.write_bytes(more(path.read_bytes()))

    is_same, _, findings = await found(ledger, path, 1)

    assert not is_same
    assert findings[1:-1] == MORE


@pytest.mark.parametrize("compression", [GZIP, ZSTD], ids=lambda known: known.name)
@pytest.mark.either_database
async def test_more_of_the_compressed_text_is_a_difference(
    ledger: Database, tmp_path: Path, compression: Compression
) -> None:
    path = tmp_path / "x"
    whole = replace(await spec(ledger), compression=compression, options=FileOptions())
    await made(ledger, path, whole)
    compress = gzip.compress if compression is GZIP else zstandard.compress
    path.write_bytes(path.read_bytes() + compress(b"more"))

    is_same, _, findings = await found(ledger, path, 1)

    assert not is_same
    assert findings[1] == "the first difference is in line 130"


@pytest.mark.parametrize(
    ("before", "after"), [(b"", b"\0"), (b"#!", b"")], ids=["behind", "before"]
)
@pytest.mark.either_database
async def test_data_around_an_archive_is_damage(
    ledger: Database, tmp_path: Path, before: bytes, after: bytes
) -> None:
    path = tmp_path / "x.zip"
    await made(ledger, path, await spec(ledger))
    path.write_bytes(before + path.read_bytes() + after)

    is_same, _, findings = await found(ledger, path)

    assert not is_same
    assert findings[1:-1] == MORE


def with_a_gap(content: bytes) -> bytes:
    """An archive with data between its last member and the list of members."""
    *end, listed, start, comment = struct.unpack("<4s4H2LH", content[-22:])
    gap = b"PK\3\4 another member"
    moved = struct.pack("<4s4H2LH", *end, listed, start + len(gap), comment)
    return content[:start] + gap + content[start:-22] + moved


def without_members(content: bytes) -> bytes:
    """An archive that says that it has none."""
    return content[:-14] + bytes(4) + content[-10:]


def with_another_size(content: bytes) -> bytes:
    """An archive whose list has another size of the first member's contents."""
    (start,) = struct.unpack("<L", content[-6:-2])
    size = start + 24
    return content[:size] + b"\1\0\0\0" + content[size + 4 :]


@pytest.mark.parametrize("change", [with_a_gap, without_members, with_another_size])
@pytest.mark.either_database
async def test_an_archive_has_nothing_beside_its_members(
    ledger: Database, tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "x.zip"
    await made(ledger, path, await spec(ledger))
    path.write_bytes(change(path.read_bytes()))

    is_same, _, _ = await found(ledger, path)

    assert not is_same


@pytest.mark.either_database
async def test_an_archive_with_two_files_of_a_name_is_damaged(
    ledger: Database, tmp_path: Path
) -> None:
    path = tmp_path / "x.zip"
    await made(ledger, path, await spec(ledger))
    members = members_of(path.read_bytes())
    packed(path, members, level=9)
    with pytest.warns(UserWarning, match="Duplicate name"):
        packed(path, {"x-01.csv": b"other"}, level=9, mode="a")

    is_same, _, findings = await found(ledger, path)

    assert not is_same
    assert findings[1] == (
        "it can't be read to its end: it has two files of the name x-01.csv"
    )
