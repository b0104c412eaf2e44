"""`/general-ledger` and the other pages of the dataset."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from daybook.gl.dataset.workbook import lines_at_a_server
from daybook_web.gl_reports.address import EXPOSURE, LINES, PATH, Address
from daybook_web.gl_reports.excel import address_routes
from daybook_web.gl_reports.exposure import exposure_view
from daybook_web.gl_reports.frame import Frame, frame_of
from daybook_web.gl_reports.lines import chips_of, lines_view
from daybook_web.gl_reports.page import ROWS, Page
from daybook_web.gl_reports.profit import profit_view
from daybook_web.gl_reports.rates_routes import rates_routes
from daybook_web.gl_reports.results import (
    GeneralLedgerPage,
    GlExposurePage,
    GlLinesPage,
)
from daybook_web.kit.forms import Problem
from daybook_web.kit.rendering import View
from daybook_web.kit.site import Site


def gl_report_routes(site: Site) -> list[Route]:
    """The pages of the dataset."""

    async def profit(request: Request) -> Response:
        return await _Report(request, site, PROFIT_KIND).answer()

    async def lines(request: Request) -> Response:
        return await _Lines(request, site).answer()

    async def exposure(request: Request) -> Response:
        return await _Report(request, site, EXPOSURE_KIND).answer()

    return [
        site.guarded(PATH, profit),
        site.guarded(LINES, lines),
        site.guarded(EXPOSURE, exposure),
        *rates_routes(site),
        *address_routes(site),
    ]


class _Kind(NamedTuple):
    """A report of a period: its path, its operation, and its page."""

    path: str
    operation: type[GeneralLedgerPage | GlExposurePage]
    view: Callable[[Address, Frame, Any], View]


PROFIT_KIND = _Kind(PATH, GeneralLedgerPage, profit_view)
EXPOSURE_KIND = _Kind(EXPOSURE, GlExposurePage, exposure_view)


class _Report(Page):
    """One request for a report of a period."""

    def __init__(self, request: Request, site: Site, kind: _Kind) -> None:
        super().__init__(request, site, kind.path)
        self.kind = kind

    def variables(self) -> Mapping[str, Any]:
        """The period and the connections."""
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
        found = await self.running.run_kept(self.kind.operation, asked)
        frame = frame_of(self.address, found.gl_connections, found.report, problems)
        return self.kind.view(self.address, frame, found.report)


class _Lines(Page):
    """One request for lines."""

    def __init__(self, request: Request, site: Site) -> None:
        super().__init__(request, site, LINES)
        self.workbook_lines = lines_at_a_server(site.settings)

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
        return lines_view(
            self.address, frame, listing, connections, self.workbook_lines
        )
