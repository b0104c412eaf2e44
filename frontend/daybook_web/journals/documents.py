"""Documents by their numbers: suggestions while somebody types, and exact numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from daybook.folding import folded
from daybook.ledger.rules import SourceKind
from daybook.reports.journals.filter_kinds import TEXT_MAX, OwnId
from daybook.reports.journals.filters import FILTERS
from daybook_graphql.execution.operations import OperationFailed
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_web.journals.parameters import CURRENCY
from daybook_web.kit.forms import Choice
from daybook_web.kit.guard import Handler
from daybook_web.kit.rendering import View, respond
from daybook_web.kit.results import Party, Result
from daybook_web.kit.running import Running
from daybook_web.kit.site import Site

SIZE = 12
SAME_NUMBER_SIZE = 100
DOCUMENT_KINDS = {
    declared.name: declared.kind.document
    for declared in FILTERS
    if isinstance(declared.kind, OwnId) and declared.kind.document is not None
}
"""The filters that are a document's own id, with the document's kind."""


@dataclass(frozen=True, slots=True)
class FoundDocument(Result):
    """A document, with its customer if it has one."""

    kind: str
    external_id: str
    reference: str
    customer: Party | None


@dataclass(frozen=True, slots=True)
class FoundDocuments(Result):
    """Documents of a ledger."""

    nodes: tuple[FoundDocument, ...]


@dataclass(frozen=True, slots=True)
class FindDocuments(Result):
    """The result of the operation."""

    sources: FoundDocuments


@dataclass(frozen=True, slots=True)
class DocumentsView(View):
    """The options of a document field's list."""

    page: ClassVar[str] = "journals/_documents.html"

    documents: Sequence[Choice]


async def find_documents(
    running: Running,
    currency: str,
    text: str,
    size: int = SIZE,
    kind: SourceKind | None = None,
) -> Sequence[FoundDocument]:
    """A ledger's documents by a part of a number, an id or a customer's name.

    Some for no text; none for what can't be a text to search for, nor a ledger.
    """
    if not CURRENCY.fullmatch(currency) or len(text) > TEXT_MAX or "\x00" in text:
        return ()
    variables = {
        "ledgerId": encode(LedgerId(currency)),
        "kind": None if kind is None else [kind.name],
        "search": text or None,
        "first": size,
    }
    try:
        return (await running.run(FindDocuments, variables)).sources.nodes
    except OperationFailed as failed:
        if failed.codes <= {"NOT_FOUND"}:
            return ()  # there is no such ledger
        raise


async def documents_numbered(
    running: Running, currency: str, kind: SourceKind, number: str
) -> list[Party]:
    """Documents of a kind with exactly this number, in upper or lower case."""
    found = await find_documents(running, currency, number, SAME_NUMBER_SIZE, kind)
    return [
        Party(document.external_id, document.reference)
        for document in found
        if folded(document.reference) == folded(number)
    ]


def document_suggestions(site: Site, name: str) -> Handler:
    """`/suggestions/invoice?currency=…&invoice=…`, and so for each document filter.

    An unfit text has no suggestions: the form says so when it is sent.
    """

    async def suggest(request: Request) -> Response:
        query, running = request.query_params, site.running(request)
        text = query.get(name, "").strip()
        found = await find_documents(
            running, query.get("currency", ""), text, kind=DOCUMENT_KINDS[name]
        )
        choices = [
            Choice(document.external_id, words_of(document, document.reference))
            for document in found
        ]
        return respond(request, DocumentsView(choices))

    return suggest


def words_of(document: FoundDocument, words: str) -> str:
    """A document's words with its customer, if it has one: `INV-7, Solar Travel`."""
    if document.customer is None:
        return words
    return f"{words}, {document.customer.name}"
