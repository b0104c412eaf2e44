"""What NetSuite accepts as journal entries, by what Oracle publishes."""

import re
from collections.abc import Collection

from daybook_strict_csv import (
    DECIMALS,
    MONTHS,
    CheckedJournal,
    CheckedLine,
    Row,
    date_in,
    entries,
    require_balance,
    rows_of,
    sided,
)

HEADER_NAMES = (
    *("External ID", "Date", "Posting Period", "Subsidiary", "Currency"),
    *("Exchange Rate", "Memo"),
)
"""What an entry has once, and each of its rows repeats."""
LINE = "Journal Entry - Line: "
LINE_NAMES = (
    *("Account", "Debit", "Credit", "Memo", "Name", "Department", "Class", "Location"),
)
HEADER = ",".join([*HEADER_NAMES, *(LINE + name for name in LINE_NAMES)])
MAX_ROWS = 25_000
MAX_BYTES = 50_000_000
MAX_LINES = 10_000
WHOLE_DIGITS = 10
RATE = re.compile(r"(?:0|[1-9]\d*)(?:\.\d+)?", re.ASCII)


def check_netsuite(
    content: bytes, accounts: Collection[str], *, dates: str, is_part: bool = True
) -> list[CheckedJournal]:
    """The entries that NetSuite would make of a file; raises Broken if it would not.

    `accounts` are the mapped ones. A part has limits of rows and bytes, a stream has
    not.
    """
    rows = rows_of(content, HEADER)
    if is_part:
        assert len(rows) <= MAX_ROWS, f"{len(rows)} rows in a file for NetSuite"
        assert len(content) <= MAX_BYTES, f"{len(content)} bytes for NetSuite"
    found = []
    for entry in entries(rows, lambda row: (row["External ID"],), "External ID"):
        first = entry[0]
        _check_header(entry)
        first.require(len(entry) <= MAX_LINES, f"{len(entry)} lines of one entry")
        day = date_in(first, "Date", dates)
        period = f"{MONTHS[day.month - 1]} {day.year}"
        first.require(first["Posting Period"] == period, f"the period of {day}")
        lines = tuple(_line(row, accounts) for row in entry)
        require_balance(entry, [line.amount for line in lines])
        is_credit = [line.amount < 0 for line in lines]
        first.require(is_credit == sorted(is_credit), "debits come before credits")
        found.append(
            CheckedJournal(first["External ID"], day, first["Currency"], lines)
        )
    return found


def _check_header(entry: list[Row]) -> None:
    """What an entry's rows repeat is the same, and what it needs is there."""
    first = entry[0]
    for name in HEADER_NAMES:
        for row in entry:
            row.require(
                row[name] == first[name], f"{name} is the same on every row of an entry"
            )
    first.require(first["External ID"].strip(), "External ID is needed")
    first.require(first["Currency"] in DECIMALS, f"Currency: {first['Currency']!r}")
    rate = first["Exchange Rate"]
    first.require(RATE.fullmatch(rate), f"Exchange Rate is a number: {rate!r}")
    first.require(rate.strip("0."), "Exchange Rate is above 0")


def _line(row: Row, accounts: Collection[str]) -> CheckedLine:
    account = row[LINE + "Account"]
    row.require(account in accounts, f"the account {account!r} is mapped")
    for side in ("Debit", "Credit"):
        whole = row[LINE + side].partition(".")[0]
        row.require(len(whole) <= WHOLE_DIGITS, f"{side} has more digits: {whole}")
    decimals = DECIMALS[row["Currency"]]
    amount = sided(row, LINE + "Debit", LINE + "Credit", decimals)
    return CheckedLine(account, amount, row.cells)
