"""What is in a compressed file or an archive, read so that nothing behind it is missed.

Libraries tolerate data behind the end of what they read. A file that has some is not
what was made, even if all of its contents are.
"""

import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile, ZipFile

import zstandard

from daybook.exports.writing.compression import GZIP, ZSTD, Compression

READ_BYTES = 2**20
_COMPRESSED_BYTES = 2**14
"""How much is decompressed at once: it may become a thousand times as much."""
_END = b"PK\5\6"
_END_BYTES = 22
"""The record that an archive ends with: behind it there is at most a comment."""

_DECOMPRESSORS: dict[str, tuple[bytes, Callable[[], Any]]] = {
    GZIP.name: (b"\x1f\x8b", lambda: zlib.decompressobj(zlib.MAX_WBITS | 16)),
    ZSTD.name: (
        b"\x28\xb5\x2f\xfd",
        lambda: zstandard.ZstdDecompressor().decompressobj(),
    ),
}
"""By compression, what each compressed block begins with, and what reads it."""


class Damaged(Exception):
    """A compressed file or archive that can't be read to its end."""


class Unpacked:
    """A stream of what is compressed in another, block by block."""

    def __init__(self, stream: IO[bytes], compression: Compression) -> None:
        self._stream = stream
        self._begin, self._new = _DECOMPRESSORS[compression.name]
        self._block: Any = None
        self._packed = self._plain = b""
        self._has_begun = self.is_followed = False

    def read(self, size: int) -> bytes:
        """The next bytes, up to a size; none at the end."""
        while not self._plain and not self.is_followed and self._fill():
            pass
        read, self._plain = self._plain[:size], self._plain[size:]
        return read

    def _fill(self) -> bool:
        """Decompress some more; whether there was any, or else raises EOFError.

        Data that begins no block is no part of this stream: it `is_followed` then.
        """
        packed = self._packed or self._stream.read(_COMPRESSED_BYTES)
        if self._block is None and packed:
            while len(packed) < len(self._begin) and (more := self._stream.read(1)):
                packed += more
            if not packed.startswith(self._begin):
                if not self._has_begun:
                    raise Damaged("it isn't compressed in this form")
                self.is_followed = True
                return False
            self._block, self._has_begun = self._new(), True
        if not packed:
            if self._block is not None or not self._has_begun:
                raise EOFError
            return False
        self._plain, self._packed = self._block.decompress(packed), b""
        if self._block.eof:
            self._packed, self._block = self._block.unused_data, None
        return True


def members_of(path: Path) -> dict[str, bytes]:
    """The hashes of an archive's members by their names, in order; raises Damaged."""
    with undamaged(), ZipFile(path) as archive:
        hashes: dict[str, bytes] = {}
        for member in archive.infolist():
            if member.filename in hashes:
                raise Damaged(f"it has two files of the name {member.filename}")
            with archive.open(member) as stream:
                hashes[member.filename] = hash_of_stream(stream)
        return hashes


def has_more_than_members(path: Path) -> bool:
    """Whether an archive has data before its first member or behind its end."""
    with undamaged(), ZipFile(path) as archive, path.open("rb") as stream:
        offsets = [member.header_offset for member in archive.infolist()]
        stream.seek(-_END_BYTES, 2)
        return not stream.read().startswith(_END) or min(offsets, default=0) > 0


def member_of(path: Path, name: str, size_max: int) -> str | None:
    """A member's text, up to a size; None if the file isn't an archive with one."""
    try:
        with undamaged(), ZipFile(path) as archive, archive.open(name) as stream:
            return stream.read(size_max).decode()
    except (Damaged, KeyError, UnicodeDecodeError):
        return None


@contextmanager
def undamaged() -> Iterator[None]:
    """Raise what libraries say of damaged files as Damaged."""
    try:
        yield
    except (
        *(BadZipFile, EOFError, gzip.BadGzipFile, zlib.error, zstandard.ZstdError),
        *(NotImplementedError, RuntimeError),  # an archive that others made
    ) as error:
        raise Damaged(str(error) or "it ends too early") from None


def hash_of_stream(stream: IO[bytes]) -> bytes:
    """The SHA-256 of a stream."""
    digest = sha256(usedforsecurity=False)
    while piece := stream.read(READ_BYTES):
        digest.update(piece)
    return digest.digest()
