"""A file is compared with what its record makes: the same, or what differs."""

import gzip
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard

from daybook.calendar import parse_day
from daybook.db.engine import Database
from daybook.errors import Rejected
from daybook.exports import formats
from daybook.exports.file_spec import FileOptions, FileSpec
from daybook.exports.formats.contract import FileFacts, Renderer
from daybook.exports.formats.generic import SEQUENCE
from daybook.exports.formats.xero import XERO
from daybook.exports.manifests.verifying import verify_file
from daybook.exports.rules import Granularity
from daybook.exports.writing.compression import GZIP, ZSTD, Compression
from daybook.reports.journals.filters import JournalFilter
from daybook_archives import map_all, members_of, spec_of
from daybook_factories import (
    ORGANISATION,
    credit_note,
    credited_line,
    invoice,
    line,
    pin,
    record,
)
from daybook_filled import filled
from daybook_recorded import beside, digest, made, packed

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

QUARTER = JournalFilter(posted_to=parse_day("2025-03-31"))
LATER = "2025-10-16"
SAME_BYTES = ["the same bytes"]
SAME_CONTENTS = ["the same contents, compressed by another version of the library"]


@pytest.fixture
async def ledger(database: Database) -> Database:
    """Invoices of two products."""
    await filled(
        database,
        record,
        invoice("inv_1", line(), line("2", product="p2", product_name="Care")),
        invoice("inv_2", customer="cus_2"),
    )
    return database


async def spec(ledger: Database, options: FileOptions | None = None) -> FileSpec:
    """A daily file of a quarter."""
    return spec_of(
        await pin(ledger),
        SEQUENCE,
        granularity=Granularity.DAILY,
        wanted=QUARTER,
        options=options or FileOptions(),
    )


PARTS = FileOptions(max_rows=200)


async def findings(
    ledger: Database, path: Path, number: int | None = None
) -> tuple[bool, list[str]]:
    verdict = await verify_file(ledger, ORGANISATION, path, number)
    return verdict.is_same, verdict.findings


@pytest.mark.parametrize("options", [None, PARTS], ids=["file", "archive"])
async def test_a_file_is_the_same_whatever_was_recorded_since(
    ledger: Database, tmp_path: Path, options: FileOptions | None
) -> None:
    path = tmp_path / "x.zip"
    await made(ledger, path, await spec(ledger, options))
    note = credit_note("cn", credited_line("40.00"), invoice_id="inv_1")
    await record(ledger, note, on=LATER)
    renamed = invoice("inv_3", line(product_name="Other"), customer_name="Else")
    await record(ledger, renamed, on=LATER)

    verdict = await verify_file(ledger, ORGANISATION, path)

    assert (verdict.is_same, verdict.findings) == (True, SAME_BYTES)
    assert verdict.claim.name == "export record 1"
    assert len(verdict.tally.parts) == (0 if options is None else 3)


async def test_a_monthly_file_of_a_system_is_made_again_by_its_options(
    ledger: Database, tmp_path: Path
) -> None:
    path, options = tmp_path / "x.zip", FileOptions(max_rows=12)
    its_pin = await map_all(ledger)
    await made(ledger, path, spec_of(its_pin, XERO, options=options))

    assert await findings(ledger, path) == (True, SAME_BYTES)


async def test_a_changed_file_is_not_its_records_and_the_line_is_named(
    ledger: Database, tmp_path: Path
) -> None:
    path = tmp_path / "x.csv"
    await made(ledger, path, await spec(ledger))
    before = digest(path)
    lines = path.read_bytes().split(b"\r\n")
    lines[9] = lines[9].replace(b"Acme", b"Acne")
    path.write_bytes(b"\r\n".join(lines))

    is_same, found = await findings(ledger, path, number=1)

    assert not is_same
    assert found == [
        f"its SHA-256 is {digest(path)}, that of export record 1 {before}",
        "the first difference is in line 10",
        f"made again, its SHA-256 is {before}",
    ]


@pytest.mark.parametrize("kept", [0, 5_000, -1], ids=["empty", "cut", "a byte less"])
async def test_a_truncated_file_differs_where_it_ends(
    ledger: Database, tmp_path: Path, kept: int
) -> None:
    path = tmp_path / "x.csv"
    await made(ledger, path, await spec(ledger))
    content = path.read_bytes()[:kept]
    path.write_bytes(content)

    is_same, found = await findings(ledger, path, number=1)

    line_number = content.count(b"\n") + 1
    assert not is_same
    assert f"the first difference is in line {line_number}" in found


async def test_a_file_that_goes_on_differs_behind_its_last_line(
    ledger: Database, tmp_path: Path
) -> None:
    path = tmp_path / "x.csv"
    await made(ledger, path, await spec(ledger))
    lines = path.read_bytes().count(b"\n")
    path.write_bytes(path.read_bytes() + b"more")

    is_same, found = await findings(ledger, path, number=1)

    assert not is_same
    assert f"the first difference is in line {lines + 1}" in found


async def test_a_foreign_file_is_refused_with_the_way_out(
    ledger: Database, tmp_path: Path
) -> None:
    path = tmp_path / "x.csv"
    await made(ledger, path, await spec(ledger))
    path.write_text("anything")

    with pytest.raises(Rejected, match="no export record has its SHA-256") as refused:
        await verify_file(ledger, ORGANISATION, path)
    with pytest.raises(Rejected, match="there is no export record 2"):
        await verify_file(ledger, ORGANISATION, path, 2)

    assert digest(path) in str(refused.value) and "--record N" in str(refused.value)


async def test_a_record_of_another_organisation_is_not_found(
    ledger: Database, tmp_path: Path
) -> None:
    path = tmp_path / "x.csv"
    await made(ledger, path, await spec(ledger))

    for number in (None, 1):
        with pytest.raises(Rejected, match="no export record"):
            await verify_file(ledger, ORGANISATION + 1, path, number)


Change = Callable[[dict[str, bytes]], None]


def change_a_part(members: dict[str, bytes]) -> None:
    members["x-02.csv"] = members["x-02.csv"].replace(b"Acme", b"Acne")


def drop_a_part(members: dict[str, bytes]) -> None:
    del members["x-03.csv"]


def add_a_part(members: dict[str, bytes]) -> None:
    members["more.csv"] = b""


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (change_a_part, "x-02.csv is the first part that differs"),
        (drop_a_part, "x-03.csv is missing"),
        (add_a_part, "more.csv doesn't belong to it"),
    ],
)
async def test_an_archive_is_compared_part_by_part(
    ledger: Database, tmp_path: Path, change: Change, finding: str
) -> None:
    path = tmp_path / "x.zip"
    await made(ledger, path, await spec(ledger, PARTS))
    members = members_of(path.read_bytes())
    change(members)
    packed(path, members, level=9)

    # Its manifest names its record.
    is_same, found = await findings(ledger, path)

    assert not is_same
    assert found[1] == finding


async def test_an_archive_compressed_otherwise_holds_the_same(
    ledger: Database, tmp_path: Path
) -> None:
    path = tmp_path / "x.zip"
    await made(ledger, path, await spec(ledger, PARTS))
    packed(path, members_of(path.read_bytes()), level=9)

    is_same, found = await findings(ledger, path)

    assert is_same
    assert found[1:] == SAME_CONTENTS


async def test_a_damaged_archive_is_not_read_to_its_end(
    ledger: Database, tmp_path: Path
) -> None:
    path = tmp_path / "x.zip"
    await made(ledger, path, await spec(ledger, PARTS))
    path.write_bytes(path.read_bytes()[:-30])

    is_same, found = await findings(ledger, path, number=1)

    assert not is_same
    assert found[1] == "it can't be read to its end: File is not a zip file"


@pytest.mark.parametrize("compression", [GZIP, ZSTD], ids=lambda known: known.name)
async def test_text_compressed_otherwise_is_compared_as_text(
    ledger: Database, tmp_path: Path, compression: Compression
) -> None:
    path = tmp_path / "x"
    await made(ledger, path, replace(await spec(ledger), compression=compression))
    if compression is GZIP:
        text = gzip.decompress(path.read_bytes())
        path.write_bytes(gzip.compress(text, 9))
    else:
        stream = zstandard.ZstdDecompressor().stream_reader(
            io.BytesIO(path.read_bytes()), read_across_frames=True
        )
        path.write_bytes(zstandard.ZstdCompressor(level=9).compress(stream.read()))
    otherwise = await findings(ledger, path, number=1)

    path.write_bytes(path.read_bytes()[:-20])
    is_same, found = await findings(ledger, path, number=1)

    assert (otherwise[0], otherwise[1][1:]) == (True, SAME_CONTENTS)
    assert not is_same
    assert found[1].startswith(("it can't be read to its end", "the first difference"))


async def test_another_version_of_the_renderer_is_named(
    ledger: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.csv"
    await made(ledger, path, await spec(ledger))
    newer = replace(SEQUENCE, status_version=99, renderer=_shouting)
    monkeypatch.setattr(formats, "FORMATS", (newer,))

    is_same, found = await findings(ledger, path)

    assert not is_same
    assert found[0] == "the first difference is in line 1"
    assert found[1].startswith("it was made by version 4 of the renderer, and this is")


async def test_a_file_of_earlier_words_is_told_apart(
    ledger: Database, tmp_path: Path
) -> None:
    """Version 2 wrote other narratives; the sums agree, so nothing is said of them."""
    path = tmp_path / "x.csv"
    older = replace(SEQUENCE, status_version=2, renderer=_shouting)
    await made(ledger, path, replace(await spec(ledger), file_format=older))

    is_same, found = await findings(ledger, path)

    assert not is_same
    assert found[:2] == [
        "the first difference is in line 1",
        (
            "it was made by version 2 of the renderer, and this is version 4: other"
            " bytes are to be expected"
        ),
    ]
    assert len(found) == 3  # and the hash of what is made now


def _shouting(facts: FileFacts) -> Renderer:
    """A renderer that writes its header otherwise."""
    renderer = SEQUENCE.renderer(facts)
    renderer.header = lambda: (b"OTHER\r\n",)  # type: ignore[method-assign]  # for this one alone
    return renderer


async def test_a_file_without_a_record_is_verified_by_its_manifest(
    ledger: Database, tmp_path: Path
) -> None:
    single, archive = tmp_path / "x.csv", tmp_path / "y.zip"
    manifest = await made(ledger, single, await spec(ledger), is_recorded=False)
    beside(single, manifest)
    await made(ledger, archive, await spec(ledger, PARTS), is_recorded=False)

    assert await findings(ledger, single) == (True, SAME_BYTES)
    assert await findings(ledger, archive) == (True, SAME_BYTES)

    single.write_bytes(single.read_bytes()[:-4])
    is_same, found = await findings(ledger, single)
    assert not is_same
    assert found[0].startswith(f"its SHA-256 is {digest(single)}, that of its manifest")


@pytest.mark.parametrize(
    "text", ["{", "[]", "{}", '{"manifest": 2}', '{"manifest": 1, "ledger": "USD"}']
)
async def test_a_manifest_that_cant_be_read_is_refused(
    ledger: Database, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "x.csv"
    path.write_text("anything")
    beside(path, text)

    with pytest.raises(Rejected, match="its manifest can't be read"):
        await verify_file(ledger, ORGANISATION, path)


async def test_a_record_of_an_unknown_form_is_refused(
    ledger: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.csv"
    await made(ledger, path, await spec(ledger))
    monkeypatch.setattr(formats, "FORMATS", (XERO,))

    with pytest.raises(Rejected) as refused:
        await verify_file(ledger, ORGANISATION, path)

    (problem,) = refused.value.problems
    assert problem.message == (
        "export record 1 is of another version of Daybook: this version of Daybook"
        " doesn't know format 1"
    )


async def test_sums_that_are_not_the_ledgers_are_told(
    ledger: Database, tmp_path: Path
) -> None:
    path = tmp_path / "x.csv"
    manifest = await made(ledger, path, await spec(ledger), is_recorded=False)
    told = json.loads(manifest)
    beside(path, json.dumps({**told, "debits": "1.00"}))

    is_same, found = await findings(ledger, path)

    assert not is_same
    name, rows, sums = "its manifest (no record has it)", told["rows"], told["credits"]
    assert found[1] == (
        f"{name} has {rows:,} rows, debits of 1.00 and credits of {sums}, the ledger"
        f" {rows:,} rows, debits of {sums} and credits of {sums}"
    )


async def test_a_manifest_of_another_file_is_told(
    ledger: Database, tmp_path: Path
) -> None:
    path, other = tmp_path / "x.csv", tmp_path / "y.csv"
    own = await made(ledger, path, await spec(ledger))
    await made(ledger, path, await spec(ledger))
    foreign = await made(ledger, other, spec_of(await pin(ledger), SEQUENCE))

    beside(path, own)
    first = await verify_file(ledger, ORGANISATION, path)
    beside(path, foreign)
    second = await verify_file(ledger, ORGANISATION, path)
    beside(path, "{")
    third = await verify_file(ledger, ORGANISATION, path)

    # Of two records with the same bytes, the one that the manifest is of.
    assert (first.claim.name, first.findings) == ("export record 1", SAME_BYTES)
    told = "the manifest with it is not that of export record 2"
    assert second.is_same and third.is_same
    assert second.findings == third.findings == [*SAME_BYTES, told]


async def test_verifying_writes_nothing(ledger: Database, tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    path = tmp_path / "files/x.csv"
    await made(ledger, path, await spec(ledger))
    before = await pin(ledger)

    await verify_file(ledger, ORGANISATION, path)

    assert await pin(ledger) == before
    assert names_in(path.parent) == ["x.csv"]


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]
