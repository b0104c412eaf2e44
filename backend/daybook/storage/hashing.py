"""The size and the SHA-256 of a file, computed beside whoever writes it."""

from hashlib import sha256
from queue import Queue
from threading import Thread

AHEAD = 4
"""How many pieces may wait: what was just written is still in the processor's cache."""


class Hashing:
    """Hashes pieces in a thread, which needs no Python for it.

    End it by `finish` or `close`.
    """

    def __init__(self) -> None:
        self.size = 0
        self._hash = sha256()
        self._pieces: Queue[bytes | None] = Queue(AHEAD)
        self._thread = Thread(target=self._work, daemon=True)
        self._thread.start()

    def add(self, piece: bytes) -> None:
        """Add some bytes at the end."""
        self.size += len(piece)
        self._pieces.put(piece)

    def finish(self) -> bytes:
        """The hash of all that was added."""
        self.close()
        return self._hash.digest()

    def close(self) -> None:
        """End the thread; again, it does nothing."""
        if self._thread.is_alive():
            self._pieces.put(None)
            self._thread.join()

    def _work(self) -> None:
        while (piece := self._pieces.get()) is not None:
            self._hash.update(piece)
