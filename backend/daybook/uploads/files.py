"""The files of uploads: `<organisation>/<key>` in their storage."""

import logging
from typing import BinaryIO

from daybook.storage.part_writer import PartWriter
from daybook.storage.rules import Storage, StorageKey
from daybook.uploads.rules import UploadId

logger = logging.getLogger(__name__)

WRITER = "coming"
"""The only writer's name, since an upload is received only once."""


class ReceivedFile:
    """A file that is being received: written aside, hashed, and then published.

    Its methods block on the disk: call them in a thread.
    """

    def __init__(self, storage: Storage, upload_id: UploadId) -> None:
        self._storage, self._key = storage, _key_of(upload_id)
        storage.prepare(self._key)
        self._aside = PartWriter(storage, self._key, WRITER)

    @property
    def size(self) -> int:
        """How many bytes were received."""
        return self._aside.size

    def write(self, piece: bytes) -> None:
        """Add some bytes at the end."""
        self._aside.write(piece)

    def publish(self) -> bytes:
        """Publish the complete file; return its hash."""
        digest = self._aside.finish()
        if not self._storage.publish(self._key, WRITER):
            raise FileNotFoundError(f"{self._key} was removed while it was received")
        return digest

    def close(self) -> None:
        """Remove a file that wasn't completed."""
        self._aside.close()
        self._storage.discard(self._key, WRITER)


def open_file(storage: Storage, upload_id: UploadId) -> BinaryIO:
    """Open an upload's complete file for reading; raises FileNotFoundError."""
    return storage.open(_key_of(upload_id))


def remove(storage: Storage, upload_id: UploadId) -> None:
    """Remove an upload's file, even while it is being received.

    What was done with the upload doesn't depend on it: a file that can't be removed is
    logged, and chores try again.
    """
    try:
        storage.remove(_key_of(upload_id))
    except OSError as error:
        logger.warning("the file of an upload stays for now: %s", error)


def stored(storage: Storage) -> list[UploadId]:
    """The uploads that have a file, complete or not."""
    return [
        UploadId(int(file.key[0]), file.key[1])
        for file in storage.stored()
        if len(file.key) == 2 and file.key[0].isdecimal()
    ]


def _key_of(upload_id: UploadId) -> StorageKey:
    return (str(upload_id.organisation_id), upload_id.key)
