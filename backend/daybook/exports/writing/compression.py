"""Text files compressed as they are rendered: gzip members or zstd frames, joined.

A block ends with a unit, once it has `BLOCK_BYTES`, and with each slice of units. So
blocks of slices that were rendered apart join to the same file, and no block depends on
time or on how many threads there are. Other versions of the libraries may compress
otherwise: what lasts are the bytes that come out again.
"""

import asyncio
import threading
import zlib
from collections import deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import zstandard

from daybook.errors import Problem, ProblemCode, Rejected

BLOCK_BYTES = 2**20
"""How much text is compressed at once: more would hardly be smaller."""
GZIP_MEMORY = 6
"""A hash table within the processor's cache: a seventh faster than zlib's own default,
and hardly larger."""
THREADS = 2
GZIP_LEVEL, ZSTD_LEVEL = 1, 1
"""The levels that keep up with rendering; lines are so alike that they do well."""

_GZIP = 16 + zlib.MAX_WBITS
"""A gzip member, without a time."""
_own = threading.local()


@dataclass(frozen=True, slots=True, repr=False)
class Compression:
    """A way of compressing; `name` is stored with jobs and records."""

    name: str
    suffix: str
    media_type: str
    description: str
    compress: Callable[[bytes], bytes]
    """One block, which can be read on its own."""

    def __repr__(self) -> str:
        """Its name, the same in every process."""
        return self.name


def _gzip(block: bytes) -> bytes:
    # By zlib: the faster library isal compresses one block in some thousands otherwise
    # the next time, and a record's hash would not be met again.
    member = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, _GZIP, GZIP_MEMORY)
    return member.compress(block) + member.flush()


def _zstd(block: bytes) -> bytes:
    # A compressor serves one thread at a time.
    if not hasattr(_own, "zstd"):
        _own.zstd = zstandard.ZstdCompressor(level=ZSTD_LEVEL, write_checksum=True)
    compressed: bytes = _own.zstd.compress(block)
    return compressed


GZIP = Compression(
    "gzip", ".gz", "application/gzip", "gzip, which every program reads.", _gzip
)
ZSTD = Compression(
    "zstd", ".zst", "application/zstd", "Zstandard: smaller, and read faster.", _zstd
)
COMPRESSIONS = (GZIP, ZSTD)
COMPRESSION_NAMES = ", ".join(known.name for known in COMPRESSIONS)


def parse_compression(text: str) -> Compression:
    """A compression by its name, in any case; raises Rejected with the list of them."""
    for known in COMPRESSIONS:
        if known.name == text.strip().lower():
            return known
    message = f"{text!r} is not a compression: it is one of {COMPRESSION_NAMES}"
    raise Rejected([Problem(ProblemCode.INVALID_VALUE, message, ("compress",))])


def compression_of(name: str | None) -> Compression | None:
    """A stored compression; raises LookupError for an unknown one."""
    if name is None:
        return None
    for known in COMPRESSIONS:
        if known.name == name:
            return known
    raise LookupError(f"this version of Daybook doesn't know the compression {name}")


async def compressed(
    blocks: AsyncIterator[bytes], compression: Compression
) -> AsyncIterator[bytes]:
    """Each block compressed, in their order, while the next ones are rendered."""
    loop = asyncio.get_running_loop()
    threads = ThreadPoolExecutor(THREADS, "compressing")
    begun: deque[asyncio.Future[bytes]] = deque()
    try:
        async for block in blocks:
            begun.append(loop.run_in_executor(threads, compression.compress, block))
            while len(begun) > 2 * THREADS:
                yield await begun.popleft()
        while begun:
            yield await begun.popleft()
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
