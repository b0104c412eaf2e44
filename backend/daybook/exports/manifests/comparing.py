"""Compares what is rendered with the bytes of a file, piece by piece."""

import gzip
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, NamedTuple, cast
from zipfile import BadZipFile, ZipFile

import zstandard

from daybook.exports.writing.compression import GZIP, Compression

READ_BYTES = 2**20


class Damaged(Exception):
    """A compressed file or archive that can't be read to its end."""


class Compared(NamedTuple):
    """The hash of what was rendered, and where it first differs from the file.

    `line` and `byte` count from 1; both are None if nothing differs.
    """

    sha256: bytes
    line: int | None
    byte: int | None

    @property
    def is_same(self) -> bool:
        """Whether all bytes are equal."""
        return self.byte is None


def hash_of(path: Path) -> bytes:
    """The SHA-256 of a file."""
    with path.open("rb") as stream:
        return _hash_of(stream)


async def compare(
    pieces: AsyncIterator[bytes], path: Path, compression: Compression | None = None
) -> Compared:
    """Compare pieces with a file, or with what is compressed in it.

    All pieces are hashed, those behind the first difference too. Raises Damaged.
    """
    with _opened(path, compression) as stream:
        beside = _Beside(stream)
        async for piece in pieces:
            beside.add(piece)
        return beside.end()


class _Beside:
    """Reads a stream beside the pieces that it should consist of."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
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
        while missing and (part := self._stream.read(missing)):
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)


@contextmanager
def _opened(path: Path, compression: Compression | None) -> Iterator[IO[bytes]]:
    with _undamaged(), path.open("rb") as stream:
        if compression is None:
            yield stream
        elif compression is GZIP:
            with gzip.open(stream) as plain:
                yield cast("IO[bytes]", plain)
        else:
            reader = zstandard.ZstdDecompressor().stream_reader(
                stream, read_across_frames=True
            )
            with reader as plain:
                yield cast("IO[bytes]", plain)


def members_of(path: Path) -> dict[str, bytes]:
    """The hashes of an archive's members by their names, in order; raises Damaged."""
    with _undamaged(), ZipFile(path) as archive:
        hashes = {}
        for member in archive.infolist():
            with archive.open(member) as stream:
                hashes[member.filename] = _hash_of(stream)
        return hashes


def member_of(path: Path, name: str, size_max: int) -> str | None:
    """A member's text, up to a size; None if the file isn't an archive with one."""
    try:
        with _undamaged(), ZipFile(path) as archive, archive.open(name) as stream:
            return stream.read(size_max).decode()
    except (Damaged, KeyError, UnicodeDecodeError):
        return None


@contextmanager
def _undamaged() -> Iterator[None]:
    try:
        yield
    except (
        *(BadZipFile, EOFError, gzip.BadGzipFile, zlib.error, zstandard.ZstdError),
        *(NotImplementedError, RuntimeError),  # an archive that others made
    ) as error:
        raise Damaged(str(error) or "it ends too early") from None


def _hash_of(stream: IO[bytes]) -> bytes:
    digest = sha256(usedforsecurity=False)
    while piece := stream.read(READ_BYTES):
        digest.update(piece)
    return digest.digest()
