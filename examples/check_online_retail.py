# ruff: noqa: INP001, T201  (a script of its own, which prints its result)
"""What the "Online Retail" data set sums to each month, worked out without Daybook.

An independent check of `online_retail.toml`: the same rules, written once more with the
standard library alone. Prints `month,recognized`; with `--against FILE` compares such a
table and exits with status 1 where it differs.

    python examples/check_online_retail.py online_retail.csv.gz --against recognized.csv
"""

import argparse
import csv
import gzip
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

PENNY = Decimal("0.01")
BAD_DEBT = "bad-debt adjustment (InvoiceNo A…)"
STOCK = "stock adjustment (negative quantity, not a cancellation)"
NO_PRICE = "price of zero"
NO_AMOUNT = "amount of zero"


def reason_to_leave_out(row: Mapping[str, str], amount: Decimal) -> str | None:
    """Why a row is no line item, or None if it is one."""
    if row["InvoiceNo"].startswith("A"):
        return BAD_DEBT
    if Decimal(row["Quantity"]) < 0 and not row["InvoiceNo"].startswith("C"):
        return STOCK
    if Decimal(row["UnitPrice"]) == 0:
        return NO_PRICE
    if amount == 0:
        return NO_AMOUNT
    return None


def recognized_by_month(
    rows: Iterator[Mapping[str, str]], left_out: Counter[str]
) -> dict[str, Decimal]:
    """The sum of the line items of each month; those of cancellations are negative.

    Rows that are left out are counted by their reason.
    """
    months: dict[str, Decimal] = {}
    for row in rows:
        exact = Decimal(row["Quantity"]) * Decimal(row["UnitPrice"])
        amount = exact.quantize(PENNY, ROUND_HALF_UP)
        reason = reason_to_leave_out(row, amount)
        if reason is not None:
            left_out[reason] += 1
            continue
        month = row["InvoiceDate"][:7]
        months[month] = months.get(month, Decimal(0)) + amount
    return dict(sorted(months.items()))


def differences(
    expected: Mapping[str, Decimal], actual: Mapping[str, Decimal]
) -> list[str]:
    """One line for each month in which two tables differ."""
    return [
        f"{month}: expected {expected.get(month, 'nothing')}, "
        f"found {actual.get(month, 'nothing')}"
        for month in sorted({*expected, *actual})
        if expected.get(month) != actual.get(month)
    ]


def _table(path: Path) -> dict[str, Decimal]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        return {row["month"]: Decimal(row["recognized"]) for row in rows}


def main() -> int:
    """Print the table, or compare one; 1 where the two differ."""
    parser = argparse.ArgumentParser(description="Monthly sums of Online Retail.")
    parser.add_argument("data", type=Path, help="online_retail.csv or .csv.gz")
    parser.add_argument("--against", type=Path, help="a CSV file: month,recognized")
    arguments = parser.parse_args()

    left_out: Counter[str] = Counter()
    opened = gzip.open if arguments.data.suffix == ".gz" else open
    with opened(arguments.data, "rt", encoding="utf-8", newline="") as file:
        months = recognized_by_month(csv.DictReader(file), left_out)

    print("month,recognized")
    for month, amount in months.items():
        print(f"{month},{amount}")
    for reason, count in sorted(left_out.items()):
        print(f"left out: {count:,} rows, {reason}", file=sys.stderr)
    if arguments.against is None:
        return 0
    found = differences(months, _table(arguments.against))
    for difference in found:
        print(difference, file=sys.stderr)
    print("different" if found else "all months agree", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
