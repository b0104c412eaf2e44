"""The settings page: locks, defaults and names of accounts, and what was done lately.

Each form is a POST that changes one thing and leads back to the page; what is refused
is shown in the form, with what was typed.
"""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from daybook_graphql.ids import ProductId, encode
from daybook_graphql.operations import OperationFailed
from daybook_web.journals.view import Ledger, Problem
from daybook_web.kit.errors import HOME, Link, error_page
from daybook_web.kit.rendering import respond
from daybook_web.kit.running import Fault, Pages, Running, unfit
from daybook_web.settings.lock import LockReview, review_of
from daybook_web.settings.view import (
    SAVED,
    SettingsView,
    accounts_of,
    activity_of,
    choices,
    clock_words,
    given_by,
    lock_saved,
    lock_words,
    record_of,
)

SHOWN = 10
"""How many lines of the activity log and records of the audit trail."""
PRODUCTS_SHOWN = 50
"""How many products with a method of their own."""
FIELDS_MAX = 20

FIELDS = {
    "lockedThrough": "locked_through",
    "confirmFuture": "locked_through",
    "productId": "product",
    "name": "name",
    "code": "code",
    "category": "category",
}
"""The form's names of the inputs' fields."""
LACKING = {
    (
        "SetLock",
        "UNCONFIRMED",
    ): "this day is past the end of the present month: tick the"
    " box below to lock it all the same",
    ("SetLock", "MISSING"): "moving the lock back needs a reason",
}
"""What a change of the lock lacks, without what it does: the form shows that."""
FIELDS_OF_PRODUCTS = {"productId": "sold", "method": "sold_method"}
"""The same of the form for a product's method."""

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
Given = Mapping[str, str]


def settings_page(pages: Pages) -> Handler:
    """`/settings`."""

    async def settings(request: Request) -> Response:
        running = pages.start(request)
        ledgers = (await running.run("Ledgers", {}))["ledgers"]
        if not ledgers:
            return _no_ledger(request, "Import documents first: they make the ledger.")
        wanted = request.query_params.get("currency", ledgers[0]["currency"])
        chosen = [one for one in ledgers if one["currency"] == wanted]
        if not chosen:
            return _no_ledger(request, "There is no ledger in that currency.")
        page = _Page(running, ledgers, chosen[0])
        if request.method == "POST":
            return await page.change(request)
        return respond(request, await page.view(saved=request.query_params))

    return settings


class _Page:
    """One request for the settings of one ledger."""

    def __init__(
        self, running: Running, ledgers: list[dict[str, Any]], ledger: dict[str, Any]
    ) -> None:
        self.running = running
        self.ledgers = ledgers
        self.ledger = ledger

    async def change(self, request: Request) -> Response:
        """Do what a form asks for, and lead back; or show what is wrong with it."""
        async with request.form(max_files=0, max_fields=FIELDS_MAX) as form:
            given = {name: str(value) for name, value in form.items()}
        name = given.get("form", "")
        if name != "lock" and name not in CHANGES:
            message = "The form was not sent whole. Go back and send it again."
            return error_page(request, 400, "Nothing was changed", message, [HOME])
        if name == "lock":
            return await self._change_lock(request, given)
        operation, variables = CHANGES[name](self.ledger["id"], given)
        _, problems = await self._run(operation, variables)
        if problems:
            view = await self.view(given=given, problems=problems)
            return respond(request, view, status=422)
        return self._saved(name)

    def _saved(self, name: str, **others: str) -> Response:
        """Back to the page, which says what was saved."""
        query = {"currency": self.ledger["currency"], "saved": name, **others}
        return RedirectResponse(f"/settings?{urlencode(query)}", status_code=303)

    async def _change_lock(self, request: Request, given: Given) -> Response:
        """Show what a change of the lock does, or make it.

        What needs a confirmation or a reason is made only after it was shown.
        """
        wanted = _lock(self.ledger["id"], given)
        try:
            found = await self.running.run("LockChange", wanted)
        except OperationFailed as failed:
            problems = _problems("SetLock", unfit(failed))
            view = await self.view(given=given, problems=problems)
            return respond(request, view, status=422)
        review = review_of(found["ledger"]["lockChange"])
        confirmed, reason = "confirm_future" in given, given.get("reason", "").strip()
        is_complete = (confirmed or not review.needs_confirmation) and (
            bool(reason) or not review.needs_reason
        )
        needs_more = review.needs_confirmation or review.needs_reason
        is_unseen = needs_more and given.get("reviewed") != review.key
        if given.get("step") == "review" or (is_complete and is_unseen):
            return respond(request, await self.view(given=given, review=review))
        payload, problems = await self._run(
            "SetLock", {**wanted, "confirmFuture": confirmed, "reason": reason or None}
        )
        if problems:
            view = await self.view(given=given, problems=problems, review=review)
            return respond(request, view, status=422)
        if payload["recording"] is None:
            return self._saved("same-lock")
        return self._saved("lock", recording=payload["recording"])

    async def _run(
        self, operation: str, given: dict[str, Any]
    ) -> tuple[dict[str, Any], list[Problem]]:
        """What a mutation answers, and what is wrong with its input by form fields."""
        payload, faults = await self.running.change(operation, given)
        if any(one.code == "CLOCK" for one in faults):
            found = await self.running.run("SystemStatus", {})
            return payload, [Problem("", clock_words(found["systemStatus"]["clock"]))]
        return payload, _problems(operation, faults)

    async def view(
        self,
        *,
        given: Given | None = None,
        problems: list[Problem] | None = None,
        review: LockReview | None = None,
        saved: Mapping[str, str] = MappingProxyType({}),
    ) -> SettingsView:
        """The page with the settings as they are, and what was typed over them."""
        found = await self.running.run(
            "LedgerSettings", {"ledgerId": self.ledger["id"]}
        )
        sold = await self.running.run("ProductMethods", {"first": PRODUCTS_SHOWN})
        activity = await self.running.run("Activity", {"first": SHOWN})
        trail = await self.running.run("AuditTrail", {"first": SHOWN})
        ledger, currency = found["ledger"], self.ledger["currency"]
        methods, strategies, undated = choices()
        return SettingsView(
            title=f"Settings, {currency}",
            ledgers=[
                Ledger(one["currency"], f"/settings?currency={one['currency']}")
                for one in self.ledgers
            ],
            currency=currency,
            lock_words=lock_words(ledger),
            given={**given_by(ledger), **(given or {})},
            review=review,
            methods=methods,
            strategies=strategies,
            undated=undated,
            products=sold["products"]["nodes"],
            products_more=sold["products"]["totalCount"]
            - len(sold["products"]["nodes"]),
            accounts=accounts_of(ledger),
            activity=[activity_of(one) for one in activity["activity"]["nodes"]],
            records=[record_of(one) for one in trail["auditTrail"]["nodes"]],
            saved=_saved_words(saved, trail["auditTrail"]["nodes"], currency),
            problems=problems or [],
        )


def _saved_words(
    saved: Mapping[str, str], records: list[dict[str, Any]], currency: str
) -> str:
    """What the page says of the form that led to it, if one did."""
    if saved.get("saved") == "lock" and "recording" in saved:
        return lock_saved(records, currency, saved["recording"])
    return SAVED.get(saved.get("saved", ""), "")


def _problems(operation: str, faults: Sequence[Fault]) -> list[Problem]:
    """What is wrong with a form, by its own fields."""
    fields = FIELDS_OF_PRODUCTS if operation == "SetProductMethod" else FIELDS
    first = FIRST_FIELD[operation]
    return [
        Problem(
            fields.get(one.field, one.field or first),
            LACKING.get((operation, one.code), one.message),
        )
        for one in faults
    ]


def _lock(ledger_id: str, given: Given) -> dict[str, Any]:
    fields = {"ledgerId": ledger_id, "method": "CUSTOM_DATE"}
    if given.get("lock_method") == "ACCOUNTING_DATE":
        return {**fields, "method": "ACCOUNTING_DATE"}
    return {**fields, "lockedThrough": given.get("locked_through", "").strip() or None}


def _defaults(ledger_id: str, given: Given) -> tuple[str, dict[str, Any]]:
    return "UpdateSettings", {
        "ledgerId": ledger_id,
        "defaultMethod": given.get("method"),
        "defaultStrategy": given.get("strategy"),
        "recognizesBreakage": given.get("breakage") == "on",
        "undatedLines": given.get("undated_lines"),
    }


def _product(_ledger_id: str, given: Given) -> tuple[str, dict[str, Any]]:
    product = given.get("sold", "").strip()
    return "SetProductMethod", {
        "productId": encode(ProductId(product)),
        "method": given.get("sold_method") or None,
    }


def _account(ledger_id: str, given: Given) -> tuple[str, dict[str, Any]]:
    product, category = (given.get(one, "").strip() for one in ("product", "category"))
    return "RenameAccount", {
        "ledgerId": ledger_id,
        "role": given.get("role"),
        "name": given.get("name", ""),
        "code": given.get("code") or None,
        "productId": encode(ProductId(product)) if product else None,
        "category": category or None,
    }


Change = Callable[[str, Given], tuple[str, dict[str, Any]]]
CHANGES: Mapping[str, Change] = {
    "defaults": _defaults,
    "product": _product,
    "account": _account,
}
"""The mutation and its input that each form but the lock's asks for, by its name."""
FIRST_FIELD = {
    "SetLock": "locked_through",
    "UpdateSettings": "method",
    "SetProductMethod": "sold",
    "RenameAccount": "name",
}
"""Where a form shows a value that the schema does not take."""


def _no_ledger(request: Request, message: str) -> Response:
    links = [Link("Go to the settings", "/settings"), HOME]
    return error_page(request, 404, "No ledger to set", message, links)
