"""What Xero accepts as manual journals, by what Xero publishes."""

import re
from collections.abc import Mapping
from datetime import date

from daybook_strict_csv import (
    CheckedJournal,
    CheckedLine,
    Row,
    date_in,
    entries,
    require_balance,
    rows_of,
)

HEADER = (
    "*Narration,*Date,Description,*AccountCode,*TaxRate,*Amount,"
    "TrackingName1,TrackingOption1,TrackingName2,TrackingOption2"
)
MAX_LINES = 300
CODE_LENGTH = 10
TRACKING_LENGTH = 100
AMOUNT = re.compile(r"-?(?:[1-9]\d*(?:\.\d?[1-9])?|0\.\d?[1-9])", re.ASCII)
"""Two decimals at most, no trailing zeros, no leading ones, and never 0."""

IS_DEBIT_NORMAL = {
    **dict.fromkeys(("Current Asset", "Fixed Asset", "Inventory"), True),
    **dict.fromkeys(("Non-current Asset", "Prepayment", "Expense"), True),
    **dict.fromkeys(("Direct Costs", "Overhead", "Depreciation"), True),
    **dict.fromkeys(("Current Liability", "Liability", "Equity"), False),
    **dict.fromkeys(("Non-current Liability", "Revenue", "Sales"), False),
    "Other Income": False,
}
"""The types of accounts that take manual journals: no bank, no system accounts."""


def check_xero(  # noqa: PLR0913  (what Xero's settings leave open, each by its name)
    content: bytes,
    types: Mapping[str, str],
    *,
    is_vendor: bool,
    dates: str,
    decimals: int = 2,
    is_part: bool = True,
) -> list[CheckedJournal]:
    """The journals that Xero would make of a file; raises Broken if it would not.

    `types` are the types of the mapped accounts by code. A part has a limit of lines,
    a stream has not.
    """
    rows = rows_of(content, HEADER)
    if is_part:
        assert len(rows) <= MAX_LINES, f"{len(rows)} lines in a file for Xero"
    found = []
    for journal in entries(rows, lambda row: (row["*Narration"], row["*Date"]), "A"):
        amounts = [_amount(row, decimals) for row in journal]
        for row in journal:
            _check(row, types, is_vendor=is_vendor)
        if not is_vendor:
            amounts = [
                amount if IS_DEBIT_NORMAL[types[row["*AccountCode"]]] else -amount
                for row, amount in zip(journal, amounts, strict=True)
            ]
        require_balance(journal, amounts)
        found.append(_journal(journal, amounts, date_in(journal[0], "*Date", dates)))
    return found


def _journal(rows: list[Row], amounts: list[int], day: date) -> CheckedJournal:
    lines = tuple(
        CheckedLine(row["*AccountCode"], amount, row.cells)
        for row, amount in zip(rows, amounts, strict=True)
    )
    return CheckedJournal(rows[0]["*Narration"], day, None, lines)


def _amount(row: Row, decimals: int) -> int:
    text = row["*Amount"]
    row.require(AMOUNT.fullmatch(text), f"*Amount, its zeros stripped: {text!r}")
    whole, _, fraction = text.partition(".")
    row.require(len(fraction) <= decimals, f"{text} of a currency with {decimals}")
    return int(whole + fraction.ljust(decimals, "0"))


def _check(row: Row, types: Mapping[str, str], *, is_vendor: bool) -> None:
    """What a line needs besides its amount and its date."""
    code = row["*AccountCode"]
    row.require(row["*Narration"].strip(), "*Narration is needed")
    row.require(code in types, f"the account {code!r} is mapped")
    row.require(0 < len(code) <= CODE_LENGTH, f"a code of {len(code)} characters")
    row.require(types[code] in IS_DEBIT_NORMAL, f"{types[code]} takes no journals")
    if is_vendor:
        row.require(row["*TaxRate"], "without *TaxRate the journal can't be posted")
    else:
        row.require(not row["*TaxRate"], "*TaxRate is blank")
    for number in "12":
        pair = row[f"TrackingName{number}"], row[f"TrackingOption{number}"]
        row.require(all(pair) or not any(pair), f"both cells of tracking {number}")
        longest = max(map(len, pair))
        row.require(longest <= TRACKING_LENGTH, f"tracking of {longest} characters")
    names = row["TrackingName1"], row["TrackingName2"]
    row.require(not names[0] or names[0] != names[1], "a tracking category once")
