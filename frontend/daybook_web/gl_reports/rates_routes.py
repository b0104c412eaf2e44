"""`/general-ledger/rates` and its file: rates used, and rates that are entered."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from daybook.calendar import day_of
from daybook.sheets.columns import Sheet, date, integer, text
from daybook.sheets.csv_lines import csv_header, csv_lines
from daybook_graphql.execution.operations import OperationFailed
from daybook_web.gl_reports.address import RATES, Address
from daybook_web.gl_reports.frame import frame_of
from daybook_web.gl_reports.page import PERIODS, ROWS, Page
from daybook_web.gl_reports.rate_results import (
    GlRatesFile,
    GlRatesPage,
    RatesSlice,
    UsedRate,
)
from daybook_web.gl_reports.rates import RatesForm, TypedRate, rate_chips, rates_view
from daybook_web.kit.error_pages import error_page
from daybook_web.kit.forms import Problem, form_of
from daybook_web.kit.rendering import View, respond
from daybook_web.kit.results import Changed
from daybook_web.kit.running import Refused, Running
from daybook_web.kit.sheet_files import sheet_file
from daybook_web.kit.site import Site

MANUAL_SHOWN = 100
"""How many of the entered rates the page lists; the API lists all."""
AT_ONCE = 100
"""How many rates of a file are read at a time."""
SAVED = {
    "entered": "The rate is entered. Lines are valued at it once their connections are"
    " refreshed.",
    "withdrawn": "The rate is withdrawn. Lines keep it until their connections are"
    " refreshed.",
}


def _refresh(row: UsedRate) -> int | None:
    refresh = row.rate.rates_refresh
    return None if refresh is None else int(refresh)


FILE: Sheet[UsedRate] = Sheet(
    "rates",
    "Rates",
    (
        text("from_currency", "From", lambda row: row.rate.base),
        text("to_currency", "To", lambda row: row.rate.reporting),
        date("day", "Day of the document", lambda row: day_of(row.rate.day)),
        text("rate", "Rate", lambda row: row.rate.value),
        date("published_on", "Published", lambda row: day_of(row.rate.published_on)),
        text("source", "Source", lambda row: row.rate.source),
        integer("rates_refresh", "Refresh", _refresh),
        integer("lines", "Lines", lambda row: int(row.lines)),
    ),
)
"""Columns are only added at the end."""


def rates_routes(site: Site) -> list[Route]:
    """The page of rates, its forms, and the file of all rates that were used."""

    async def rates(request: Request) -> Response:
        page = _Rates(request, site)
        return await (page.change() if request.method == "POST" else page.answer())

    async def file(request: Request) -> Response:
        address = Address.of(RATES, request.query_params)
        problems = address.problems()
        if problems:
            lines = "\n".join(problem.message for problem in problems)
            return PlainTextResponse(f"{lines}\n", status_code=400)
        running = site.running(request)
        try:
            first = await _slice(running, address, None, address.refresh)
        except OperationFailed as failed:
            if not failed.codes <= {"NOT_FOUND", *PERIODS}:
                raise
            status = 400 if failed.codes <= PERIODS else 404
            text = f"{failed.errors[0].message}\n"
            return PlainTextResponse(text, status_code=status)
        return sheet_file(FILE, _lines(running, address, first))

    return [
        site.guarded(RATES, rates, "GET", "POST"),
        site.guarded(f"{RATES}.csv", file),
    ]


class _Rates(Page):
    """One request for the page of rates."""

    def __init__(self, request: Request, site: Site) -> None:
        super().__init__(request, site, RATES)
        saved = SAVED.get(request.query_params.get("saved", ""), "")
        self.form = RatesForm(saved=saved)

    async def change(self) -> Response:
        """Enter or withdraw a rate, or show what is wrong with the form."""
        form = await form_of(self.request)
        typed = TypedRate.of(form)
        which = {"currency": typed.currency, "day": typed.day, "reason": typed.reason}
        is_new = form.get("form") == "enter"
        try:
            if is_new:
                rate = {**which, "rate": typed.rate}
                await self.running.change("AddManualRate", rate, Changed)
                return RedirectResponse(f"{RATES}?saved=entered", 303)
            if form.get("form") == "withdraw":
                await self.running.change("WithdrawManualRate", which, Changed)
                return RedirectResponse(f"{RATES}?saved=withdrawn", 303)
        except Refused as refused:
            problems = [
                Problem(fault.field if is_new else "", fault.message)
                for fault in refused.faults
            ]
            self.form = RatesForm(typed if is_new else TypedRate(), problems)
            self.running = self.running.renewed()
            return await self._show_again()
        message = "The form was incomplete. Go back and send it again."
        return error_page(self.request, 400, "Nothing was changed", message)

    async def _show_again(self) -> Response:
        """The page after a form that was refused."""
        try:
            view = await self.view(self.variables())
        except OperationFailed as failed:
            return self._missing(failed)
        return respond(self.request, view, status=422)

    def problems(self) -> list[Problem]:
        """What is wrong with the address; a pair needs its currencies and days."""
        found = super().problems()
        pair = [name for name in ("of", "in") if self.address[name]]
        needed = ("of", "in", "from", "to")
        if pair and not all(self.address[name] for name in needed):
            words = "Rates by day are of a pair, from a day to a day: give all four."
            found.append(Problem("", words))
        return found

    def variables(self) -> Mapping[str, Any]:
        """The filter, the state and the page; the pair and its days."""
        address = self.address
        return {
            "filter": address.rate_filter(),
            "refresh": address.refresh,
            **address.page_variables(ROWS),
            "of": address["of"] or "EUR",
            "in": address["in"] or "EUR",
            "days": address.rate_filter().get("days", {}),
            "withPair": bool(address["of"]),
        }

    async def view(
        self, variables: Mapping[str, Any] | None, problems: Sequence[Problem] = ()
    ) -> View:
        """The page, with the rates that are asked for."""
        nothing = {"of": "EUR", "in": "EUR", "days": {}, "withPair": False}
        asked = {
            **(variables or nothing),
            "withRates": variables is not None,
            "manual": MANUAL_SHOWN,
        }
        found = await self.running.run(GlRatesPage, asked)
        chips = [] if problems else rate_chips(self.address)
        frame = frame_of(
            self.address, found.gl_connections, found.gl_rates_used, problems, chips
        )
        return rates_view(self.address, frame, found, self.form)


async def _slice(
    running: Running, address: Address, after: str | None, refresh: str | None
) -> RatesSlice:
    variables = {
        "filter": address.rate_filter(),
        "refresh": refresh,
        "first": AT_ONCE,
        "after": after,
    }
    found = await running.run(GlRatesFile, variables)
    return found.gl_rates_used


async def _lines(
    running: Running, address: Address, found: RatesSlice
) -> AsyncIterator[str]:
    """The file, of the state that its first rates are of."""
    yield csv_header(FILE)
    while True:
        yield "".join(csv_lines(FILE, found.nodes))
        if not found.page_info.has_next_page:
            return
        after = found.page_info.end_cursor
        found = await _slice(running, address, after, found.refresh)
