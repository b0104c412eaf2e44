"""One request for a report: its problems, its ledger, its rows and its totals."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from daybook.calendar import day_text, parse_day
from daybook_graphql.execution.operations import OperationFailed
from daybook_graphql.kit.errors import OUTAGE_CODES
from daybook_web.journals.suggestions import KINDS as SUGGESTED
from daybook_web.journals.suggestions import suggest_parties
from daybook_web.kit.error_pages import error_page
from daybook_web.kit.forms import Problem
from daybook_web.kit.guard import HOME as CLOSE
from daybook_web.kit.guard import page_before
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import respond
from daybook_web.kit.running import Running
from daybook_web.kit.saved import SavedFilters
from daybook_web.kit.tokens import SEEN, no_news
from daybook_web.kit.where import note_where
from daybook_web.reports.address import TOTALS, Address, is_currency
from daybook_web.reports.frame import Frame, frame_of
from daybook_web.reports.kinds import ReportKind
from daybook_web.reports.results import ReportLedger

SUGGESTIONS = 5
FIRST_ROW = {"first": 1, "after": None, "last": None, "before": None}
"""The page of a report whose totals alone are wanted."""
FIELDS = {"customerId": "customer", "productId": "product", "documentId": "document"}
"""The report's filters, by the fields of the operation's filter."""


class ReportPage:
    """The page of a report, as its address asks for it."""

    def __init__(self, request: Request, running: Running, kind: ReportKind) -> None:
        self.request = request
        self.running = running
        self.kind = kind
        self.address = Address.of(kind.report, request.query_params)

    async def answer(self) -> Response:
        """The report, or a page that says what is wrong with its address."""
        address = self.address
        problems = address.problems()
        if problems or not is_currency(address["currency"]):
            refused = await self._choose_ledger(problems)
            if refused is not None:
                return refused
        await self._choose_day()
        try:
            return await self._show()
        except OperationFailed as failed:
            return await self._show_failed(failed)

    async def _choose_day(self) -> None:
        """Name the day and the account that the report is of, for all its links."""
        changes = {}
        names = self.kind.report.names
        if "on" in names and not self.address["on"]:
            on = await self.running.context.today()
            if self.address["as_of"]:
                on = min(on, parse_day(self.address["as_of"]))
            changes["on"] = day_text(on)
        if "account" in names and not self.address["account"]:
            changes["account"] = "DEFERRED"
        self.address = self.address.with_texts(**changes)

    async def _choose_ledger(self, problems: Sequence[Problem]) -> Response | None:
        """Name the first ledger where none is named, for all the report's links.

        Returns what answers instead of the report: the form with its problems.
        """
        is_wrong = any(problem.field == "as_of" for problem in problems)
        found = await self._frame_alone("" if is_wrong else self.address["as_of"])
        ledgers: Sequence[ReportLedger] = found.ledgers
        if not ledgers:
            return self._respond(Frame(self.kind.report.title, "", self.address), None)
        currency = self.address["currency"] or ledgers[0].currency
        if currency not in {ledger.currency for ledger in ledgers}:
            return self._no_ledger(ledgers)
        self.address = self.address.with_texts(currency=currency)
        return self._refuse(found, problems) if problems else None

    async def _frame_alone(self, as_of: str) -> Any:
        """The ledgers and saved filters that there are, without a report."""
        variables = {"ledgerId": "", "asOf": as_of or None, "withReport": False}
        return await self.running.run_kept(self.kind.operation, variables)

    async def _show(self) -> Response:
        """The rows, and the totals where they fit on this page or are asked for."""
        address, kind = self.address, self.kind
        if address["after"] and address["before"]:
            return self._broken()
        is_summed = bool(address[TOTALS]) or not kind.report.is_summed_apart
        variables = {
            **kind.variables(address),
            "withReport": True,
            "withTotals": is_summed,
            **(address.page_variables() if kind.report.has_pages else {}),
        }
        found = await self.running.run_kept(kind.operation, variables)
        note_where(self.request, address["currency"], address["on"][:7] or None)
        report = getattr(found, kind.found)
        sums = report if is_summed else await self._sums_of_a_page(report, variables)
        frame = frame_of(
            address,
            found.ledgers,
            names=self._names(report),
            news_url=await self._news_url(),
        )
        ties = kind.ties(sums if sums is not None else report)
        sums_url = ""
        if sums is None and kind.report.has_late_sums:
            sums_url = address.sums_url(await self._recording())
        saved = SavedFilters.of(found.saved_filters, address.kept)
        frame = replace(
            frame,
            ties=ties,
            sums_url=sums_url,
            saved=saved,
            leads_back=self._is_from_the_close(),
        )
        return self._respond(frame, kind.body(address, report, sums))

    def _is_from_the_close(self) -> bool:
        """Whether the overview of a month or its balances led here."""
        path = urlsplit(page_before(self.request)).path
        return path == CLOSE or path.startswith(f"{CLOSE}/")

    async def sums(self) -> Response:
        """The totals of a long report, whose rows are on the page already.

        If the ledger changed since, the page is loaded again: sums and rows of two
        moments would not agree.
        """
        if self.address.problems() or not is_currency(self.address["currency"]):
            return no_news()
        await self._choose_day()
        address, kind = self.address, self.kind
        if self.request.query_params.get(SEEN) != str(await self._recording()):
            return Response(headers={"HX-Refresh": "true"})
        variables = {**kind.variables(address), "withReport": True, "withTotals": True}
        try:
            found = await self.running.run_kept(kind.operation, variables | FIRST_ROW)
        except OperationFailed as failed:
            if failed.codes <= OUTAGE_CODES:
                raise
            return no_news()
        report = getattr(found, kind.found)
        frame = replace(frame_of(address, found.ledgers), ties=kind.ties(report))
        view = kind.view("", frame, kind.body(address, report, report))
        return respond(self.request, view, part=view.fragments[0])

    async def _sums_of_a_page(self, report: Any, variables: dict[str, Any]) -> Any:
        """The totals of a report that is no longer than a page; None for others.

        They are quick: those of a longer one follow once its page is shown.
        """
        if not self.kind.report.has_pages:
            return None
        if report.page_info.has_next_page or report.page_info.has_previous_page:
            return None
        changed = {**variables, **FIRST_ROW, "withTotals": True}
        found = await self.running.run_kept(self.kind.operation, changed)
        return getattr(found, self.kind.found)

    async def _news_url(self) -> str:
        """Where the page asks for news; empty if it shows a day that is over."""
        as_of = self.address["as_of"]
        context = self.running.context
        if as_of and parse_day(as_of) < await context.today():
            return ""
        return self.address.news_url(await self._recording())

    async def _recording(self) -> int:
        """The recording that the page is of; 0 where there is no such ledger."""
        as_of = self.address["as_of"]
        pins = await self.running.context.pins(parse_day(as_of) if as_of else None)
        pin = pins.get(self.address["currency"])
        return 0 if pin is None else pin.recording

    def _names(self, report: Any) -> dict[str, str]:
        """The names of the customer and product filters, where a row has them."""
        return {
            name: party.name
            for name, party in self.kind.parties(report)
            if party is not None and party.external_id == self.address[name]
        }

    async def _show_failed(self, failed: OperationFailed) -> Response:
        """The form with ids that nothing has; raises any other error again."""
        if "INVALID_CURSOR" in failed.codes:
            return self._broken()
        found = await self._frame_alone(self.address["as_of"])
        currencies = {ledger.currency for ledger in found.ledgers}
        if self.address["currency"] not in currencies:
            return self._no_ledger(found.ledgers)
        missing = {
            FIELDS[problem["path"][-1]]
            for error in failed.errors
            for problem in error.problems
            if problem["code"] == "NOT_FOUND" and problem["path"][-1] in FIELDS
        }
        if not missing:
            raise failed
        problems = [await self._unknown_id(name) for name in sorted(missing)]
        return self._refuse(found, problems)

    async def _unknown_id(self, name: str) -> Problem:
        """An id that nothing has, with customers or products of a similar name."""
        text = self.address[name]
        similar = []
        if name in SUGGESTED:
            similar = [
                Link(
                    f"{party.name} ({party.external_id})",
                    self.address.url(**{name: party.external_id}),
                )
                for party in await suggest_parties(
                    self.running, name, text, SUGGESTIONS
                )
            ]
        return Problem(name, f"There is no {name} with the id “{text}”.", similar)

    def _respond(self, frame: Frame, body: Any, status: int = 200) -> Response:
        words = (frame.title, frame.currency)
        title = ", ".join(filter(None, words))
        return respond(self.request, self.kind.view(title, frame, body), status=status)

    def _refuse(self, found: Any, problems: Sequence[Problem]) -> Response:
        """The form with its problems, under the saved filters that lead out of it."""
        kept = self.address.kept
        saved = SavedFilters.of(found.saved_filters, kept, is_valid=False)
        frame = frame_of(self.address, found.ledgers, problems=problems)
        return self._respond(replace(frame, saved=saved), None, 422)

    def _no_ledger(self, ledgers: Sequence[ReportLedger]) -> Response:
        currency = self.address["currency"]
        links = [
            Link(
                f"{ledger.currency} ledger", self.address.url(currency=ledger.currency)
            )
            for ledger in ledgers
        ]
        message = (
            f"There is no ledger in “{currency}”. A currency's first document opens it."
        )
        return error_page(self.request, 404, "Ledger not found", message, links)

    def _broken(self) -> Response:
        links = [Link("Go to the report's first page", self.address.url())]
        message = (
            "This address does not lead to a page of the report: it was cut or changed."
        )
        return error_page(
            self.request, 400, "Not a page of this report", message, links
        )
