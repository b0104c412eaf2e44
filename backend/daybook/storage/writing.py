"""A file that is being written, with its size and its hash."""

import os

from daybook.storage.rules import Storage, StorageKey
from daybook.storage.sink import Sink


class Writing:
    """A file aside; `finish` says that all of it is on the disk.

    Its methods wait for the disk, and raise OSError where it won't do.
    """

    def __init__(self, storage: Storage, key: StorageKey, writer: str) -> None:
        self._stream = storage.open_aside(key, writer)
        self._sink = Sink(self._stream)

    @property
    def size(self) -> int:
        """How many bytes were written."""
        return self._sink.size

    def write(self, piece: bytes) -> None:
        """Add some bytes at the end."""
        self._sink.write(piece)

    def finish(self) -> bytes:
        """Wait until the disk has it; gives its hash."""
        digest = self._sink.finish()
        os.fsync(self._stream.fileno())
        self._stream.close()
        return digest

    def close(self) -> None:
        """Close the file, whether it is whole or not."""
        self._sink.close()
        self._stream.close()
