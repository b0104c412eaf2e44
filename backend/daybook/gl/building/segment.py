"""A connection's part of the dataset: its lines in order, as one columnar file.

The lines are ordered by day, type, number and position. Amounts are in the currencies'
own decimals, and converted ones are rounded once, half up; in a journal the line with
the largest Net, the first of equals, takes what that left.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from daybook.columnar.csv_text import CsvColumn, are_plain
from daybook.columnar.engine import csv_rows, named, quoted
from daybook.fx.rules import Rates
from daybook.gl.building.accounts import Clash, create_shown_accounts
from daybook.gl.building.actuals import actuals_statement, create_sources
from daybook.gl.building.converting import create_converted, decimal_of
from daybook.gl.building.inputs import create_inputs
from daybook.gl.building.pinned import Inputs, Pinned
from daybook.gl.building.synthetic import make_synthetic
from daybook.gl.rules.columns import TEXTS, DatasetColumn
from daybook.gl.rules.journal_types import JournalType
from daybook.money import decimals_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LINES_FILE, POSITIONS_FILE = "lines.parquet", "positions.parquet"
ROW_GROUP = 61_440
SYNTHETIC: Mapping[str, str] = {
    "type": "TINYINT",
    "kind": "TINYINT",
    "day": "DATE",
    "number": "BIGINT",
    "position": "INTEGER",
    "account_id": "VARCHAR",
    "account_code": "VARCHAR",
    "net": "AMOUNT",
    "gross": "AMOUNT",
    "tax": "AMOUNT",
    "tax_type": "VARCHAR",
    "description": "VARCHAR",
    "reference": "VARCHAR",
    "source_id": "VARCHAR",
    "source_table": "VARCHAR",
    "source_type": "VARCHAR",
    "contact_id": "VARCHAR",
    "contact_name": "VARCHAR",
    "category_0": "VARCHAR",
    "option_0": "VARCHAR",
    "category_1": "VARCHAR",
    "option_1": "VARCHAR",
    "rate_day": "DATE",
    "currency": "VARCHAR",
}
"""The columns of the file of synthetic lines; AMOUNT has base's decimals."""


CSV_COLUMNS = [CsvColumn(column, column in TEXTS) for column in DatasetColumn]
"""The columns as a CSV file has them."""


class Built(NamedTuple):
    """The files that were made, and what is in them."""

    lines: Path
    positions: Path
    counts: Mapping[JournalType, int]
    clashes: Sequence[Clash]


def build_segment(
    connection: "DuckDBPyConnection",
    inputs: Inputs,
    pinned: Pinned,
    rates: Rates,
    folder: Path,
) -> Built:
    """Make a connection's lines and positions in a folder, from nothing else.

    Raises NoRate for a currency and day without a rate.
    """
    create_inputs(connection, inputs, pinned.base_currency)
    synthetic = make_synthetic(connection, pinned, rates, folder)
    clashes = create_shown_accounts(connection, pinned.main)
    create_sources(connection)
    building = _Building(connection, pinned, folder)
    building.create_raw(synthetic.lines)
    create_converted(connection, pinned, rates)
    lines = building.write_lines()
    positions = building.write_positions(synthetic.positions)
    found = connection.execute("SELECT type, count(*) FROM converted GROUP BY type")
    counts = {JournalType(type_): count for type_, count in found.fetchall()}
    return Built(lines, positions, counts, clashes)


class _Building:
    """One segment's statements."""

    def __init__(
        self, connection: "DuckDBPyConnection", pinned: Pinned, folder: Path
    ) -> None:
        self._connection = connection
        self._pinned = pinned
        self._folder = folder
        self._amount = f"DECIMAL(18, {decimals_of(pinned.base_currency)})"

    def create_raw(self, synthetic: Path) -> None:
        """All lines in the base currency, in a view `raw`: they are many."""
        created = quoted(_moment_text(self._pinned.data_time))
        types = {
            name: self._amount if type_ == "AMOUNT" else type_
            for name, type_ in SYNTHETIC.items()
        }
        self._connection.execute(
            f"CREATE VIEW raw AS {actuals_statement(self._connection, self._pinned)}"  # noqa: S608
            f" UNION ALL SELECT *, {created} AS created, '' AS account_name,"
            f" '' AS account_type FROM {csv_rows(synthetic, types, has_header=False)}"
        )

    def write_lines(self) -> Path:
        """The dataset's columns, in its order."""
        path = self._folder / LINES_FILE
        columns = ", ".join(
            f"{expression} AS {named(name)}"
            for name, expression in self._columns().items()
        )
        self._connection.execute(
            f"COPY (SELECT row_number() OVER () - 1 AS _row, *,"  # noqa: S608
            f" {are_plain(CSV_COLUMNS)} AS _plain FROM ("
            f" SELECT {columns} FROM converted AS l LEFT JOIN shown_accounts AS a"
            " USING (account_id) ORDER BY l.day, l.type, l.number, l.position))"
            f" TO {quoted(str(path))} (FORMAT parquet, COMPRESSION zstd,"
            f" ROW_GROUP_SIZE {ROW_GROUP})"
        )
        return path

    def _columns(self) -> Mapping[str, str]:
        """The expression of each column, the documented ones first."""
        pinned = self._pinned
        net_rc, tax_rc = (
            decimal_of(f"l.{name}", pinned.reporting_currency)
            for name in ("net_rc", "tax_rc")
        )
        gross_rc = decimal_of("(l.net_rc + l.tax_rc)", pinned.reporting_currency)
        types = " ".join(
            f"WHEN {its.value} THEN {quoted(its.label)}" for its in JournalType
        )
        documented: dict[str, str] = {
            DatasetColumn.ACCOUNT_CODE: "coalesce(a.code, l.account_code)",
            DatasetColumn.ACCOUNT_NAME: "coalesce(a.name, l.account_name)",
            DatasetColumn.ACCOUNT_TYPE: "coalesce(a.type, l.account_type)",
            DatasetColumn.CONNECTION_NAME: quoted(pinned.name),
            DatasetColumn.CONTACT_ID: "l.contact_id",
            DatasetColumn.CONTACT_NAME: "l.contact_name",
            DatasetColumn.CREATED: "l.created",
            DatasetColumn.CREDIT: f"CAST(greatest(l.net, 0) AS {self._amount})",
            DatasetColumn.CURRENT_AS_OF: quoted(_moment_text(pinned.data_time)),
            DatasetColumn.DEBIT: f"CAST(greatest(-l.net, 0) AS {self._amount})",
            DatasetColumn.DESCRIPTION: "l.description",
            DatasetColumn.GROSS: f"CAST(l.gross AS {self._amount})",
            DatasetColumn.GROSS_RC: gross_rc,
            DatasetColumn.JOURNAL_CURRENCY: quoted(pinned.base_currency),
            DatasetColumn.JOURNAL_DATE: "strftime(l.day, '%Y-%m-%d')",
            DatasetColumn.JOURNAL_NUMBER: "l.number",
            DatasetColumn.JOURNAL_TYPE: f"CASE l.type {types} END",
            DatasetColumn.NET: f"CAST(l.net AS {self._amount})",
            DatasetColumn.NET_RC: net_rc,
            DatasetColumn.REFERENCE: "l.reference",
            DatasetColumn.REPORTING_CURRENCY: quoted(pinned.reporting_currency),
            DatasetColumn.REPORTING_RATE: "l.shown",
            DatasetColumn.SOURCE_ID: "l.source_id",
            DatasetColumn.SOURCE_TABLE: "l.source_table",
            DatasetColumn.SOURCE_TYPE: "l.source_type",
            DatasetColumn.TAX: f"CAST(l.tax AS {self._amount})",
            DatasetColumn.TAX_RC: tax_rc,
            DatasetColumn.TAX_TYPE: "l.tax_type",
            DatasetColumn.TRACKING_CATEGORY_0: "l.category_0",
            DatasetColumn.TRACKING_CATEGORY_1: "l.category_1",
            DatasetColumn.TRACKING_OPTION_0: "l.option_0",
            DatasetColumn.TRACKING_OPTION_1: "l.option_1",
        }
        return {
            **documented,
            "_day": "l.day",
            "_type": "l.type",
            "_kind": "l.kind",
            "_position": "l.position",
            "_account_id": "l.account_id",
            "_account_class": "coalesce(a.class, '')",
            "_rate_day": "l.rate_day",
            "_rate_published": "l.published",
            "_rate_source": "l.source",
            "_currency": "l.currency",
        }

    def write_positions(self, positions: Path) -> Path:
        """What is open of each document from a day on."""
        path = self._folder / POSITIONS_FILE
        types = {
            "document_id": "VARCHAR",
            "currency": "VARCHAR",
            "day": "DATE",
            "open_amount": "DECIMAL(18, 4)",
            "valuation": self._amount,
            "gain": self._amount,
        }
        self._connection.execute(
            f"COPY (SELECT * FROM {csv_rows(positions, types, has_header=False)}"  # noqa: S608
            f" ORDER BY document_id, day) TO {quoted(str(path))}"
            " (FORMAT parquet, COMPRESSION zstd)"
        )
        return path


def _moment_text(moment: datetime) -> str:
    """A moment as the dataset writes it: `2020-02-10T18:42:07.587Z`."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"
