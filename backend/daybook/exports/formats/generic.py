"""The generic CSV: journals with daily or monthly lines, for any general ledger.

RFC 4180, CRLF, UTF-8. Lines stand in the order of journal number, movement, date, debit
first. All daily lines of a movement are equal but for the date, and the last day's
amount: so a movement's text is made once and joined with its dates. Nothing is
formatted per line, sorted or held, and text is turned into bytes once per movement.
"""

from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

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
        date, share = dates[last], one.amount - one.daily * (last - first)
        tail = f"{decimal_text(share, decimals)}{invoice}".encode()
        end = b"%b%b%b%b%b%b%b" % (date, debit, tail, number, date, credit, tail)
        if one.daily and first < last:
            tail = f"{decimal_text(one.daily, decimals)}{invoice}".encode() + number
            days = date_pairs[first:last]
            days.append(end if share else b"")
            lines = number + (credit + tail).join(days).replace(_MARK, debit + tail)
            yield lines if share else lines[: -len(number)]
        elif share:
            yield number + end


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
    debited: dict[Role, int] = {}
    credited: dict[Role, int] = {}
    for each in journal:
        debited[each.debit] = debited.get(each.debit, 0) + each.amount
        credited[each.credit] = credited.get(each.credit, 0) + each.amount
    lines = []
    for accounts, sums in ((_DEBIT, debited), (_CREDIT, credited)):
        for role in sorted(sums):
            tail = f"{decimal_text(sums[role], decimals)}{_invoice(one)}"
            lines.append(head + accounts[role] + tail.encode())
    return b"".join(lines)


def _names(one: ExportMovement, narrative: str) -> bytes:
    party = _party(one.product_name, one.customer_id, one.customer_name)
    return f",{cell(narrative)}{party}".encode()


@lru_cache(maxsize=1_024)
def _party(product_name: str, customer_id: str, customer_name: str) -> str:
    """Cached, since journals stand in the order of their customers."""
    return f",{cell(product_name)},{cell(customer_id)},{cell(customer_name)}"


def _invoice(one: ExportMovement) -> str:
    return f",{cell(one.invoice_id)},{cell(one.invoice_number)}\r\n"
