"""Whether a ledger changed since a report was made of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from daybook.access.rules import Permission
from daybook_web.kit.guard import Handler, caller_of
from daybook_web.kit.rendering import View, respond
from daybook_web.kit.site import Site
from daybook_web.kit.tokens import SEEN, no_news
from daybook_web.reports.address import Address, Report


@dataclass(frozen=True, slots=True)
class LedgerNewsView(View):
    """That the ledger changed, and a link to the report as it is now."""

    page: ClassVar[str] = "reports/_news.html"

    url: str


def report_news(site: Site, report: Report) -> Handler:
    """`/reports/<name>/news`: nothing, or a link to the report as it is now."""
    return ledger_news(site, lambda given: Address.of(report, given).url())


def ledger_news(site: Site, url_of: Callable[[QueryParams], str]) -> Handler:
    """Nothing, or a link to a page once its ledger has a later recording."""

    async def news(request: Request) -> Response:
        given = request.query_params
        if not caller_of(request).may(Permission.READ):
            return no_news()
        pins = await site.running(request).context.pins()
        pin = pins.get(given.get("currency", ""))
        if pin is None or given.get(SEEN) == str(pin.recording):
            return no_news()
        return respond(request, LedgerNewsView(url_of(given)))

    return news
