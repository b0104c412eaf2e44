"""The journal report: the journals of a month or of days, with filters and pages."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from daybook.calendar import LAST_DAY, Day, Month, month_of, month_text, parse_day
from daybook.reports.journals.filters import FILTERS, Filter, Place
from daybook_graphql.journals.filters import path_of, variables_of
from daybook_graphql.operations import OperationFailed
from daybook_web.journals.chart import Chart, chart, window
from daybook_web.journals.query import GRANULARITIES, NAMES, Period, ReportQuery
from daybook_web.journals.suggestions import KINDS
from daybook_web.journals.view import (
    JournalsView,
    Ledger,
    Months,
    Problem,
    Suggestion,
    chips,
    downloads_of,
    form_fields,
    pager,
    status_line,
    totals_of,
)
from daybook_web.kit.errors import Link, error_page
from daybook_web.kit.rendering import respond, wants_fragment
from daybook_web.kit.running import Pages, Running

PAGE_SIZE = 50
SUGGESTIONS = 5

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


async def home(_request: Request) -> Response:
    """The first page is the report."""
    return RedirectResponse("/journals", status_code=302)


def journals_page(pages: Pages) -> Handler:
    """`/journals`."""

    async def journals(request: Request) -> Response:
        query = ReportQuery.of(request.query_params)
        running = pages.start(request)
        # A day that is none is a problem of the form, which tells of it below.
        as_of = query["as_of"] if "as_of" not in query.problems() else ""
        ledgers = (await running.run("Ledgers", {"asOf": as_of or None}))["ledgers"]
        by_currency = {one["currency"]: one for one in ledgers}
        if query["currency"] and query["currency"] not in by_currency:
            return _no_ledger(request, query["currency"], list(by_currency))
        if query["after"] and query["before"]:
            return _broken_page(request, query)
        if not ledgers:
            return respond(request, _nothing_yet(query))
        ledger = by_currency[query["currency"] or ledgers[0]["currency"]]
        query = query.put(currency=ledger["currency"])
        report = _Report(running, ledgers, ledger, query)
        return await report.answer(request)

    return journals


class _Report:
    """One request for the report of one ledger."""

    def __init__(
        self,
        running: Running,
        ledgers: Sequence[Mapping[str, Any]],
        ledger: Mapping[str, Any],
        query: ReportQuery,
    ) -> None:
        self.running = running
        self.ledgers = ledgers
        self.ledger = ledger
        self.query = query

    async def answer(self, request: Request) -> Response:
        """The report, or its form with what is wrong in it."""
        query = self.query
        today = await self.running.context.today()
        is_known = "as_of" not in query.problems()
        if query["as_of"] and is_known:
            today = min(today, parse_day(query["as_of"]))
        default = self._default_month(month_of(today))
        problems = [
            Problem(name if name in NAMES else "", text)
            for name, text in query.problems().items()
        ]
        if problems:
            period = ReportQuery().period(default)
            return respond(request, self._view(period, problems=problems), status=422)
        period = query.period(default)
        try:
            found = await self._found(period)
        except OperationFailed as failed:
            if "INVALID_CURSOR" in failed.codes:
                return _broken_page(request, query)
            problems = await self._unknown_ids(failed)
            return respond(request, self._view(period, problems=problems), status=422)
        divide = parse_day(query["on"]) if query["on"] else today
        bars = await self._chart(period, divide)
        view = self._view(period, found=found, bars=bars, divide=divide)
        # The form sends its empty fields too: the address names what is given only.
        headers = {"HX-Push-Url": query.url()} if wants_fragment(request) else None
        return respond(request, view, headers=headers)

    def _default_month(self, this_month: Month) -> Month:
        """This month if the ledger's journals reach to it, else its last."""
        months = self._months()
        if months is None or months[0] <= this_month <= months[1]:
            return this_month
        return months[1]

    def _months(self) -> tuple[Month, Month] | None:
        first, last = self.ledger["firstMonth"], self.ledger["lastMonth"]
        if first is None or last is None:
            return None
        return month_of(parse_day(first)), month_of(parse_day(last))

    async def _found(self, period: Period) -> Mapping[str, Any]:
        """A page of journals, or of groups of them."""
        query = self.query
        conditions = variables_of(query.selection(period))
        page = {"first": PAGE_SIZE, "after": query["after"] or None}
        if query["before"]:
            page = {"last": PAGE_SIZE, "before": query["before"]}
        variables = {"ledgerId": self.ledger["id"], "filter": conditions, **page}
        found: Mapping[str, Any]
        if query.groupings is None:
            found = (await self.running.run("JournalReport", variables))["journals"]
            return found
        variables["by"] = [one.upper() for one in query.groupings]
        variables["granularity"] = (query["granularity"] or GRANULARITIES[0]).upper()
        found = (await self.running.run("JournalGroups", variables))["journalGroups"]
        return found

    async def _unknown_ids(self, failed: OperationFailed) -> list[Problem]:
        """What isn't there, by the filters that name it."""
        missing = {
            tuple(one["path"][1:])
            for error in failed.errors
            for one in error.problems
            if one["code"] == "NOT_FOUND"
        }
        problems = [
            await self._unknown(one) for one in FILTERS if path_of(one) in missing
        ]
        if not problems:
            raise failed
        return problems

    async def _unknown(self, one: Filter) -> Problem:
        """An id that nothing has, with customers or products of a similar name."""
        text = self.query[one.name]
        similar = []
        if one.name in KINDS:
            operation, answer = KINDS[one.name]
            found = await self.running.run(
                operation, {"search": text, "first": SUGGESTIONS}
            )
            similar = [
                Suggestion(
                    f"{party['name']} ({party['externalId']})",
                    self.query.but(**{one.name: party["externalId"]}).url(),
                )
                for party in found[answer]["nodes"]
            ]
        words = one.name.replace("_", " ")
        return Problem(one.name, f"There is no {words} with the id “{text}”.", similar)

    async def _chart(self, period: Period, today: int) -> Chart | None:
        months = self._months()
        if months is None:
            return None
        start, end = window(period.near_month, *months)
        variables = {
            "ledgerId": self.ledger["id"],
            "months": {
                "from": f"{month_text(start)}-01",
                "to": f"{month_text(end)}-01",
            },
            "asOf": self.query["as_of"] or None,
        }
        data = await self.running.run("RecognizedByMonth", variables)
        shown = [one for one in range(start, end + 1) if period.holds(one)]
        figures = data["ledger"]["recognizedByMonth"]
        return chart(figures, self.query, shown, today)

    def _view(
        self,
        period: Period,
        *,
        found: Mapping[str, Any] | None = None,
        bars: Chart | None = None,
        divide: Day = LAST_DAY,
        problems: Sequence[Problem] = (),
    ) -> JournalsView:
        query = self.query
        currency = self.ledger["currency"]
        words = period.words if not problems else ""
        return JournalsView(
            title=", ".join(filter(None, ("Journal report", words, currency))),
            status=status_line(found, words, query),
            ledgers=[
                Ledger(one["currency"], query.but(currency=one["currency"]).url())
                for one in self.ledgers
            ],
            query=query,
            months=Months.around(query, period, self._months()),
            problems=problems,
            chips=chips(query, words, found),
            chart=bars,
            totals=totals_of(self.ledger, found),
            journals=None if query["group_by"] else found,
            groups=found if query["group_by"] else None,
            downloads=downloads_of(query, period, divide) if found else [],
            pager=pager(query, found),
            is_further_page=bool(query["after"] or query["before"]),
            fields=form_fields(query, Place.FIRST),
            more_fields=form_fields(query, Place.MORE, Place.GIVEN),
        )


def _nothing_yet(query: ReportQuery) -> JournalsView:
    return JournalsView(
        title="Journal report",
        status="No journals yet",
        ledgers=[],
        query=query,
        months=None,
        problems=(),
        chips=[],
        chart=None,
        totals=[],
        journals=None,
        groups=None,
        downloads=[],
        pager=None,
        is_further_page=False,
        fields=(),
        more_fields=(),
    )


def _no_ledger(request: Request, currency: str, known: Sequence[str]) -> Response:
    links = [
        Link(f"{one} ledger", ReportQuery().put(currency=one).url()) for one in known
    ]
    message = (
        f"There is no ledger in “{currency}”. A currency's first document opens it."
    )
    return error_page(request, 404, "Ledger not found", message, links)


def _broken_page(request: Request, query: ReportQuery) -> Response:
    links = [Link("Go to the report's first page", query.but().url())]
    message = (
        "This address does not lead to a page of the report: it was cut or changed."
    )
    return error_page(request, 400, "Not a page of this report", message, links)
