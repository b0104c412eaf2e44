"""Documents with full defaults, so that a test names only what it is about.

Amounts and days are given as people write them: `"1200.00"`, `"2025-01-01"`.
"""

# A factory's arguments are the fields, by their own names.
# ruff: noqa: A002, PLR0913

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time

from daybook.calendar import Day, date_of, parse_day
from daybook.clock import ClockState
from daybook.configuration.clock_acceptance import accept_clock
from daybook.configuration.commands import set_lock, update_settings
from daybook.db.engine import Database
from daybook.documents.commands import import_documents
from daybook.documents.named_documents import named_keys
from daybook.documents.results import ImportResult
from daybook.documents.rules import (
    CustomerDetails,
    Document,
    DocumentStatus,
    Line,
    Milestone,
    ProductDetails,
)
from daybook.ledger.pins import Pin
from daybook.ledger.queries import find_ledgers, pin_ledger
from daybook.ledger.rules import LockMethod, SourceKind
from daybook.money import parse_amount
from daybook.recognition.allocation import Strategy
from daybook.recognition.rules import (
    Classification,
    Method,
    Part,
    Terms,
    Timing,
    Treatment,
    default_point,
    default_timing,
)

ORGANISATION = 1
YEAR = ("2025-01-01", "2025-12-31")


def usd(text: str) -> int:
    """Minor units of dollars; thousands may be separated."""
    return minor_units(text, "USD")


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
    if point is None and method in {Method.POINT_IN_TIME, Method.USAGE}:
        point = default_point(its_timing, first, last, a)
    minor = minor_units(amount, currency)
    return Terms(minor, method, its_timing, strategy, first, last, point)


def minor_units(amount: str, currency: str = "USD") -> int:
    """Minor units of a currency; thousands may be separated."""
    return parse_amount(amount.replace(",", ""), currency)


def line(
    id: str = "1",
    *,
    product: str = "prod_1",
    product_name: str = "Platform",
    description: str | None = None,
    its_terms: Terms | None = None,
    group: str | None = None,
) -> Line:
    """A line of an invoice, or of a credit note without a parent."""
    its_terms = its_terms or terms()
    details = ProductDetails(product, product_name)
    return Line(id, its_terms.amount, description, details, its_terms, group=group)


def usage_line(
    id: str = "1",
    amount: str = "100.00",
    period: tuple[str, str] = ("2025-01-01", "2025-01-31"),
    *,
    usage: Mapping[str, str] | None = None,
    product: str = "prod_1",
    timing: Timing = Timing.IN_ARREARS,
    group: str | None = None,
) -> Line:
    """A usage line; `usage` are amounts by day, without it the whole on one day."""
    its_terms = terms(amount, period, method=Method.USAGE, timing=timing)
    if usage:
        parts = tuple(Part(parse_day(day), usd(one)) for day, one in usage.items())
        its_terms = replace(its_terms, parts=parts, recognized_on=None)
    return line(id, product=product, its_terms=its_terms, group=group)


def milestone_line(
    *milestones: tuple[str, str, str | None],
    id: str = "1",
    product: str = "prod_1",
    untouched: Sequence[str] = (),
) -> Line:
    """A line of milestones: id, amount and the day on which it is completed, if it is.

    Of those that are untouched the sender left the completion out.
    """
    made = tuple(
        Milestone(
            one,
            one.title(),
            usd(amount),
            None if day is None else parse_day(day),
            is_untouched=one in untouched,
        )
        for one, amount, day in milestones
    )
    its_terms = Terms(
        sum(one.amount for one in made),
        Method.MILESTONE,
        Timing.IN_ADVANCE,
        parts=tuple(Part(one.completed_on, one.amount) for one in made),
    )
    return replace(line(id, product=product, its_terms=its_terms), milestones=made)


def prepayment_line(
    amount: str = "500.00",
    grant: str = "cg_1",
    *,
    id: str = "1",
    product: str = "credits",
    expires_on: str | None = None,
) -> Line:
    """A line that makes a credit grant."""
    its_terms = replace(
        terms(amount, None),
        classification=Classification.PREPAYMENT,
        expires_on=None if expires_on is None else parse_day(expires_on),
    )
    return replace(line(id, product=product, its_terms=its_terms), grant=grant)


def burn_down_line(
    amount: str, usage: Line, grant: str | None = None, *, id: str = "burn"
) -> Line:
    """A line by which a grant pays for a usage line; `amount` is positive here."""
    assert usage.terms is not None
    its_terms = replace(
        usage.terms,
        amount=-usd(amount),
        parts=(),
        classification=Classification.BURNDOWN,
    )
    burning = replace(usage, id=id, amount=-usd(amount), terms=its_terms)
    return replace(burning, group=usage.id, grant=grant)


def credited_line(
    amount: str = "100.00",
    invoice_line_id: str = "1",
    *,
    id: str = "1",
    currency: str = "USD",
) -> Line:
    """A line of a credit note on an invoice."""
    minor = minor_units(amount, currency)
    return Line(id, minor, invoice_line_id=invoice_line_id)


def invoice(
    id: str = "inv_1",
    *lines: Line,
    customer: str = "cus_1",
    customer_name: str = "Acme",
    currency: str = "USD",
    accounting_date: str = "2025-01-01",
    billing_schedule_id: str | None = None,
    discount: str = "0.00",
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
        billing_schedule_id=billing_schedule_id,
        discount=usd(discount),
        line=line_in_file,
    )


def billing_schedule(
    id: str = "bs_1",
    price: str = "600.00",
    period: tuple[str, str] = ("2025-01-16", "2025-04-15"),
    *,
    months: int = 1,
    timing: Timing = Timing.IN_ARREARS,
    cancelled_on: str | None = None,
    product: str = "prod_1",
    customer: str = "cus_1",
    customer_name: str = "Acme",
    currency: str = "USD",
    line_in_file: int | None = None,
) -> Document:
    """A billing schedule at a price for so many months."""
    its_terms = replace(
        terms(price, period, timing=timing, currency=currency),
        classification=Classification.ACCRUAL,
        months=months,
        cancelled_on=None if cancelled_on is None else parse_day(cancelled_on),
    )
    is_cancelled = cancelled_on is not None
    return Document(
        kind=SourceKind.BILLING_SCHEDULE,
        id=id,
        number=id.upper(),
        currency=currency,
        customer=CustomerDetails(customer, customer_name, f"{customer_name} Ltd"),
        issued_on=parse_day(period[0]),
        accounting_date=parse_day(period[0]),
        lines=(line(product=product, its_terms=its_terms),),
        status=DocumentStatus.CANCELLED if is_cancelled else DocumentStatus.FINAL,
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
    treatment: Treatment = Treatment.REVERSAL,
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
        treatment=treatment,
        line=line_in_file,
    )


def revise(document: Document, *lines: Line, accounting_date: str) -> Document:
    """The same document with other lines, or with none given, on another date."""
    return replace(
        document,
        lines=lines or document.lines,
        accounting_date=parse_day(accounting_date),
    )


def voided(document: Document) -> Document:
    """The same document, sent as void."""
    return replace(document, status=DocumentStatus.VOIDED)


async def lock(
    database: Database,
    through: str | None,
    *,
    method: LockMethod = LockMethod.CUSTOM_DATE,
    currency: str = "USD",
    on: str = "2025-01-01",
) -> None:
    """Lock a ledger through a day, or unlock it: any day, forward or back."""
    await set_lock(
        database,
        ORGANISATION,
        currency,
        method=method,
        locked_through=None if through is None else parse_day(through),
        reason="test",
        is_confirmed=True,
        now=noon(parse_day(on)),
        made_by="test",
    )


async def recognize_breakage(
    database: Database, on: str = "2025-01-01", currency: str = "USD"
) -> None:
    """Have what expired grants have left recognized."""
    await update_settings(
        database,
        ORGANISATION,
        currency,
        breakage=True,
        now=noon(parse_day(on)),
        made_by="test",
    )


async def record(
    database: Database,
    *documents: Document,
    on: str = "2025-01-01",
    made_by: str | None = None,
    is_dry_run: bool = False,
    with_effects: bool = False,
) -> ImportResult:
    """Import documents at noon of a day."""
    return await import_documents(
        database,
        ORGANISATION,
        documents,
        now=noon(parse_day(on)),
        reason="test",
        made_by=made_by,
        is_dry_run=is_dry_run,
        with_effects=with_effects,
        named={key for document in documents for key in named_keys(document)},
    )


async def accept(database: Database, on: str) -> ClockState:
    """Accept a clock that says noon of a day; says what it was found to be."""
    state, _ = await accept_clock(
        database,
        ORGANISATION,
        reason="a test",
        now=noon(parse_day(on)),
        made_by="test",
    )
    return state


async def pin(
    database: Database,
    currency: str = "USD",
    on: str = "2025-01-01",
    as_of: str | None = None,
) -> Pin:
    """The ledger of a currency at its last recording, or as of a day before `on`."""
    day = None if as_of is None else parse_day(as_of)
    async with database.reads() as session:
        ledgers = await find_ledgers(session, ORGANISATION)
        (ledger,) = [ledger for ledger in ledgers if ledger.currency == currency]
        found = await pin_ledger(session, ORGANISATION, ledger.id, parse_day(on), day)
    assert found is not None
    return found


def noon(day: Day) -> datetime:
    """Noon of a day, UTC."""
    return datetime.combine(date_of(day), time(12), UTC)
