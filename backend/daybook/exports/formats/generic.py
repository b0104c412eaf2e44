"""The generic CSV: journals with daily or monthly lines, for any general ledger.

RFC 4180, CRLF, UTF-8. Lines are in the order of journal number, movement and date, the
debit first. A movement's daily lines differ only in the date, and in the last day's
amount: so its text is formatted and encoded once, and joined with its dates. Nothing is
formatted per line, sorted or held.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from typing import Any

from daybook.calendar import FIRST_DAY, LAST_DAY, Day, date_of
from daybook.exports.formats.contract import FileFacts, Format, Limits, Renderer
from daybook.exports.rules import (
    ExportGroup,
    ExportMovement,
    Movements,
    Units,
    alike,
    code_of,
)
from daybook.sheets.cells import cell

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

STATUS_COLUMN = "Status"
"""The next column, in files with scheduled entries."""
CODE_COLUMN = "Xero ledger account code"
"""The last column while Xero is enabled."""

POSTED, SCHEDULED = "Posted", "Scheduled"
"""The values of the status."""


def columns_of(facts: FileFacts) -> tuple[str, ...]:
    """The names of a file's columns."""
    status = () if facts.divides_on is None else (STATUS_COLUMN,)
    return (*COLUMNS, *status, *((CODE_COLUMN,) if facts.has_codes else ()))


def status_of(day: Day, divides_on: Day | None) -> str:
    """The status of a line by its day; empty in a file whose lines have none."""
    if divides_on is None:
        return ""
    return POSTED if day <= divides_on else SCHEDULED


# A byte that UTF-8 never contains, so no customer's name can contain it.
_MARK = b"\xff"


@lru_cache(maxsize=4_096)
def _debit(account: str) -> bytes:
    """Cached, as `_credit`: accounts are few."""
    return f",DEBIT,{cell(account)},".encode()


@lru_cache(maxsize=4_096)
def _credit(account: str) -> bytes:
    return f",CREDIT,{cell(account)},".encode()


def render_daily(
    movements: Iterable[ExportMovement],
    decimals: int,
    *,
    has_codes: bool = False,
    divides_on: Day | None = None,
) -> Iterator[bytes]:
    """Two lines for each day of each movement, debit first.

    With `divides_on`, all days of a movement have the same status.
    """
    dates, date_pairs = _dates()
    amount_of = _amounts(decimals)
    for movement in movements:
        number = b"%d," % movement.journal
        debit, credit, invoice = _constant(
            movement.narrative,
            movement.product_name,
            movement.customer_id,
            movement.customer_name,
            movement.debit_account,
            movement.credit_account,
            movement.invoice_id,
            movement.invoice_number,
            status_of(movement.last_day, divides_on),
        )
        first, last = movement.first_day - FIRST_DAY, movement.last_day - FIRST_DAY
        date, share = dates[last], movement.amount - movement.daily * (last - first)
        debit_tail = credit_tail = amount_of(share) + invoice
        if has_codes:
            debit_tail, credit_tail = _coded(debit_tail, movement)
        sides = (date, debit, debit_tail, number, date, credit, credit_tail)
        end = b"%b%b%b%b%b%b%b" % sides
        if movement.daily and first < last:
            debit_tail = credit_tail = amount_of(movement.daily) + invoice + number
            if has_codes:
                tail = debit_tail[: -len(number)]
                debit_tail, credit_tail = _coded(tail, movement, number)
            days = date_pairs[first:last]
            days.append(end if share else b"")
            days[0] = number + days[0]  # in front of all of them: it would be a copy
            lines = (credit + credit_tail).join(days).replace(_MARK, debit + debit_tail)
            yield lines if share else lines[: -len(number)]
        elif share:
            yield number + end


@lru_cache(maxsize=8_192)
def _constant(  # noqa: PLR0913, PLR0917  (a movement's fields, which make it cacheable)
    narrative: str,
    product_name: str,
    customer_id: str,
    customer_name: str,
    debit_account: str,
    credit_account: str,
    invoice_id: str,
    invoice_number: str,
    status: str,
) -> tuple[bytes, bytes, bytes]:
    """Between date and amount, of the debit and of the credit; and after the amount.

    Cached, since a schedule's movements have the same in each month.
    """
    party = _party(product_name, customer_id, customer_name)
    names = f",{cell(narrative)}{party}".encode()
    invoice = _invoice(invoice_id, invoice_number, status)
    return names + _debit(debit_account), names + _credit(credit_account), invoice


def _coded(
    tail: bytes, movement: ExportMovement, number: bytes = b""
) -> tuple[bytes, bytes]:
    """A line's end with the codes of its debit and of its credit.

    `number` is the beginning of the next line.
    """
    start = tail[:-2]
    return (
        start + _code(code_of(movement.debit_target)) + number,
        start + _code(code_of(movement.credit_target)) + number,
    )


def _amounts(decimals: int) -> Callable[[int], bytes]:
    """A faster `decimal_text`, for amounts, which are never negative."""
    if decimals == 0:
        return lambda minor: b"%d" % minor
    pattern, unit = b"%%d.%%0%dd" % decimals, 10**decimals
    return lambda minor: pattern % divmod(minor, unit)


@cache
def _dates() -> tuple[list[bytes], list[bytes]]:
    """Each day's text; the same as its debit's date, a mark and its credit's date."""
    dates = [
        date_of(day).isoformat().encode() for day in range(FIRST_DAY, LAST_DAY + 1)
    ]
    return dates, [date + _MARK + date for date in dates]


def render_groups(
    groups: Iterable[ExportGroup],
    decimals: int,
    *,
    has_codes: bool = False,
    divides_on: Day | None = None,
) -> Iterator[bytes]:
    """The lines of each group, with its key in place of the journal's number."""
    dates, _ = _dates()
    amount_of = _amounts(decimals)
    for group in groups:
        date = dates[group.day - FIRST_DAY]
        key = cell(group.key).encode()
        status = status_of(group.day, divides_on)
        invoice = _invoice(group.invoice_id, group.invoice_number, status)
        lines = []
        for part in alike(group):
            party = _party(part.product_name, part.customer_id, part.customer_name)
            names = f",{cell(part.narrative)}{party}".encode()
            start = b"%b,%b%b" % (key, date, names)
            for is_debit, _, name, amount, target, *_ in part.lines:
                account = _debit(name) if is_debit else _credit(name)
                end = invoice[:-2] + _code(code_of(target)) if has_codes else invoice
                lines.append(b"%b%b%b%b" % (start, account, amount_of(amount), end))
        yield b"".join(lines)


@lru_cache(maxsize=1_024)
def _party(product_name: str, customer_id: str, customer_name: str) -> str:
    """Cached, since journals of a customer follow each other."""
    return f",{cell(product_name)},{cell(customer_id)},{cell(customer_name)}"


@lru_cache(maxsize=32_768)
def _invoice(invoice_id: str, invoice_number: str, status: str) -> bytes:
    """The invoice, and the status if there is one; and the line's end.

    Cached, since an invoice recurs in each month of its service.
    """
    end = f",{status}" if status else ""
    return f",{cell(invoice_id)},{cell(invoice_number)}{end}\r\n".encode()


@lru_cache(maxsize=4_096)
def _code(code: str) -> bytes:
    """Xero's account code and the line's end; it follows a line without its end."""
    return f",{cell(code)}\r\n".encode()


class _Renderer(Renderer):
    """Keeps no state between slices."""

    def __init__(self, facts: FileFacts) -> None:
        self._facts = facts

    def header(self) -> Iterable[bytes]:
        """The names of the columns."""
        return (f"{','.join(columns_of(self._facts))}\r\n".encode(),)

    def render(self, units: Units) -> Iterator[bytes]:
        """A piece for each unit."""
        facts = self._facts
        form: Any = {"has_codes": facts.has_codes, "divides_on": facts.divides_on}
        if isinstance(units, Movements):
            return render_daily(units.units, facts.decimals, **form)
        return render_groups(units.units, facts.decimals, **form)


SEQUENCE = Format(
    name="SEQUENCE",
    number=1,
    description="CSV with a line for each account and date, for any general ledger;"
    " its columns are those of `daybook export`.",
    suffix="csv",
    media_type="text/csv; charset=utf-8",
    version=3,
    status_version=4,
    renderer=_Renderer,
    has_safe_texts=True,
    # As many rows as a spreadsheet opens.
    limits=Limits(rows=1_000_000),
    is_split=True,
    renders_apart=True,
)
