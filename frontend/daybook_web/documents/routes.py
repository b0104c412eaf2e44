"""`/documents`: the list, and the routes of one document."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from daybook_graphql.execution.operations import OperationFailed
from daybook_graphql.kit.ids import read_currency
from daybook_web.documents.document import document
from daybook_web.documents.query import PATH, DocumentsQuery
from daybook_web.documents.results import DocumentsPage
from daybook_web.documents.view import DocumentListView
from daybook_web.kit.error_pages import error_page
from daybook_web.kit.forms import Problem
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import respond
from daybook_web.kit.running import Running
from daybook_web.kit.site import Site
from daybook_web.kit.tokens import is_unchanged, no_news, nobody, token_of
from daybook_web.kit.where import note_where

TO_LIST = Link("Go to the documents", PATH)


def document_routes(site: Site) -> list[Route]:
    """`/documents` and what is below it."""

    async def listing(request: Request) -> Response:
        return await _Page(request, site.running(request)).show()

    return [
        site.guarded(PATH, listing, stranger=nobody),
        site.guarded(
            f"{PATH}/{{document_id}}", document(site), "GET", "POST", stranger=nobody
        ),
    ]


class _Page:
    """One request for the list."""

    def __init__(self, request: Request, running: Running) -> None:
        self.request = request
        self.running = running
        self.query = DocumentsQuery.of(request.query_params)

    async def show(self) -> Response:
        """The list of a ledger, of the first one where the address names none."""
        query = self.query
        if query["after"] and query["before"]:
            return self._broken()
        problems = query.problems()
        if problems or not query["currency"]:
            known = await self.running.run_kept(DocumentsPage, {})
            if problems or not known.ledgers:
                return self._respond(known, query, problems)
            query = query.of_ledger(known.ledgers[0].currency)
        if not _is_currency(query["currency"]):
            return self._no_ledger(query)
        try:
            found = await self.running.run_kept(DocumentsPage, query.variables())
        except OperationFailed as failed:
            if failed.codes == {"INVALID_CURSOR"}:
                return self._broken()
            if failed.codes == {"NOT_FOUND"}:
                return self._no_ledger(query)
            raise
        return self._listed(found, query)

    def _listed(self, found: DocumentsPage, query: DocumentsQuery) -> Response:
        """The documents that were found, if they differ from what the page shows."""
        note_where(self.request, query["currency"], query["month"])
        token = token_of(found)
        if is_unchanged(self.request, token):
            return no_news()
        problems = []
        if query["customer"] and None in found.named:
            message = f"There is no customer with the id “{query['customer']}”."
            problems = [Problem("customer", message)]
        return self._respond(found, query, problems, token)

    def _respond(
        self,
        found: DocumentsPage,
        query: DocumentsQuery,
        problems: Sequence[Problem],
        token: str = "",
    ) -> Response:
        view = DocumentListView.of(found, query, token=token, problems=problems)
        return respond(self.request, view, status=422 if problems else 200)

    def _no_ledger(self, query: DocumentsQuery) -> Response:
        message = f"There is no ledger in “{query['currency']}”."
        return error_page(self.request, 404, "Ledger not found", message, [TO_LIST])

    def _broken(self) -> Response:
        message = (
            "This address does not lead to a page of the list: it was cut or changed."
        )
        return error_page(
            self.request, 400, "Not a page of this list", message, [TO_LIST]
        )


def _is_currency(text: str) -> bool:
    try:
        read_currency(text)
    except ValueError:
        return False
    return True
