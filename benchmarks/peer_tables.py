"""What the peers store: one row for each daily entry, and tables of the names.

A narrative is finished text here, one for each schedule and kind of movement; Daybook
makes it while it exports.
"""

import csv
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from daybook.ledger.rules import ACCOUNT_NAMES, Role
from daybook.reports.journals.narratives import MovementSubject, narrative


class Table(NamedTuple):
    """A table of the peers; `query` reads its rows from Daybook's database."""

    name: str
    columns: str
    query: str


TABLES = (
    Table(
        "movements",
        "journal INTEGER, movement SMALLINT, schedule INTEGER, debit SMALLINT,"
        " credit SMALLINT, amount BIGINT, daily BIGINT, first_day INTEGER,"
        " last_day INTEGER",
        "SELECT journal, seq, schedule_id, debit_role, credit_role, amount, daily,"
        " first_day, last_day FROM movements",
    ),
    Table(
        "documents",
        "id INTEGER, customer INTEGER, external_id TEXT, number TEXT",
        "SELECT id, customer_id, external_id, number FROM documents",
    ),
    Table(
        "customers",
        "id INTEGER, external_id TEXT, name TEXT",
        "SELECT id, external_id, legal_name FROM customers",
    ),
    Table("products", "id INTEGER, name TEXT", "SELECT id, name FROM products"),
)

SCHEDULES = "id INTEGER, document INTEGER, product INTEGER, billed TEXT, earned TEXT"
ACCOUNTS = "id SMALLINT, name TEXT"

COLUMNS_OF = {
    **{table.name: table.columns for table in TABLES},
    "schedules": SCHEDULES,
    "accounts": ACCOUNTS,
}
"""Every table but `entries`, which each peer makes from `movements`."""

SHARE = (
    "CASE WHEN day < last_day THEN daily"
    " ELSE amount - daily * (last_day - first_day) END"
)
"""An entry's amount in minor units, from its movement."""

LINES = """
SELECT e.journal AS "Journal Number",
    e.date AS "Date",
    CASE e.debit WHEN 1 THEN s.billed ELSE s.earned END AS "Narrative",
    p.name AS "Product name",
    c.external_id AS "Customer ID",
    c.name AS "Customer name",
    side.direction AS "Direction",
    a.name AS "Ledger account name",
    {amount} AS "Amount",
    d.external_id AS "Invoice ID",
    d.number AS "Invoice number"
FROM entries e
{sides}
JOIN schedules s ON s.id = e.schedule
JOIN documents d ON d.id = s.document
JOIN customers c ON c.id = d.customer
JOIN products p ON p.id = s.product
WHERE e.ledger = 1
ORDER BY e.journal, e.movement, e.date, side.place
"""
"""The lines of Daybook's CSV, from the tables above."""


def write_tables(database: Path, folder: Path) -> None:
    """Write every table but `entries` as a CSV file of its name, without a header."""
    folder.mkdir()
    with closing(sqlite3.connect(database)) as connection:
        for table in TABLES:
            _write(folder, table.name, connection.execute(table.query))
        _write(folder, "schedules", _schedules(connection))
    _write(folder, "accounts", [(int(role), ACCOUNT_NAMES[role]) for role in Role])


def _schedules(connection: sqlite3.Connection) -> Iterable[tuple[object, ...]]:
    """Schedules with the text of their two kinds of movements."""
    for (
        schedule,
        document,
        product_id,
        first_day,
        last_day,
        product,
        number,
    ) in connection.execute(
        "SELECT s.id, s.document_id, s.product_id, s.first_day, s.last_day,"
        " p.name, d.number FROM schedules s JOIN documents d"
        " ON d.ledger_id = s.ledger_id AND d.id = s.document_id"
        " JOIN products p ON p.organisation_id = 1 AND p.id = s.product_id"
    ):
        subject = MovementSubject(product, number, first_day, last_day)
        billed = narrative(Role.BILLED, Role.DEFERRED, subject)
        earned = narrative(Role.DEFERRED, Role.RECOGNIZED, subject)
        yield schedule, document, product_id, billed, earned


def _write(folder: Path, name: str, rows: Iterable[tuple[object, ...]]) -> None:
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
