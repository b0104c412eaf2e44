"""CSV by the engine: the same bytes as `sheets.csv_lines`, without a loop of ours.

The engine's own CSV has other line ends and quotes, and lets spreadsheets run texts. So
each row is made one text, which the engine writes without quotes of its own.
"""

from collections.abc import Sequence
from typing import NamedTuple

from daybook.columnar.engine import named, quoted
from daybook.sheets.cells import SIGNS, SKIPPED, cell

NEEDS_QUOTES = r'[",\r\n]'
BETWEEN = "|"
"""What stands between the texts of a row where all of them are looked at in one.

It is none that spreadsheets skip: a blank text would look like a suspect.
"""


class CsvColumn(NamedTuple):
    """A column of a table. What is no text, such as an amount, needs no quotes."""

    name: str
    is_text: bool = True


def csv_line(columns: Sequence[CsvColumn], is_plain: str = "false") -> str:
    """An expression for a row's line without its line end.

    `is_plain` is an expression: whether no text of the row is quoted or defused. It
    makes a line in a third of the time.
    """
    as_they_are = ", ".join(_text(column) for column in columns)
    cells = ", ".join(
        _cell(_text(column)) if column.is_text else _text(column) for column in columns
    )
    return (
        f"CASE WHEN {is_plain} THEN concat_ws(',', {as_they_are})"
        f" ELSE concat_ws(',', {cells}) END"
    )


def are_plain(columns: Sequence[CsvColumn]) -> str:
    """An expression for whether no text of a row is quoted or defused.

    It may be false of a row where none is, never the other way round.
    """
    texts = ", ".join(_text(column) for column in columns if column.is_text)
    suspects = _class(SIGNS | SKIPPED)
    pattern = f"{NEEDS_QUOTES}|(?:^|[{BETWEEN}]){suspects}"
    return f"NOT regexp_matches(concat_ws('{BETWEEN}', {texts}), {quoted(pattern)})"


def csv_statement(
    columns: Sequence[CsvColumn],
    rows: str,
    path: str,
    is_plain: str = "false",
    *,
    has_header: bool = True,
) -> str:
    """A statement that writes the rows of another one as a CSV file."""
    # The one column is named as the header, whose line the engine writes like a row's.
    header = named(",".join(cell(column.name) for column in columns) + "\r")
    return (
        f"COPY (SELECT {csv_line(columns, is_plain)} || chr(13) AS {header}"  # noqa: S608
        f" FROM ({rows})) TO {quoted(path)}"
        f" (FORMAT csv, HEADER {has_header}, QUOTE '', ESCAPE '', DELIMITER '\t')"
    )


def _text(column: CsvColumn) -> str:
    if column.is_text:
        return f"coalesce({named(column.name)}, '')"
    return f"coalesce(CAST({named(column.name)} AS VARCHAR), '')"


def _cell(text: str) -> str:
    """A text as a cell: a formula gets an apostrophe, and some characters quotes."""
    formula = rf"^(?:[\t\r]|{_class(SKIPPED)}*{_class(SIGNS)})"
    safe = (
        f"CASE WHEN regexp_matches({text}, {quoted(formula)}) THEN '''' || {text}"
        f" ELSE {text} END"
    )
    return (
        f"CASE WHEN regexp_matches({text}, {quoted(NEEDS_QUOTES)})"
        f" THEN '\"' || replace({safe}, '\"', '\"\"') || '\"' ELSE {safe} END"
    )


def _class(characters: frozenset[str]) -> str:
    """Characters as a class of a regular expression, in ranges."""
    codes = sorted(map(ord, characters))
    ranges: list[tuple[int, int]] = []
    for code in codes:
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1] = (ranges[-1][0], code)
        else:
            ranges.append((code, code))
    return "[" + "".join(f"\\x{{{a:x}}}-\\x{{{b:x}}}" for a, b in ranges) + "]"
