"""Lines of a file as they stand there, for those who mend them."""

import gzip
from collections.abc import Collection
from io import BytesIO

import pytest

from daybook.documents.reading.lines import TEXT_MAX, lines_at

FILE = "id,name\r\n1,Söhne\t& Co\r\n2,Lake Media".encode()


def at(content: bytes, numbers: Collection[int], bytes_max: int = 1_000) -> object:
    """The lines of a file."""
    return lines_at(BytesIO(content), numbers, bytes_max=bytes_max)


@pytest.mark.parametrize(
    "content", [FILE, b"\xef\xbb\xbf" + FILE, gzip.compress(FILE, mtime=0)]
)
def test_lines_are_found_by_their_numbers(content: bytes) -> None:
    assert at(content, {1, 2, 3}) == {
        1: "id,name",
        2: "1,Söhne & Co",
        3: "2,Lake Media",
    }
    assert at(content, {3}) == {3: "2,Lake Media"}


def test_lines_that_are_not_there_are_left_out() -> None:
    assert at(FILE, {2, 4, 900}) == {2: "1,Söhne & Co"}
    assert at(FILE, ()) == {}
    assert at(FILE, {1, 3}, bytes_max=20) == {1: "id,name"}
    assert at(gzip.compress(FILE)[:-12], {1, 900}) in ({}, {1: "id,name"})


def test_a_long_line_is_cut_and_what_is_no_text_is_marked() -> None:
    assert at(b"x" * 600, {1}) == {1: "x" * TEXT_MAX + "…"}
    assert at(b"a\xffb\x00c\x1b[2J", {1}) == {1: "a\ufffdb\ufffdc\ufffd[2J"}
