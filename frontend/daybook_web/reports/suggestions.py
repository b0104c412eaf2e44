"""Suggestions of documents of any kind while somebody types; fragments only."""

from starlette.requests import Request
from starlette.responses import Response

from daybook_web.journals.documents import (
    DocumentsView,
    FoundDocument,
    find_documents,
    words_of,
)
from daybook_web.kit.formats import source
from daybook_web.kit.forms import Choice
from daybook_web.kit.guard import Handler
from daybook_web.kit.rendering import respond
from daybook_web.kit.site import Site


def document_suggestions(site: Site) -> Handler:
    """`/reports/documents?currency=…&document=…`.

    An unfit text has no suggestions: the form says so when it is sent.
    """

    async def suggest(request: Request) -> Response:
        query = request.query_params
        text = query.get("document", "").strip()
        kind, colon, rest = text.partition(":")
        if colon and kind.isupper():
            text = rest
        currency = query.get("currency", "")
        found = await find_documents(site.running(request), currency, text)
        return respond(request, DocumentsView([_choice(each) for each in found]))

    return suggest


def _choice(document: FoundDocument) -> Choice:
    words = f"{source(document.kind)} {document.reference}"
    return Choice(f"{document.kind}:{document.external_id}", words_of(document, words))
