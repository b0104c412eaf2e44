"""Which files are evidence, by their content."""

import struct
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from daybook.errors import ProblemCode, Rejected
from daybook.evidence import workbooks
from daybook.evidence.checking import checked_type
from daybook_evidence import GOOD, archive, csv, jpeg, pdf, png, xlsx

TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
}
ARCHIVE = archive({"notes.txt": b"something else"})
CONTENT_TYPES = "[Content_Types].xml"


def problem(content: bytes, name: str) -> str:
    """Why a file is refused."""
    with pytest.raises(Rejected) as rejected:
        checked_type(BytesIO(content), name)
    (found,) = rejected.value.problems
    assert found.code in {ProblemCode.UNREADABLE, ProblemCode.INVALID_VALUE}
    return found.message


def with_member(name: str, content: bytes) -> bytes:
    """A workbook with one more member."""
    stream = BytesIO(xlsx())
    with ZipFile(stream, "a", ZIP_DEFLATED) as book:
        book.writestr(name, content)
    return stream.getvalue()


@pytest.mark.parametrize("name", GOOD)
def test_each_kind_is_taken(name: str) -> None:
    found = checked_type(BytesIO(GOOD[name]), name)

    assert found.media_type == TYPES[name.rpartition(".")[2].lower()]


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        # Something else under the name of a kind that is taken.
        (b"MZ\x90\0" + bytes(200), "invoice.pdf", "looks like: Windows"),
        (b"GIF89a" + bytes(50), "scan.png", "looks like: Graphics interchange"),
        (b"<html><script>alert(1)</script>", "page.pdf", "looks like: HTML"),
        (b"\n  <svg onload='alert(1)'/>", "list.csv", "it is not a table"),
        (b"a,b\n1,\x00\n", "list.csv", "it is not text"),
        (b"a,b\n1,\x1b[2J\n", "list.csv", "it is not text"),
        ("a,b\nSöhne,1\n".encode("latin-1"), "list.csv", "not text in UTF-8"),
        (csv().decode().encode("utf-16"), "list.csv", "not text in UTF-8"),
        (b'a,b\n"1,2\n', "list.csv", "its quotes don't fit"),
        (b'a,b\n"1"2,3\n', "list.csv", "its quotes don't fit"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old.xlsx", "Office"),
        # One kind under the name of another.
        (png(), "scan.pdf", "the file is PNG: its name must end in .png"),
        (pdf(), "contract.jpg", "the file is PDF: its name must end in .pdf"),
        (csv(), "list.txt", "the name of a CSV file ends in .csv"),
        (xlsx(), "book.xlsm", "the file is XLSX: its name must end in .xlsx"),
        # Cut short or damaged.
        (pdf()[:-8], "contract.pdf", "its end is missing"),
        (png()[:-6], "scan.png", "its end is missing"),
        (png().replace(b"\0\0\0\x01\0\0\0\x01", b"\0\0\0\x02\0\0\0\x01"), "a.png",
         "it is damaged"),
        (jpeg()[:-2], "photo.jpg", "its end is missing"),
        (jpeg()[:24], "photo.jpg", "its end is missing"),
        (b"\xff\xd8\xff\xe0\0\x04ab\xff\xda\0\x02\xff\xd9", "photo.jpg",
         "it has no picture"),
        (xlsx()[:-30], "book.xlsx", "it is cut, or something follows its end"),
        # Two kinds in one file.
        (pdf() + ARCHIVE + b"%%EOF", "contract.pdf", "it is an archive as well"),
        (jpeg() + ARCHIVE, "photo.jpg", "it is an archive as well"),
        (png() + ARCHIVE, "scan.png", "something follows its end"),
        (pdf() + xlsx(), "contract.pdf", "its end is missing"),
        (xlsx() + pdf(), "book.xlsx", "something follows its end"),
        # Archives that are no workbooks.
        (ARCHIVE, "book.xlsx", "another archive, not a workbook"),
        (archive({CONTENT_TYPES: b"wordprocessingml"}), "book.xlsx",
         "another archive, not a workbook"),
        (archive({CONTENT_TYPES: b"ms-excel.sheet.macroEnabled.main+xml"}),
         "book.xlsx", "not a workbook of Excel without macros"),
    ],
)  # fmt: skip
def test_what_is_something_else_is_refused(
    content: bytes, name: str, words: str
) -> None:
    assert words in problem(content, name)


def test_a_workbook_that_unpacks_to_too_much_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workbooks, "UNPACKED_BYTES_MAX", 2**20)
    bomb = with_member("xl/media/big.xml", bytes(2**20 + 1))
    # The list of members says less than there is.
    lying = bomb.replace(struct.pack("<I", 2**20 + 1), struct.pack("<I", 100))

    assert len(bomb) < 2**16
    assert "it unpacks to more than 1 MiB" in problem(bomb, "book.xlsx")
    assert "its archive is damaged" in problem(lying, "book.xlsx")


def test_a_workbook_with_too_many_members_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workbooks, "MEMBERS_MAX", 5)

    assert "it has more than 5 members" in problem(xlsx(), "book.xlsx")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_workbook_with_two_members_of_a_name_is_refused() -> None:
    twice = with_member(CONTENT_TYPES, b"another list of types")

    assert "two of its members have the same name" in problem(twice, "book.xlsx")


def test_an_encrypted_workbook_is_refused() -> None:
    content = bytearray(xlsx())
    content[content.index(b"PK\x01\x02") + 8] |= 1

    assert "it is encrypted" in problem(bytes(content), "book.xlsx")


def test_a_damaged_member_is_found() -> None:
    content = bytearray(xlsx())
    content[content.index(b"xl/worksheets/sheet1.xml") + 40] ^= 0xFF

    assert "its archive is damaged" in problem(bytes(content), "book.xlsx")


@pytest.mark.parametrize("size", [1, 4, 10, 21])
@pytest.mark.parametrize("name", GOOD)
def test_a_beginning_is_never_taken_for_the_whole(name: str, size: int) -> None:
    if not name.endswith(".csv"):
        problem(GOOD[name][:size], name)
