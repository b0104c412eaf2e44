"""Writing a file of a storage, with its size and hash."""

from typing import BinaryIO

from daybook.storage.rules import Storage, StorageKey
from daybook.storage.sink import Sink


class PartWriter:
    """A part that is being written; after `finish`, it can be published.

    Its methods block on the disk and the network, and raise OSError if these fail.
    """

    def __init__(self, storage: Storage, key: StorageKey, writer: str) -> None:
        self._storage, self._key, self._writer = storage, key, writer
        self._stream = storage.open_aside(key, writer)
        self._sink = Sink(self._stream)

    @property
    def size(self) -> int:
        """How many bytes were written."""
        return self._sink.size

    def write(self, piece: bytes) -> None:
        """Add some bytes at the end."""
        self._sink.write(piece)

    @property
    def stream(self) -> BinaryIO:
        """The open file, for others to write instead of `write`."""
        return self._stream

    def finish(self) -> bytes:
        """Wait until everything is kept; return its hash."""
        digest = self._sink.finish()
        self.store()
        return digest

    def store(self) -> None:
        """Wait until what others wrote is kept."""
        self._storage.finish_aside(self._key, self._writer, self._stream)
        self._stream.close()

    def close(self) -> None:
        """Close the file, even if it isn't complete."""
        self._sink.close()
        self._stream.close()
