"""From the JSON form of a document to its value, or to everything wrong with it."""

from functools import lru_cache
from typing import TypeAlias

from pydantic import ValidationError

from daybook.calendar import Day
from daybook.documents.reading.json_fields import Status, decimals_or_none
from daybook.documents.reading.json_form import (
    CreditedLineForm,
    CreditNoteForm,
    InvoiceForm,
    SoldLineForm,
    StandaloneCreditNoteForm,
    StandaloneLineForm,
)
from daybook.documents.reading.wording import problems_of
from daybook.documents.rules import CustomerDetails, Document, Line, ProductDetails
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.ledger.rules import SourceKind
from daybook.money import AMOUNT_MAX
from daybook.recognition.rules import Method, Terms, default_point, default_timing

AnyForm: TypeAlias = InvoiceForm | CreditNoteForm | StandaloneCreditNoteForm

_KINDS = {"invoice": SourceKind.INVOICE, "credit_note": SourceKind.CREDIT_NOTE}

# Documents of one file name the same customers and products again and again: one value
# each, instead of one a line, keeps a large file small in memory.
_customer = lru_cache(maxsize=65_536)(CustomerDetails)
_product = lru_cache(maxsize=65_536)(ProductDetails)


def document_of(
    value: dict[str, object], line: int | None = None
) -> tuple[Document, Status]:
    """The document that a decoded JSON object describes, and whether it is final.

    Raises `Rejected` with every rule that it breaks.
    """
    form_type = _form_type(value, line)
    repeated = _repeated_line_ids(value, line)
    try:
        form = form_type.model_validate(value, context=_context(value))
    except ValidationError as error:
        problems, total = problems_of(error, form_type, line)
        raise Rejected(problems + repeated, total + len(repeated)) from None
    if repeated:
        raise Rejected(repeated)
    if sum(abs(one.amount) for one in form.lines) > AMOUNT_MAX:
        message = "lines sum to more than the largest amount; split the document"
        raise Rejected([Problem(ProblemCode.TOO_LARGE, message, ("lines",), line)])
    return _document(form, line), form.status


def _form_type(value: dict[str, object], line: int | None) -> type[AnyForm]:
    """Which form a document has to have: by its type, and by what it credits."""
    kind = value.get("type")
    if kind == "invoice":
        return InvoiceForm
    if kind == "credit_note":
        return CreditNoteForm if _names_an_invoice(value) else StandaloneCreditNoteForm
    code, message = ProblemCode.INVALID_VALUE, "type must be invoice or credit_note"
    if kind is None:
        code, message = (
            ProblemCode.MISSING,
            "type is missing; write invoice or credit_note",
        )
    elif kind == "billing_schedule":
        code = ProblemCode.UNSUPPORTED
        message = (
            "type billing_schedule is not taken by this version; "
            "write invoice or credit_note"
        )
    raise Rejected([Problem(code, message, ("type",), line)])


def _names_an_invoice(value: dict[str, object]) -> bool:
    """Whether the document, or one of its lines, says that it credits an invoice."""
    lines = value.get("lines")
    return value.get("invoice_id") is not None or any(
        isinstance(one, dict) and one.get("invoice_line_id") is not None
        for one in (lines if isinstance(lines, list) else ())
    )


def _repeated_line_ids(value: dict[str, object], line: int | None) -> list[Problem]:
    """Looked at before the form is checked, so that other problems don't hide it."""
    lines = value.get("lines")
    if not isinstance(lines, list) or len(lines) < 2:
        return []
    first: dict[str, int] = {}
    problems = []
    for index, one in enumerate(lines):
        id_ = one.get("id") if isinstance(one, dict) else None
        if isinstance(id_, str) and first.setdefault(id_, index) != index:
            message = f"id is that of lines.{first[id_]} too; line ids are unique"
            path = ("lines", str(index), "id")
            problems.append(Problem(ProblemCode.DUPLICATE, message, path, line))
    return problems


def _context(value: dict[str, object]) -> dict[str, str | None]:
    """What the amounts need to know: the currency, None where there is no such."""
    currency = value.get("currency")
    is_known = isinstance(currency, str) and decimals_or_none(currency) is not None
    return {"currency": currency if is_known else None}  # type: ignore[dict-item]


def _document(form: AnyForm, line: int | None) -> Document:
    customer = form.customer
    accounting_date = form.accounting_date
    if accounting_date is None:
        accounting_date = form.issued_on
    return Document(
        kind=_KINDS[form.type],
        id=form.id,
        number=form.number or form.id,
        currency=form.currency,
        customer=_customer(
            customer.id, customer.name, customer.legal_name or customer.name
        ),
        issued_on=form.issued_on,
        accounting_date=accounting_date,
        lines=tuple([_line(one, accounting_date) for one in form.lines]),
        invoice_id=None if isinstance(form, InvoiceForm) else form.invoice_id,
        line=line,
    )


def _line(form: SoldLineForm | CreditedLineForm, accounting_date: Day) -> Line:
    description = form.description or None
    if isinstance(form, CreditedLineForm):
        return Line(
            form.id, form.amount, description, invoice_line_id=form.invoice_line_id
        )
    product = form.product
    return Line(
        form.id,
        form.amount,
        description,
        _product(product.id, product.name, product.category),
        _terms(form, accounting_date),
    )


def _terms(form: SoldLineForm, accounting_date: Day) -> Terms:
    """The line's terms, with what was left out filled in (domain rules 2 and 6)."""
    first_day, last_day = form.service_from, form.service_to
    timing = form.timing or default_timing(form.method, last_day, accounting_date)
    point = form.recognized_on
    if point is None and form.method is Method.POINT_IN_TIME:
        # A credit without a parent takes effect at once, whatever period it is for.
        point = (
            accounting_date
            if isinstance(form, StandaloneLineForm)
            else default_point(timing, first_day, last_day, accounting_date)
        )
    return Terms(
        form.amount, form.method, timing, form.strategy, first_day, last_day, point
    )
