"""What people select a report or export by: the senders' own ids, before look-up."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day, day_text, parse_day
from daybook.documents.models import StoredDocument
from daybook.errors import Problem, ProblemCode, Rejected, did_you_mean
from daybook.ledger.filters import JournalFilter
from daybook.ledger.models import Customer, Product
from daybook.ledger.pins import Pin
from daybook.ledger.rules import SourceKind
from daybook.reports.searching import can_be_stored


class Purpose(Enum):
    """What a selection is for: the one place that says what each holds by itself."""

    REPORT = "REPORT"
    """Lists, groups and totals, which tell posted from scheduled entries."""
    EXPORT = "EXPORT"
    """Files, on every door: a general ledger takes what is posted."""

    @property
    def includes_scheduled(self) -> bool:
        """Whether scheduled entries are selected where nothing is said of them."""
        return self is Purpose.REPORT


class JournalType(Enum):
    """Who made a journal: Daybook from a document, or a person."""

    SYSTEM = "SYSTEM"
    MANUAL = "MANUAL"

    @property
    def sources(self) -> tuple[SourceKind, ...]:
        """The kinds of documents that such journals come from."""
        is_manual = self is JournalType.MANUAL
        return tuple(
            kind for kind in SourceKind if (kind is SourceKind.STANDALONE) == is_manual
        )


@dataclass(frozen=True, slots=True)
class Selection:
    """The filters that the command line, the API, pages and downloads share.

    Absent fields do not narrow. Customers, products and documents are named by the
    senders' own ids; `document` is one of any kind, and `billing_schedule` stands for
    its invoices too. `as_of` is for the pin: what was known at the end of that day.
    Without `include_scheduled` it is as the purpose has it.
    """

    posted_from: Day | None = None
    posted_to: Day | None = None
    sources: tuple[SourceKind, ...] | None = None
    customer: str | None = None
    product: str | None = None
    invoice: str | None = None
    credit_note: str | None = None
    document: tuple[SourceKind, str] | None = None
    billing_schedule: str | None = None
    journal_type: JournalType | None = None
    shifted: bool | None = None
    excludes_recognized: bool = False
    as_of: Day | None = None
    on: Day | None = None
    include_scheduled: bool | None = None
    search: str | None = None

    def includes_scheduled(self, purpose: Purpose) -> bool:
        """Whether scheduled entries are selected too, said or not."""
        if self.include_scheduled is None:
            return purpose.includes_scheduled
        return self.include_scheduled


def parse_selection(  # noqa: C901  (one small function for each kind of value)
    given: Mapping[str, Sequence[str]],
) -> Selection:
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
            problems.append(_not_one_of(text, "source", SourceKind.__members__))
    journal_type, its_type = None, one("type")
    if its_type is not None:
        journal_type = JournalType.__members__.get(its_type.upper())
        if journal_type is None:
            problems.append(_not_one_of(its_type, "type", JournalType.__members__))

    def flag(name: str) -> bool | None:
        text = one(name)
        if text is not None and text.lower() not in _YES_AND_NO:
            message = f"{text!r} is neither yes nor no"
            problems.append(Problem(ProblemCode.INVALID_VALUE, message, (name,)))
        return None if text is None else _YES_AND_NO.get(text.lower())

    selection = Selection(
        posted_from=day("from"),
        posted_to=day("to"),
        sources=tuple(sources) or None,
        customer=one("customer"),
        product=one("product"),
        invoice=one("invoice"),
        credit_note=one("credit_note"),
        billing_schedule=one("billing_schedule"),
        journal_type=journal_type,
        shifted=flag("shifted") or None,
        excludes_recognized=flag("exclude_fully_recognized") or False,
        as_of=day("as_of"),
        on=day("on"),
        include_scheduled=flag("include_scheduled"),
        search=one("search"),
    )
    if problems:
        raise Rejected(problems)
    return selection


_YES_AND_NO = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}


def _not_one_of(text: str, name: str, known: Iterable[str]) -> Problem:
    near = did_you_mean(text, known)
    message = f"{text!r} is not a {name}: it is one of {', '.join(known)}{near}"
    return Problem(ProblemCode.INVALID_VALUE, message, (name,))


async def resolve(
    session: AsyncSession, pin: Pin, wanted: Selection, purpose: Purpose
) -> JournalFilter:
    """Look up what a selection names; raises Rejected with everything that is wrong."""
    looking = _LookUp(session, pin, _contradictions(wanted))
    organisation_id = pin.organisation_id
    customer_id = await looking.number(
        "customerId",
        wanted.customer,
        select(Customer.id).where(
            Customer.organisation_id == organisation_id,
            Customer.external_id == wanted.customer,
        ),
    )
    product_id = await looking.number(
        "productId",
        wanted.product,
        select(Product.id).where(
            Product.organisation_id == organisation_id,
            Product.external_id == wanted.product,
        ),
    )
    document_id = None
    for field, kind, external_id in _documents(wanted):
        document_id = await looking.document(field, kind, external_id)
    billing_schedule_id = await looking.document(
        "billingScheduleId", SourceKind.BILLING_SCHEDULE, wanted.billing_schedule
    )
    if looking.problems:
        raise Rejected(looking.problems)
    return JournalFilter(
        posted_from=wanted.posted_from,
        posted_to=wanted.posted_to,
        sources=_sources(wanted),
        customer_id=customer_id,
        product_id=product_id,
        document_id=document_id,
        billing_schedule_id=billing_schedule_id,
        shifted=wanted.shifted,
        excludes_recognized=wanted.excludes_recognized,
        on=wanted.on,
        include_scheduled=wanted.includes_scheduled(purpose),
        search=wanted.search,
    )


def _documents(wanted: Selection) -> list[tuple[str, SourceKind, str]]:
    """The documents that a selection names, with the fields that name them."""
    named = []
    if wanted.invoice is not None:
        named.append(("invoiceId", SourceKind.INVOICE, wanted.invoice))
    if wanted.credit_note is not None:
        named.append(("creditNoteId", SourceKind.CREDIT_NOTE, wanted.credit_note))
    if wanted.document is not None:
        named.append(("documentId", *wanted.document))
    return named


def _contradictions(wanted: Selection) -> list[Problem]:
    problems = []
    start, end = wanted.posted_from, wanted.posted_to
    if start is not None and end is not None and start > end:
        message = (
            f"the range ends on {day_text(end)}, before it starts on {day_text(start)}"
        )
        path = ("posted", "to")
        problems.append(Problem(ProblemCode.INVALID_PERIOD, message, path))
    documents = _documents(wanted)
    if len({one[1:] for one in documents}) > 1:
        message = "a journal belongs to one document: name one"
        field = documents[-1][0]
        problems.append(Problem(ProblemCode.MISMATCH, message, (field,)))
    return problems


def _sources(wanted: Selection) -> tuple[SourceKind, ...] | None:
    """The kinds of documents that both the source and the type let pass."""
    if wanted.journal_type is None:
        return wanted.sources
    of_type = wanted.journal_type.sources
    if wanted.sources is None:
        return of_type
    return tuple(kind for kind in wanted.sources if kind in of_type)


@dataclass(slots=True)
class _LookUp:
    """Looks up what a selection names, and notes what isn't there."""

    session: AsyncSession
    pin: Pin
    problems: list[Problem]

    async def number(
        self,
        field: str,
        external_id: str | None,
        statement: Select[int],
        where: str = "",
    ) -> int | None:
        """Daybook's own number of what a field names, if it names anything."""
        if external_id is None:
            return None
        number: int | None = None
        if can_be_stored(external_id):
            number = await self.session.scalar(statement)
        if number is None:
            what = _WORDS[field]
            message = f"there is no {what} {external_id!r}{where}"
            self.problems.append(Problem(ProblemCode.NOT_FOUND, message, (field,)))
        return number

    async def document(
        self, field: str, kind: SourceKind, external_id: str | None
    ) -> int | None:
        """The same of a document in the pinned ledger."""
        one = StoredDocument
        statement = select(one.id).where(
            one.ledger_id == self.pin.ledger_id,
            one.kind == int(kind),
            one.external_id == external_id,
        )
        where = f" in the {self.pin.currency} ledger"
        return await self.number(field, external_id, statement, where)


_WORDS = {
    "customerId": "customer",
    "productId": "product",
    "invoiceId": "invoice",
    "creditNoteId": "credit note",
    "billingScheduleId": "billing schedule",
    "documentId": "document",
}
