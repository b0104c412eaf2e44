"""`python -m daybook.storage.sink_process`: hashes and writes the bytes of a `Sink`.

Its arguments are the descriptors of two open files, a ring of `RING_BYTES` and the
target, and how many of the first bytes the target has already. Words of `WORD_BYTES` go
both ways: standard input says how many bytes were added in all; standard output says
how many were taken, or the negative number of the system's error. After the end of the
input, the hash is written.
"""

import errno
import mmap
import os
import signal
import sys
from collections.abc import Iterator
from hashlib import sha256

RING_BYTES = 16 * 2**20
WORD_BYTES = 8
_PIECE_BYTES = 2**18
"""How many bytes are hashed and written at once: they fit in the processor's cache."""
_INPUT, _OUTPUT = 0, 1


def main() -> None:
    """Take bytes until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent process ends this one
    ring_file, target, written = map(int, sys.argv[1:])
    ring = memoryview(mmap.mmap(ring_file, RING_BYTES, prot=mmap.PROT_READ))
    digest = sha256(usedforsecurity=False)
    taken = 0
    for piece in _pieces(ring):
        digest.update(piece)
        already = min(len(piece), max(0, written - taken))
        try:
            _write(target, piece[already:])
        except OSError as error:
            _send(_word(-(error.errno or errno.EIO)))
            sys.exit(1)
        taken += len(piece)
        _send(_word(taken))
    _send(digest.digest())


def _pieces(ring: memoryview) -> Iterator[memoryview]:
    """The added bytes, piece by piece."""
    taken = 0
    while words := os.read(_INPUT, 2**16):
        added = int.from_bytes(words[-WORD_BYTES:], "big")
        while taken < added:
            start = taken % RING_BYTES
            count = min(added - taken, RING_BYTES - start, _PIECE_BYTES)
            yield ring[start : start + count]
            taken += count


def _write(target: int, piece: memoryview) -> None:
    while piece:
        piece = piece[os.write(target, piece) :]


def _word(number: int) -> bytes:
    return number.to_bytes(WORD_BYTES, "big", signed=True)


def _send(words: bytes) -> None:
    try:
        os.write(_OUTPUT, words)
    except BrokenPipeError:  # the parent process was killed
        sys.exit(1)


if __name__ == "__main__":
    main()
