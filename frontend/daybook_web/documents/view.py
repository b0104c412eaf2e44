"""What the list of documents shows: the result of the operation `DocumentsPage`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from daybook.calendar import (
    FIRST_DAY,
    LAST_DAY,
    Month,
    date_of,
    first_day_of,
    month_of,
    month_text,
    parse_month,
)
from daybook_web.documents.query import KINDS, STATES, DocumentsQuery
from daybook_web.documents.results import DocumentsPage, ListedDocument, ListedDocuments
from daybook_web.journals.chips import Chip
from daybook_web.kit.formats import count, day, grouped, month, source
from daybook_web.kit.forms import Choice, Problem
from daybook_web.kit.links import Link, Pager, document_url
from daybook_web.kit.rendering import View
from daybook_web.kit.saved import SavedFilters
from daybook_web.kit.tokens import SEEN
from daybook_web.reports.frame import Choice as Way
from daybook_web.reports.frame import Stepper

LABELS = {
    "month": "Accounting date",
    "kind": "Kind",
    "status": "State",
    "customer": "Customer",
    "search": "Search",
}
"""What chips call the filters."""


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document of the list; `issued` and `own_id` are empty where they say no more.

    `style` is that of its state's badge; one in force has none.
    """

    url: str
    number: str
    own_id: str
    customer: str
    kind: str
    dated: str
    issued: str
    total: str
    state: str
    style: str


@dataclass(frozen=True, slots=True)
class DocumentListView(View):
    """The list; `news` is where it is asked whether something changed."""

    page: ClassVar[str] = "documents/documents.html"
    fragment: ClassVar[str] = "documents/_documents.html"

    title: str
    query: DocumentsQuery
    ledgers: Sequence[Way]
    months: Stepper | None
    kinds: Sequence[Way]
    states: Sequence[Choice]
    chips: Sequence[Chip]
    saved: SavedFilters
    problems: Sequence[Problem]
    status: str
    rows: Sequence[DocumentRow]
    pager: Pager | None
    news: str

    @classmethod
    def of(
        cls,
        found: DocumentsPage,
        query: DocumentsQuery,
        *,
        token: str = "",
        problems: Sequence[Problem] = (),
    ) -> "DocumentListView":
        """A page of the list, or its filters alone where something is wrong with them.

        Without any ledger there is nothing to choose from.
        """
        listing = found.sources
        names = [named.name for named in found.named if named]
        return cls(
            title="Documents",
            query=query,
            ledgers=[
                Way(
                    ledger.currency,
                    query.url(currency=ledger.currency),
                    ledger.currency == query["currency"],
                )
                for ledger in found.ledgers
            ],
            months=_months(query) if found.ledgers and not problems else None,
            kinds=_kinds(query) if found.ledgers else [],
            states=[Choice(value, text) for value, text in STATES.items()],
            chips=chips_of(query, names),
            saved=SavedFilters.of(
                found.saved_filters, query.kept, is_valid=not problems
            ),
            problems=problems,
            status=_status(listing),
            rows=[_row(document, query) for document in _newest_first(listing)],
            pager=_pager(listing, query),
            news=f"{query.here}&{SEEN}={token}" if listing else "",
        )


def _newest_first(listing: ListedDocuments | None) -> Sequence[ListedDocument]:
    """The API lists documents in the order they were recorded."""
    return listing.nodes[::-1] if listing else ()


def _pager(listing: ListedDocuments | None, query: DocumentsQuery) -> Pager | None:
    """What was recorded later comes on the pages before."""
    if listing is None:
        return None
    info = listing.page_info
    if not (info.has_previous_page or info.has_next_page):
        return None
    return Pager(
        query.url(after=info.end_cursor or "") if info.has_next_page else None,
        query.url(before=info.start_cursor or "") if info.has_previous_page else None,
    )


def _status(listing: ListedDocuments | None) -> str:
    if listing is None:
        return ""
    return count(listing.total_count, "document", "documents")


def _row(document: ListedDocument, query: DocumentsQuery) -> DocumentRow:
    is_same_day = document.issued_on == document.date
    is_own_number = document.external_id == document.reference
    return DocumentRow(
        url=document_url(document.id, back=query.here),
        number=document.reference,
        own_id="" if is_own_number else document.external_id,
        customer=document.customer.name if document.customer else "",
        kind=source(document.kind),
        dated=day(document.date),
        issued="" if is_same_day else f"Issued {day(document.issued_on)}",
        total=grouped(document.total.amount),
        state=STATES[document.status],
        style={"VOIDED": "voided", "CANCELLED": "cancelled"}.get(document.status, ""),
    )


def _months(query: DocumentsQuery) -> Stepper:
    """The month that the list is narrowed to, and those before and after it."""
    if not query["month"]:
        return Stepper("All months", None, None)
    shown = parse_month(query["month"])

    def step(to: Month) -> Link | None:
        if not month_of(FIRST_DAY) <= to <= month_of(LAST_DAY):
            return None
        return Link(_words(to), query.url(month=month_text(to)))

    return Stepper(_words(shown), step(shown - 1), step(shown + 1))


def _words(shown: Month) -> str:
    return month(date_of(first_day_of(shown)))


def _kinds(query: DocumentsQuery) -> list[Way]:
    return [
        Way(text, query.url(kind=kind), query["kind"] == kind)
        for kind, text in (("", "All"), *KINDS.items())
    ]


def chips_of(query: DocumentsQuery, names: Sequence[str]) -> list[Chip]:
    """The filters that are set, each with the list without it."""
    customer = names[0] if names else query["customer"]
    words = {**KINDS, **STATES, query["customer"]: customer}
    return [
        Chip(LABELS[name], _chip_words(name, text, words), query.url(**{name: ""}))
        for name, text in query.pairs("currency")
    ]


def _chip_words(name: str, text: str, words: dict[str, str]) -> str:
    if name == "month":
        try:
            return _words(parse_month(text))
        except ValueError:
            return text
    return text if name == "search" else words.get(text, text)
