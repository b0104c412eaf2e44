"""Bytes into an open file, with their size and SHA-256.

Hashing and writing take as long as rendering does: those of a large file have a process
of their own (`sink_process`), which takes the bytes from memory that both share.
"""

import os
import subprocess
import sys
import tempfile
from hashlib import sha256
from typing import IO, BinaryIO

from daybook.storage.sink_process import RING_BYTES, WORD_BYTES

LARGE_BYTES = 4 * 2**20
"""With fewer, a process takes longer to start than it saves."""
ANNOUNCED_BYTES = 2**16
"""How many bytes are announced at once. All that fit in the ring are fewer than a pipe
holds announcements: announcing never waits."""


class Sink:
    """Writes and hashes; its methods wait, and raise OSError where a write fails.

    The stream stays the caller's, who writes nothing else until `finish` or `close`.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self.size = 0
        self._stream = stream
        self._hashed_last: list[bytes] = []
        self._process: _Process | None = None

    def write(self, piece: bytes) -> None:
        """Add some bytes at the end."""
        self.size += len(piece)
        if self._process is not None:
            self._process.add(piece)
            return
        self._stream.write(piece)
        self._hashed_last.append(piece)
        if self.size >= LARGE_BYTES:
            self._stream.flush()
            self._process = _Process(self._stream, written=self.size)
            for written in self._hashed_last:
                self._process.add(written)
            self._hashed_last.clear()

    def finish(self) -> bytes:
        """Wait until the system has all bytes; gives their hash."""
        if self._process is not None:
            return self._process.finish()
        self._stream.flush()
        digest = sha256(usedforsecurity=False)
        for piece in self._hashed_last:
            digest.update(piece)
        return digest.digest()

    def close(self) -> None:
        """End the process, whether it is done or not; again, it does nothing."""
        if self._process is not None:
            self._process.close()


class _Process:
    """Writes to a stream from the place where it is; the first bytes are only hashed.

    The ring is written as a file, and mapped by the process: so it counts once.
    """

    def __init__(self, stream: BinaryIO, written: int) -> None:
        self._ring = _memory()
        target = os.dup(stream.fileno())  # standard output's own number is a pipe there
        try:
            numbers = (self._ring.fileno(), target)
            self._process = subprocess.Popen(  # noqa: S603  (our own module)
                [
                    *(sys.executable, "-I", "-m", "daybook.storage.sink_process"),
                    *map(str, (*numbers, written)),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                pass_fds=numbers,
                bufsize=0,
            )
        finally:
            os.close(target)
        assert self._process.stdin is not None, "it is a pipe"
        assert self._process.stdout is not None, "it is a pipe"
        self._input, self._output = self._process.stdin, self._process.stdout
        self._added = self._announced = self._taken = 0

    def add(self, piece: bytes) -> None:
        """Put some bytes into the ring, once there is room."""
        rest = memoryview(piece)
        while rest:
            while self._added - self._taken == RING_BYTES:
                self._announce()
                self._wait()
            start = self._added % RING_BYTES
            room = min(RING_BYTES - start, RING_BYTES - self._added + self._taken)
            count = os.pwrite(self._ring.fileno(), rest[:room], start)
            self._added += count
            rest = rest[count:]
        if self._added - self._announced >= ANNOUNCED_BYTES:
            self._announce()

    def finish(self) -> bytes:
        """Wait until all is written; gives its hash."""
        self._announce()
        while self._taken < self._added:
            self._wait()
        self._input.close()
        digest = self._output.read()
        if self._process.wait():
            raise _killed()
        return digest

    def close(self) -> None:
        """Kill it, unless it has ended."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        for file in (self._input, self._output, self._ring):
            file.close()

    def _announce(self) -> None:
        self._announced = self._added
        try:
            self._input.write(self._added.to_bytes(WORD_BYTES, "big"))
        except BrokenPipeError:
            self._wait()  # which raises why
            raise _killed() from None

    def _wait(self) -> None:
        """Wait until more is taken; raises what stopped the process."""
        told = self._output.read(RING_BYTES)
        if not told:
            raise _killed()
        word = int.from_bytes(told[-WORD_BYTES:], "big", signed=True)
        if word < 0:
            raise OSError(-word, os.strerror(-word))
        self._taken = word


def _memory() -> IO[bytes]:
    """A file that only memory has, where the system has such files."""
    if sys.platform == "linux":
        ring: IO[bytes] = os.fdopen(os.memfd_create("daybook"), "wb", buffering=0)
    else:
        ring = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  (closed by `close`)
    ring.truncate(RING_BYTES)
    return ring


def _killed() -> OSError:
    return OSError("the process that writes it was killed")
