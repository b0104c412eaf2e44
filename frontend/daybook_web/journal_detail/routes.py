"""One journal: its movements, the document behind them, and its daily entries."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from daybook.numbers import read_number
from daybook_graphql.execution.operations import OperationFailed
from daybook_graphql.journals.ids import JournalId
from daybook_graphql.kit.ids import encode, read_currency
from daybook_web.journal_detail.view import JournalDetail, JournalView
from daybook_web.journals.query import ReportQuery
from daybook_web.kit.error_pages import TO_REPORT, error_page
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import respond
from daybook_web.kit.site import Site

PAGE_SIZE = 62
"""Two movements over a month: most journals have one page."""


def journal_detail_routes(site: Site) -> list[Route]:
    """`/journals/{currency}/{number}`, followed by the report's own parameters."""

    async def journal(request: Request) -> Response:
        currency, number = (request.path_params[n] for n in ("currency", "number"))
        try:
            journal_id = JournalId(read_currency(currency), read_number(number))
        except ValueError:
            return _not_found(request, currency, number)
        after = request.query_params.get("entries_after", "")
        before = request.query_params.get("entries_before", "")
        report = ReportQuery.of(request.query_params).with_values(currency=currency)
        if after and before:
            return _broken_page(request, report.journal_url(number))
        if "as_of" in report.problems():
            report = report.with_values(as_of="")
        page: dict[str, Any] = {"first": PAGE_SIZE, "after": after or None}
        if before:
            page = {"last": PAGE_SIZE, "before": before}
        variables = {
            "id": encode(journal_id),
            "asOf": report["as_of"] or None,
            **page,
        }
        try:
            found = await site.running(request).run(JournalDetail, variables)
        except OperationFailed as failed:
            if failed.codes != {"INVALID_CURSOR"}:
                raise
            return _broken_page(request, report.journal_url(number))
        if found.journal is None:
            return _not_found(request, currency, number)
        is_further_page = bool(after or before)
        view = JournalView.of(found.journal, report, is_further_page=is_further_page)
        return respond(request, view)

    return [site.guarded("/journals/{currency}/{number}", journal)]


def _not_found(request: Request, currency: str, number: str) -> Response:
    message = f"There is no journal {number} in a {currency} ledger."
    return error_page(request, 404, "Journal not found", message)


def _broken_page(request: Request, url: str) -> Response:
    links = [Link("Go to the journal's first page", url), TO_REPORT]
    message = "This address does not lead to a page of entries: it was cut or changed."
    return error_page(request, 400, "Not a page of this journal", message, links)
