"""Documents with full defaults, so that a test names only what it is about.

Amounts and days are given as people write them: `"1200.00"`, `"2025-01-01"`.
"""

# A factory's arguments are the fields, by their own names.
# ruff: noqa: A002, PLR0913

from datetime import UTC, datetime, time

from daybook.calendar import Day, date_of, parse_day
from daybook.db.engine import Database
from daybook.documents.commands import ImportResult, import_documents
from daybook.documents.rules import CustomerDetails, Document, Line, ProductDetails
from daybook.ledger.filters import Pin
from daybook.ledger.queries import find_ledgers, pin_ledger
from daybook.ledger.rules import SourceKind
from daybook.money import parse_amount
from daybook.recognition.allocation import Strategy
from daybook.recognition.rules import (
    Method,
    Terms,
    Timing,
    default_point,
    default_timing,
)

ORGANISATION = 1
YEAR = ("2025-01-01", "2025-12-31")


def usd(text: str) -> int:
    """Minor units of dollars; thousands may be separated."""
    return parse_amount(text.replace(",", ""), "USD")


def terms(
    amount: str = "1200.00",
    period: tuple[str, str] | None = YEAR,
    *,
    accounting_date: str | None = None,
    method: Method = Method.STRAIGHT_LINE,
    timing: Timing | None = None,
    strategy: Strategy = Strategy.DAILY_RATE_EVEN_MONTHS,
    recognized_on: str | None = None,
    currency: str = "USD",
) -> Terms:
    """Terms with what was left out filled in, as a document's reader does.

    `accounting_date` is needed for that alone; by default it's the period's first day.
    """
    first, last = (None, None) if period is None else map(parse_day, period)
    a = parse_day(accounting_date or (YEAR if period is None else period)[0])
    its_timing = timing or default_timing(method, last, a)
    point = None if recognized_on is None else parse_day(recognized_on)
    if point is None and method is Method.POINT_IN_TIME:
        point = default_point(its_timing, first, last, a)
    minor = parse_amount(amount.replace(",", ""), currency)
    return Terms(minor, method, its_timing, strategy, first, last, point)


def line(
    id: str = "1",
    *,
    product: str = "prod_1",
    product_name: str = "Platform",
    description: str | None = None,
    its_terms: Terms | None = None,
) -> Line:
    """A line of an invoice, or of a credit note without a parent."""
    its_terms = its_terms or terms()
    details = ProductDetails(product, product_name)
    return Line(id, its_terms.amount, description, details, its_terms)


def credited_line(
    amount: str = "100.00",
    invoice_line_id: str = "1",
    *,
    id: str = "1",
    currency: str = "USD",
) -> Line:
    """A line of a credit note on an invoice."""
    minor = parse_amount(amount.replace(",", ""), currency)
    return Line(id, minor, invoice_line_id=invoice_line_id)


def invoice(
    id: str = "inv_1",
    *lines: Line,
    customer: str = "cus_1",
    customer_name: str = "Acme",
    currency: str = "USD",
    accounting_date: str = "2025-01-01",
    line_in_file: int | None = None,
) -> Document:
    """An invoice; without lines it has one, 1,200.00 for 2025."""
    return Document(
        kind=SourceKind.INVOICE,
        id=id,
        number=id.upper(),
        currency=currency,
        customer=CustomerDetails(customer, customer_name, f"{customer_name} Ltd"),
        issued_on=parse_day(accounting_date),
        accounting_date=parse_day(accounting_date),
        lines=lines or (line(),),
        line=line_in_file,
    )


def credit_note(
    id: str = "cn_1",
    *lines: Line,
    invoice_id: str | None = "inv_1",
    customer: str = "cus_1",
    customer_name: str = "Acme",
    currency: str = "USD",
    accounting_date: str = "2025-10-01",
    line_in_file: int | None = None,
) -> Document:
    """A credit note; without lines it credits 100.00 of the invoice's line 1."""
    return Document(
        kind=SourceKind.CREDIT_NOTE,
        id=id,
        number=id.upper(),
        currency=currency,
        customer=CustomerDetails(customer, customer_name, f"{customer_name} Ltd"),
        issued_on=parse_day(accounting_date),
        accounting_date=parse_day(accounting_date),
        lines=lines or (credited_line(),),
        invoice_id=invoice_id,
        line=line_in_file,
    )


async def record(
    database: Database,
    *documents: Document,
    on: str = "2025-01-01",
    is_dry_run: bool = False,
) -> ImportResult:
    """Import documents at noon of a day."""
    day = parse_day(on)
    return await import_documents(
        database,
        ORGANISATION,
        documents,
        now=noon(day),
        today=day,
        reason="test",
        is_dry_run=is_dry_run,
    )


async def pin(database: Database, currency: str = "USD", on: str = "2025-01-01") -> Pin:
    """The ledger of a currency at its last recording."""
    async with database.reads() as session:
        ledgers = await find_ledgers(session, ORGANISATION)
        (ledger,) = [one for one in ledgers if one.currency == currency]
        found = await pin_ledger(session, ORGANISATION, ledger.id, parse_day(on))
    assert found is not None
    return found


def noon(day: Day) -> datetime:
    """Noon of a day, UTC."""
    return datetime.combine(date_of(day), time(12), UTC)
