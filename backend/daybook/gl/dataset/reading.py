"""The dataset as a server reads it: one engine, over files of this machine."""

import asyncio
import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakKeyDictionary, finalize

from daybook.columnar.engine import Columnar
from daybook.db.engine import Database
from daybook.gl.building.segment import LINES_FILE, POSITIONS_FILE
from daybook.gl.dataset.lines import Part
from daybook.gl.dataset.snapshots import Snapshot, missing_files
from daybook.gl.files import copied
from daybook.gl.models import GlSegment
from daybook.jobs.kinds import file_key
from daybook.jobs.rules import JobId
from daybook.settings import Settings
from daybook.storage.places import folder_of, gl_segments_storage, path_of
from daybook.storage.rules import StorageKey
from daybook.temporary import temporary_folder

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Result = TypeVar("Result")
Work = Callable[["DuckDBPyConnection", Sequence[Part]], Result]
"""What is asked of a state of the dataset; it runs in a thread."""

AT_ONCE = 4
"""How many readers are answered at a time; others wait for their turn."""
COPIES_BYTES_MAX = 10 * 2**30
"""How much of a bucket's files is kept on this machine."""


class Dataset:
    """The engine of a process, and the files of segments that it reads.

    Files of a local storage are read where they are. Those of a bucket are copied once,
    and named by what is in them, so that a copy is never of another file.
    """

    def __init__(self, database: Database, settings: Settings) -> None:
        self._storage = gl_segments_storage(database, settings)
        self._copies = (settings.data / "scratch" / "gl-segments").absolute()
        self._scratch = temporary_folder()
        finalize(self, self._scratch.cleanup)
        self._columnar: Columnar | None = None
        self._opening = asyncio.Lock()
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def read(self, snapshot: Snapshot, work: Work[Result]) -> Result:
        """What is asked of a state of the dataset, once it is this reader's turn.

        Raises Rejected if a file is missing.
        """
        async with self._turns:
            async with self._opening:
                if self._columnar is None:
                    self._columnar = await asyncio.to_thread(self._open)
            parts = await asyncio.to_thread(self._parts, snapshot)
            return await self._columnar.run(lambda cursor: work(cursor, parts))

    def _open(self) -> Columnar:
        folder = folder_of(self._storage) or self._copies
        return Columnar([folder], Path(self._scratch.name))

    def _parts(self, snapshot: Snapshot) -> list[Part]:
        return [
            Part(
                segment.connection,
                self._path(segment, LINES_FILE, segment.file_sha256),
                self._path(segment, POSITIONS_FILE, segment.positions_sha256),
            )
            for segment in snapshot.segments
        ]

    def _path(self, segment: GlSegment, name: str, sha256: bytes) -> Path:
        key = file_key(JobId(segment.organisation_id, segment.number), name)
        path = path_of(self._storage, key)
        try:
            if path is None:
                return self._copied(key, sha256)
            path.stat()
        except FileNotFoundError:
            raise missing_files(segment) from None
        return path

    def _copied(self, key: StorageKey, sha256: bytes) -> Path:
        """The copy of a bucket's file, which counts as used now."""
        path = self._copies / f"{sha256.hex()}.parquet"
        if not path.exists():
            self._copies.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(f".{secrets.token_hex(8)}.part")
            try:
                copied(self._storage, key, part)
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
            self._remove_old_copies()
        os.utime(path)
        return path

    def _remove_old_copies(self) -> None:
        """Remove the copies that weren't used for longest, beyond what is kept."""
        found = [(path, path.stat()) for path in self._copies.glob("*.parquet")]
        found.sort(key=lambda each: each[1].st_mtime, reverse=True)
        size = 0
        for path, its in found:
            size += its.st_size
            if size > COPIES_BYTES_MAX:
                path.unlink(missing_ok=True)


_DATASETS: WeakKeyDictionary[Database, Dataset] = WeakKeyDictionary()


def dataset_of(database: Database, settings: Settings) -> Dataset:
    """The dataset of a database, opened when it is first read."""
    found = _DATASETS.get(database)
    if found is None:
        found = _DATASETS[database] = Dataset(database, settings)
    return found
