"""One request for the report: what is loaded for it, and what is answered."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from daybook.calendar import Day, Month, month_of, month_text, parse_day
from daybook.reports.journals.group_keys import GroupsOf
from daybook_graphql.execution.operations import OperationFailed
from daybook_graphql.journals.filters import OWN_IDS
from daybook_graphql.kit.ids import encode
from daybook_web.journals.chips import own_ids
from daybook_web.journals.late import figure_variables
from daybook_web.journals.missing import mend
from daybook_web.journals.parameters import NAMES
from daybook_web.journals.periods import Period
from daybook_web.journals.places import PAGE_SIZE
from daybook_web.journals.printing import LOADED, with_rest
from daybook_web.journals.query import ReportQuery
from daybook_web.journals.query_problems import without_problems
from daybook_web.journals.results import ReportLedger, ReportPage
from daybook_web.journals.view import (
    Asked,
    JournalsView,
    ProblemView,
    known_months,
    report_view,
)
from daybook_web.journals.wrong_addresses import no_ledger, no_page
from daybook_web.kit.forms import Problem
from daybook_web.kit.live import events_url
from daybook_web.kit.rendering import respond, wants_fragment
from daybook_web.kit.site import Site
from daybook_web.kit.where import note_where

IN_PLACE = {
    # The last report stays, in the page and in its address.
    "HX-Retarget": "#report-problem",
    "HX-Reswap": "innerHTML",
    "HX-Push-Url": "false",
}


class Report:
    """One request for the report.

    If its address names a ledger and a period, the operation runs once. Otherwise it
    runs twice: what the address leaves out depends on the ledgers. What is wrong with
    the query is left out of it, so that the report of the rest is shown. With `part`,
    only that part of the page is answered.
    """

    def __init__(
        self, request: Request, site: Site, query: ReportQuery, part: str = ""
    ) -> None:
        self.request = request
        self.part = part
        self.site = site
        self.running = site.running(request)
        self.typed = query
        self.query, texts = without_problems(query)
        self.problems = [
            Problem(name if name in NAMES else "", text) for name, text in texts.items()
        ]

    async def answer(self) -> Response:
        """The report, or a page that says why there is none."""
        failed = None
        try:
            found = await self._load_at_once()
        except OperationFailed as error:
            failed = error
            self._start_again()
            found = await self._load_ledgers()
        by_currency = {ledger.currency: ledger for ledger in found.ledgers}
        currency = self.query["currency"]
        if currency and currency not in by_currency:
            return no_ledger(self.request, currency, list(by_currency))
        if not self.query.is_of_a_page:
            return no_page(self.request, self.query)
        if not found.ledgers:
            title = "Journals"
            view = JournalsView(title, "No journals yet", self.query, self.typed)
            return respond(self.request, view)
        ledger = by_currency[currency or found.ledgers[0].currency]
        self.query = self.query.with_values(currency=ledger.currency)
        default = _default_month(ledger, month_of(await self._today()))
        while found.listing is None:
            if failed is not None:
                if "INVALID_CURSOR" in failed.codes:
                    return no_page(self.request, self.query)
                mended = await mend(self.running, self.query, failed)
                self.query = mended.query
                self.problems += mended.problems
                is_whole = mended.has_new_ids and not self.problems
                if is_whole and not wants_fragment(self.request):
                    return RedirectResponse(self.query.url(), status_code=303)
            try:
                found = await self._load(ledger.currency, self.query.period(default))
            except OperationFailed as error:
                failed = error
                self._start_again()
        return await self._show(found, ledger, self.query.period(default))

    def _start_again(self) -> None:
        """Read in a context of its own what follows an operation that failed.

        The failed one's reads were cancelled, and some may still be waited for.
        """
        self.running = self.site.running(self.request)

    async def _today(self) -> int:
        today = await self.running.context.today()
        as_of = self.query["as_of"]
        return min(today, parse_day(as_of)) if as_of else today

    async def _load_at_once(self) -> ReportPage:
        """The page if its address names a ledger and a period, else the ledgers."""
        query = self.query
        is_whole = query.has_ledger and query.has_period
        if not is_whole or not query.is_of_a_page:
            return await self._load_ledgers()
        return await self._load(query["currency"], query.period())

    async def _load_ledgers(self) -> ReportPage:
        return await self.running.run(ReportPage, {"asOf": self.query["as_of"] or None})

    async def _load(self, currency: str, period: Period) -> ReportPage:
        """The ledgers, figures, and a page of journals or of groups of them."""
        query = self.query.with_values(currency=currency)
        size = LOADED if query["print"] else PAGE_SIZE
        page: dict[str, Any] = {"first": size, "after": query["after"] or None}
        if query["before"]:
            page = {"last": PAGE_SIZE, "before": query["before"]}
        if query.groupings is None:
            page |= {"withJournals": True, "order": query.order}
        else:
            page["withGroups"] = True
            page["by"] = [grouping.upper() for grouping in query.groupings]
            page["granularity"] = (query["granularity"] or GroupsOf.MONTHLY).upper()
        variables = {
            **figure_variables(query, period),
            "withLedger": True,
            "withFigures": True,
            "onlyQuick": not query.counts_all,
            **page,
            **_named(query),
        }
        found = await self.running.run(ReportPage, variables)
        if query["print"] and not query["before"]:
            return await with_rest(self.running, variables, found)
        return found

    async def _show(
        self, found: ReportPage, ledger: ReportLedger, period: Period
    ) -> Response:
        """The report with what is left of the query; htmx gets problems alone."""
        is_fragment = wants_fragment(self.request)
        if self.problems and is_fragment:
            view = ProblemView(self.problems)
            return respond(self.request, view, status=422, headers=IN_PLACE)
        note_where(self.request, ledger.currency, month_text(period.near_month))
        query = self.query
        today = await self._today()
        asked = Asked(
            query,
            self.typed.with_values(currency=ledger.currency),
            period,
            parse_day(query["on"]) if query["on"] else today,
            self.problems,
            await self._events_url(ledger, today),
        )
        shown = report_view(asked, ledger, found, self.running.context.now)
        if self.part:
            return respond(self.request, shown, part=self.part)
        # The form sends its empty fields too: the address names what is given only.
        headers = {"HX-Push-Url": query.url()} if is_fragment else None
        status = 422 if self.problems else 200
        return respond(self.request, shown, status=status, headers=headers)

    async def _events_url(self, ledger: ReportLedger, shown: Day) -> str:
        """Where the page listens, from the moment on that its operation read."""
        if shown < await self.running.context.today():
            return ""
        pins = await self.running.context.pins()
        return events_url(pins[ledger.currency])


def _named(query: ReportQuery) -> dict[str, Any]:
    """The variables for the names of what the query's own ids select, if any do."""
    ids = [encode(OWN_IDS[name](text)) for name, text in own_ids(query)]
    return {"withNamed": True, "named": ids} if ids else {}


def _default_month(ledger: ReportLedger, this_month: Month) -> Month:
    """This month if the ledger's journals reach to it, else the ledger's last."""
    known = known_months(ledger)
    if known is None or known[0] <= this_month <= known[1]:
        return this_month
    return known[1]
