"""Journals of two organisations in Xero, as CSV files of any size (FOLDER LINES)."""

import sys
from contextlib import closing
from pathlib import Path

import duckdb

from daybook.columnar.engine import quoted

LINES_OF_A_JOURNAL = 4
CONNECTIONS = {"Northwind UK": "GBP", "Northwind Inc": "USD"}
"""Names and base currencies; the first is the main one, so half of all is converted."""
ACCOUNTS = """
(VALUES
    (0, 'a-610', '610', 'CURRENT', 'Accounts receivable', 12),
    (1, 'a-200', '200', 'REVENUE', 'Sales', -6),
    (2, 'a-260', '260', 'REVENUE', 'Other revenue', -4),
    (3, 'a-820', '820', 'CURRLIAB', 'Tax', -2)
) AS account (place, id, code, type, name, parts)
"""
"""Each journal debits a receivable, and credits revenue and tax: 12 = 6 + 4 + 2."""
JOURNALS = f"""
SELECT 'j-' || number AS JournalID, number AS JournalNumber,
    strftime(day, '%Y-%m-%d') AS JournalDate,
    strftime(day, '%Y-%m-%dT12:00:00') AS CreatedDateUTC,
    'INV-' || number AS Reference, 'inv-' || number AS SourceID,
    'ACCREC' AS SourceType, 'l-' || number || '-' || place AS JournalLineID,
    id AS AccountID, code AS AccountCode, type AS AccountType, name AS AccountName,
    'Platform of customer ' || number % 997
        || CASE WHEN number % 10 = 0 THEN ', a month' ELSE ' for a month' END
        AS Description,
    CAST(parts * share / 100 AS DECIMAL(18, 2)) AS NetAmount,
    CAST(parts * share / 100 AS DECIMAL(18, 2)) AS GrossAmount,
    CAST(0 AS DECIMAL(18, 2)) AS TaxAmount, 'OUTPUT' AS TaxType
FROM (
    SELECT range AS number,
        DATE '2020-01-01' + CAST(range * 1826 // ? AS INTEGER) AS day,
        CAST((range * 37) % 9990 + 10 AS DECIMAL(18, 2)) AS share
    FROM range(1, ? + 1)
), {ACCOUNTS}
ORDER BY number, place
"""  # noqa: S608  (constants)
CHART = f"""
SELECT id AS AccountID, code AS Code, name AS Name, type AS Type FROM {ACCOUNTS}
ORDER BY place
"""  # noqa: S608  (constants)


def journals_file(folder: Path, place: int) -> Path:
    """The journals of a connection."""
    return folder / f"journals-{place}.csv"


def accounts_file(folder: Path) -> Path:
    """The chart of accounts, which both have."""
    return folder / "accounts.csv"


def main() -> None:
    """Write both ledgers' files, each with half of the lines."""
    folder, lines = Path(sys.argv[1]), int(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    journals = lines // LINES_OF_A_JOURNAL // len(CONNECTIONS)
    with closing(duckdb.connect()) as connection:
        chart = quoted(str(accounts_file(folder)))
        connection.execute(f"COPY ({CHART}) TO {chart} (FORMAT csv, HEADER)")
        for place in range(len(CONNECTIONS)):
            target = quoted(str(journals_file(folder, place)))
            connection.execute(
                f"COPY ({JOURNALS}) TO {target} (FORMAT csv, HEADER)",
                [journals + 1, journals],
            )


if __name__ == "__main__":
    main()
