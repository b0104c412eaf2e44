"""A file that is being written, with its size and its hash."""

import os

from daybook.storage.hashing import Hashing
from daybook.storage.rules import Storage, StorageKey


class Writing:
    """A file aside; `finish` says that all of it is on the disk.

    Its methods wait for the disk, and raise OSError where it won't do.
    """

    def __init__(self, storage: Storage, key: StorageKey, writer: str) -> None:
        self._stream = storage.open_aside(key, writer)
        self._hashing = Hashing()

    @property
    def size(self) -> int:
        """How many bytes were written."""
        return self._hashing.size

    def write(self, piece: bytes) -> None:
        """Add some bytes at the end."""
        self._stream.write(piece)
        self._hashing.add(piece)

    def finish(self) -> bytes:
        """Wait until the disk has it; gives its hash."""
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()
        return self._hashing.finish()

    def close(self) -> None:
        """Close the file, whether it is whole or not."""
        self._hashing.close()
        self._stream.close()
