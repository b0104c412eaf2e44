"""docs/spreadsheet.md: what it shows comes out, and its sums are right."""

import csv
import io
import re
import shutil
import tomllib
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import URL

from daybook.documents.reading import read_file
from daybook.documents.reading.mapping import load_mapping
from daybook.documents.reading.mapping_drafts import draft_of, read_sample, toml_of
from daybook_worked_month import DOCS, Month

TEXT = (DOCS / "spreadsheet.md").read_text("utf-8")
EXAMPLES = DOCS.parent / "examples"
MINUS = "\N{MINUS SIGN}"
SUM = re.compile(rf"(\d+\.\d\d(?: [+{MINUS}] \d+\.\d\d)+) = (\d+\.\d\d)")
RECOGNIZED = re.compile(
    r"^\| ([^|]+) \| ([\d,.]+) \| (?:[^|=]* = )?(\d+\.\d\d)[: ]", re.MULTILINE
)
"""A row of the page's table: the customer, what it was billed, its revenue."""
SHOWN = re.compile(r"^\| ((?:INV|CN)-\d+ \|.*) \|$", re.MULTILINE)


@pytest.mark.either_database
def test_every_command_is_answered_as_the_page_says(
    database_url: URL, tmp_path: Path
) -> None:
    shutil.copytree(EXAMPLES, tmp_path / "examples")
    month = Month(tmp_path, database_url, TEXT)

    assert month.told(TEXT) == TEXT


@pytest.mark.either_database
def test_the_revenue_of_customers_is_that_of_the_file(
    database_url: URL, tmp_path: Path
) -> None:
    shutil.copytree(EXAMPLES, tmp_path / "examples")
    month = Month(tmp_path, database_url, TEXT)
    month.told(TEXT.partition("## 5 February")[0])

    said = month.says(
        *("export", "--currency", "GBP", "--from", "2025-01-01"),
        *("--to", "2025-01-31", "--include-scheduled", "-o", "-"),
    )
    moved: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in csv.DictReader(io.StringIO(said)):
        account = row["Ledger account name"].removesuffix(" Revenue")
        is_normal = (row["Direction"] == "DEBIT") == (account == "Billed")
        amount = Decimal(row["Amount"])
        moved[row["Customer name"].casefold(), account] += (
            amount if is_normal else -amount
        )

    told = RECOGNIZED.findall(TEXT)
    assert len(told) == 7
    for customer, billed, recognized in told:
        id_ = customer.casefold()
        assert moved[id_, "Billed"] == Decimal(billed.replace(",", "")), customer
        assert moved[id_, "Recognized"] == Decimal(recognized), customer
    total = sum(
        amount for (_, account), amount in moved.items() if account == "Recognized"
    )
    assert f"{total:,.2f} in pounds" in TEXT


def test_the_sums_in_the_text_are_right() -> None:
    sums = SUM.findall(TEXT)

    assert len(sums) > 4
    for terms, total in sums:
        parts = re.findall(
            r"[+-]?\d+\.\d\d", terms.replace(MINUS, "-").replace(" ", "")
        )
        assert sum(map(Decimal, parts)) == Decimal(total), terms


def test_the_rows_that_the_page_shows_are_in_the_sheet() -> None:
    with (EXAMPLES / "spreadsheet.csv").open(newline="") as stream:
        rows = [row[:11] for row in csv.reader(stream)]

    shown = [[cell.strip() for cell in row.split("|")] for row in SHOWN.findall(TEXT)]
    assert len(shown) == 6
    assert all(row in rows for row in shown)


def test_the_example_is_the_drafted_mapping_with_what_the_page_decides(
    tmp_path: Path,
) -> None:
    sheet = EXAMPLES / "spreadsheet.csv"
    drafted = toml_of(draft_of(read_sample(sheet, 10**6)), sheet.name)
    decided = re.search(r"```toml \S+\n(.*?)```", TEXT, re.DOTALL)
    assert decided is not None
    made = tmp_path / "made.toml"
    made.write_text(f"{drafted}\n{decided[1]}")

    mapping = load_mapping(EXAMPLES / "spreadsheet.toml")
    assert load_mapping(made) == mapping
    assert tomllib.loads(drafted)
    corrected = EXAMPLES / "spreadsheet_corrected.csv"
    for path, rows in ((sheet, 25), (corrected, 26)):
        assert read_file(path, mapping, bytes_max=10**6).rows == rows
