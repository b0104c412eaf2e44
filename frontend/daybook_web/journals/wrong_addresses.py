"""Pages that say that an address leads to no report, with the way to one."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from daybook_web.journals.query import ReportQuery
from daybook_web.kit.error_pages import error_page
from daybook_web.kit.links import Link


def no_ledger(request: Request, currency: str, known: Sequence[str]) -> Response:
    """There is no ledger of the currency; those that are there are `known`."""
    links = [
        Link(f"{other} ledger", ReportQuery().with_values(currency=other).url())
        for other in known
    ]
    message = (
        f"There is no ledger in “{currency}”. A currency's first document opens it."
    )
    return error_page(request, 404, "Ledger not found", message, links)


def no_page(request: Request, query: ReportQuery) -> Response:
    """The cursor or the row leads to no page of the list."""
    links = [Link("Go to the report's first page", query.restarted().url())]
    message = (
        "This address does not lead to a page of the report: it was cut or changed."
    )
    return error_page(request, 400, "Not a page of this report", message, links)
