"""Proves that two CSV files hold the same lines."""

from pathlib import Path

BLOCK_BYTES = 2**20


class Different(Exception):
    """Two files that should hold the same lines don't; the message says where."""


def same_lines(ours: Path, theirs: Path) -> int:
    """Compare byte for byte, but for the line ends, and give the number of lines.

    Daybook ends lines as RFC 4180 says, by CRLF, the peers by LF; neither can be part
    of a cell here. Raises Different.
    """
    lines = 0
    with ours.open("rb") as our_stream, theirs.open("rb") as their_stream:
        while block := our_stream.read(BLOCK_BYTES):
            if block.endswith(b"\r"):
                block += our_stream.read(1)
            text = block.replace(b"\r\n", b"\n")
            other = their_stream.read(len(text))
            if other != text:
                raise Different(_difference(lines, text, other, theirs))
            lines += text.count(b"\n")
        if more := their_stream.readline():
            raise Different(f"{theirs.name} goes on after line {lines:,}: {more!r}")
    return lines


def _difference(before: int, text: bytes, other: bytes, theirs: Path) -> str:
    our_lines, their_lines = text.splitlines(), other.splitlines()
    for at, line in enumerate(our_lines):
        their_line = their_lines[at] if at < len(their_lines) else b"(the end)"
        if line != their_line:
            # The first line of a block may have begun in the block before.
            return f"line {before + at + 1:,}: {line!r}, {theirs.name}: {their_line!r}"
    return f"line {before + len(our_lines):,}: {theirs.name} has more"
