"""`/general-ledger` and the other pages of the dataset."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from daybook_graphql.execution.operations import OperationFailed
from daybook_web.gl_reports.address import EXPOSURE, LINES, PATH, Address
from daybook_web.gl_reports.exposure import exposure_view
from daybook_web.gl_reports.frame import frame_of
from daybook_web.gl_reports.lines import chips_of, lines_view
from daybook_web.gl_reports.profit import profit_view
from daybook_web.gl_reports.results import (
    GeneralLedgerPage,
    GlExposurePage,
    GlLinesPage,
)
from daybook_web.kit.error_pages import error_page
from daybook_web.kit.formats import sentence
from daybook_web.kit.forms import Problem
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import View, respond
from daybook_web.kit.running import Running
from daybook_web.kit.site import Site

ROWS = 50
"""How many lines a page has."""
CURSORS = {"INVALID_CURSOR", "INVALID_PAGE"}
PERIODS = {"INVALID_PERIOD", "TOO_LARGE"}


def gl_report_routes(site: Site) -> list[Route]:
    """The pages of the dataset."""

    async def profit(request: Request) -> Response:
        return await _Profit(request, site.running(request)).answer()

    async def lines(request: Request) -> Response:
        return await _Lines(request, site.running(request)).answer()

    async def exposure(request: Request) -> Response:
        return await _Exposure(request, site.running(request)).answer()

    return [
        site.guarded(PATH, profit),
        site.guarded(LINES, lines),
        site.guarded(EXPOSURE, exposure),
    ]


class _Page:
    """One request for a page of the dataset."""

    path = ""

    def __init__(self, request: Request, running: Running) -> None:
        self.request = request
        self.running = running
        self.address = Address.of(self.path, request.query_params)

    async def answer(self) -> Response:
        """What the address asks for, or what is wrong with it."""
        problems = self.address.problems()
        if problems:
            return await self._refuse(problems)
        try:
            return respond(self.request, await self.view(self.variables()))
        except OperationFailed as failed:
            if failed.codes <= PERIODS:
                errors = [sentence(error.message) for error in failed.errors]
                return await self._refuse([Problem("", text) for text in errors])
            return self._missing(failed)

    def variables(self) -> Mapping[str, Any]:
        """What the operation takes of an address without problems."""
        raise NotImplementedError

    async def view(
        self, variables: Mapping[str, Any] | None, problems: Sequence[Problem] = ()
    ) -> View:
        """The page; without variables, nothing of the dataset is asked for."""
        raise NotImplementedError

    async def _refuse(self, problems: Sequence[Problem]) -> Response:
        return respond(self.request, await self.view(None, problems), status=422)

    def _missing(self, failed: OperationFailed) -> Response:
        """The page for a refresh, or a page of lines, that there isn't."""
        if failed.codes <= CURSORS:
            message = "There is no such page of the list. It begins on the first one."
            links = (Link("Go to the first page", self.address.url()),)
            return error_page(self.request, 404, "Page not found", message, links)
        if failed.codes == {"NOT_FOUND"}:
            message = sentence(failed.errors[0].message)
            links = (Link("Show the dataset as it is now", self.path),)
            return error_page(self.request, 404, "Not in the dataset", message, links)
        raise failed


class _Profit(_Page):
    """One request for the profit and loss."""

    path = PATH

    def variables(self) -> Mapping[str, Any]:
        """The period and the connections; journals are chosen on the page."""
        return {
            "from": self.address["from"] or None,
            "to": self.address["to"] or None,
            "connectionIds": self.address.connection_ids(),
            "refresh": self.address.refresh,
        }

    async def view(
        self, variables: Mapping[str, Any] | None, problems: Sequence[Problem] = ()
    ) -> View:
        """The page, with the report that is asked for."""
        asked = {**(variables or {}), "withReport": variables is not None}
        found = await self.running.run_kept(GeneralLedgerPage, asked)
        report = found.gl_profit_and_loss
        frame = frame_of(self.address, found.gl_connections, report, problems=problems)
        return profit_view(self.address, frame, report)


class _Lines(_Page):
    """One request for lines."""

    path = LINES

    def variables(self) -> Mapping[str, Any]:
        """The filter, the state and the page."""
        return {
            "filter": self.address.line_filter(),
            "refresh": self.address.refresh,
            **self.address.page_variables(ROWS),
        }

    async def view(
        self, variables: Mapping[str, Any] | None, problems: Sequence[Problem] = ()
    ) -> View:
        """The page, with the lines that are asked for."""
        asked = {**(variables or {}), "withLines": variables is not None}
        found = await self.running.run_kept(GlLinesPage, asked)
        listing, connections = found.gl_journal_lines, found.gl_connections
        nodes = listing.nodes if listing is not None else ()
        chips = chips_of(self.address, connections, nodes)
        frame = frame_of(self.address, connections, listing, problems, chips)
        return lines_view(self.address, frame, listing, connections)


class _Exposure(_Page):
    """One request for the exposure."""

    path = EXPOSURE

    def variables(self) -> Mapping[str, Any]:
        """The period, on whose last day it is, and the connections."""
        return {
            "from": self.address["from"] or None,
            "on": self.address["to"] or None,
            "connectionIds": self.address.connection_ids(),
            "refresh": self.address.refresh,
        }

    async def view(
        self, variables: Mapping[str, Any] | None, problems: Sequence[Problem] = ()
    ) -> View:
        """The page, with the report that is asked for."""
        asked = {**(variables or {}), "withReport": variables is not None}
        found = await self.running.run_kept(GlExposurePage, asked)
        report = found.gl_exposure
        frame = frame_of(self.address, found.gl_connections, report, problems)
        return exposure_view(self.address, frame, report)
