"""Writes bytes into an open file, and keeps their size and SHA-256.

Hashing and writing take as long as rendering does: for a large file, a process of its
own does both (`sink_process`). It reads the bytes from memory that the two share.
"""

import os
import subprocess
import sys
import tempfile
from hashlib import sha256
from typing import IO, BinaryIO

from daybook.storage.sink_process import RING_BYTES, WORD_BYTES

LARGE_BYTES = 4 * 2**20
"""For fewer bytes, starting a process takes longer than it saves."""
ANNOUNCED_BYTES = 2**16
"""How many bytes are announced at once. A pipe holds more announcements than a full
ring needs, so announcing never blocks."""


class Sink:
    """Writes and hashes; its methods block, and raise OSError if a write fails.

    The caller owns the stream, and doesn't write to it until `finish` or `close`.
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
        """Wait until all bytes are written; return their hash."""
        if self._process is not None:
            return self._process.finish()
        self._stream.flush()
        digest = sha256(usedforsecurity=False)
        for piece in self._hashed_last:
            digest.update(piece)
        return digest.digest()

    def close(self) -> None:
        """End the process, even if it isn't done; may be called again."""
        if self._process is not None:
            self._process.close()


class _Process:
    """A process that continues a stream: it only hashes the first, `written` bytes.

    We write the ring as a file and only the process maps it, so that it counts once in
    memory.
    """

    def __init__(self, stream: BinaryIO, written: int) -> None:
        self._ring = _memory()
        # The stream may be standard output, whose number is a pipe in the process.
        target = os.dup(stream.fileno())
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
                process_group=0,  # Ctrl+C is for us alone, also while it is loaded
            )
        finally:
            os.close(target)
        assert self._process.stdin is not None, "it is a pipe"
        assert self._process.stdout is not None, "it is a pipe"
        self._input, self._output = self._process.stdin, self._process.stdout
        self._added = self._announced = self._taken = 0

    def add(self, piece: bytes) -> None:
        """Put bytes into the ring, once there is room."""
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
        """Wait until everything is written; return its hash."""
        self._announce()
        while self._taken < self._added:
            self._wait()
        self._input.close()
        digest = self._output.read()
        if self._process.wait():
            raise _killed()
        return digest

    def close(self) -> None:
        """Kill the process, unless it has ended."""
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
            self._wait()  # raises the process's error, if it reported one
            raise _killed() from None

    def _wait(self) -> None:
        """Wait until more bytes are taken; raises the process's error."""
        words = self._output.read(RING_BYTES)
        if not words:
            raise _killed()
        word = int.from_bytes(words[-WORD_BYTES:], "big", signed=True)
        if word < 0:
            raise OSError(-word, os.strerror(-word))
        self._taken = word


def _memory() -> IO[bytes]:
    """A file in memory; a temporary file on systems without them."""
    if sys.platform == "linux":
        ring: IO[bytes] = os.fdopen(os.memfd_create("daybook"), "wb", buffering=0)
    else:
        ring = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  (closed by `close`)
    ring.truncate(RING_BYTES)
    return ring


def _killed() -> OSError:
    return OSError("the process that writes the file was killed")
