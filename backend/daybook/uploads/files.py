"""The files of uploads: `<organisation>/<key>` in their storage."""

from typing import BinaryIO

from daybook.storage.rules import Storage, StorageKey
from daybook.storage.writing import Writing as Aside
from daybook.uploads.rules import UploadId

WRITER = "coming"
"""An upload comes once: nobody else ever writes it."""


class Writing:
    """A file that is coming: written aside, hashed, and named when it is whole.

    Its methods wait for the disk: call them in a thread.
    """

    def __init__(self, storage: Storage, upload_id: UploadId) -> None:
        self._storage, self._key = storage, _key_of(upload_id)
        storage.prepare(self._key)
        self._aside = Aside(storage, self._key, WRITER)

    @property
    def size(self) -> int:
        """How many bytes have come."""
        return self._aside.size

    def write(self, some: bytes) -> None:
        """Add some bytes at the end."""
        self._aside.write(some)

    def publish(self) -> bytes:
        """Give the whole file its name; gives its hash."""
        digest = self._aside.finish()
        if not self._storage.publish(self._key, WRITER):
            raise FileNotFoundError(f"{self._key} was removed while it came")
        return digest

    def close(self) -> None:
        """Leave nothing of a file that didn't become whole."""
        self._aside.close()
        self._storage.discard(self._key, WRITER)


def open_file(storage: Storage, upload_id: UploadId) -> BinaryIO:
    """A whole file to read; raises FileNotFoundError."""
    return storage.open(_key_of(upload_id))


def remove(storage: Storage, upload_id: UploadId) -> None:
    """Remove an upload's file, also one that is coming."""
    storage.remove(_key_of(upload_id))


def stored(storage: Storage) -> list[UploadId]:
    """The uploads that have a file, whole or not."""
    return [
        UploadId(int(one.key[0]), one.key[1])
        for one in storage.stored()
        if len(one.key) == 2 and one.key[0].isdecimal()
    ]


def _key_of(upload_id: UploadId) -> StorageKey:
    return (str(upload_id.organisation_id), upload_id.key)
