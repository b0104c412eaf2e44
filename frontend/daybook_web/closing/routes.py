"""`/close`: the overview of a month's close, and the general ledger's balances."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from daybook.calendar import (
    FIRST_DAY,
    LAST_DAY,
    Day,
    Month,
    day_text,
    first_day_of,
    last_day_of,
    month_of,
    month_text,
    parse_month,
)
from daybook_graphql.execution.operations import OperationFailed
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_web.closing.balances import BALANCES, BalancesRequest
from daybook_web.closing.lock_saved import LockSaved
from daybook_web.closing.months import default_month, month_to_close
from daybook_web.closing.results import CloseLedger, ClosePage
from daybook_web.closing.steps import export_link
from daybook_web.closing.view import CHECKLIST, PATH, WHOLE, CloseView
from daybook_web.closing.waterfall import WATERFALL, waterfall_part
from daybook_web.kit.error_pages import TO_REPORT, error_page
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import respond
from daybook_web.kit.running import Running
from daybook_web.kit.site import Site
from daybook_web.kit.tokens import is_unchanged, no_news, nobody, token_of
from daybook_web.kit.where import note_where
from daybook_web.reports.address import is_currency, is_month
from daybook_web.reports.downloads import report_file

UNKNOWN_LEDGER = {"NOT_FOUND", "INVALID_ID", "INVALID_VALUE"}
"""The codes of a currency that has no ledger, or that is none."""
JOURNALS_MAX = 25_000
"""With more of them, checks take so long that the page asks for its steps later."""


def closing_routes(site: Site) -> list[Route]:
    """The overview and the balances."""

    async def close(request: Request) -> Response:
        return await _Page(request, site.running(request)).show()

    async def balances(request: Request) -> Response:
        page = BalancesRequest(request, site.running(request))
        return await (page.enter() if request.method == "POST" else page.show())

    return [
        # It loads itself again, which must not lead a reader away who was signed out.
        site.guarded(PATH, close, stranger=nobody),
        site.guarded(WATERFALL, waterfall_part(site), stranger=nobody),
        site.guarded(BALANCES, balances, "GET", "POST"),
        site.guarded(
            f"/reports/{CHECKLIST}.{{suffix}}",
            report_file(site.database, site.settings, CHECKLIST),
        ),
    ]


class _Page:
    """One request for the overview: a ledger's month, or the next one to be closed."""

    def __init__(self, request: Request, running: Running) -> None:
        self.request = request
        self.running = running
        query = request.query_params
        self.currency = query.get("currency", "").upper()
        self.text = query.get("month", "")

    async def show(self) -> Response:
        """The steps, the figures and the checks; nothing to who has seen them."""
        if self.text and not is_month(self.text):
            message = f"“{self.text}” is not a month: write it as 2026-10."
            return self._refuse(400, "Not a month", message)
        if self.currency and not is_currency(self.currency):
            return self._refuse_ledger()
        month = parse_month(self.text) if self.text else None
        if not self.currency or month is None:
            known = await self.running.run_kept(ClosePage, NOTHING_YET)
            today = await self.running.context.today()
            if not known.ledgers:
                view = CloseView.of(known, "", month or month_of(today), today)
                return respond(self.request, view)
            month = self._choose(known.ledgers, month, today)
        try:
            found = await self._find(self._variables(month))
        except OperationFailed as failed:
            if not failed.codes <= UNKNOWN_LEDGER:
                raise
            return self._refuse_ledger()
        note_where(self.request, self.currency, month_text(month))
        if is_unchanged(self.request, token_of(found)):
            return no_news()
        today = await self.running.context.today()
        export = export_link(found, self.currency, month)
        query = self.request.query_params
        saved = LockSaved.of(query, found.locked, self.currency, export)
        view = CloseView.of(found, self.currency, month, today, saved)
        return respond(self.request, view)

    async def _find(self, variables: Mapping[str, Any]) -> ClosePage:
        """What the page shows; at first without steps where they take long."""
        if WHOLE not in self.request.query_params:
            mark = await self.running.context.mark()
            if mark.journals > JOURNALS_MAX:
                known = await self.running.known(ClosePage, variables)
                without = {**variables, "withSteps": False, "withLock": False}
                return known or await self.running.run_kept(ClosePage, without)
        return await self.running.run_kept(ClosePage, variables)

    def _variables(self, month: Month) -> dict[str, Any]:
        """The operation's; after a lock was set, with what its record says."""
        has_saved = self.request.query_params.get("saved") == "lock"
        saved = {"savedIn": self.currency, "withSaved": True} if has_saved else {}
        return {**_variables(self.currency, month), **saved}

    def _choose(
        self, ledgers: Sequence[CloseLedger], month: Month | None, today: Day
    ) -> Month:
        """Choose what the address leaves open: the ledger and month to be closed next.

        That is the ledger which is furthest behind; of several, the first.
        """
        first_open = {its.currency: default_month(its, today) for its in ledgers}
        self.currency = self.currency or min(
            first_open, key=lambda its: first_open[its]
        )
        months = {its.currency: month_to_close(its, today) for its in ledgers}
        # Of a ledger that there isn't, no month is right.
        return month or months.get(self.currency, month_of(today))

    def _refuse_ledger(self) -> Response:
        message = f"There is no ledger in “{self.currency}”."
        return self._refuse(404, "Ledger not found", message, TO_REPORT)

    def _refuse(self, status: int, title: str, message: str, *links: Link) -> Response:
        links = (Link("Overview", PATH), *links)
        return error_page(self.request, status, title, message, links)


def _variables(currency: str, month: Month) -> dict[str, Any]:
    """The month of a ledger, and the month before it if there is one.

    The calendar's last day can't be locked: nothing could be posted any more.
    """
    has_before = month > month_of(FIRST_DAY)
    before = month - 1 if has_before else month
    return {
        "ledgerId": encode(LedgerId(currency)),
        "currency": currency,
        "month": day_text(first_day_of(month)),
        "last": day_text(last_day_of(month)),
        "monthBefore": day_text(first_day_of(before)),
        "lastBefore": day_text(last_day_of(before)),
        "withReport": True,
        "withSteps": True,
        "withBefore": has_before,
        "withLock": last_day_of(month) < LAST_DAY,
    }


NOTHING_YET: dict[str, Any] = {
    **_variables("USD", month_of(FIRST_DAY)),
    **dict.fromkeys(("withReport", "withSteps", "withBefore", "withLock"), False),
}
"""The variables of the operation that loads the ledgers only."""
