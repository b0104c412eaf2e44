"""docs/worked-month.md: what it shows comes out, and its sums are right."""

import csv
import io
import re
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import URL

from daybook_worked_month import PAGE, Month

TEXT = PAGE.read_text("utf-8")
MINUS = "\N{MINUS SIGN}"
SUM = re.compile(rf"(\d+\.\d\d(?: [+{MINUS}] \d+\.\d\d)+) = (\d+\.\d\d)")
TABLE = re.compile(r"^\|.*\|\n\|[-|]+\|\n(?:\|.*\|\n)+", re.MULTILINE)
JOURNAL = re.compile(r"^ (\d+) .* (\S+) +(?:INVOICE|STANDALONE) ", re.MULTILINE)
"""A row of `daybook journals`: its number and its document."""
ACCOUNTS = ("Billed", "Unbilled", "Deferred", "Recognized")
DEBIT_NORMAL = {"Billed", "Unbilled"}
MONTHS = {"2025-05": "May", "2025-06": "June"}
INVOICED = {"INV-1", "INV-2"}
"""What had come in on 1 May."""


class Line(NamedTuple):
    """A line of a file: its amount on the account's normal side."""

    month: str
    account: str
    product: str
    document: str
    amount: Decimal


@pytest.mark.either_database
def test_every_command_and_document_is_answered_as_the_page_says(
    database_url: URL, tmp_path: Path
) -> None:
    month = Month(tmp_path, database_url)

    assert month.told(TEXT) == TEXT
    by_account, by_product = tables()
    assert by_account == table_of_accounts(by_account[0], lines_of(month))
    assert by_product == table_of_products(by_product[0], lines_of(month))


def test_the_sums_in_the_text_are_right() -> None:
    sums = SUM.findall(TEXT)

    assert len(sums) > 4
    for terms, total in sums:
        text = terms.replace(MINUS, "-").replace(" ", "")
        parts = re.findall(r"[+-]?\d+\.\d\d", text)
        assert sum(map(Decimal, parts)) == Decimal(total), terms


def lines_of(month: Month) -> list[Line]:
    """All lines of the ledger, scheduled ones too."""
    documents = dict(JOURNAL.findall(month.says("journals", "--limit", "100")))
    said = month.says("export", "--include-scheduled", "-o", "-")
    lines = []
    for row in csv.DictReader(io.StringIO(said)):
        account = row["Ledger account name"].removesuffix(" Revenue")
        is_normal = (row["Direction"] == "DEBIT") == (account in DEBIT_NORMAL)
        amount = Decimal(row["Amount"])
        lines.append(
            Line(
                *(row["Date"][:7], account, row["Product name"]),
                documents[row["Journal Number"]],
                amount if is_normal else -amount,
            )
        )
    return lines


def table_of_accounts(header: list[str], lines: list[Line]) -> list[list[str]]:
    """What each document moves in each month, with the sums before and after."""
    rows = [header]
    for month, name in MONTHS.items():
        for account in ACCOUNTS:
            its = [
                line for line in lines if (line.month, line.account) == (month, account)
            ]
            rows.append([name, account, *_row(header[2:], its)])
    return rows


def table_of_products(header: list[str], lines: list[Line]) -> list[list[str]]:
    """What each document recognizes of each product in May, and of all."""
    its = [line for line in lines if line[:2] == ("2025-05", "Recognized")]
    rows = [header]
    for product in ("Platform", "Support"):
        of_product = [line for line in its if line.product == product]
        rows.append([product, *_row(header[1:], of_product)])
    return [*rows, ["Both", *_row(header[1:], its)]]


def _row(header: list[str], lines: list[Line]) -> list[str]:
    """The cells of a row: the first and the last have the sums."""
    first, *others, _now = header
    moved: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        moved[first if line.document in INVOICED else line.document] += line.amount
    assert {name for name in moved if moved[name]} <= {*header}, "a column for each"
    return [
        _amount(moved[first]),
        *(_amount(moved[name]) if moved[name] else "" for name in others),
        _amount(sum(moved.values(), Decimal())),
    ]


def _amount(value: Decimal) -> str:
    return f"{value:.2f}".replace("-", MINUS)


def tables() -> list[list[list[str]]]:
    """The page's tables: rows of cells, the header's first."""
    return [
        [
            [cell.strip() for cell in row.strip("|").split("|")]
            for at, row in enumerate(text.splitlines())
            if at != 1
        ]
        for text in TABLE.findall(TEXT)
    ]
