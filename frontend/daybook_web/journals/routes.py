"""The journal report: the journals of a month or of days, with filters and pages."""

import re
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from daybook.calendar import (
    Month,
    month_of,
    month_text,
    parse_day,
)
from daybook.reports.journals.filter_kinds import OwnId
from daybook.reports.journals.filters import FILTERS, Filter
from daybook.reports.journals.group_keys import GroupsOf
from daybook_graphql.execution.operations import OperationFailed
from daybook_graphql.journals.filters import path_of, variables_of
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_web.journals.chart import months_near
from daybook_web.journals.downloads import journals_csv
from daybook_web.journals.query import NAMES, Period, ReportQuery
from daybook_web.journals.results import ReportLedger, ReportPage
from daybook_web.journals.suggestions import KINDS, suggest_parties, suggestions
from daybook_web.journals.view import (
    JournalsView,
    form_view,
    known_months,
    report_view,
)
from daybook_web.kit.error_pages import error_page
from daybook_web.kit.forms import Problem
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import respond, wants_fragment
from daybook_web.kit.running import Running
from daybook_web.kit.site import Site

PAGE_SIZE = 50
SUGGESTIONS = 5
CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


def journals_routes(site: Site) -> list[Route]:
    """The report, its downloads, and suggestions for its filters."""

    async def journals(request: Request) -> Response:
        query = ReportQuery.of(request.query_params)
        return await _Report(request, site.running(request), query).answer()

    return [
        site.guarded("/", home),
        site.guarded("/journals", journals),
        site.guarded("/journals.csv", journals_csv(site.database, site.settings)),
        *(
            site.guarded(f"/suggestions/{kind}", suggestions(site, kind))
            for kind in KINDS
        ),
    ]


async def home(_request: Request) -> Response:
    """The first page is the report."""
    return RedirectResponse("/journals", status_code=302)


class _Report:
    """One request for the report.

    If its address names a ledger and a period, the operation runs once. Otherwise it
    runs twice: what the address leaves out depends on the ledgers.
    """

    def __init__(self, request: Request, running: Running, query: ReportQuery) -> None:
        self.request = request
        self.running = running
        self.query = query
        self.problems = query.problems()

    async def answer(self) -> Response:
        """The report, or a page or a form that shows the problems."""
        query, failed = self.query, None
        try:
            found = await self._load_at_once()
        except OperationFailed as error:
            failed, found = error, await self._load_ledgers()
        by_currency = {ledger.currency: ledger for ledger in found.ledgers}
        if query["currency"] and query["currency"] not in by_currency:
            return _no_ledger(self.request, query["currency"], list(by_currency))
        if query["after"] and query["before"]:
            return _broken_page(self.request, query)
        if not found.ledgers:
            view = JournalsView("Journal report", "No journals yet", query)
            return respond(self.request, view)
        ledger = by_currency[query["currency"] or found.ledgers[0].currency]
        self.query = query.with_values(currency=ledger.currency)
        if failed is not None:
            return await self._show_failed(failed, found.ledgers, ledger)
        return await self._show(found, ledger)

    async def _load_at_once(self) -> ReportPage:
        """The page if its address names a ledger and a period, else the ledgers."""
        query = self.query
        is_whole = CURRENCY.fullmatch(query["currency"]) and query.has_period
        is_broken = self.problems or (query["after"] and query["before"])
        if not is_whole or is_broken:
            return await self._load_ledgers()
        return await self._load(query["currency"], query.period())

    async def _load_ledgers(self) -> ReportPage:
        # A malformed day is a problem of the form, which says so.
        as_of = self.query["as_of"] if "as_of" not in self.problems else ""
        return await self.running.run(ReportPage, {"asOf": as_of or None})

    async def _load(self, currency: str, period: Period) -> ReportPage:
        """The ledgers, the chart, and a page of journals or of groups of them."""
        query = self.query
        start, end = map(month_text, months_near(period.near_month))
        page: dict[str, Any] = {"first": PAGE_SIZE, "after": query["after"] or None}
        if query["before"]:
            page = {"last": PAGE_SIZE, "before": query["before"]}
        if query.groupings is None:
            page["withJournals"] = True
        else:
            page["withGroups"] = True
            page["by"] = [grouping.upper() for grouping in query.groupings]
            page["granularity"] = (query["granularity"] or GroupsOf.MONTHLY).upper()
        variables = {
            "asOf": query["as_of"] or None,
            "ledgerId": encode(LedgerId(currency)),
            "withChart": True,
            "months": {"from": f"{start}-01", "to": f"{end}-01"},
            "filter": variables_of(query.selection(period)),
            **page,
        }
        return await self.running.run(ReportPage, variables)

    async def _show(self, found: ReportPage, ledger: ReportLedger) -> Response:
        """The journals, or the form where something is wrong with it."""
        query = self.query
        today = await self.running.context.today()
        if query["as_of"] and "as_of" not in self.problems:
            today = min(today, parse_day(query["as_of"]))
        default = _default_month(ledger, month_of(today))
        if self.problems:
            problems = [
                Problem(name if name in NAMES else "", text)
                for name, text in self.problems.items()
            ]
            period = Period.of_month(default)
            view = form_view(found.ledgers, ledger, query, period, problems)
            return respond(self.request, view, status=422)
        period = query.period(default)
        if found.listing is None:
            try:
                found = await self._load(ledger.currency, period)
            except OperationFailed as failed:
                return await self._show_failed(failed, found.ledgers, ledger)
        assert found.listing is not None, "either list is loaded"
        divide = parse_day(query["on"]) if query["on"] else today
        form = form_view(found.ledgers, ledger, query, period)
        view = report_view(form, ledger, period, found, divide=divide)
        # The form sends its empty fields too: the address names what is given only.
        headers = {"HX-Push-Url": query.url()} if wants_fragment(self.request) else None
        return respond(self.request, view, headers=headers)

    async def _show_failed(
        self,
        failed: OperationFailed,
        ledgers: Sequence[ReportLedger],
        ledger: ReportLedger,
    ) -> Response:
        """The form with what isn't there, mostly ids; raises any other error again."""
        if "INVALID_CURSOR" in failed.codes:
            return _broken_page(self.request, self.query)
        missing = {
            tuple(problem["path"][1:]): problem["message"]
            for error in failed.errors
            for problem in error.problems
            if problem["code"] == "NOT_FOUND"
        }
        problems = [
            await self._missing(declared, missing[path_of(declared)])
            for declared in FILTERS
            if path_of(declared) in missing
        ]
        if not problems:
            raise failed
        today = await self.running.context.today()
        period = self.query.period(_default_month(ledger, month_of(today)))
        view = form_view(ledgers, ledger, self.query, period, problems)
        return respond(self.request, view, status=422)

    async def _missing(self, declared: Filter, message: str) -> Problem:
        """An id that nothing has, with customers or products of a similar name."""
        name, text = declared.name, self.query[declared.name]
        if not isinstance(declared.kind, OwnId):
            return Problem(name, f"{message[:1].upper()}{message[1:]}.")
        similar = []
        if name in KINDS:
            parties = await suggest_parties(self.running, name, text, SUGGESTIONS)
            similar = [
                Link(
                    f"{party.name} ({party.external_id})",
                    self.query.restarted(**{name: party.external_id}).url(),
                )
                for party in parties
            ]
        words = name.replace("_", " ")
        return Problem(name, f"There is no {words} with the id “{text}”.", similar)


def _default_month(ledger: ReportLedger, this_month: Month) -> Month:
    """This month if the ledger's journals reach to it, else the ledger's last."""
    known = known_months(ledger)
    if known is None or known[0] <= this_month <= known[1]:
        return this_month
    return known[1]


def _no_ledger(request: Request, currency: str, known: Sequence[str]) -> Response:
    links = [
        Link(f"{other} ledger", ReportQuery().with_values(currency=other).url())
        for other in known
    ]
    message = (
        f"There is no ledger in “{currency}”. A currency's first document opens it."
    )
    return error_page(request, 404, "Ledger not found", message, links)


def _broken_page(request: Request, query: ReportQuery) -> Response:
    links = [Link("Go to the report's first page", query.restarted().url())]
    message = (
        "This address does not lead to a page of the report: it was cut or changed."
    )
    return error_page(request, 400, "Not a page of this report", message, links)
