"""The files of evidence: received into their storage, opened and compared."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from hashlib import sha256
from typing import BinaryIO, NamedTuple

from sqlalchemy import delete

from daybook.clock import real_now
from daybook.db.engine import Store
from daybook.db.failures import DatabaseOutage, OutageKind
from daybook.errors import ProblemCode
from daybook.evidence.checking import checked_type
from daybook.evidence.models import Attachment, IncomingEvidence
from daybook.evidence.rules import (
    FILE_BYTES_MAX,
    StoredName,
    evidence_refused,
    new_name,
)
from daybook.storage.checking import wrong_file
from daybook.storage.rules import Storage, StorageKey, is_sealed

WRITER = "coming"
"""The only writer's name, since each file has a key of its own."""
PIECE_BYTES = 2**20


class ReceivedFile(NamedTuple):
    """What is known of a file that was received."""

    media_type: str
    size: int
    sha256: bytes


class IncomingFile:
    """A file on its way into the storage: received aside, checked, then published.

    Its methods block on the storage: call them in a thread.
    """

    def __init__(self, storage: Storage, stored: StoredName) -> None:
        self.stored = stored
        self.is_published = False
        self.is_attached = False
        """Whether a committed row names the file; its caller sets it."""
        self._storage, self._key = storage, key_of(stored)

    def receive(self, source: BinaryIO, name: str) -> ReceivedFile:
        """Copy a file aside and check it there; raises Rejected."""
        with _let_write(self._storage):
            self._storage.prepare(self._key)
            opened = self._storage.open_aside(self._key, WRITER)
        with opened as stream:
            size, digest = _copied(source, stream)
            found = checked_type(stream, name)
            self._storage.finish_aside(self._key, WRITER, stream)
        return ReceivedFile(found.media_type, size, digest)

    def publish(self) -> None:
        """Give the file its key, for good."""
        with _let_write(self._storage):
            is_published = self._storage.publish(self._key, WRITER)
        if not is_published:
            raise FileNotFoundError(f"{self._key} was removed while it was received")
        self.is_published = True

    def discard(self) -> None:
        """Remove what was received, unless it is published."""
        self._storage.discard(self._key, WRITER)


@contextmanager
def _let_write(storage: Storage) -> Iterator[None]:
    """Raise an outage if the folder of evidence may not be written into."""
    try:
        yield
    except OSError as error:
        if not is_sealed(error):
            raise
        reason = (
            f"the folder of evidence, {storage.address}, can't be written into"
            f" ({error.strerror}): let this user write there, or name another folder in"
            " DAYBOOK_EVIDENCE"
        )
        raise DatabaseOutage(OutageKind.UNWRITABLE, reason) from error


def _copied(source: BinaryIO, target: BinaryIO) -> tuple[int, bytes]:
    """Copy a file within its limits; return its size and hash."""
    size, digest = 0, sha256()
    while piece := source.read(PIECE_BYTES):
        size += len(piece)
        if size > FILE_BYTES_MAX:
            message = f"a file has at most {FILE_BYTES_MAX:,} bytes ({_MEBIBYTES} MiB)"
            raise evidence_refused(message, "file", ProblemCode.TOO_LARGE)
        digest.update(piece)
        target.write(piece)
    if not size:
        raise evidence_refused("the file is empty", "file", ProblemCode.MISSING)
    target.flush()
    return size, digest.digest()


_MEBIBYTES = FILE_BYTES_MAX // 2**20


@asynccontextmanager
async def incoming_file(
    store: Store, storage: Storage, organisation_id: int
) -> AsyncIterator[IncomingFile]:
    """A new file, which is removed unless it is attached in the meantime.

    Whether a transaction that failed was committed isn't known: then the file stays
    until chores look (`daybook.evidence.tasks`), as it does if the process dies.
    """
    stored = new_name(organisation_id)
    async with store.writes() as session:
        session.add(
            IncomingEvidence(
                organisation_id=organisation_id, key=stored.key, begun_at=real_now()
            )
        )
    file = IncomingFile(storage, stored)
    try:
        yield file
    finally:
        await asyncio.shield(_leave(store, file))


async def _leave(store: Store, file: IncomingFile) -> None:
    if file.is_published and not file.is_attached:
        return
    if not file.is_published:
        try:
            await asyncio.to_thread(file.discard)
        except OSError:  # what stopped the file is raised; chores remove what is left
            return
    await forget_incoming(store, file.stored)


async def forget_incoming(store: Store, stored: StoredName) -> None:
    """Forget that a file was on its way."""
    async with store.writes() as session:
        await session.execute(
            delete(IncomingEvidence).where(
                IncomingEvidence.organisation_id == stored.organisation_id,
                IncomingEvidence.key == stored.key,
            )
        )


def open_content(storage: Storage, attachment: Attachment) -> BinaryIO:
    """Open an attachment's file for reading; raises FileNotFoundError."""
    return storage.open(key_of(stored_name(attachment)))


def wrong_content(storage: Storage, attachment: Attachment) -> str | None:
    """How a file differs from what was attached, in words; None if it doesn't.

    It reads the whole file: call it in a thread.
    """
    opened = partial(open_content, storage, attachment)
    return wrong_file(opened, attachment.file_bytes, attachment.file_sha256)


def remove_file(storage: Storage, stored: StoredName) -> None:
    """Remove a file that no row names, and what was received of it."""
    storage.remove(key_of(stored))


def key_of(stored: StoredName) -> StorageKey:
    """The key of a file in the storage of evidence."""
    return (str(stored.organisation_id), stored.key)


def stored_name(attachment: Attachment) -> StoredName:
    """The name of an attachment's file in the storage."""
    return StoredName(attachment.organisation_id, attachment.file_key)
