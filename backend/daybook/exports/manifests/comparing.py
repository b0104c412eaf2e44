"""Compares what is rendered with the bytes of a file, piece by piece."""

import asyncio
from collections.abc import AsyncIterator, Callable
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryFile
from typing import NamedTuple
from zipfile import ZipFile

from daybook.exports.manifests.unpacking import (
    READ_BYTES,
    Unpacked,
    hash_of_stream,
    undamaged,
)
from daybook.exports.writing.compression import Compression


class Compared(NamedTuple):
    """The hash of what was rendered, and where it first differs from the file.

    `line` and `byte` count from 1; both are None if nothing differs. `is_followed` says
    that what is compressed in the file ends before the file does.
    """

    sha256: bytes
    line: int | None
    byte: int | None
    is_followed: bool = False

    @property
    def is_same(self) -> bool:
        """Whether all bytes are equal."""
        return self.byte is None


def hash_of(path: Path) -> bytes:
    """The SHA-256 of a file."""
    with path.open("rb") as stream:
        return hash_of_stream(stream)


async def compare(
    pieces: AsyncIterator[bytes], path: Path, compression: Compression | None = None
) -> Compared:
    """Compare pieces with a file, or with what is compressed in it.

    All pieces are hashed, those behind the first difference too. Raises Damaged.
    """
    with undamaged(), path.open("rb") as stream:
        if compression is None:
            beside = _Beside(stream.read)
            async for piece in pieces:
                beside.add(piece)
            return beside.end()
        plain = Unpacked(stream, compression)
        beside = _Beside(plain.read)
        async for piece in pieces:
            beside.add(piece)
        return beside.end()._replace(is_followed=plain.is_followed)


async def compare_part(pieces: AsyncIterator[bytes], path: Path, part: str) -> Compared:
    """Compare a part of an archive, whose bytes are the pieces, with a file.

    An archive without such a part is as if that was empty.
    """
    with TemporaryFile() as archive:
        async for piece in pieces:
            archive.write(piece)
        return await asyncio.to_thread(_part_beside, ZipFile(archive), path, part)


def _part_beside(archive: ZipFile, path: Path, part: str) -> Compared:
    with path.open("rb") as file:
        beside = _Beside(file.read)
        if part in archive.namelist():
            with archive.open(part) as stream:
                while piece := stream.read(READ_BYTES):
                    beside.add(piece)
        return beside.end()


class _Beside:
    """Reads a stream beside the pieces that it should consist of."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read_some = read
        self._hash = sha256(usedforsecurity=False)
        self._line, self._byte, self._differs = 1, 1, False

    def add(self, piece: bytes) -> None:
        """Compare the next piece."""
        self._hash.update(piece)
        if self._differs:
            return
        other = self._read(len(piece))
        if other != piece:
            self._differs = True
            pairs = enumerate(zip(piece, other, strict=False))
            shorter = min(len(piece), len(other))
            same = next((at for at, (a, b) in pairs if a != b), shorter)
            piece = piece[:same]
        self._line += piece.count(b"\n")
        self._byte += len(piece)

    def end(self) -> Compared:
        """What was found, at the end of the pieces: the stream must end there too."""
        self._differs = self._differs or bool(self._read(1))
        place = (self._line, self._byte) if self._differs else (None, None)
        return Compared(self._hash.digest(), *place)

    def _read(self, size: int) -> bytes:
        """So many bytes, fewer only at the end."""
        parts, missing = [], size
        while missing and (part := self._read_some(missing)):
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)
