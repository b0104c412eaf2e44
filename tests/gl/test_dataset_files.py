"""Files of the dataset: rendered once, kept for a while, the same bytes each time."""

import asyncio
from collections.abc import Coroutine
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from daybook.db.engine import Database
from daybook.gl.dataset.files import DatasetFiles, Limits, RenderedFile, Wanted
from daybook.gl.dataset.filters import LineFilter
from daybook.gl.dataset.rendering import FileForm, FilePage, Place
from daybook.gl.dataset.snapshots import Snapshot
from daybook.gl.rules.journal_types import JournalType
from daybook.storage.places import gl_segments_storage
from daybook_gl_imports import connected, gl_settings, imported, journal, page
from daybook_gl_refreshes import dataset, refreshed

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

LINES = 40
EVERYTHING = LineFilter()


async def made_dataset(database: Database, folder: Path) -> Snapshot:
    """A dataset of 20 journals of two lines."""
    await connected(database)
    journals = [journal(number, "1.00", "-1.00") for number in range(1, LINES // 2 + 1)]
    await imported(database, folder, page(folder, "Journals", *journals))
    await refreshed(database, folder)
    found = await dataset(database)
    assert found is not None
    return found


class Server:
    """The files of a server, and the renderings that it began."""

    def __init__(self, database: Database, folder: Path, **limits: int) -> None:
        self.begun: list[asyncio.Task[RenderedFile]] = []
        self.has_begun = asyncio.Event()
        storage = gl_segments_storage(database, gl_settings(folder))
        self.folder = folder / "kept"
        self.files = DatasetFiles(storage, self.folder, self._begin, Limits(**limits))

    def _begin(
        self, work: Coroutine[Any, Any, RenderedFile]
    ) -> asyncio.Task[RenderedFile]:
        self.begun.append(asyncio.create_task(work))
        self.has_begun.set()
        return self.begun[-1]

    @property
    def kept(self) -> set[Path]:
        """The files that are kept."""
        return {*self.folder.iterdir()}


def pages(snapshot: Snapshot, count: int) -> list[Wanted]:
    """The files of one line each, from the beginning."""
    return [
        Wanted(snapshot, EVERYTHING, FileForm.CSV, FilePage(1, Place(1, row)))
        for row in range(count)
    ]


async def test_requests_at_once_share_a_rendering(
    database: Database, tmp_path: Path
) -> None:
    snapshot = await made_dataset(database, tmp_path)
    server, other = Server(database, tmp_path), Server(database, tmp_path)
    wanted = Wanted(snapshot, EVERYTHING, FileForm.CSV)

    found = await asyncio.gather(*(server.files.file(wanted) for _ in range(20)))
    again = await server.files.file(wanted)
    elsewhere = await other.files.file(wanted)

    assert len(server.begun) == 1 and other.begun == []
    assert {*found, again, elsewhere} == {found[0]}
    content = found[0].path.read_bytes()
    assert (len(content), sha256(content).digest()) == (found[0].size, found[0].sha256)
    assert server.kept == {found[0].path}


async def test_who_leaves_early_finds_the_file_later(
    database: Database, tmp_path: Path
) -> None:
    snapshot = await made_dataset(database, tmp_path)
    server = Server(database, tmp_path)
    wanted = Wanted(snapshot, EVERYTHING, FileForm.CSV)

    leaving = asyncio.create_task(server.files.file(wanted))
    await server.has_begun.wait()
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    found = await server.files.file(wanted)

    assert len(server.begun) == 1
    assert found.path.read_bytes().count(b"\r\n") == LINES + 1


async def test_a_server_that_stops_leaves_nothing_half_made(
    database: Database, tmp_path: Path
) -> None:
    snapshot = await made_dataset(database, tmp_path)
    server = Server(database, tmp_path)
    asking = asyncio.create_task(
        server.files.file(Wanted(snapshot, EVERYTHING, FileForm.CSV))
    )
    await server.has_begun.wait()
    server.begun[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking

    assert [*server.folder.rglob("*.csv")] == []


async def test_what_was_asked_for_last_is_kept(
    database: Database, tmp_path: Path
) -> None:
    snapshot = await made_dataset(database, tmp_path)
    server = Server(database, tmp_path, kept_files=3)
    first, *others = pages(snapshot, 5)

    oldest = await server.files.file(first)
    for wanted in others:
        await server.files.file(wanted)
        await server.files.file(first)

    assert len(server.begun) == 5
    assert len(server.kept) == 3 and oldest.path in server.kept


async def test_a_file_beyond_the_room_is_kept_alone(
    database: Database, tmp_path: Path
) -> None:
    snapshot = await made_dataset(database, tmp_path)
    server = Server(database, tmp_path, kept_bytes=1)

    for wanted in pages(snapshot, 3):
        found = await server.files.file(wanted)
        assert server.kept == {found.path}


@pytest.mark.parametrize("form", FileForm)
async def test_a_file_that_is_made_again_is_the_same(
    database: Database, tmp_path: Path, form: FileForm
) -> None:
    snapshot = await made_dataset(database, tmp_path)
    server = Server(database, tmp_path)
    wanted = Wanted(snapshot, EVERYTHING, form)

    first = await server.files.file(wanted)
    first.path.unlink()
    second = await server.files.file(wanted)

    assert len(server.begun) == 2
    assert first == second


async def test_a_tag_tells_the_content(database: Database, tmp_path: Path) -> None:
    snapshot = await made_dataset(database, tmp_path)

    def tag(
        form: FileForm = FileForm.CSV, its_page: FilePage | None = None, **wanted: Any
    ) -> str:
        return Wanted(snapshot, LineFilter(**wanted), form, its_page).tag

    both = [JournalType.ACTUAL, JournalType.FX_EXPOSURE]
    assert tag(types=both) == tag(types=[*reversed(both), both[0]])
    others = [
        tag(),
        tag(FileForm.PARQUET),
        tag(FileForm.XLSX),
        tag(its_page=FilePage(5)),
        tag(its_page=FilePage(5, Place(1, 5))),
        tag(types=both),
        tag(types=[]),
        tag(search="1"),
        tag(tracking="1"),
        tag(account_codes=["1"]),
        tag(connections=[1]),
    ]
    assert len({*others}) == len(others)
