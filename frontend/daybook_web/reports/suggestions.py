"""Suggestions of documents while somebody types; fragments only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from daybook.reports.journals.filter_kinds import TEXT_MAX
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_web.kit.forms import Choice
from daybook_web.kit.guard import Handler
from daybook_web.kit.rendering import View, respond
from daybook_web.kit.results import Party, Result
from daybook_web.kit.site import Site
from daybook_web.reports.address import is_currency
from daybook_web.reports.frame import document_words
from daybook_web.reports.results import ReportDocument

SIZE = 12


@dataclass(frozen=True, slots=True)
class FoundDocument(ReportDocument):
    """A document that may be meant."""

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
    """The options of the document field's list."""

    page: ClassVar[str] = "reports/_documents.html"

    documents: Sequence[Choice]


def document_suggestions(site: Site) -> Handler:
    """`/reports/documents?currency=…&document=…`.

    An unfit text has no suggestions: the form says so when it is sent.
    """

    async def suggest(request: Request) -> Response:
        query = request.query_params
        currency = query.get("currency", "")
        text = query.get("document", "").strip()
        kind, colon, rest = text.partition(":")
        if colon and kind.isupper():
            text = rest
        if not is_currency(currency) or len(text) > TEXT_MAX or "\x00" in text:
            return respond(request, DocumentsView([]))
        found = await site.running(request).run(
            FindDocuments,
            {
                "ledgerId": encode(LedgerId(currency)),
                "search": text or None,
                "first": SIZE,
            },
        )
        return respond(
            request, DocumentsView([_choice(each) for each in found.sources.nodes])
        )

    return suggest


def _choice(document: FoundDocument) -> Choice:
    words = document_words(document)
    if document.customer is not None:
        words += f", {document.customer.name}"
    return Choice(f"{document.kind}:{document.external_id}", words)
