"""A file that is being written, with its size and its hash."""

import os
from hashlib import sha256

from daybook.storage.rules import Storage, StorageKey


class Writing:
    """A file aside; `finish` says that all of it is on the disk.

    Its methods wait for the disk, and raise OSError where it won't do.
    """

    def __init__(self, storage: Storage, key: StorageKey, writer: str) -> None:
        self._stream = storage.open_aside(key, writer)
        self._hash = sha256()
        self.size = 0

    def write(self, piece: bytes) -> None:
        """Add some bytes at the end."""
        self._stream.write(piece)
        self._hash.update(piece)
        self.size += len(piece)

    def finish(self) -> bytes:
        """Wait until the disk has it; gives its hash."""
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()
        return self._hash.digest()

    def close(self) -> None:
        """Close the file, whether it is whole or not."""
        self._stream.close()
