"""Lines of the dataset by pages, in its order, and their totals."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from daybook.columnar.engine import named, quoted
from daybook.gl.dataset.filters import LineFilter, condition_of
from daybook.gl.rules.columns import DatasetColumn as Column
from daybook.gl.rules.journal_types import JournalType
from daybook.paging import Page, PageRequest

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class Part(NamedTuple):
    """A connection's part of the dataset: its number and its files."""

    connection: int
    lines: Path
    positions: Path


class DatasetLine(NamedTuple):
    """Some columns of a line by their names, and its place: connection and row."""

    connection: int
    row: int
    columns: Mapping[str, Any]


class Totals(NamedTuple):
    """Sums over all lines that a filter finds; Net (RC) by type, too.

    Debit and credit are in the connections' own currencies: None if these are several.
    `currency` is the one that they are in; None for several, and without lines.
    """

    lines: int
    debit: Decimal | None
    credit: Decimal | None
    net_rc: Decimal
    by_type: Mapping[JournalType, Decimal]
    currency: str | None = None


def lines_of(parts: Sequence[Part]) -> str:
    """All connections' lines, as a table's expression."""
    return _together(parts, [part.lines for part in parts])


def positions_of(parts: Sequence[Part]) -> str:
    """All connections' open positions, as a table's expression."""
    return _together(parts, [part.positions for part in parts])


def _together(parts: Sequence[Part], paths: Sequence[Path]) -> str:
    statements = " UNION ALL BY NAME ".join(
        f"SELECT {part.connection} AS _connection, *"  # noqa: S608
        f" FROM read_parquet({quoted(str(path))})"
        for part, path in zip(parts, paths, strict=True)
    )
    return f"({statements})"


def line_page(
    connection: "DuckDBPyConnection",
    parts: Sequence[Part],
    line_filter: LineFilter,
    request: PageRequest,
    columns: Collection[str],
) -> Page[DatasetLine]:
    """A page of lines in the order of connections and rows, with these columns.

    The request's key is a line's place. The rows are found first, and then only their
    columns are read: that is much less of a file.
    """
    places = _places(connection, parts, line_filter, request)
    page = Page.of(places, request)
    if not page.items:
        return Page([], page.has_next, page.has_previous)
    found: dict[tuple[int, int], DatasetLine] = {}
    names = [*columns]
    selected = ", ".join(["_connection", "_row", *map(named, names)])
    for part in parts:
        rows = [row for number, row in page.items if number == part.connection]
        if rows:
            read = connection.execute(
                f"SELECT {selected} FROM {lines_of([part])}"  # noqa: S608
                " WHERE _row BETWEEN ? AND ? AND list_contains(?, _row)",
                [min(rows), max(rows), rows],
            )
            for number, row, *values in read.fetchall():
                line = DatasetLine(number, row, dict(zip(names, values, strict=True)))
                found[number, row] = line
    items = [found[place] for place in page.items]
    return Page(items, page.has_next, page.has_previous)


def _places(
    connection: "DuckDBPyConnection",
    parts: Sequence[Part],
    line_filter: LineFilter,
    request: PageRequest,
) -> list[tuple[int, int]]:
    """The places of the lines of a page and of the next one, in its direction."""
    condition = condition_of(line_filter)
    limit = request.size + 1
    places: list[tuple[int, int]] = []
    ordered = sorted(parts, reverse=request.is_backward)
    way, beyond = ("DESC", "<") if request.is_backward else ("ASC", ">")
    for part in ordered:
        if len(places) == limit:
            break
        after = ""
        values = [*condition.values]
        if request.key is not None:
            number, row = request.key
            if (part.connection - number) * (-1 if request.is_backward else 1) < 0:
                continue
            if part.connection == number:
                after = f" AND _row {beyond} ?"
                values.append(row)
        found = connection.execute(
            f"SELECT _connection, _row FROM {lines_of([part])}"  # noqa: S608
            f" WHERE {condition.text}{after}"
            f" ORDER BY _row {way} LIMIT {limit - len(places)}",
            values,
        )
        places += found.fetchall()
    return places


def line_totals(
    connection: "DuckDBPyConnection", parts: Sequence[Part], line_filter: LineFilter
) -> Totals:
    """The sums of all lines that a filter finds."""
    if not parts:
        return Totals(0, Decimal(), Decimal(), Decimal(), {})
    condition = condition_of(line_filter)
    debit, credit, currency = map(
        named, (Column.DEBIT, Column.CREDIT, Column.JOURNAL_CURRENCY)
    )
    rows = connection.execute(
        f"SELECT _type, count(*), sum({debit}), sum({credit}),"  # noqa: S608
        f" sum({named(Column.NET_RC)}), min({currency}), max({currency})"
        f" FROM {lines_of(parts)} WHERE {condition.text} GROUP BY _type ORDER BY _type",
        condition.values,
    ).fetchall()
    currencies = {code for *_, least, most in rows for code in (least, most)}
    has_one = len(currencies) <= 1
    return Totals(
        sum(count for _, count, *_ in rows),
        sum((row[2] for row in rows), Decimal()) if has_one else None,
        sum((row[3] for row in rows), Decimal()) if has_one else None,
        sum((row[4] for row in rows), Decimal()),
        {JournalType(row[0]): row[4] for row in rows},
        currencies.pop() if len(currencies) == 1 else None,
    )
