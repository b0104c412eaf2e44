"""What people select a report or export by: the senders' own ids, before look-up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day, day_text, parse_day
from daybook.documents.models import StoredDocument
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.ledger.filters import JournalFilter, Pin
from daybook.ledger.models import Customer, Product
from daybook.ledger.rules import SourceKind
from daybook.reports.searching import can_be_stored


@dataclass(frozen=True, slots=True)
class Selection:
    """The filters that the command line, the API, pages and downloads share.

    Absent fields do not narrow. Customers, products, invoices and credit notes are
    named by the senders' own ids.
    """

    posted_from: Day | None = None
    posted_to: Day | None = None
    sources: tuple[SourceKind, ...] | None = None
    customer: str | None = None
    product: str | None = None
    invoice: str | None = None
    credit_note: str | None = None
    on: Day | None = None
    include_scheduled: bool = True
    search: str | None = None


def parse_selection(given: Mapping[str, Sequence[str]]) -> Selection:
    """Read a selection from text, as options and query strings give it.

    Names are those of the command line's filters, with `_` for `-`; empty values count
    as absent. Raises Rejected with everything that can't be read.
    """
    problems: list[Problem] = []
    values = {
        name: [text.strip() for text in texts if text.strip()]
        for name, texts in given.items()
    }

    def one(name: str) -> str | None:
        return values[name][-1] if values.get(name) else None

    def day(name: str) -> Day | None:
        text = one(name)
        if text is None:
            return None
        try:
            return parse_day(text)
        except ValueError:
            message = f"{text!r} is not a date YYYY-MM-DD from 2000 to 2099"
            problems.append(Problem(ProblemCode.INVALID_DATE, message, (name,)))
            return None

    sources = []
    for text in values.get("source", []):
        try:
            sources.append(SourceKind[text.upper().replace("-", "_")])
        except KeyError:
            kinds = ", ".join(kind.name for kind in SourceKind)
            message = f"{text!r} is not a source: it is one of {kinds}"
            problems.append(Problem(ProblemCode.INVALID_VALUE, message, ("source",)))
    selection = Selection(
        posted_from=day("from"),
        posted_to=day("to"),
        sources=tuple(sources) or None,
        customer=one("customer"),
        product=one("product"),
        invoice=one("invoice"),
        credit_note=one("credit_note"),
        on=day("on"),
        include_scheduled=(one("include_scheduled") or "").lower() in _YES,
        search=one("search"),
    )
    if problems:
        raise Rejected(problems)
    return selection


_YES = {"1", "true", "yes", "on"}


async def resolve(session: AsyncSession, pin: Pin, wanted: Selection) -> JournalFilter:
    """Look up what a selection names; raises Rejected with everything that is wrong."""
    problems: list[Problem] = []
    start, end = wanted.posted_from, wanted.posted_to
    if start is not None and end is not None and start > end:
        problems.append(
            Problem(
                ProblemCode.INVALID_PERIOD,
                f"the range ends on {day_text(end)}, before it starts on"
                f" {day_text(start)}",
                ("posted", "to"),
            )
        )
    if wanted.invoice is not None and wanted.credit_note is not None:
        problems.append(
            Problem(
                ProblemCode.MISMATCH,
                "a journal belongs to one document: name an invoice or a credit note",
                ("creditNoteId",),
            )
        )

    async def number_of(
        field: str, external_id: str | None, statement: Select[int]
    ) -> int | None:
        if external_id is None:
            return None
        number: int | None = None
        if can_be_stored(external_id):
            number = await session.scalar(statement)
        if number is None:
            what = field.removesuffix("Id").replace("creditNote", "credit note")
            problems.append(
                Problem(
                    ProblemCode.NOT_FOUND,
                    f"there is no {what} {external_id!r} in the {pin.currency} ledger"
                    if field in {"invoiceId", "creditNoteId"}
                    else f"there is no {what} {external_id!r}",
                    (field,),
                )
            )
        return number

    customer_id = await number_of(
        "customerId",
        wanted.customer,
        select(Customer.id).where(
            Customer.organisation_id == pin.organisation_id,
            Customer.external_id == wanted.customer,
        ),
    )
    product_id = await number_of(
        "productId",
        wanted.product,
        select(Product.id).where(
            Product.organisation_id == pin.organisation_id,
            Product.external_id == wanted.product,
        ),
    )
    invoice_id = await number_of(
        "invoiceId",
        wanted.invoice,
        _document(pin, SourceKind.INVOICE, wanted.invoice),
    )
    credit_note_id = await number_of(
        "creditNoteId",
        wanted.credit_note,
        _document(pin, SourceKind.CREDIT_NOTE, wanted.credit_note),
    )
    if problems:
        raise Rejected(problems)
    return JournalFilter(
        posted_from=start,
        posted_to=end,
        sources=wanted.sources,
        customer_id=customer_id,
        product_id=product_id,
        document_id=credit_note_id if invoice_id is None else invoice_id,
        on=wanted.on,
        include_scheduled=wanted.include_scheduled,
        search=wanted.search,
    )


def _document(pin: Pin, kind: SourceKind, external_id: str | None) -> Select[int]:
    return select(StoredDocument.id).where(
        StoredDocument.ledger_id == pin.ledger_id,
        StoredDocument.kind == int(kind),
        StoredDocument.external_id == external_id,
    )
