"""Exported files as other programs read them: their lines, whatever the format."""

import csv
import io
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import pyarrow.parquet
from beancount import loader
from beancount.core import data
from openpyxl import load_workbook

from daybook.calendar import month_of
from daybook.exports.formats import Format
from daybook.exports.formats.contract import FileFacts
from daybook.exports.rules import NOTHING, ExportMovement, Totals, Units
from daybook.ledger.rules import ACCOUNT_NAMES, Role


class FileLine(NamedTuple):
    """A line of a file; the amount in minor units."""

    key: str
    day: date
    is_debit: bool
    account: str
    amount: int


def totals_of(lines: Iterable[FileLine]) -> Totals:
    """How many lines there are, and what they sum to."""
    totals = NOTHING
    for line in lines:
        debit = line.amount if line.is_debit else 0
        totals += Totals(1, debit, line.amount - debit)
    return totals


def minor(amount: Any, decimals: int) -> int:
    """An amount in minor units, of which it has a whole number."""
    scaled = Decimal(str(amount)).scaleb(decimals)
    assert scaled == int(scaled), amount
    return int(scaled)


def csv_lines(content: bytes, decimals: int = 2) -> list[FileLine]:
    """The lines of a generic CSV."""
    rows = csv.DictReader(io.StringIO(content.decode(), newline=""))
    return [
        FileLine(
            row["Journal Number"],
            date.fromisoformat(row["Date"]),
            row["Direction"] == "DEBIT",
            row["Ledger account name"],
            minor(row["Amount"], decimals),
        )
        for row in rows
    ]


def parquet_rows(content: bytes) -> list[dict[str, Any]]:
    """The rows of a Parquet file by the names of the columns."""
    rows: list[dict[str, Any]]
    rows = pyarrow.parquet.read_table(io.BytesIO(content)).to_pylist()
    return rows


def parquet_lines(content: bytes, decimals: int = 2) -> list[FileLine]:
    """The lines of a Parquet file."""
    return [
        FileLine(
            str(row["journal_number"]),
            row["date"],
            row["direction"] == "DEBIT",
            row["ledger_account_name"],
            minor(row["amount"], decimals),
        )
        for row in parquet_rows(content)
    ]


def xlsx_rows(content: bytes) -> list[tuple[Any, ...]]:
    """The values of a sheet's rows, the header first."""
    book = load_workbook(io.BytesIO(content), read_only=True)
    try:
        (sheet,) = book.worksheets
        return list(sheet.iter_rows(values_only=True))
    finally:
        book.close()


def xlsx_lines(content: bytes, decimals: int = 2) -> list[FileLine]:
    """The lines of a spreadsheet."""
    lines = []
    for row in xlsx_rows(content)[1:]:
        assert isinstance(row[1], datetime)
        lines.append(
            FileLine(
                *(str(row[0]), row[1].date(), row[6] == "DEBIT", row[7]),
                minor(row[8], decimals),
            )
        )
    return lines


def transactions_of(content: bytes) -> list[data.Transaction]:
    """The transactions that Beancount reads, which has nothing to say against them."""
    entries, errors, _ = loader.load_string(content.decode())
    assert not errors, [error.message for error in errors]
    return [entry for entry in entries if isinstance(entry, data.Transaction)]


def beancount_lines(content: bytes, decimals: int = 2) -> list[FileLine]:
    """The postings of a Beancount file, by date."""
    lines = []
    for transaction in transactions_of(content):
        for posting in transaction.postings:
            assert posting.units is not None
            amount = minor(posting.units.number, decimals)
            key, day = transaction.meta["journal"], transaction.date
            lines.append(FileLine(key, day, amount > 0, posting.account, abs(amount)))
    return lines


def file_of(file_format: Format, facts: FileFacts, *slices: Units) -> bytes:
    """A whole file of some slices."""
    renderer = file_format.renderer(facts)
    try:
        pieces = [*renderer.header()]
        for units in slices:
            pieces += renderer.render(units)
        pieces += renderer.footer()
        return b"".join(pieces)
    finally:
        renderer.close()


def exported(  # noqa: PLR0913  (a test names only what it is about)
    amount: int = 9000,
    daily: int = 290,
    days: tuple[int, int] = (20209, 20239),
    *,
    journal: int = 7,
    roles: tuple[Role, Role] = (Role.DEFERRED, Role.RECOGNIZED),
    accounts: tuple[str, str] | None = None,
    narrative: str = "Platform: recognized (INV-1)",
    customer: str = "Acme Ltd",
    product: str = "Platform",
    document: str = "INV-1",
) -> ExportMovement:
    """A movement of 90.00 in May 2025, told as an export tells it."""
    debit, credit = roles
    names = accounts or (ACCOUNT_NAMES[debit], ACCOUNT_NAMES[credit])
    return ExportMovement(
        journal,
        month_of(days[0]),
        *roles,
        *names,
        amount,
        daily,
        *days,
        narrative=narrative,
        product_name=product,
        customer_id="cus_1" if customer else "",
        customer_name=customer,
        invoice_id="inv_1" if document else "",
        invoice_number=document,
        customer=customer,
        document=document,
    )
