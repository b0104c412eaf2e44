"""The generic CSV: journals with daily or monthly lines, for any general ledger.

RFC 4180, CRLF, UTF-8. Lines stand in the order of journal number, movement, date, debit
first. All daily lines of a movement are equal but for the date, and the last day's
amount: so a movement's text is made once and joined with its dates. Nothing is
formatted per line, sorted or held, and text is turned into bytes once per movement.
"""

from collections.abc import Iterable, Iterator
from functools import cache

from daybook.calendar import FIRST_DAY, LAST_DAY, Day, date_of, day_text, last_day_of
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


def cell(text: str) -> str:
    """Text as a CSV cell; what a spreadsheet would run gets a leading apostrophe."""
    if text.startswith(_FORMULA):
        text = f"'{text}"
    # Spelled out: this runs for each cell, and a loop over the four takes four times
    # as long.
    if "," in text or '"' in text or "\n" in text or "\r" in text:
        return '"' + text.replace('"', '""') + '"'
    return text


_DEBIT = {role: f",DEBIT,{cell(ACCOUNT_NAMES[role])},".encode() for role in Role}
_CREDIT = {role: f",CREDIT,{cell(ACCOUNT_NAMES[role])},".encode() for role in Role}


def render_daily(movements: Iterable[ExportMovement], decimals: int) -> Iterator[bytes]:
    """Two lines for each day of each movement, debit first."""
    dates, date_pairs = _dates()
    for one in movements:
        number = b"%d," % one.journal
        names, invoice = _names(one, one.narrative), _invoice(one)
        debit, credit = names + _DEBIT[one.debit], names + _CREDIT[one.credit]
        first, last = one.first_day - FIRST_DAY, one.last_day - FIRST_DAY
        tail = decimal_text(one.daily, decimals).encode() + invoice
        after_debit = b"%b%b%b" % (debit, tail, number)
        after_credit = b"%b%b%b" % (credit, tail, number)
        days = date_pairs[first:last] if one.daily else []
        share = one.amount - one.daily * (last - first)
        if share:
            tail = decimal_text(share, decimals).encode() + invoice
            date = dates[last]
            days.append(
                b"%b%b%b%b%b%b%b" % (date, debit, tail, number, date, credit, tail)
            )
            yield number + after_credit.join(days).replace(_MARK, after_debit)
        elif days:
            lines = after_credit.join(days).replace(_MARK, after_debit)
            yield b"%b%b%b%b" % (number, lines, credit, tail)


@cache
def _dates() -> tuple[list[bytes], list[bytes]]:
    """Each day's text, and the same as its debit's date, a mark and its credit's."""
    dates = [
        date_of(day).isoformat().encode() for day in range(FIRST_DAY, LAST_DAY + 1)
    ]
    return dates, [date + _MARK + date for date in dates]


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
    one = journal[0]
    date = day_text(min(last_day_of(one.month), last_day))
    head = f"{one.journal},{date}".encode() + _names(one, one.journal_narrative)
    debits: dict[Role, int] = {}
    credits_: dict[Role, int] = {}
    for each in journal:
        debits[each.debit] = debits.get(each.debit, 0) + each.amount
        credits_[each.credit] = credits_.get(each.credit, 0) + each.amount
    return b"".join(
        [
            head
            + directions[role]
            + decimal_text(sums[role], decimals).encode()
            + _invoice(one)
            for directions, sums in ((_DEBIT, debits), (_CREDIT, credits_))
            for role in sorted(sums)
        ]
    )


def _names(one: ExportMovement, narrative: str) -> bytes:
    return (
        f",{cell(narrative)},{cell(one.product_name)},{cell(one.customer_id)}"
        f",{cell(one.customer_name)}"
    ).encode()


def _invoice(one: ExportMovement) -> bytes:
    return f",{cell(one.invoice_id)},{cell(one.invoice_number)}\r\n".encode()
