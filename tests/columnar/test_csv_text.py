"""CSV by the engine, against the lines that sheets write."""

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from daybook.columnar.csv_text import (
    CsvColumn,
    are_plain,
    csv_line,
    csv_statement,
)
from daybook.columnar.engine import engine
from daybook.sheets.cells import SIGNS, SKIPPED, cell

COLUMNS = (CsvColumn("a"), CsvColumn("an, amount", is_text=False), CsvColumn("b"))
# NUL can't be in a text of PostgreSQL, nor of Xero's JSON.
TEXTS = st.text(
    st.sampled_from([*sorted(SIGNS), *sorted(SKIPPED - {"\0"}), *"x\",\r\n\t'é€𝄞"])
    | st.characters(exclude_characters="\0", exclude_categories=["Cs"])
)


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    """An engine without files."""
    return duckdb.connect(":memory:")


@given(TEXTS, TEXTS)
@example("=1+1", " @x")
@example("\tx", "a\r")
@example("", "plain")
def test_a_line_is_that_of_a_sheet(
    connection: duckdb.DuckDBPyConnection, first: str, second: str
) -> None:
    statement = (
        f"SELECT {csv_line(COLUMNS)}, {csv_line(COLUMNS, are_plain(COLUMNS))}"  # noqa: S608
        ' FROM (SELECT ? AS a, CAST(? AS DECIMAL(18, 2)) AS "an, amount", ? AS b)'
    )
    expected = f"{cell(first)},-1.50,{cell(second)}"
    found = connection.execute(statement, [first, Decimal("-1.5"), second]).fetchall()

    assert found == [(expected, expected)]


def test_a_plain_row_is_known_as_one(connection: duckdb.DuckDBPyConnection) -> None:
    statement = f"SELECT {are_plain(COLUMNS)} FROM (SELECT ? AS a, ? AS b)"  # noqa: S608
    rows = [("x", "y z"), ("x,", "y"), ("x", "=y"), ("x", ""), ("é", "a - b")]
    # Most rows of the dataset have blank texts.
    rows += [("", "x"), ("", ""), ("a|b", "x"), ("a|-b", "x")]
    found = [connection.execute(statement, [*row]).fetchall()[0][0] for row in rows]

    # A sign behind the mark between texts may be of another one.
    assert found == [True, False, False, True, True, True, True, True, False]


def test_a_file_has_a_header_and_the_line_ends_of_a_sheet(tmp_path: Path) -> None:
    path = tmp_path / "it's.csv"
    rows = "SELECT 'x' AS a, 1.50 AS \"an, amount\", 'y\nz' AS b"
    nothing = f"SELECT * FROM ({rows}) WHERE false"  # noqa: S608

    with engine([tmp_path], tmp_path / "scratch") as connection:
        connection.execute(csv_statement(COLUMNS, rows, str(path)))
        assert path.read_bytes() == b'a,"an, amount",b\r\nx,1.50,"y\nz"\r\n'
        connection.execute(csv_statement(COLUMNS, nothing, str(path)))
        assert path.read_bytes() == b'a,"an, amount",b\r\n'
