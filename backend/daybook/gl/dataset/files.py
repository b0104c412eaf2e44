"""Files of the dataset as they are sent: each is rendered once, and kept for a while.

A file's tag tells its content before it is rendered. Files are in a folder of the
machine, which its processes share, under their tags; those that were asked for last
stay, within a number of bytes. All of them can be made again.
"""

import asyncio
import json
import os
import shutil
import time
from collections.abc import Callable, Collection, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from daybook.columnar.engine import Columnar
from daybook.gl.dataset.filters import LineFilter
from daybook.gl.dataset.rendering import FileForm, FilePage, Place, page_spans, render
from daybook.gl.dataset.snapshots import Snapshot, fetch_parts
from daybook.gl.dataset.workbook import LINES_MAX
from daybook.gl.files import ABANDONED_AFTER, hash_of
from daybook.gl.rules.columns import RENDERER
from daybook.sheets.xlsx_book import EXTRA
from daybook.storage.rules import Storage

AT_ONCE = 2
"""How many files a process renders at a time: each takes a gigabyte of memory."""
MAKING = "making-"
"""How the folders begin in which files are made."""
Begin = Callable[[Coroutine[Any, Any, "RenderedFile"]], "asyncio.Task[RenderedFile]"]
"""Begins a task that goes on if nobody waits for it, until the server stops."""


class RenderedFile(NamedTuple):
    """A file with lines of the dataset.

    `more_after` is the place after which the next page begins; None if there is none.
    """

    path: Path
    size: int
    sha256: bytes
    more_after: Place | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a file has: lines of a state of the dataset, all of them or a page."""

    snapshot: Snapshot
    line_filter: LineFilter
    form: FileForm
    page: FilePage | None = None

    @property
    def tag(self) -> str:
        """A hash of all that the file's bytes depend on, as text."""
        content = self.snapshot.content_sha256.hex()
        its_filter = [_canonical(value) for value in self.line_filter]
        writer = _writer(self.form)
        said = [RENDERER, writer, self.form, content, its_filter, self.page]
        return sha256(json.dumps(said).encode()).hexdigest()


def _writer(form: FileForm) -> str:
    """The version of what writes a form; CSV is written by our own rules."""
    if form is FileForm.PARQUET:
        return version("duckdb")
    if form is FileForm.XLSX and EXTRA.is_installed():
        return version(EXTRA.module)
    return ""


def _canonical(value: Any) -> Any:
    """A value of a filter so that equal ones are written alike."""
    is_several = isinstance(value, Collection) and not isinstance(value, str)
    return sorted(set(value)) if is_several else value


class Limits(NamedTuple):
    """What a machine keeps, beside the file that was asked for last; and makes."""

    kept_bytes: int = 4 * 2**30
    kept_files: int = 1_000
    workbook_lines: int = LINES_MAX


class DatasetFiles:
    """The files that a machine has; `begin` runs the tasks that render them."""

    def __init__(
        self,
        storage: Storage,
        folder: Path,
        begin: Begin,
        limits: Limits,
    ) -> None:
        self._storage = storage
        self._folder = folder
        self._begin = begin
        self._limits = limits
        self._making: dict[str, asyncio.Task[RenderedFile]] = {}
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def file(self, wanted: Wanted) -> RenderedFile:
        """The file, which is rendered if it isn't kept; requests share one rendering.

        A rendering that was begun goes on if the request is cancelled, since clients
        often look at a beginning and then ask again. Raises Rejected if the files of a
        segment are missing or a workbook can't be made, and OSError if the folder can't
        be written.
        """
        tag = wanted.tag
        kept = await asyncio.to_thread(self._kept, tag)
        if kept is not None:
            return kept
        making = self._making.get(tag)
        if making is None:
            making = self._making[tag] = self._begin(self._make(wanted, tag))
            making.add_done_callback(lambda _: self._making.pop(tag))
        return await asyncio.shield(making)

    def _kept(self, tag: str) -> RenderedFile | None:
        """The file of a tag, which counts as asked for last; None without one."""
        for path in self._folder.glob(f"{tag}.*"):
            with suppress(FileNotFoundError):
                os.utime(path)
                return _described(path)
        return None

    async def _make(self, wanted: Wanted, tag: str) -> RenderedFile:
        async with self._turn:
            await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
            with TemporaryDirectory(
                dir=self._folder,
                prefix=MAKING,
                ignore_cleanup_errors=True,  # a cancelled rendering may still write
            ) as temporary:
                return await self._make_in(Path(temporary), wanted, tag)

    async def _make_in(self, folder: Path, wanted: Wanted, tag: str) -> RenderedFile:
        parts = await asyncio.to_thread(
            fetch_parts, self._storage, wanted.snapshot, folder
        )
        made = folder / f"made.{wanted.form}"
        more_after, spans = None, None
        columnar = Columnar([folder], folder / "scratch")
        try:
            if (page := wanted.page) is not None:
                spans, more_after = await columnar.run(
                    lambda its: page_spans(its, parts, wanted.line_filter, page)
                )
            await columnar.run(
                lambda its: render(
                    *(its, parts, wanted.line_filter, wanted.form, made, spans),
                    workbook_lines_max=self._limits.workbook_lines,
                )
            )
        finally:
            columnar.close()
        digest = await asyncio.to_thread(hash_of, [made])
        path = self._folder / _name(tag, digest, more_after, wanted.form)
        await asyncio.to_thread(made.replace, path)
        await asyncio.to_thread(self._make_room, path)
        return _described(path)

    def _make_room(self, newest: Path) -> None:
        """Remove what was asked for longest ago, and what killed processes left."""
        files = []
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):
                found = path.stat()
                if path != newest:
                    files.append((found.st_mtime, found.st_size, path))
        files.sort(reverse=True)
        left = self._limits.kept_bytes - newest.stat().st_size
        count = self._limits.kept_files - 1
        for used_at, size, path in files:
            if path.name.startswith(MAKING):
                if used_at < time.time() - ABANDONED_AFTER.total_seconds():
                    shutil.rmtree(path, ignore_errors=True)
                continue
            left, count = left - size, count - 1
            if left < 0 or count < 0:
                path.unlink(missing_ok=True)


def _name(tag: str, digest: bytes, more_after: Place | None, form: FileForm) -> str:
    place = "-".join(map(str, more_after or ()))
    return f"{tag}.{digest.hex()}.{place}.{form}"


def _described(path: Path) -> RenderedFile:
    """What a file's name says of it; raises FileNotFoundError."""
    _, digest, place, _ = path.name.split(".")
    more_after = Place(*map(int, place.split("-"))) if place else None
    return RenderedFile(path, path.stat().st_size, bytes.fromhex(digest), more_after)
