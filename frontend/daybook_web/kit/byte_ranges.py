"""Ranges of bytes that a request asks for, and the body that holds them (RFC 9110)."""

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

RANGES_MAX = 100
"""A request for more ranges gets the whole file."""

_BYTES = re.compile(r"\s*bytes\s*=(.*)", re.IGNORECASE | re.ASCII | re.DOTALL)
_RANGE = re.compile(r"([0-9]{0,40})-([0-9]{0,40})", re.ASCII)


class ByteRange(NamedTuple):
    """The bytes from `start` to before `end`."""

    start: int
    end: int


def ranges_of(text: str, size: int) -> list[ByteRange] | None:
    """The ranges of a Range header, within a file of `size` bytes.

    They are in order, and those that overlap or touch are one. None stands for the
    whole file, which a header of another unit or form gives; the list is empty if no
    range is within the file.
    """
    unit = _BYTES.fullmatch(text)
    texts = [part.strip(" \t") for part in unit[1].split(",")] if unit else []
    texts = [part for part in texts if part]
    if not texts or len(texts) > RANGES_MAX:
        return None
    found = []
    for part in texts:
        match = _RANGE.fullmatch(part)
        if match is None or part == "-":
            return None
        first, last = match.groups()
        if not first:
            start, end = max(0, size - int(last)), size
        elif last and int(last) < int(first):
            return None
        else:
            start, end = int(first), min(size, int(last) + 1) if last else size
        if start < end:
            found.append(ByteRange(start, end))
    return _joined(sorted(found))


def _joined(ranges: Sequence[ByteRange]) -> list[ByteRange]:
    joined: list[ByteRange] = []
    for wanted in ranges:
        if joined and wanted.start <= joined[-1].end:
            last = joined.pop()
            joined.append(ByteRange(last.start, max(last.end, wanted.end)))
        else:
            joined.append(wanted)
    return joined


@dataclass(frozen=True, slots=True)
class Parts:
    """A body: ranges of the file, and for several of them the text around each."""

    pieces: Sequence[ByteRange | bytes]
    media_type: str
    headers: Mapping[str, str]

    @classmethod
    def of(
        cls, ranges: Sequence[ByteRange] | None, size: int, media_type: str
    ) -> "Parts":
        """The body with some ranges of a file; None for all of it."""
        if ranges is None:
            return cls([ByteRange(0, size)], media_type, {})
        if len(ranges) == 1:
            return cls(ranges, media_type, {"Content-Range": _named(ranges[0], size)})
        boundary = secrets.token_hex(16)
        pieces: list[ByteRange | bytes] = []
        for wanted in ranges:
            lines = (
                *("", f"--{boundary}", f"Content-Type: {media_type}"),
                *(f"Content-Range: {_named(wanted, size)}", "", ""),
            )
            pieces += ["\r\n".join(lines).encode(), wanted]
        pieces.append(f"\r\n--{boundary}--\r\n".encode())
        return cls(pieces, f"multipart/byteranges; boundary={boundary}", {})

    @property
    def size(self) -> int:
        """How many bytes the body has."""
        return sum(
            len(piece) if isinstance(piece, bytes) else piece.end - piece.start
            for piece in self.pieces
        )

    def __iter__(self) -> Iterator[ByteRange | bytes]:
        """The pieces in their order."""
        return iter(self.pieces)


def _named(wanted: ByteRange, size: int) -> str:
    return f"bytes {wanted.start}-{wanted.end - 1}/{size}"
