"""The files of evidence: received into their storage, opened and compared."""

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from functools import partial
from hashlib import sha256
from typing import BinaryIO, NamedTuple

from daybook.db.engine import Store
from daybook.db.failures import DatabaseOutage, OutageKind
from daybook.errors import ProblemCode
from daybook.evidence.checking import checked_type
from daybook.evidence.models import Attachment, IncomingEvidence
from daybook.evidence.rules import (
    FILE_BYTES_MAX,
    evidence_refused,
    new_name,
)
from daybook.storage.checking import wrong_file
from daybook.storage.incoming import WRITER, IncomingFile, incoming
from daybook.storage.rules import Storage, StoredName, is_sealed

PIECE_BYTES = 2**20


class ReceivedFile(NamedTuple):
    """What is known of a file that was received."""

    media_type: str
    size: int
    sha256: bytes


class IncomingAttachment(IncomingFile):
    """A file of evidence on its way: received aside, checked, then published."""

    def receive(self, source: BinaryIO, name: str) -> ReceivedFile:
        """Copy a file aside and check it there; raises Rejected."""
        key = self.stored.storage_key
        with _let_write(self.storage):
            self.storage.prepare(key)
            opened = self.storage.open_aside(key, WRITER)
        with opened as stream:
            size, digest = _copied(source, stream)
            found = checked_type(stream, name)
            self.storage.finish_aside(key, WRITER, stream)
        return ReceivedFile(found.media_type, size, digest)

    def publish(self) -> None:
        """Give the file its key, for good."""
        with _let_write(self.storage):
            super().publish()


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


def incoming_file(
    store: Store, storage: Storage, organisation_id: int
) -> AbstractAsyncContextManager[IncomingAttachment]:
    """A new file, which is removed unless it is attached in the meantime."""
    file = IncomingAttachment(storage, new_name(organisation_id))
    return incoming(store, IncomingEvidence, file)


def open_content(storage: Storage, attachment: Attachment) -> BinaryIO:
    """Open an attachment's file for reading; raises FileNotFoundError."""
    return storage.open(stored_name(attachment).storage_key)


def wrong_content(storage: Storage, attachment: Attachment) -> str | None:
    """How a file differs from what was attached, in words; None if it doesn't.

    It reads the whole file: call it in a thread.
    """
    opened = partial(open_content, storage, attachment)
    return wrong_file(opened, attachment.file_bytes, attachment.file_sha256)


def stored_name(attachment: Attachment) -> StoredName:
    """The name of an attachment's file in the storage."""
    return StoredName(attachment.organisation_id, attachment.file_key)
