"""What is in a compressed file or an archive, read so that nothing behind it is missed.

Libraries tolerate data behind the end of what they read. A file that has some is not
what was made, even if all of its contents are.
"""

import errno
import gzip
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile, ZipFile, ZipInfo

import zstandard

from daybook.exports.writing.compression import GZIP, ZSTD, Compression

READ_BYTES = 2**20
_COMPRESSED_BYTES = 2**14
"""How much is decompressed at once: it may become a thousand times as much."""
_HEAD = struct.Struct("<4s5H3L2H")
"""What a member begins with; its last values are the bytes of name and extra."""
_SIZES_FOLLOW = 8
_SIZES, _LARGE_SIZES = struct.Struct("<4s3L"), struct.Struct("<4sL2Q")
_SIZES_SIGN = b"PK\7\10"
_END, _END_SIGN = struct.Struct("<4s4H2LH"), b"PK\5\6"
"""What an archive ends with: members, the list's size and place, a comment's size."""
_LARGE_END_BYTES = 76
_IN_LARGE_END = (2**16 - 1, 2**32 - 1)
"""Values that are too large for the end are before it."""

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
    """Whether an archive has data beside its members and the list of them.

    Members follow each other, then the list, then the end; sizes are the same at a
    member and in the list.
    """
    with undamaged(), ZipFile(path) as archive, path.open("rb") as stream:
        at = 0
        for member in archive.infolist():
            if member.header_offset != at:
                return True
            end = _end_of_member(stream, member)
            if end is None:
                return True
            at = end
        size = stream.seek(-_END.size, 2) + _END.size
        sign, *_, count, listed, start, comment = _END.unpack(stream.read())
        is_large = archive.start_dir + listed == size - _END.size - _LARGE_END_BYTES
        return (
            sign != _END_SIGN
            or bool(comment)
            or archive.start_dir != at
            or (not is_large and archive.start_dir + listed != size - _END.size)
            or (count, start) not in {(len(archive.infolist()), at), _IN_LARGE_END}
        )


def _end_of_member(stream: IO[bytes], member: ZipInfo) -> int | None:
    """Where a member ends; None if it says other sizes than the list of members."""
    stream.seek(member.header_offset)
    head = _HEAD.unpack(stream.read(_HEAD.size))
    name_bytes, extra_bytes = head[-2:]
    end: int = member.header_offset + _HEAD.size + name_bytes + extra_bytes
    end += member.compress_size
    if not member.flag_bits & _SIZES_FOLLOW:
        return end
    # A member that may be large has room for its sizes before its contents, too.
    sizes = _LARGE_SIZES if extra_bytes else _SIZES
    stream.seek(end)
    sign, crc, *its = sizes.unpack(stream.read(sizes.size))
    told = [member.compress_size, member.file_size]
    is_same = (sign, crc, its) == (_SIZES_SIGN, member.CRC, told)
    return end + sizes.size if is_same else None


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
        *(ValueError, OverflowError, struct.error),  # places that aren't in the file
    ) as error:
        raise Damaged(str(error) or "it ends too early") from None
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        raise Damaged("it names places that aren't in the file") from None


def hash_of_stream(stream: IO[bytes]) -> bytes:
    """The SHA-256 of a stream."""
    digest = sha256(usedforsecurity=False)
    while piece := stream.read(READ_BYTES):
        digest.update(piece)
    return digest.digest()
