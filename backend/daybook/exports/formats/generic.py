"""The generic CSV: journals with daily or monthly lines, for any general ledger.

RFC 4180, CRLF, UTF-8. Lines stand in the order of journal number, movement, date, debit
first. All daily lines of a movement are equal but for the date, and the last day's
amount: so a movement's text is made once and joined with its dates. Nothing is
formatted per line, sorted or held, and text is turned into bytes once per movement.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from daybook.calendar import FIRST_DAY, LAST_DAY, Day, day_text, last_day_of
from daybook.exports.rules import ExportMovement
from daybook.ledger.rules import ACCOUNT_NAMES, Role
from daybook.money import decimal_text

COLUMNS = (
    "Journal Number",
    "Date",
    "Narrative",
    "Product name",
    "Customer ID",
    "Customer name",
    "Direction",
    "Ledger account name",
    "Amount",
    "Invoice ID",
    "Invoice number",
)

HEADER = (",".join(COLUMNS) + "\r\n").encode()

_FORMULA = ("=", "+", "-", "@", "\t", "\r")

# A byte that UTF-8 never contains, so no customer's name can be taken for it.
_MARK = b"\xff"

_DATES = [day_text(day).encode() for day in range(FIRST_DAY, LAST_DAY + 1)]

_DATE_PAIRS = [date + _MARK + date for date in _DATES]
"""Each day as its debit line's date, a mark, and its credit line's date."""


@lru_cache(maxsize=16_384)
def cell(text: str) -> str:
    """Text as a CSV cell; what a spreadsheet would run gets a leading apostrophe."""
    if text.startswith(_FORMULA):
        text = f"'{text}"
    if any(special in text for special in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def render_daily(movements: Iterable[ExportMovement], decimals: int) -> Iterator[bytes]:
    """Two lines for each day of each movement, debit first."""
    for one in movements:
        number = b"%d," % one.journal
        names, invoice = _names(one, one.narrative), _invoice(one)
        debit, credit = _direction(one.debit, "DEBIT"), _direction(one.credit, "CREDIT")
        last = one.last_day - FIRST_DAY
        if one.daily and one.first_day < one.last_day:
            amount = decimal_text(one.daily, decimals)
            tail = f"{amount}{invoice}"
            after_debit = f"{names}{debit}{tail}".encode() + number
            after_credit = f"{names}{credit}{tail}".encode() + number
            dates = _DATE_PAIRS[one.first_day - FIRST_DAY : last]
            lines = after_credit.join(dates).replace(_MARK, after_debit)
            yield b"%b%b%b" % (number, lines, after_credit[: -len(number)])
        share = one.amount - one.daily * (one.last_day - one.first_day)
        if share:
            tail = f"{decimal_text(share, decimals)}{invoice}"
            yield b"%b%b%b%b%b%b" % (
                number,
                _DATES[last],
                f"{names}{debit}{tail}".encode(),
                number,
                _DATES[last],
                f"{names}{credit}{tail}".encode(),
            )


def render_monthly(
    movements: Iterable[ExportMovement], decimals: int, last_day: Day
) -> Iterator[bytes]:
    """One line for each journal, account and direction, never netted.

    Dated the month's last day, or `last_day` of the export if that is earlier.
    `movements` come journal by journal.
    """
    journal: list[ExportMovement] = []
    for one in movements:
        if journal and journal[0].journal != one.journal:
            yield _journal_lines(journal, decimals, last_day)
            journal = []
        journal.append(one)
    if journal:
        yield _journal_lines(journal, decimals, last_day)


def _journal_lines(
    journal: list[ExportMovement], decimals: int, last_day: Day
) -> bytes:
    """A journal's month: debits by account, then credits by account."""
    first = journal[0]
    date = day_text(min(last_day_of(first.month), last_day))
    head = f"{first.journal},{date}"
    names = _names(first, first.journal_narrative)
    lines = []
    for direction in ("DEBIT", "CREDIT"):
        sums: dict[Role, int] = {}
        for one in journal:
            role = one.debit if direction == "DEBIT" else one.credit
            sums[role] = sums.get(role, 0) + one.amount
        lines += [
            f"{head}{names}{_direction(role, direction)}"
            f"{decimal_text(sums[role], decimals)}{_invoice(first)}"
            for role in sorted(sums)
        ]
    return "".join(lines).encode()


def _names(one: ExportMovement, narrative: str) -> str:
    return (
        f",{cell(narrative)},{cell(one.product_name)},{cell(one.customer_id)}"
        f",{cell(one.customer_name)}"
    )


def _direction(role: Role, direction: str) -> str:
    return f",{direction},{cell(ACCOUNT_NAMES[role])},"


def _invoice(one: ExportMovement) -> str:
    return f",{cell(one.invoice_id)},{cell(one.invoice_number)}\r\n"
