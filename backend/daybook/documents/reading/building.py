"""Turns the JSON form of a document into its recipe, or into all its problems."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeAlias

from pydantic import ValidationError

from daybook.calendar import Day
from daybook.documents.reading.context import Context
from daybook.documents.reading.everyday_words import nearest
from daybook.documents.reading.group_rules import discount_problems
from daybook.documents.reading.json_fields import (
    ScheduleStatus,
    Status,
    any_of,
    decimals_or_none,
)
from daybook.documents.reading.json_form import (
    BillingScheduleForm,
    CreditedLineForm,
    CreditNoteForm,
    HeadForm,
    InvoiceForm,
    SoldLineForm,
    StandaloneCreditNoteForm,
    StandaloneLineForm,
)
from daybook.documents.reading.json_wording import kind_of
from daybook.documents.reading.line_rules import undated_problems
from daybook.documents.reading.pydantic_problems import problems_of
from daybook.documents.reading.recipes import LineRecipe, Recipe
from daybook.documents.reading.sold_lines import (
    problems_of_lines,
    sold_lines,
)
from daybook.documents.rules import (
    Defaults,
    DocumentStatus,
    Line,
    ProductDetails,
)
from daybook.errors import Problem, ProblemCode, Rejected, quoted
from daybook.ledger.rules import SourceKind
from daybook.money import AMOUNT_MAX
from daybook.recognition.rules import (
    Classification,
    Method,
    Terms,
    Timing,
    Treatment,
)

AnyForm: TypeAlias = (
    InvoiceForm | CreditNoteForm | StandaloneCreditNoteForm | BillingScheduleForm
)

_TYPES = ("invoice", "credit_note", "billing_schedule")
_STATUSES = {
    Status.DRAFT: DocumentStatus.FINAL,
    Status.FINAL: DocumentStatus.FINAL,
    Status.VOIDED: DocumentStatus.VOIDED,
}


def recipe_of(
    value: dict[str, object], line: int | None, defaults: Defaults
) -> tuple[Recipe, bool, list[Problem]]:
    """The recipe of a decoded JSON object's document, and whether it is a draft.

    Third are its problems in a ledger that refuses lines without dates. Raises
    `Rejected` with all other problems.
    """
    form_type = _form_type(value, line)
    repeated = _repeated_line_ids(value)
    context = _context(value, form_type, defaults)
    try:
        form = form_type.model_validate(value, context=context)
    except ValidationError as error:
        context = _with_undated(value, context)
        problems, total = problems_of(
            _all_errors(value, form_type, context, error), form_type, line
        )
        beside = [*repeated, *_problems_beside(value, form_type, context)]
        placed = _placed(beside, line)
        raise Rejected(problems + placed, total + len(placed)) from None
    if isinstance(form, BillingScheduleForm):
        is_draft = form.status is ScheduleStatus.DRAFT
        return _billing_schedule(form, context, line), is_draft, []
    accounting_date = form.accounting_date
    if accounting_date is None:
        accounting_date = form.issued_on
    lines, wrong = _lines(form, accounting_date, context)
    is_draft = form.status is Status.DRAFT
    undated = _undated(form, context, line)
    wrong = [*repeated, *wrong]
    if (wrong or is_draft) and not context.takes_undated():
        wrong += undated
    if wrong:
        raise Rejected(_placed(wrong, line))
    return _recipe(form, accounting_date, lines, line), is_draft, undated


def _form_type(value: dict[str, object], line: int | None) -> type[AnyForm]:
    """The form that a document must have, by its type and by what it credits."""
    names = any_of(_TYPES)
    match value.get("type"):
        case "invoice":
            return InvoiceForm
        case "credit_note":
            if _names_an_invoice(value):
                return CreditNoteForm
            return StandaloneCreditNoteForm
        case "billing_schedule":
            return BillingScheduleForm
        case None:
            code, message = ProblemCode.MISSING, f"is missing; write {names}"
        case str() as unknown:
            near = nearest(unknown, _TYPES)
            code, message = ProblemCode.INVALID_VALUE, f"must be {names}{near}"
        case other:
            code = ProblemCode.INVALID_VALUE
            message = f"must be {names}, not {kind_of(other)}"
    shown = quoted(value.get("type"))
    words = f"type {message}" if shown is None else f"type {shown} {message}"
    raise Rejected([Problem(code, words, ("type",), line, shown)])


def _names_an_invoice(value: dict[str, object]) -> bool:
    """Whether the document or one of its lines names an invoice to credit."""
    lines = value.get("lines")
    return value.get("invoice_id") is not None or any(
        isinstance(item, dict) and item.get("invoice_line_id") is not None
        for item in (lines if isinstance(lines, list) else ())
    )


def _repeated_line_ids(value: dict[str, object]) -> list[Problem]:
    """Line ids that occur twice; found before validation, whose problems hide them."""
    lines = value.get("lines")
    if not isinstance(lines, list) or len(lines) < 2:
        return []
    first: dict[str, int] = {}
    problems = []
    for index, item in enumerate(lines):
        id_ = item.get("id") if isinstance(item, dict) else None
        if isinstance(id_, str) and first.setdefault(id_, index) != index:
            message = f"id is that of lines.{first[id_]} too; line ids are unique"
            path = ("lines", str(index), "id")
            problems.append(Problem(ProblemCode.DUPLICATE, message, path))
    return problems


def _context(
    value: dict[str, object], form_type: type[AnyForm], defaults: Defaults
) -> Context:
    currency = value.get("currency")
    is_known = isinstance(currency, str) and decimals_or_none(currency) is not None
    return Context(
        currency if is_known else None,  # type: ignore[arg-type]  # None only where a problem is reported
        defaults,
        form_type is StandaloneCreditNoteForm,
    )


def _with_undated(value: dict[str, object], context: Context) -> Context:
    """The context in which a document with other problems is validated again.

    Such a document can't be recorded unchanged already, so its lines without dates are
    problems if the ledger refuses them; a voided document needs no dates.
    """
    is_void = value.get("status") == Status.VOIDED.value
    reports_undated = not is_void and not context.takes_undated()
    return context._replace(reports_undated=reports_undated)


def _all_errors(
    value: dict[str, object],
    form_type: type[AnyForm],
    context: Context,
    error: ValidationError,
) -> ValidationError:
    """The errors of a document's form, with those of undated lines if reported."""
    if context.reports_undated:
        try:
            form_type.model_validate(value, context=context)
        except ValidationError as every:
            return every
    return error


def _undated(
    form: InvoiceForm | CreditNoteForm | StandaloneCreditNoteForm,
    context: Context,
    line: int | None,
) -> list[Problem]:
    """A document's problems in a ledger that refuses lines without dates."""
    if isinstance(form, CreditNoteForm) or form.status is Status.VOIDED:
        return []
    return list(undated_problems(form.lines, context, line))


def _problems_beside(
    value: dict[str, object], form_type: type[AnyForm], context: Context
) -> list[Problem]:
    """Problems of the valid lines of a document that has other problems too."""
    line_form = StandaloneLineForm if context.is_credit else SoldLineForm
    lines = value.get("lines")
    if (
        form_type not in {InvoiceForm, StandaloneCreditNoteForm}
        or context.currency is None
        or not isinstance(lines, list)
    ):
        return []
    whole: list[tuple[int, SoldLineForm]] = []
    for index, item in enumerate(lines):
        try:
            whole.append((index, line_form.model_validate(item, context=context)))
        except ValidationError:
            continue
    return list(problems_of_lines(whole, context))


def _placed(problems: Iterable[Problem], line: int | None) -> list[Problem]:
    return [replace(problem, line=line) for problem in problems]


def _lines(
    form: InvoiceForm | CreditNoteForm | StandaloneCreditNoteForm,
    accounting_date: Day,
    context: Context,
) -> tuple[list[LineRecipe], list[Problem]]:
    """A document's lines, or the problems between them."""
    total = 0
    for line_form in form.lines:
        total += abs(line_form.amount)
    if total > AMOUNT_MAX:
        message = "lines sum to more than the largest amount; split the document"
        return [], [Problem(ProblemCode.TOO_LARGE, message, ("lines",))]
    if isinstance(form, CreditNoteForm):
        return [_credited_line(line_form) for line_form in form.lines], []
    lines, problems = sold_lines(form.lines, accounting_date, context)
    if isinstance(form, InvoiceForm) and form.discount:
        problems += discount_problems(form.discount, form.lines, form.currency)
    return lines, problems


def _credited_line(form: CreditedLineForm) -> Line:
    return Line(
        form.id,
        form.amount,
        form.description or None,
        invoice_line_id=form.invoice_line_id,
    )


def _recipe(
    form: InvoiceForm | CreditNoteForm | StandaloneCreditNoteForm,
    accounting_date: Day,
    lines: list[LineRecipe],
    line: int | None,
) -> Recipe:
    kind, treatment, discount = SourceKind.INVOICE, Treatment.REVERSAL, 0
    invoice_id = billing_schedule_id = None
    if isinstance(form, InvoiceForm):
        discount = form.discount or 0
        billing_schedule_id = form.billing_schedule_id
    else:
        kind, treatment = SourceKind.CREDIT_NOTE, form.treatment
        invoice_id = form.invoice_id
    return (
        *(kind, form.id, form.number or form.id, form.currency, _customer(form)),
        *(form.issued_on, accounting_date, lines, invoice_id, billing_schedule_id),
        *(discount, treatment, _STATUSES[form.status], line, (), None),
    )


def _customer(form: HeadForm) -> tuple[str, str, str]:
    customer = form.customer
    return customer.id, customer.name, customer.legal_name or customer.name


def _billing_schedule(
    form: BillingScheduleForm, context: Context, line: int | None
) -> Recipe:
    """A billing schedule; its one line holds the terms of its accrual."""
    kind, treatment = SourceKind.BILLING_SCHEDULE, Treatment.REVERSAL
    issued_on = form.service_from if form.issued_on is None else form.issued_on
    is_cancelled = form.status is ScheduleStatus.CANCELLED
    status = DocumentStatus.CANCELLED if is_cancelled else DocumentStatus.FINAL
    lines: list[LineRecipe] = [_accrual_line(form, context)]
    return (
        *(kind, form.id, form.number or form.id, form.currency, _customer(form)),
        *(issued_on, issued_on, lines, None, None),
        *(0, treatment, status, line, (), None),
    )


def _accrual_line(form: BillingScheduleForm, context: Context) -> Line:
    product = form.product
    terms = Terms(
        form.price,
        Method.STRAIGHT_LINE,
        form.timing or Timing.IN_ARREARS,
        context.strategy(),
        form.service_from,
        form.service_to,
        classification=Classification.ACCRUAL,
        months=form.frequency.value,
        cancelled_on=form.cancelled_on,
    )
    days = (form.service_from, form.service_to, form.cancelled_on)
    return Line(
        "1",
        form.price,
        product=ProductDetails(product.id, product.name, product.category),
        terms=terms,
        sent=(form.method, form.timing, form.frequency, *days),
    )
