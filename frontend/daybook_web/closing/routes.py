"""`/close`: a month's checklist and checks, and balances of the general ledger."""

from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from daybook.calendar import (
    Month,
    day_text,
    first_day_of,
    last_day_of,
    month_text,
    parse_month,
)
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_web.closing.balances import BALANCES, BalancesRequest
from daybook_web.closing.results import ClosePage
from daybook_web.closing.view import CHECKLIST, PATH, CloseView, default_month
from daybook_web.kit.error_pages import TO_REPORT, error_page
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import respond
from daybook_web.kit.running import Running
from daybook_web.kit.site import Site
from daybook_web.kit.tokens import nobody
from daybook_web.kit.where import note_where
from daybook_web.reports.address import is_month
from daybook_web.reports.downloads import report_file
from daybook_web.reports.news import ledger_news


def closing_routes(site: Site) -> list[Route]:
    """The close and the balances."""

    async def close(request: Request) -> Response:
        return await _Page(request, site.running(request)).show()

    async def balances(request: Request) -> Response:
        page = BalancesRequest(request, site.running(request))
        return await (page.enter() if request.method == "POST" else page.show())

    return [
        site.guarded(PATH, close),
        site.guarded(f"{PATH}/news", ledger_news(site, _url_of), stranger=nobody),
        site.guarded(BALANCES, balances, "GET", "POST"),
        site.guarded(
            f"/reports/{CHECKLIST}.{{suffix}}",
            report_file(site.database, site.settings, CHECKLIST),
        ),
    ]


class _Page:
    """One request for the close: a ledger's month, or the next one to be closed."""

    def __init__(self, request: Request, running: Running) -> None:
        self.request = request
        self.running = running

    async def show(self) -> Response:
        """The checklist and the checks."""
        query = self.request.query_params
        currency, text = query.get("currency", "").upper(), query.get("month", "")
        if text and not is_month(text):
            message = f"“{text}” is not a month: write it as 2026-10."
            return error_page(
                self.request, 400, "Not a month", message, [Link("Close", PATH)]
            )
        known = await self.running.run(ClosePage, NOTHING_YET)
        by_currency = {ledger.currency: ledger for ledger in known.ledgers}
        if not known.ledgers:
            today = await self.running.context.today()
            month = parse_month(day_text(today)[:7])
            return respond(self.request, CloseView.of(known, "", month))
        currency = currency or known.ledgers[0].currency
        if currency not in by_currency:
            message = f"There is no ledger in “{currency}”."
            links = [Link("Close", PATH), TO_REPORT]
            return error_page(self.request, 404, "Ledger not found", message, links)
        if text:
            month = parse_month(text)
        else:
            today = await self.running.context.today()
            month = default_month(by_currency[currency], today)
        note_where(self.request, currency, month_text(month))
        found = await self.running.run(ClosePage, _variables(currency, month))
        pin = (await self.running.context.pins())[currency]
        view = CloseView.of(found, currency, month, recording=pin.recording)
        return respond(self.request, view)


def _url_of(given: QueryParams) -> str:
    """The close that asked for news."""
    shown = {name: given.get(name, "") for name in ("currency", "month")}
    return f"{PATH}?{urlencode(shown)}"


NOTHING_YET: dict[str, Any] = {
    "ledgerId": "",
    "month": "2000-01-01",
    "inMonth": {},
    "byEnd": {},
    "withReport": False,
}
"""The variables of the operation that loads the ledgers only."""


def _variables(currency: str, month: Month) -> dict[str, Any]:
    first, last = day_text(first_day_of(month)), day_text(last_day_of(month))
    return {
        "ledgerId": encode(LedgerId(currency)),
        "month": first,
        "inMonth": {"posted": {"from": first, "to": last}, "on": last},
        "byEnd": {"posted": {"to": last}, "on": last},
        "withReport": True,
    }
