"""The files of inputs: published into their storage, read again, and compared."""

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import delete

from daybook.clock import real_now
from daybook.db.engine import Store
from daybook.gl.models import GlImport, IncomingGlFile
from daybook.storage.rules import Storage, StorageKey

WRITER = "coming"
"""The only writer's name, since each file has a key of its own."""
PIECE_BYTES = 2**20
ABANDONED_AFTER = timedelta(hours=6)
"""After this time, a file that no row names was left by a process that died."""


class StoredInput(NamedTuple):
    """A file's key in the storage of inputs: `<organisation>/<key>`."""

    organisation_id: int
    key: str

    @property
    def storage_key(self) -> StorageKey:
        """The same as the storage takes it."""
        return (str(self.organisation_id), self.key)


class IncomingInput:
    """A file on its way into the storage; its methods block: call them in a thread."""

    def __init__(self, storage: Storage, stored: StoredInput) -> None:
        self.stored = stored
        self.is_published = False
        self.is_named = False
        """Whether a committed row names the file; its caller sets it."""
        self._storage = storage

    def publish(self, path: Path) -> None:
        """Copy a file into the storage and give it its key, for good."""
        key = self.stored.storage_key
        self._storage.prepare(key)
        with (
            path.open("rb") as source,
            self._storage.open_aside(key, WRITER) as target,
        ):
            shutil.copyfileobj(source, target, PIECE_BYTES)
            target.flush()
            self._storage.finish_aside(key, WRITER, target)
        if not self._storage.publish(key, WRITER):
            raise FileNotFoundError(f"{key} was removed while it was received")
        self.is_published = True

    def withdraw(self) -> None:
        """Remove the published file, which no row will name."""
        self._storage.remove(self.stored.storage_key)
        self.is_published = False

    def discard(self) -> None:
        """Remove what was received, unless it is published."""
        self._storage.discard(self.stored.storage_key, WRITER)


@asynccontextmanager
async def incoming_input(
    store: Store, storage: Storage, organisation_id: int
) -> AsyncIterator[IncomingInput]:
    """A new file, which is removed unless a row names it in the meantime.

    Whether a transaction that failed was committed isn't known: then the file stays
    until chores look (`daybook.gl.tasks`), as it does if the process dies.
    """
    stored = StoredInput(organisation_id, f"gli_{secrets.token_hex(16)}")
    async with store.writes() as session:
        session.add(
            IncomingGlFile(
                organisation_id=organisation_id, key=stored.key, begun_at=real_now()
            )
        )
    file = IncomingInput(storage, stored)
    try:
        yield file
    finally:
        await asyncio.shield(_leave(store, file))


async def _leave(store: Store, file: IncomingInput) -> None:
    if file.is_published and not file.is_named:
        return
    if not file.is_published:
        try:
            await asyncio.to_thread(file.discard)
        except OSError:  # what stopped the file is raised; chores remove what is left
            return
    await forget_incoming(store, file.stored)


async def forget_incoming(store: Store, stored: StoredInput) -> None:
    """Forget that a file was on its way."""
    async with store.writes() as session:
        await session.execute(
            delete(IncomingGlFile).where(
                IncomingGlFile.organisation_id == stored.organisation_id,
                IncomingGlFile.key == stored.key,
            )
        )


def stored_input(imported: GlImport) -> StoredInput:
    """The name of an import's file in the storage."""
    return StoredInput(imported.organisation_id, imported.file_key)


def copied(storage: Storage, key: StorageKey, path: Path) -> Path:
    """Copy a stored file to a path; blocks. Raises OSError."""
    with storage.open(key) as source, path.open("wb") as target:
        shutil.copyfileobj(source, target, PIECE_BYTES)
    return path


def fetch(storage: Storage, imports: Sequence[GlImport], folder: Path) -> list[Path]:
    """Copy the files of imports into a folder, in their order.

    The engine reads files of this machine alone. Blocks: call it in a thread.
    """
    return [
        copied(
            storage,
            stored_input(imported).storage_key,
            folder / f"{imported.number}.parquet",
        )
        for imported in imports
    ]


def hash_of(paths: Sequence[Path]) -> bytes:
    """The SHA-256 of files, one after the other."""
    digest = sha256()
    for path in paths:
        with path.open("rb") as stream:
            while piece := stream.read(PIECE_BYTES):
                digest.update(piece)
    return digest.digest()
