"""A part of a file in a folder that is joined from bytes and pieces."""

from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from daybook.storage.rules import missing_piece, wrong_piece

_BUFFER_BYTES = 2**18
"""How many bytes are hashed and written at once: they fit in the processor's cache."""


class LocalJoining:
    """Appends to an open part, and hashes what it appends.

    The bytes pass through our memory, since each has to be hashed.
    """

    def __init__(
        self,
        stream: BinaryIO,
        piece: Callable[[int], Path],
        keep: Callable[[BinaryIO], None],
    ) -> None:
        self._stream, self._piece, self._keep = stream, piece, keep
        self._sha256 = sha256(usedforsecurity=False)
        self._size = 0
        self._buffer = memoryview(bytearray(_BUFFER_BYTES))

    def add(self, content: bytes | memoryview) -> None:
        """Append some bytes."""
        self._sha256.update(content)
        self._stream.write(content)
        self._size += len(content)

    def add_piece(self, index: int, size: int) -> None:
        """Append a piece, and remove it: the disk needs no room for two of it."""
        piece, end = self._piece(index), self._size + size
        try:
            stream = piece.open("rb", buffering=0)
        except FileNotFoundError:
            raise missing_piece(index) from None
        with stream:
            while count := stream.readinto(self._buffer):
                self.add(self._buffer[:count])
        if self._size != end:
            raise wrong_piece(index, size + self._size - end, size)
        piece.unlink(missing_ok=True)

    def finish(self) -> tuple[int, bytes]:
        """Wait until everything is on the disk; return its size and hash."""
        self._keep(self._stream)
        self._stream.close()
        return self._size, self._sha256.digest()

    def close(self) -> None:
        """Close the part, even if it isn't complete."""
        # A full disk refuses the last bytes of a part once more.
        with suppress(OSError):
            self._stream.close()
