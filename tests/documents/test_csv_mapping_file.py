"""Mapping files that are refused: each problem with its place in the TOML."""

from pathlib import Path

import pytest

from daybook.documents.reading.mapping import load_mapping
from daybook.errors import Problem, Rejected


def refused_mapping(text: str, folder: Path) -> list[Problem]:
    file = folder / "shop.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Rejected) as raised:
        load_mapping(file)
    return list(raised.value.problems)


@pytest.mark.parametrize(
    ("text", "path", "code", "words"),
    [
        ('colour = "red"', "colour", "UNKNOWN_FIELD", "those here are delimiter, enc"),
        ('[columns]\ncolour = "C"', "columns.colour", "UNKNOWN_FIELD", "type, id"),
        ('[columns]\nline.no = "C"', "columns.line.no", "UNKNOWN_FIELD", "not a field"),
        ("[columns]\nid = 5", "columns.id", "INVALID_VALUE", "a table, not a number"),
        ("columns.id = 2025-01-01", "columns.id", "INVALID_VALUE", "not a date"),
        ("[columns]\nid = {}", "columns.id.column", "MISSING", "is missing"),
        (
            '[columns]\nid = { column = "a", strip = ".0" }',
            "columns.id.strip",
            "UNKNOWN_FIELD",
            "column, otherwise, strip_suffix",
        ),
        *(
            (
                f"columns.issued_on = {{ column = 'a', date_format = '{form}' }}",
                "columns.issued_on.date_format",
                "INVALID_VALUE",
                "day, month and year",
            )
            for form in ("%d.%m", "%Y-%m", "%d %Y", "date", "%d.%m.%Y %J")
        ),
        (
            '[columns]\nid = { column = "a", date_format = "%d.%m.%Y" }',
            "",
            "INVALID_VALUE",
            "id a date_format",
        ),
        (
            "[defaults]\nstatus = 1",
            "defaults.status",
            "INVALID_VALUE",
            "text in quotes",
        ),
        ("[default]\na = 1", "default", "UNKNOWN_FIELD", "did you mean defaults?"),
        (
            '[columns]\nissuedOn = "C"',
            "columns.issuedOn",
            "UNKNOWN_FIELD",
            "issued_on?",
        ),
        (
            '[products.P]\nid = "x"',
            "products.P.id",
            "UNKNOWN_FIELD",
            "follows from a product",
        ),
        (
            '[amount]\nquantity = "Q"\nrate = "R"',
            "amount.price",
            "MISSING",
            "is missing",
        ),
        (
            '[columns]\namount = "A"\n[amount]\nquantity = "Q"\nprice = "P"',
            "",
            "INVALID_VALUE",
            "gives amount twice",
        ),
        ("[credit_note]\nwhen = []", "credit_note.when", "MISSING", "at least one"),
        (
            '[credit_note]\nwhen = [{ column = "a" }]',
            "credit_note.when.0",
            "INVALID_VALUE",
            "one of is, equals and starts_with",
        ),
        (
            '[credit_note]\nwhen = [{ is = "zero" }]',
            "credit_note.when.0",
            "INVALID_VALUE",
            "one column or one field",
        ),
        (
            '[credit_note]\nwhen = [{ column = "a", is = "odd" }]',
            "credit_note.when.0.is",
            "INVALID_VALUE",
            "'empty', 'zero' or 'negative'",
        ),
        (
            '[credit_note]\nwhen = [{ column = "a", ends_with = "b" }]',
            "credit_note.when.0.ends_with",
            "UNKNOWN_FIELD",
            "is, equals, starts_with, not",
        ),
        (
            '[credit_note]\nwhen = [{ column = "a", equals = "b", not = 1 }]',
            "credit_note.when.0.not",
            "INVALID_VALUE",
            "true or false",
        ),
        ('[[leave_out]]\nreason = "r"', "leave_out.0.when", "MISSING", "is missing"),
        ('encoding = "latin"', "encoding", "INVALID_VALUE", "'latin' must be 'utf-8'"),
        ('numbers.decimal = ";"', "numbers.decimal", "INVALID_VALUE", "'.' or ','"),
        (
            'numbers.decimal = ","\nnumbers.thousands = ","',
            "numbers",
            "INVALID_VALUE",
            "one separator for decimals and thousands",
        ),
        (
            '[numbers]\nthousands = "_"',
            "numbers.thousands",
            "INVALID_VALUE",
            "thousands '_' must be",
        ),
        *(
            (
                f'numbers.currency_signs = {{ "{sign}" = "EUR" }}',
                f"numbers.currency_signs.{sign}",
                "INVALID_VALUE",
                "must not hold digits",
            )
            for sign in ("-", "1", "E R", "(")
        ),
        (
            'numbers.currency_signs = { "€" = "EURO" }',
            "numbers.currency_signs.€",
            "UNKNOWN_CURRENCY",
            "mean EUR?",
        ),
        (
            '[columns]\nid = { column = "a", numbers = { decimal = "," } }',
            "",
            "INVALID_VALUE",
            "id a form of numbers",
        ),
        (
            (
                '[columns]\nstatus = { column = "a", values = { Paid = "FINAL", '
                '"paid " = "DRAFT" } }'
            ),
            "columns.status",
            "INVALID_VALUE",
            "a cell twice under values",
        ),
        ("delimiter = ';;'", "delimiter", "TOO_LARGE", "1 characters"),
        ("ignore = 'a'", "ignore", "INVALID_VALUE", "list"),
        ("columns = 'a'", "columns", "INVALID_VALUE", "table"),
    ],
)
def test_a_mapping_is_refused(
    text: str, path: str, code: str, words: str, tmp_path: Path
) -> None:
    problems = refused_mapping(text, tmp_path)

    assert (".".join(problems[0].path), problems[0].code.value) == (path, code)
    assert words in problems[0].message


def test_all_problems_of_a_mapping_are_told_at_once(tmp_path: Path) -> None:
    problems = refused_mapping('a = 1\nb = 2\n[columns]\nc = "C"', tmp_path)

    assert {problem.path[-1] for problem in problems} == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("raw", "line", "words"),
    [
        (b"[columns]\nid = No", 2, "not TOML"),
        (b"a\n= 1", 1, "not TOML"),
        ("[columns]\nid = 'Größe'".encode("latin-1"), None, "not UTF-8"),
        (b"#" * (2**20 + 1), None, "at most 1,048,576 bytes"),
    ],
)
def test_what_is_no_mapping_file_is_refused(
    raw: bytes, line: int | None, words: str, tmp_path: Path
) -> None:
    file = tmp_path / "shop.toml"
    file.write_bytes(raw)

    with pytest.raises(Rejected) as raised:
        load_mapping(file)

    (problem,) = raised.value.problems
    assert problem.line == line
    assert words in problem.message
