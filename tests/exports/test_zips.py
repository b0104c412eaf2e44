"""Archives as streams: the same bytes for the same members, and readable by others."""

import io
import shutil
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import pytest
from anyio import run_process
from hypothesis import given, settings
from hypothesis import strategies as st

from daybook.exports.writing.zips import THREAD_BYTES, ZipStream, may_be_large

pytestmark = pytest.mark.anyio

LARGE = bytes(range(256)) * (THREAD_BYTES // 128)
"""A piece that a thread compresses."""


async def archive_of(
    members: dict[str, list[bytes]], *, is_large: bool = False
) -> bytes:
    """A whole archive."""
    stream, parts = ZipStream(), list[bytes]()
    try:
        for name, pieces in members.items():
            stream.begin(name, may_be_large=is_large)
            parts += [await stream.write(piece) for piece in pieces]
            member = await stream.end()
            content = b"".join(pieces)
            assert member == (len(content), sha256(content).digest())
        parts.append(await stream.finish())
    finally:
        await stream.close()
    return b"".join(parts)


def read(archive: bytes) -> dict[str, bytes]:
    """The members as the standard library reads them."""
    with ZipFile(io.BytesIO(archive)) as opened:
        assert opened.testzip() is None
        return {name: opened.read(name) for name in opened.namelist()}


@settings(max_examples=15)
@given(
    st.dictionaries(
        st.sampled_from(["a.csv", "b-01.csv", "manifest.json"]),
        st.lists(st.binary(max_size=50) | st.just(LARGE), max_size=3),
    ),
    st.booleans(),
)
async def test_members_come_out_as_they_were_written(
    members: dict[str, list[bytes]],
    is_large: bool,  # noqa: FBT001  (drawn)
) -> None:
    archive = await archive_of(members, is_large=is_large)

    assert read(archive) == {name: b"".join(held) for name, held in members.items()}
    assert await archive_of(members, is_large=is_large) == archive


async def test_members_have_a_fixed_date_and_can_be_read_by_all(
    tmp_path: Path,
) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(await archive_of({"a.csv": [b"1,2\r\n"], "b.csv": []}))

    with ZipFile(path) as archive:
        members = archive.infolist()

    assert {member.date_time for member in members} == {(1980, 1, 1, 0, 0, 0)}
    assert {oct(member.external_attr >> 16) for member in members} == {"0o644"}
    assert {member.create_system for member in members} == {3}


@pytest.mark.skipif(shutil.which("unzip") is None, reason="Info-ZIP is not installed")
@pytest.mark.parametrize("is_large", [False, True], ids=["plain", "zip64"])
async def test_another_program_reads_them(
    tmp_path: Path,
    is_large: bool,  # noqa: FBT001  (a case's value)
) -> None:
    path = tmp_path / "x.zip"
    members = {"a-01.csv": [LARGE], "manifest.json": [b"{}"]}
    path.write_bytes(await archive_of(members, is_large=is_large))

    tested = await run_process(["unzip", "-t", str(path)], check=False)

    assert tested.returncode == 0, tested.stdout


async def test_an_archive_may_be_given_up_at_any_time() -> None:
    stream = ZipStream()
    stream.begin("a.csv", may_be_large=False)
    await stream.write(LARGE)

    await stream.close()
    await stream.close()


def test_only_parts_of_unlimited_or_many_rows_may_be_large() -> None:
    assert [may_be_large(rows) for rows in (300, 25_000, 1_000_000, None)] == [
        *(False, False, True, True)
    ]
