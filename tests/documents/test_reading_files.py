"""Files: gzip, limits, encodings, progress, and what isn't a file of documents."""

import gzip
import io
import json
from pathlib import Path

import pytest

from daybook.documents.reading import Reading, read_file, read_stream
from daybook.documents.reading.lines import LINE_BYTES_MAX, line_count
from daybook.errors import Problem, ProblemCode, Rejected

INVOICE = {
    "type": "invoice",
    "id": "inv_1",
    "status": "FINAL",
    "currency": "USD",
    "customer": {"id": "cus_1", "name": "Café"},
    "issued_on": "2025-01-01",
    "lines": [
        {
            "id": "1",
            "product": {"id": "prod_1", "name": "Platform"},
            "amount": "1200.00",
            "method": "POINT_IN_TIME",
        }
    ],
}
TEXT = json.dumps(INVOICE, ensure_ascii=False).encode() + b"\n"
ROOMY = 10**8


def read(raw: bytes, bytes_max: int = ROOMY) -> Reading:
    return read_stream(io.BytesIO(raw), None, bytes_max=bytes_max)


def refused(raw: bytes, bytes_max: int = ROOMY) -> list[Problem]:
    with pytest.raises(Rejected) as raised:
        read(raw, bytes_max)
    return list(raised.value.problems)


def test_a_file_can_be_gzipped_or_not(tmp_path: Path) -> None:
    plain, zipped = tmp_path / "documents.jsonl", tmp_path / "documents.jsonl.gz"
    plain.write_bytes(TEXT)
    zipped.write_bytes(gzip.compress(TEXT, mtime=0))

    assert (
        read_file(zipped, None, bytes_max=ROOMY).documents
        == read_file(plain, None, bytes_max=ROOMY).documents
    )


def test_gzip_is_known_by_its_magic_bytes() -> None:
    assert read(gzip.compress(TEXT, mtime=0)).documents == read(TEXT).documents


def test_joined_gzip_files_are_one_file() -> None:
    other = TEXT.replace(b"inv_1", b"inv_2")

    reading = read(gzip.compress(TEXT, mtime=0) + gzip.compress(other))

    assert [document.id for document in reading.documents] == ["inv_1", "inv_2"]


def test_windows_line_ends_and_a_byte_order_mark_are_fine() -> None:
    other = read(b"\xef\xbb\xbf" + TEXT.replace(b"\n", b"\r\n"))

    assert other.documents == read(TEXT).documents


def test_the_last_line_needs_no_line_end() -> None:
    assert read(TEXT.rstrip()).documents == read(TEXT).documents


def test_a_name_in_gz_promises_gzip(tmp_path: Path) -> None:
    file = tmp_path / "documents.jsonl.gz"
    file.write_bytes(TEXT)

    with pytest.raises(Rejected) as raised:
        read_file(file, None, bytes_max=ROOMY)

    (problem,) = raised.value.problems
    assert problem.code is ProblemCode.UNREADABLE
    assert "documents.jsonl.gz is not gzip" in problem.message


@pytest.mark.parametrize(
    "damaged",
    [
        gzip.compress(TEXT, mtime=0)[:-12],
        gzip.compress(TEXT, mtime=0)[:-8] + b"\0" * 8,
        gzip.compress(TEXT, mtime=0)[:12] + b"\xff" * 40,
        gzip.compress(TEXT, mtime=0) + b"rest",
    ],
)
def test_damaged_gzip_is_refused(damaged: bytes) -> None:
    problem = refused(damaged)[-1]

    assert problem.code is ProblemCode.UNREADABLE
    assert "damaged or cut off" in problem.message


@pytest.mark.parametrize(
    "empty", [b"", b"\n \n", b"\xef\xbb\xbf", gzip.compress(b"", mtime=0)]
)
def test_an_empty_file_is_refused(empty: bytes) -> None:
    (problem,) = refused(empty)

    assert problem.code is ProblemCode.UNREADABLE
    assert "empty" in problem.message


def test_a_file_larger_than_the_limit_is_refused() -> None:
    other = TEXT.replace(b"inv_1", b"inv_2")

    assert read(TEXT + other, len(TEXT + other)).rows == 2
    (problem,) = refused(TEXT + other, len(TEXT + other) - 1)

    assert (problem.code, problem.line) == (ProblemCode.TOO_LARGE, 2)
    assert "DAYBOOK_IMPORT_BYTES_MAX" in problem.message
    assert f"{len(TEXT + other) - 1:,} bytes" in problem.message


def test_the_limit_counts_after_decompression() -> None:
    bomb = gzip.compress(TEXT + b" " * 10**7, mtime=0)

    (problem,) = refused(bomb, 10**6)

    assert len(bomb) < 10**6
    assert problem.code is ProblemCode.TOO_LARGE


def test_one_endless_line_is_refused() -> None:
    (problem,) = refused(TEXT + b" " * (LINE_BYTES_MAX + 1))

    assert (problem.code, problem.line) == (ProblemCode.TOO_LARGE, 2)
    assert "16,777,216 bytes" in problem.message


def test_other_encodings_are_refused_by_line() -> None:
    (problem,) = refused(TEXT + "Café".encode("latin-1"))

    assert (problem.code, problem.line) == (ProblemCode.UNREADABLE, 2)
    assert "byte 4 of the line is not UTF-8" in problem.message


def test_nul_bytes_are_refused() -> None:
    (problem,) = refused(TEXT + b"\0")

    assert (problem.code, problem.line) == (ProblemCode.UNREADABLE, 2)
    assert "NUL" in problem.message


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b'{"id": 1 2}', "column 10: expected a comma or }"),
        (b'{"a": [1, "]" 3]}', "column 15: expected a comma or ]"),
        (b'{"id": }', "column 8: expected a value: text in quotes, a number"),
        (b'{"id": None}', "column 8: expected a value: text in quotes"),
        (b'{"id": 1,}', "comma before a closing bracket; leave it out"),
        (b'{"a": [1,]}', "comma before a closing bracket; leave it out"),
        (b"{'id': 1}", "column 2: texts and names are in double quotes"),
        (b'{"id" 1}', "column 7: expected a colon after the field's name"),
        (b"{id: 1}", "column 2: expected a field's name in double quotes"),
        (b'{"a": "x\ty"}', "column 9: a control character in a text"),
        (b'{"a": "\\q"}', "column 8: unknown escape in a text"),
        (b'{"a": "\\u12"}', "expected four hexadecimal digits"),
        (b'{"a": "x', "the line ends too early; expected a closing quote"),
        (b'{"a": 1', "the line ends too early; expected a comma or }"),
        (b"{} {}", "column 4: the document has ended; write the next one on a line"),
        (b"[]", "must be one object {…}, not a list"),
        (b'"invoice"', "must be one object {…}, not text"),
        (b"null", "not null"),
        (b'{"id": NaN}', "NaN"),
        (b'{"id": ' + b"9" * 5_000 + b"}", "too long"),
        (b"[" * 200_000, "nested too deeply"),
    ],
)
def test_lines_that_are_not_json_objects_are_told_one_by_one(
    line: bytes, words: str
) -> None:
    first, second = refused(TEXT + line + b"\n" + TEXT + b"{\n")

    assert (first.code, first.line) == (ProblemCode.UNREADABLE, 2)
    assert words in first.message
    assert second.line == 4
    for name in ("Expecting", "delimiter", "str", "dict", "None", "True", "JSON"):
        assert name not in first.message


def test_a_field_given_twice_is_refused() -> None:
    (problem,) = refused(TEXT + b'{"id": "1", "lines": [], "id": "2"}')

    assert (problem.code, problem.line) == (ProblemCode.DUPLICATE, 2)
    assert "the field id twice" in problem.message


def test_a_list_of_documents_is_not_json_lines() -> None:
    (problem,) = refused(b"[\n" + TEXT.strip() + b"\n]")

    assert problem.line == 1
    assert "the file is one list; write each document on a line" in problem.message


def test_a_document_over_several_lines_is_told_once() -> None:
    cut, rest = refused(json.dumps(json.loads(TEXT), indent=2).encode())

    assert (cut.line, rest.line) == (1, 2)
    assert "the line ends too early" in cut.message
    assert "the document of line 1 goes on here" in rest.message


def test_the_column_is_told_beside_the_line() -> None:
    (problem,) = refused(TEXT + b'{"id": 1 2}')

    assert str(problem) == "line 2, column 10: expected a comma or } [UNREADABLE]"


def test_problems_come_in_the_order_of_the_lines() -> None:
    bad = TEXT.replace(b"FINAL", b"MAYBE")

    problems = refused(bad + b"{\n" + bad + b"\xff")

    assert [problem.line for problem in problems] == [1, 2, 3, 4]


ROW = "invoice,{},FINAL,USD,c,C,2025-01-01,{},p,P,1.00,2025-01-01,2025-01-31"


@pytest.mark.parametrize("is_zipped", [False, True])
def test_progress_is_told_in_lines(*, is_zipped: bool) -> None:
    # Two documents of two rows each: their rows are scattered.
    header = (
        "type,id,status,currency,customer.id,customer.name,issued_on,line.id,"
        "product.id,product.name,amount,service_from,service_to"
    )
    rows = [ROW.format("a", 1), ROW.format("b", 1), ROW.format("a", 2)]
    rows += [ROW.format("b", 2)]
    text = "\n".join((header, *rows)).encode()
    told: list[float] = []

    file = gzip.compress(text) if is_zipped else text
    reading = read_stream(
        io.BytesIO(file), None, bytes_max=ROOMY, lines_read=told.append
    )

    assert (reading.count, reading.rows) == (2, 4)
    assert line_count(io.BytesIO(file), bytes_max=ROOMY) == 5
    # Each of the lines is split, and four of them are rows.
    assert sum(told) == 5 / 2 + 4 / 2


@pytest.mark.parametrize(
    ("text", "count"), [(b"", 0), (b"a", 1), (b"a\n", 1), (b"a\n\nb", 3)]
)
def test_lines_are_counted(text: bytes, count: int) -> None:
    assert line_count(io.BytesIO(text), bytes_max=ROOMY) == count
    assert line_count(io.BytesIO(gzip.compress(text)), bytes_max=ROOMY) == count


def test_progress_is_told_in_bytes_of_the_file_as_it_lies() -> None:
    zipped = gzip.compress(TEXT, mtime=0)
    told: list[int] = []

    read_stream(io.BytesIO(zipped), None, bytes_max=ROOMY, progress=told.append)

    assert told == sorted(told)
    assert told[-1] == len(zipped)


@pytest.mark.parametrize(
    ("text", "column", "quote"),
    [
        ("{“type”: 1}", 2, "“"),
        ('{"type": “invoice”}', 10, "“"),
        ('{"type": "invoice”, "id": "inv_1"}', 18, "”"),
        ('{"type": "invoice”}', 18, "”"),
        ('{"type”: "invoice"}', 7, "”"),
    ],
)
def test_a_typographic_quote_is_the_trouble(text: str, column: int, quote: str) -> None:
    (problem,) = refused(text.encode())

    assert problem.message == (
        f'column {column}: {quote} is a typographic quote; write straight ones, "…"'
    )


def test_a_typographic_quote_within_a_text_is_not_the_trouble() -> None:
    (problem,) = refused('{"a": "He said “x”, y" "b"}'.encode())

    assert problem.message == "column 24: expected a comma or }"


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"PK\x03\x04\x14\0", "a ZIP archive or a workbook (.xlsx)"),
        (b"%PDF-1.7\n%\xe2", "a PDF"),
        (b"SQLite format 3\0", "a SQLite database"),
    ],
)
def test_a_file_of_another_kind_is_named(start: bytes, kind: str) -> None:
    for content in (start, gzip.compress(start, mtime=0)):
        (problem,) = refused(content)

        assert problem.message == f"the file is {kind}, not JSON Lines or CSV"


def test_a_file_in_utf_16_is_told_so() -> None:
    (problem,) = refused(TEXT.decode().encode("utf-16"))

    assert problem.message == "the file is UTF-16; save it as UTF-8"
