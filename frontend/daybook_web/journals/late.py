"""What takes long, and is loaded once the page is there: counts and sums.

They are two requests, so that neither waits for the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import Response

from daybook.calendar import month_text
from daybook_graphql.execution.operations import OperationFailed
from daybook_graphql.journals.filters import variables_of
from daybook_graphql.kit.errors import OUTAGE_CODES
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_web.journals.chart import Chart, months_near
from daybook_web.journals.periods import Period
from daybook_web.journals.query import ReportQuery
from daybook_web.journals.query_problems import problems_of
from daybook_web.journals.quick import Quick, quick_filters
from daybook_web.journals.results import ReportCounts, ReportSums
from daybook_web.journals.stats import Balance, balances_of
from daybook_web.journals.view import chart_of
from daybook_web.kit.guard import Handler
from daybook_web.kit.rendering import View, respond
from daybook_web.kit.results import ResultType
from daybook_web.kit.site import Site
from daybook_web.kit.tokens import no_news


@dataclass(frozen=True, slots=True)
class LateCountsView(View):
    """The quick filters with all their counts."""

    page: ClassVar[str] = "journals/_quick.html"

    quick: Sequence[Quick]
    counts_url: str = ""
    count_all_url: str = ""


@dataclass(frozen=True, slots=True)
class LateSumsView(View):
    """The chart, and the balances for their places in the strip."""

    page: ClassVar[str] = "journals/_late_sums.html"

    currency: str
    chart: Chart | None
    balances: Sequence[Balance]


def late_counts(site: Site) -> Handler:
    """`/journals/counts`, with the parameters of the page."""

    async def counts(request: Request) -> Response:
        query = ReportQuery.of(request.query_params)
        found = await _found(site, request, query, ReportCounts)
        if found is None:
            return no_news()
        counted = found.journal_figures.counts
        return respond(request, LateCountsView(quick_filters(query, counted)))

    return counts


def late_sums(site: Site) -> Handler:
    """`/journals/sums`, with the parameters of the page."""

    async def sums(request: Request) -> Response:
        query = ReportQuery.of(request.query_params)
        found = await _found(site, request, query, ReportSums)
        if found is None or found.ledger is None:
            return no_news()
        figures, ledger = found.journal_figures, found.ledger
        view = LateSumsView(
            query["currency"],
            chart_of(figures, ledger, query, query.period()),
            balances_of(ledger.accounts, figures, query),
        )
        return respond(request, view)

    return sums


def figure_variables(query: ReportQuery, period: Period) -> dict[str, Any]:
    """What figures are asked with, of a query that names its ledger."""
    start, end = map(month_text, months_near(period.near_month))
    return {
        "asOf": query["as_of"] or None,
        "ledgerId": encode(LedgerId(query["currency"])),
        "filter": variables_of(query.selection(period)),
        "months": {"from": f"{start}-01", "to": f"{end}-01"},
    }


async def _found(
    site: Site, request: Request, query: ReportQuery, kind: type[ResultType]
) -> ResultType | None:
    """The result of an operation; None if what it is about is gone, or is nothing."""
    if problems_of(query) or not query.has_ledger or not query.has_period:
        return None
    variables = figure_variables(query, query.period())
    try:
        return await site.running(request).run(kind, variables)
    except OperationFailed as failed:
        if failed.codes <= OUTAGE_CODES:
            raise
        return None
