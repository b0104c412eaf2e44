"""Reads the lines of a file: unzipped, limited in size, decoded."""

import gzip
import io
import zlib
from collections.abc import Callable, Collection, Iterator
from typing import BinaryIO

from daybook.documents.reading.problems import Unreadable
from daybook.errors import ProblemCode

LINE_BYTES_MAX = 16 * 2**20
"""The largest number of bytes of one line."""
TEXT_MAX = 500
"""How many characters of a line are quoted."""

UTF_8 = "utf-8"

GZIP_MAGIC = b"\x1f\x8b"
CUT_OFF = (EOFError, gzip.BadGzipFile, zlib.error)
"""What reading a gzip file raises that is damaged or cut off."""
CUT_OFF_WORDS = "the gzip file is damaged or cut off; send it again"
"""What every gzip file begins with."""
OTHER_MAGICS = {
    b"PK\x03\x04": "a ZIP archive or a workbook (.xlsx)",
    b"PK\x05\x06": "a ZIP archive",
    b"%PDF-": "a PDF",
    b"\xd0\xcf\x11\xe0": "a workbook (.xls)",
    b"SQLite format 3\0": "a SQLite database",
}
"""The first bytes of kinds of files that are sent by mistake."""

_BUFFER_BYTES = 2**18
_BYTE_ORDER_MARK = "\ufeff"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class _Counted(io.RawIOBase):
    """A stream that reports how many of its bytes have been read."""

    def __init__(
        self, stream: BinaryIO, progress: Callable[[int], None] | None
    ) -> None:
        self._stream = stream
        self._progress = progress
        self._read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]  # io names no buffer type
        chunk = self._stream.read(len(buffer))
        buffer[: len(chunk)] = chunk
        self._read += len(chunk)
        if self._progress is not None:
            self._progress(self._read)
        return len(chunk)


def decoded_lines(
    stream: BinaryIO,
    *,
    bytes_max: int,
    progress: Callable[[int], None] | None = None,
    encoding: str = UTF_8,
) -> Iterator[str]:
    """The lines of a file with their line ends; a byte order mark is left out.

    `bytes_max` counts bytes after decompression, `progress` gets the bytes read before
    it. Raises `Unreadable`, naming the line, if the file is cut off, is in another
    encoding, or is too large.
    """
    number = size = 0
    file = unzipped(stream, progress)
    while True:
        number += 1
        try:
            raw = file.readline(LINE_BYTES_MAX + 1)
        except CUT_OFF as error:
            raise Unreadable(CUT_OFF_WORDS, number) from error
        if not raw:
            return
        size += len(raw)
        if number == 1:
            _check_kind(raw)
        _check_size(number, len(raw), size, bytes_max)
        yield _decoded(raw, number, encoding)


def line_count(stream: BinaryIO, *, bytes_max: int) -> int:
    """How many lines a file has, as far as it can be unzipped and is read."""
    count = size = 0
    last, file = b"\n", unzipped(stream)
    while size <= bytes_max:
        try:
            piece = file.read(_BUFFER_BYTES)
        except CUT_OFF:
            break
        if not piece:
            break
        size += len(piece)
        count += piece.count(b"\n")
        last = piece[-1:]
    return count + (last != b"\n")


def lines_at(
    stream: BinaryIO, numbers: Collection[int], *, bytes_max: int
) -> dict[int, str]:
    """The text of some lines as it stands in a file, by their numbers, without its end.

    Each is cut after `TEXT_MAX` characters. What is not UTF-8 has a mark in its place,
    and lines that the file doesn't have, or that can't be unzipped, are left out.
    """
    found = dict[int, str]()
    size, file = 0, unzipped(stream)
    for number in range(1, max(numbers, default=0) + 1):
        try:
            raw = file.readline(LINE_BYTES_MAX + 1)
        except CUT_OFF:
            break
        size += len(raw)
        if not raw or size > bytes_max:
            break
        if number in numbers:
            text = raw.decode(errors="replace").removeprefix(_BYTE_ORDER_MARK)
            found[number] = _quoted_line(text.rstrip("\r\n"))
    return found


def _quoted_line(text: str) -> str:
    """A line's beginning, with marks for what can't be printed."""
    shown = text[:TEXT_MAX] + "…" * (len(text) > TEXT_MAX)
    return "".join(
        char
        if char.isprintable()
        else " "
        if char == "\t"
        else "\N{REPLACEMENT CHARACTER}"
        for char in shown
    )


def unzipped(
    stream: BinaryIO, progress: Callable[[int], None] | None = None
) -> io.BufferedIOBase:
    """A file without its compression, if it has any; raises `CUT_OFF` as it is read.

    `progress` gets the bytes read before decompression.
    """
    file = io.BufferedReader(_Counted(stream, progress), _BUFFER_BYTES)
    if file.peek(2).startswith(GZIP_MAGIC):
        return io.BufferedReader(gzip.GzipFile(fileobj=file), _BUFFER_BYTES)
    return file


def _check_size(number: int, line_size: int, size: int, bytes_max: int) -> None:
    if size > bytes_max:
        message = (
            f"the file is larger than {bytes_max:,} bytes, counted after "
            "decompression; split it, or raise DAYBOOK_IMPORT_BYTES_MAX"
        )
        raise Unreadable(message, number, ProblemCode.TOO_LARGE)
    if line_size > LINE_BYTES_MAX:
        message = f"the line is longer than {LINE_BYTES_MAX:,} bytes"
        raise Unreadable(message, number, ProblemCode.TOO_LARGE)


def _check_kind(start: bytes) -> None:
    """Raise Unreadable for a file of another kind."""
    for magic, kind in OTHER_MAGICS.items():
        if start.startswith(magic):
            raise Unreadable(f"the file is {kind}, not JSON Lines or CSV")


def _decoded(raw: bytes, number: int, encoding: str) -> str:
    if number == 1 and raw.startswith(_UTF_16_MARKS):
        raise Unreadable("the file is UTF-16; save it as UTF-8")
    if b"\0" in raw:
        message = "the line holds a NUL byte; the file is not JSON Lines or CSV"
        raise Unreadable(message, number)
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        where = f"byte {error.start + 1} of the line"
        if encoding != UTF_8:
            message = f"{where} is not {encoding}; the mapping declares that encoding"
            raise Unreadable(message, number) from error
        message = (
            f"{where} is not UTF-8; save the file as UTF-8, or say"
            ' encoding = "cp1252" in a mapping if it comes from Excel'
        )
        raise Unreadable(message, number) from error
    return text.removeprefix(_BYTE_ORDER_MARK) if number == 1 else text
