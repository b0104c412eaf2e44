"""Which files are evidence, by their content: PDF, PNG, JPEG, XLSX and CSV. Pure.

A file's name claims nothing that its content doesn't show. Each kind is checked from
its first byte to its last, as far as that takes no decoder: a file that is something
else besides (a PDF with an archive behind it) is refused.
"""

import csv
import io
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO, NamedTuple
from zipfile import is_zipfile

import puremagic

from daybook.errors import ProblemCode, Rejected
from daybook.evidence.rules import evidence_refused, suffix_of
from daybook.evidence.workbooks import WORKBOOK, unfit_workbook

HEAD_BYTES = 2**16
"""How much of a file's beginning and end is looked at."""
PDF_END_BYTES = 1_024
"""Where readers of PDF look for its end mark."""
PNG_START = b"\x89PNG\r\n\x1a\n"

_DELIMITERS = (",", ";", "\t", "|")
_CONTROLS = frozenset(chr(code) for code in (*range(32), 127)) - set("\t\r\n")


class MediaType(NamedTuple):
    """A kind of files: its name, its media type, and the suffixes of such names.

    `unfit` says what is wrong with a file of this kind, in words.
    """

    name: str
    media_type: str
    suffixes: tuple[str, ...]
    unfit: Callable[[BinaryIO], str | None]


def _unfit_pdf(stream: BinaryIO) -> str | None:
    if _head(stream, 5) != b"%PDF-":
        return "it doesn't begin as a PDF"
    if b"%%EOF" not in _tail(stream, PDF_END_BYTES):
        return "its end is missing"
    return _unfit_with_archive(stream)


def _unfit_png(stream: BinaryIO) -> str | None:
    """Walk a PNG's chunks, each with its checksum, to the last one."""
    if _head(stream, len(PNG_START)) != PNG_START:
        return "it doesn't begin as a PNG"
    name, is_first = b"", True
    while name != b"IEND":
        header = stream.read(8)
        if len(header) < 8:
            return "its end is missing"
        length, name = struct.unpack(">I4s", header)
        if is_first and name != b"IHDR":
            return "it doesn't begin as a PNG"
        content, checksum, is_first = stream.read(length), stream.read(4), False
        if len(content) < length or len(checksum) < 4:
            return "its end is missing"
        if zlib.crc32(name + content).to_bytes(4, "big") != checksum:
            return "it is damaged"
    return "something follows its end" if stream.read(1) else None


def _unfit_jpeg(stream: BinaryIO) -> str | None:
    """Walk a JPEG's segments to its picture, and look for its end."""
    if _head(stream, 2) != b"\xff\xd8":
        return "it doesn't begin as a JPEG"
    has_frame, code = False, 0
    while code != 0xDA:  # the picture follows
        marker = stream.read(4)
        if len(marker) < 4:
            return "its end is missing"
        start, code, length = struct.unpack(">BBH", marker)
        if start != 0xFF or length < 2:
            return "it is damaged"
        has_frame |= 0xC0 <= code <= 0xCF and code not in {0xC4, 0xC8, 0xCC}
        stream.seek(length - 2, io.SEEK_CUR)
    if not has_frame:
        return "it has no picture"
    # Cameras write notes behind the end.
    if b"\xff\xd9" not in _tail(stream, HEAD_BYTES):
        return "its end is missing"
    return _unfit_with_archive(stream)


def _unfit_with_archive(stream: BinaryIO) -> str | None:
    stream.seek(0)
    return "it is an archive as well" if is_zipfile(stream) else None


def _unfit_text(stream: BinaryIO) -> str | None:
    """Read a CSV file to its end, a line at a time."""
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    try:
        lines = _lines_of_text(text)
        first = next(lines, "").lstrip()
        if not first.strip() or first.startswith("<"):
            return "it is not a table"
        delimiter = max(_DELIMITERS, key=first.count)
        for _ in csv.reader(_again(first, lines), delimiter=delimiter, strict=True):
            pass
    except UnicodeDecodeError:
        return "it is not text in UTF-8: save it as CSV in UTF-8"
    except _NotText:
        return "it is not text"
    except csv.Error as wrong:
        return f"its quotes don't fit: {wrong}"
    finally:
        text.detach()
    return None


class _NotText(Exception):
    """A control character, which no text has."""


def _lines_of_text(text: io.TextIOWrapper) -> Iterator[str]:
    for line in text:
        if not _CONTROLS.isdisjoint(line):
            raise _NotText
        yield line


def _again(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


PDF = MediaType("PDF", "application/pdf", (".pdf",), _unfit_pdf)
PNG = MediaType("PNG", "image/png", (".png",), _unfit_png)
JPEG = MediaType("JPEG", "image/jpeg", (".jpg", ".jpeg"), _unfit_jpeg)
XLSX = MediaType("XLSX", WORKBOOK, (".xlsx",), unfit_workbook)
CSV = MediaType("CSV", "text/csv", (".csv",), _unfit_text)

_BY_CONTENT: Mapping[str, MediaType] = {
    its.media_type: its for its in (PDF, PNG, JPEG, XLSX)
}


def checked_type(stream: BinaryIO, name: str) -> MediaType:
    """The kind of a file; raises Rejected for one that is no evidence.

    The name's suffix must be one of its kind, so that it opens as what it is.
    """
    found = _known_type(stream)
    if found is None:
        return _checked_text(stream, name)
    problem = found.unfit(stream)
    if problem is not None:
        raise _refused(f"the file begins as {found.name}, but {problem}")
    if suffix_of(name) not in found.suffixes:
        message = f"the file is {found.name}: its name must end in {found.suffixes[0]}"
        raise evidence_refused(message, "name")
    return found


def _checked_text(stream: BinaryIO, name: str) -> MediaType:
    """CSV if the name says so: no beginning of a file shows that it is."""
    if suffix_of(name) not in CSV.suffixes:
        known = next((f", but looks like: {its.name}" for its in _matches(stream)), "")
        message = f"the file isn't PDF, PNG, JPEG or XLSX{known}"
        raise _refused(f"{message}; the name of a CSV file ends in .csv")
    problem = CSV.unfit(stream)
    if problem is not None:
        raise _refused(f"the file isn't CSV: {problem}")
    return CSV


def _known_type(stream: BinaryIO) -> MediaType | None:
    """The kind that a file's beginning shows; None for text, and all other kinds."""
    names = [its.mime_type for its in _matches(stream)]
    return next((_BY_CONTENT[name] for name in names if name in _BY_CONTENT), None)


def _matches(stream: BinaryIO) -> list[puremagic.PureMagicWithConfidence]:
    try:
        return puremagic.magic_string(_head(stream, HEAD_BYTES))
    except (puremagic.PureError, ValueError):
        return []


def _refused(message: str) -> Rejected:
    return evidence_refused(message, "file", ProblemCode.UNREADABLE)


def _head(stream: BinaryIO, size: int) -> bytes:
    stream.seek(0)
    return stream.read(size)


def _tail(stream: BinaryIO, size: int) -> bytes:
    end = stream.seek(0, io.SEEK_END)
    stream.seek(max(end - size, 0))
    return stream.read(size)
