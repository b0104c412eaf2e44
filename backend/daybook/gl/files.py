"""The files of inputs: published into their storage, read again, and compared."""

import secrets
import shutil
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from daybook.db.engine import Store
from daybook.gl.models import GlImport, IncomingGlFile
from daybook.storage.incoming import WRITER, IncomingFile, incoming
from daybook.storage.rules import Storage, StorageKey, StoredName

PIECE_BYTES = 2**20
ABANDONED_AFTER = timedelta(hours=6)
"""After this time, a file that no row names was left by a process that died."""


class IncomingInput(IncomingFile):
    """An input on its way into the storage."""

    def receive(self, path: Path) -> None:
        """Copy a file aside."""
        key = self.stored.storage_key
        self.storage.prepare(key)
        with (
            path.open("rb") as source,
            self.storage.open_aside(key, WRITER) as target,
        ):
            shutil.copyfileobj(source, target, PIECE_BYTES)
            target.flush()
            self.storage.finish_aside(key, WRITER, target)

    def withdraw(self) -> None:
        """Remove the published file, which no row will name."""
        self.storage.remove(self.stored.storage_key)
        self.is_published = False


def incoming_input(
    store: Store, storage: Storage, organisation_id: int
) -> AbstractAsyncContextManager[IncomingInput]:
    """A new file, which is removed unless an import names it in the meantime."""
    stored = StoredName(organisation_id, f"gli_{secrets.token_hex(16)}")
    return incoming(store, IncomingGlFile, IncomingInput(storage, stored))


def stored_input(imported: GlImport) -> StoredName:
    """The name of an import's file in the storage."""
    return StoredName(imported.organisation_id, imported.file_key)


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
