"""What QuickBooks Online accepts as journal entries, by what Intuit publishes."""

from collections.abc import Mapping

from daybook_strict_csv import (
    DECIMALS,
    CheckedJournal,
    CheckedLine,
    Row,
    date_in,
    entries,
    require_balance,
    rows_of,
    sided,
)

HEADER = (
    "*JournalNo,*JournalDate,*AccountName,*Debits,*Credits,"
    "Description,Name,Currency,Location,Class"
)
MAX_ROWS = 1_000
"""With the header."""
JOURNAL_NUMBER = 21
DESCRIPTION = 4_000
LONGEST = {"Name": 500, "Location": 100, "Class": 100}
NEEDS_NAME = {"Accounts receivable (A/R)", "Accounts payable (A/P)"}


def check_quickbooks(
    content: bytes,
    types: Mapping[str, str],
    *,
    dates: str,
    is_part: bool = True,
) -> list[CheckedJournal]:
    """The entries that QuickBooks would make of a file; raises Broken if it would not.

    `types` are the types of the mapped accounts by name, empty for those of no matter.
    A part has a limit of rows, a stream has not.
    """
    rows = rows_of(content, HEADER, has_mark=True)
    if is_part:
        assert len(rows) + 1 <= MAX_ROWS, f"{len(rows) + 1} rows for QuickBooks"
    found = []
    for entry in entries(rows, lambda row: (row["*JournalNo"],), "*JournalNo"):
        first = entry[0]
        lines = tuple(_line(row, types) for row in entry)
        require_balance(entry, [line.amount for line in lines])
        for row in entry:
            row.require(
                row["*JournalDate"] == first["*JournalDate"]
                and row["Currency"] == first["Currency"],
                "date and currency are the same on every row of an entry",
            )
        day = date_in(first, "*JournalDate", dates)
        found.append(CheckedJournal(first["*JournalNo"], day, first["Currency"], lines))
    return found


def _line(row: Row, types: Mapping[str, str]) -> CheckedLine:
    number, account = row["*JournalNo"], row["*AccountName"]
    row.require(number.strip(), "*JournalNo is needed")
    row.require(len(number) <= JOURNAL_NUMBER, f"*JournalNo is longer: {number}")
    row.require(account in types, f"the account {account!r} is mapped")
    row.require(
        all(part.strip() for part in account.split(":")), f"Parent:Sub: {account!r}"
    )
    row.require(len(row["Description"]) <= DESCRIPTION, "Description is longer")
    row.require(
        row["Name"] or types[account] not in NEEDS_NAME,
        f"Name is needed on {types[account]}",
    )
    for cell, longest in LONGEST.items():
        row.require(len(row[cell]) <= longest, f"{cell} is longer than {longest}")
    currency = row["Currency"]
    row.require(currency in DECIMALS, f"Currency has two decimals at most: {currency}")
    amount = sided(row, "*Debits", "*Credits", DECIMALS[currency])
    return CheckedLine(account, amount, row.cells)
