"""The settings page: locks, defaults and names of accounts, and the latest activity.

Each form is a POST that changes one thing and leads back to the page; what is refused
is shown in the form, with what was typed.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from daybook.access.rules import Permission
from daybook_graphql.execution.operations import OperationFailed
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.parties.ids import ProductId
from daybook_web.kit.error_pages import TO_REPORT, error_page
from daybook_web.kit.forms import Problem, form_of
from daybook_web.kit.guard import caller_of
from daybook_web.kit.links import Link
from daybook_web.kit.lock_review import LockReview
from daybook_web.kit.rendering import respond
from daybook_web.kit.requests import requested_link
from daybook_web.kit.results import Changed
from daybook_web.kit.running import (
    InputFault,
    Refused,
    Requested,
    Running,
    refused_by_schema,
)
from daybook_web.kit.site import Site
from daybook_web.kit.where import note_where
from daybook_web.settings.records import saved_words
from daybook_web.settings.results import (
    LedgerSettings,
    SetLock,
    SettingsPage,
)
from daybook_web.settings.view import SettingsView, clock_words

LINES = 10
"""How many lines of the activity log and records of the audit trail."""
PRODUCTS = 50
"""How many products with a method of their own."""
CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)

FIELDS = {
    "lockedThrough": "locked_through",
    "confirmFuture": "locked_through",
    "productId": "product",
    "name": "name",
    "code": "code",
    "category": "category",
}
"""The form fields of the inputs' fields."""
FIELDS_OF_FORMS = {
    "SetProductMethod": {"productId": "sold", "method": "sold_method"},
    "SetFourEyes": {"reason": "four_eyes_reason"},
}
"""The same for forms whose fields are called otherwise, by their operations."""
FIRST_FIELD = {
    "SetLock": "locked_through",
    "UpdateSettings": "method",
    "SetProductMethod": "sold",
    "RenameAccount": "name",
    "SetFourEyes": "four_eyes_reason",
}
"""By operation, the form field that shows problems of no single input field."""
LACKING = {
    ("SetLock", "UNCONFIRMED"): (
        "this day is past the end of the present month: tick the box below to lock it"
        " all the same"
    ),
    ("SetLock", "MISSING"): "moving the lock back needs a reason",
}
"""What a change of the lock lacks, without what it does: the form shows that."""

Form = Mapping[str, str]


class Chosen(NamedTuple):
    """The page's result, and the ledger of it that is shown."""

    found: SettingsPage
    ledger: LedgerSettings


class NoLedger(Exception):
    """There is no ledger yet, or none in the currency of the address."""


def settings_routes(site: Site) -> list[Route]:
    """`/settings`."""

    async def settings(request: Request) -> Response:
        page = _Page(request, site.running(request))
        try:
            if request.method == "POST":
                return await page.change()
            return await page.show(await page.load())
        except NoLedger as missing:
            links = [Link("Go to the settings", "/settings"), TO_REPORT]
            return error_page(request, 404, "No ledger to set", str(missing), links)

    return [site.guarded("/settings", settings, "GET", "POST")]


class _Page:
    """One request for the settings of a ledger."""

    def __init__(self, request: Request, running: Running) -> None:
        self.request = request
        self.running = running

    async def load(self, **more: Any) -> Chosen:
        """All that the page shows, and `more` variables; raises NoLedger."""
        variables = {"lines": LINES, "products": PRODUCTS, **more}
        found = await self.running.run(SettingsPage, variables)
        if not found.ledgers:
            raise NoLedger("Import documents first: they make the ledger.")
        first = found.ledgers[0].currency
        currency = self.request.query_params.get("currency", first)
        for ledger in found.ledgers:
            if ledger.currency == currency:
                note_where(self.request, currency)
                return Chosen(found, ledger)
        raise NoLedger("There is no ledger in that currency.")

    async def show(
        self,
        chosen: Chosen,
        form: Form | None = None,
        problems: Sequence[Problem] = (),
        review: LockReview | None = None,
    ) -> Response:
        """Show the page; after problems of a form, with what was typed into it."""
        saved = saved_words(
            {} if form else self.request.query_params,
            chosen.found.audit_trail.nodes,
            chosen.ledger.currency,
        )
        # Who may not change the settings sees the stored ones, whatever was sent.
        may_close = caller_of(self.request).may(Permission.CLOSE)
        query = self.request.query_params
        view = SettingsView.of(
            *chosen,
            form=(may_close and form) or {},
            review=review,
            saved=saved,
            requested=None if form else requested_link(query),
            problems=problems,
        )
        return respond(self.request, view, status=422 if problems else 200)

    async def change(self) -> Response:
        """Make the change that a form requests and redirect, or show its problems."""
        form = await form_of(self.request)
        name = form.get("form", "")
        if name == "lock":
            return await self._change_lock(form)
        chosen = await self.load()
        if name not in CHANGES:
            message = "The form was incomplete. Go back and send it again."
            links = [TO_REPORT]
            return error_page(self.request, 400, "Nothing was changed", message, links)
        currency = chosen.ledger.currency
        operation, variables = CHANGES[name](encode(LedgerId(currency)), form)
        try:
            await self.running.change(operation, variables, Changed)
        except Requested as requested:
            return _requested(currency, requested)
        except Refused as refused:
            return await self._show_refused(operation, refused, form)
        return _saved(currency, name)

    async def _change_lock(self, form: Form) -> Response:
        """Show what a change of the lock does, or make it.

        What needs a confirmation or a reason is made only after it was shown.
        """
        try:
            chosen, lock = await self._load_lock_change(form)
        except OperationFailed as failed:
            problems = _problems("SetLock", refused_by_schema(failed).faults)
            return await self.show(await self.load(), form, problems)
        assert chosen.found.ledger is not None, "the change was asked for"
        review = LockReview.of(chosen.found.ledger.lock_change)
        confirmed, reason = "confirm_future" in form, form.get("reason", "").strip()
        is_complete = (confirmed or not review.needs_confirmation) and (
            bool(reason) or not review.needs_reason
        )
        needs_more = review.needs_confirmation or review.needs_reason
        is_unseen = needs_more and form.get("reviewed") != review.key
        if form.get("step") == "review" or (is_complete and is_unseen):
            return await self.show(chosen, form, review=review)
        variables = {**lock, "confirmFuture": confirmed, "reason": reason or None}
        try:
            made = await self.running.change("SetLock", variables, SetLock)
        except Requested as requested:
            return _requested(chosen.ledger.currency, requested)
        except Refused as refused:
            return await self._show_refused("SetLock", refused, form, review)
        if made.recording is None:
            return _saved(chosen.ledger.currency, "same-lock")
        return _saved(chosen.ledger.currency, "lock", recording=made.recording)

    async def _load_lock_change(self, form: Form) -> tuple[Chosen, dict[str, Any]]:
        """The page with what the change would do, and the change itself."""
        currency = self.request.query_params.get("currency", "")
        if not CURRENCY.fullmatch(currency):
            currency = (await self.load()).ledger.currency
        lock = _lock(encode(LedgerId(currency)), form)
        return await self.load(withLockChange=True, **lock), lock

    async def _show_refused(
        self,
        operation: str,
        refused: Refused,
        form: Form,
        review: LockReview | None = None,
    ) -> Response:
        """The form again; where the clock refuses changes, the page says only that."""
        by_clock = any(fault.code == "CLOCK" for fault in refused.faults)
        # The activity log has a line of what was refused.
        chosen = await self.load(withClock=by_clock)
        problems = _problems(operation, refused.faults)
        if chosen.found.system_status is not None:
            problems = [Problem("", clock_words(chosen.found.system_status.clock))]
        return await self.show(chosen, form, problems, review)


def _saved(currency: str, name: str, **more: str) -> Response:
    """Back to the page, which says what was saved."""
    query = urlencode({"currency": currency, "saved": name, **more})
    return RedirectResponse(f"/settings?{query}", status_code=303)


def _requested(currency: str, requested: Requested) -> Response:
    """Back to the page, which says what was requested."""
    return _saved(currency, "requested", request=str(requested.number))


def _problems(operation: str, faults: Sequence[InputFault]) -> list[Problem]:
    """The problems of a form, by its fields."""
    fields = FIELDS_OF_FORMS.get(operation, FIELDS)
    first = FIRST_FIELD[operation]
    return [
        Problem(
            fields.get(fault.field, fault.field or first),
            LACKING.get((operation, fault.code), fault.message),
        )
        for fault in faults
    ]


def _lock(ledger_id: str, form: Form) -> dict[str, Any]:
    if form.get("lock_method") == "ACCOUNTING_DATE":
        return {"ledgerId": ledger_id, "method": "ACCOUNTING_DATE"}
    locked_through = form.get("locked_through", "").strip() or None
    return {
        "ledgerId": ledger_id,
        "method": "CUSTOM_DATE",
        "lockedThrough": locked_through,
    }


def _defaults(ledger_id: str, form: Form) -> tuple[str, dict[str, Any]]:
    return "UpdateSettings", {
        "ledgerId": ledger_id,
        "defaultMethod": form.get("method"),
        "defaultStrategy": form.get("strategy"),
        "recognizesBreakage": form.get("breakage") == "on",
        "undatedLines": form.get("undated_lines"),
    }


def _product(_ledger_id: str, form: Form) -> tuple[str, dict[str, Any]]:
    product = form.get("sold", "").strip()
    return "SetProductMethod", {
        "productId": encode(ProductId(product)),
        "method": form.get("sold_method") or None,
    }


def _account(ledger_id: str, form: Form) -> tuple[str, dict[str, Any]]:
    product = form.get("product", "").strip()
    return "RenameAccount", {
        "ledgerId": ledger_id,
        "role": form.get("role"),
        "name": form.get("name", ""),
        "code": form.get("code") or None,
        "productId": encode(ProductId(product)) if product else None,
        "category": form.get("category", "").strip() or None,
    }


def _four_eyes(_ledger_id: str, form: Form) -> tuple[str, dict[str, Any]]:
    reason = form.get("four_eyes_reason", "").strip()
    return "SetFourEyes", {
        "isOn": form.get("four_eyes") == "on",
        **({"reason": reason} if reason else {}),
    }


CHANGES: Mapping[str, Callable[[str, Form], tuple[str, dict[str, Any]]]] = {
    "defaults": _defaults,
    "product": _product,
    "account": _account,
    "four-eyes": _four_eyes,
}
"""The mutation and the input of each form but the lock's, by the form's name."""
