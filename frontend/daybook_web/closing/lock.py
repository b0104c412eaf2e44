"""`/close/lock`: what a lock would close or open, and the form that sets it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from daybook.access.rules import Permission
from daybook.calendar import parse_month
from daybook_graphql.execution.operations import OperationFailed
from daybook_web.closing.lock_address import (
    LOCK,
    NEWS,
    NOTHING_YET,
    AskedLock,
)
from daybook_web.closing.lock_results import LockLedger, LockPage, LockSet
from daybook_web.closing.lock_view import LockView
from daybook_web.closing.months import default_month
from daybook_web.closing.view import PATH, close_url
from daybook_web.kit.error_pages import TO_REPORT, error_page
from daybook_web.kit.forms import Problem, form_of
from daybook_web.kit.guard import caller_of
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import respond
from daybook_web.kit.running import (
    InputFault,
    Refused,
    Requested,
    Running,
    refused_by_schema,
)
from daybook_web.kit.site import Site
from daybook_web.kit.tokens import nobody, token_of
from daybook_web.kit.where import note_where
from daybook_web.reports.address import is_month
from daybook_web.reports.news import ledger_news

TO_CLOSE = Link("Go to the close", PATH)
FIELDS = {"lockedThrough": "through", "confirmFuture": "confirm_future"}
"""The form fields of the input's fields."""
LACKING = {
    "UNCONFIRMED": (
        "This day is past the end of the present month: tick the box to lock it all"
        " the same."
    ),
    "MISSING": "Opening days needs a reason.",
}
"""What a change lacks, by the code of its fault, without what it does: that is shown
above."""
CONFLICT = "CONFLICT"
CHANGED = (
    "The ledger changed since the page was shown, and so does what this does: read it"
    " again below, and send it again."
)


class Loaded(NamedTuple):
    """The lock that was asked for, its ledger, and what the page is made from."""

    asked: AskedLock
    ledger: LockLedger
    found: LockPage


def lock_routes(site: Site) -> list[Route]:
    """The page of a lock."""

    async def lock(request: Request) -> Response:
        page = _Page(request, site.running(request))
        try:
            return await (page.change() if request.method == "POST" else page.show())
        except _Missing as missing:
            links = [TO_CLOSE, TO_REPORT]
            return error_page(request, missing.status, "No lock", str(missing), links)

    return [
        site.guarded(LOCK, lock, "GET", "POST"),
        site.guarded(NEWS, ledger_news(site, _url_of), stranger=nobody),
    ]


class _Missing(Exception):
    """There is no such ledger or month."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class _Page:
    """One request for the lock of a ledger."""

    def __init__(self, request: Request, running: Running) -> None:
        self.request = request
        self.running = running

    async def show(self) -> Response:
        """What the lock of the address does; a wrong day is said at its field."""
        given = self.request.query_params
        try:
            return await self._show(await self._load(given))
        except OperationFailed as failed:
            problems = _problems(refused_by_schema(failed).faults)
        typed = {"through": given.get("through", "")}
        return await self._show(await self._load({}), typed, problems)

    async def change(self) -> Response:
        """Set the lock that was read and redirect, or show what is wrong."""
        form = await form_of(self.request)
        try:
            loaded = await self._load(form)
        except OperationFailed as failed:
            problems = _problems(refused_by_schema(failed).faults)
            return await self._show(await self._load({}), form, problems)
        assert loaded.found.ledger is not None, "the change was asked for"
        is_read = form.get("reviewed") == token_of(loaded.found.ledger.lock_change)
        # Who may not lock is refused by the API, and not asked to read anything again.
        if not is_read and caller_of(self.request).may(Permission.CLOSE):
            return await self._show(loaded, form, [Problem("", CHANGED)])
        try:
            saved = await self._set(loaded.asked, form)
        except Requested as requested:
            saved = {"saved": "requested", "request": str(requested.number)}
        except Refused as refused:
            if refused.faults[0].code != CONFLICT:
                return await self._show(loaded, form, _problems(refused.faults))
            self.running = self.running.renewed()
            loaded = await self._load(form)
            return await self._show(loaded, form, [Problem("", CHANGED)])
        url = close_url(loaded.asked.currency, loaded.asked.month)
        return RedirectResponse(f"{url}&{urlencode(saved)}", status_code=303)

    async def _set(self, asked: AskedLock, form: Mapping[str, str]) -> dict[str, str]:
        """Set the lock; what the close then says of it."""
        mark = await self.running.context.mark()
        variables = {
            **asked.setting,
            "expectedAuditRecord": str(mark.audit_records),
            "confirmFuture": "confirm_future" in form,
            "reason": form.get("reason", "").strip() or None,
        }
        made = await self.running.change("SetLock", variables, LockSet)
        if made.recording is None:
            return {"saved": "same-lock"}
        return {"saved": "lock", "recording": made.recording}

    async def _load(self, given: Mapping[str, str]) -> Loaded:
        """What the page shows of the lock that an address or a form gives.

        Raises _Missing, and OperationFailed for a lock that is refused.
        """
        query = self.request.query_params
        currency, text = query.get("currency", "").upper(), query.get("month", "")
        if text and not is_month(text):
            raise _Missing(400, f"“{text}” is not a month: write it as 2026-10.")
        known = await self.running.run_kept(LockPage, NOTHING_YET)
        if not known.ledgers:
            raise _Missing(404, "Import documents first: they make the ledger.")
        currency = currency or known.ledgers[0].currency
        by_currency = {ledger.currency: ledger for ledger in known.ledgers}
        if currency not in by_currency:
            raise _Missing(404, f"There is no ledger in “{currency}”.")
        ledger = by_currency[currency]
        month = (
            parse_month(text)
            if text
            else default_month(ledger, await self.running.context.today())
        )
        asked = AskedLock.of(given, ledger, month)
        note_where(self.request, currency, text or None)
        found = await self.running.run_kept(LockPage, asked.variables(ledger))
        return Loaded(asked, ledger, found)

    async def _show(
        self,
        loaded: Loaded,
        typed: Mapping[str, str] | None = None,
        problems: Sequence[Problem] = (),
    ) -> Response:
        context = self.running.context
        view = LockView.of(
            loaded.found,
            loaded.ledger,
            loaded.asked,
            today=await context.today(),
            recording=(await context.pins())[loaded.asked.currency].recording,
            typed=typed or {},
            problems=problems,
        )
        return respond(self.request, view, status=422 if problems else 200)


def _problems(faults: Sequence[InputFault]) -> list[Problem]:
    """The problems of a lock, by the fields of the page."""
    return [
        Problem(
            FIELDS.get(fault.field, fault.field or "through"),
            LACKING.get(fault.code, fault.message.removeprefix("$lockedThrough: ")),
        )
        for fault in faults
    ]


def _url_of(given: QueryParams) -> str:
    """The page that asked for news."""
    shown = {name: given.get(name, "") for name in ("currency", "method", "through")}
    return f"{LOCK}?{urlencode(shown)}"
