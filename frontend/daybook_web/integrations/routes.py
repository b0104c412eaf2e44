"""The page of a system: its settings, mapped accounts and chart of accounts.

Each form is a POST that changes one thing and leads back to the page; what is refused
is shown in the form, with what was typed.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from daybook.access.rules import Permission
from daybook.calendar import parse_month
from daybook_graphql.execution.operations import OperationFailed
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.parties.ids import ProductId
from daybook_web.integrations.results import IntegrationsPage
from daybook_web.integrations.view import PATH, IntegrationView, address
from daybook_web.kit.error_pages import TO_REPORT, error_page
from daybook_web.kit.forms import Problem, UnreadableFile, form_with_file
from daybook_web.kit.guard import caller_of
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import respond
from daybook_web.kit.requests import REQUESTED, requested_link
from daybook_web.kit.results import Changed
from daybook_web.kit.running import InputFault, Refused, Requested, Running
from daybook_web.kit.site import Site
from daybook_web.kit.where import note_where, where_of

CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
KINDS = ("XERO", "QUICKBOOKS", "NETSUITE")
SAVED = {
    "settings": "The settings are saved.",
    "mapping": "The mapping is saved.",
    "chart": "The chart of accounts is imported.",
    "requested": REQUESTED,
}
"""What the page says after each form, by the form's name."""
FIELDS = {
    "preset": "preset",
    "dateForm": "date_form",
    "closedThrough": "closed_through",
    "baseCurrency": "base_currency",
    "productId": "product",
    "category": "category",
    "role": "role",
}
"""Form fields, by the input's fields; other fields are those of a mapping."""
CHOOSING = ("role", "product", "category")
"""The parameters of the address that choose a mapping to change."""
FIRST_FIELD = {"settings": "closed_through", "mapping": "role", "chart": "chart"}
"""By form, the field that shows problems of no single input field."""

Form = Mapping[str, str]


def integration_routes(site: Site) -> list[Route]:
    """`/settings/integrations`."""

    async def integrations(request: Request) -> Response:
        currency = request.query_params.get("currency", "")
        kind = request.query_params.get("system", KINDS[0])
        if kind not in KINDS:
            return RedirectResponse(PATH, status_code=303)
        page = _Page(request, site.running(request), currency, kind)
        if not CURRENCY.fullmatch(currency):
            return await page.choose()
        try:
            return await (page.change() if request.method == "POST" else page.show())
        except OperationFailed as failed:
            if failed.codes != {"NOT_FOUND"}:
                raise
            links = [Link("Go to the settings", "/settings"), TO_REPORT]
            message = "There is no ledger in that currency."
            return error_page(request, 404, "No ledger to map", message, links)

    return [site.guarded(PATH, integrations, "GET", "POST")]


class _Page:
    """One request for the page of a ledger's system."""

    def __init__(
        self, request: Request, running: Running, currency: str, kind: str
    ) -> None:
        self.request = request
        self.running = running
        self.currency = currency
        self.kind = kind

    async def choose(self) -> Response:
        """Go to the page of the first ledger; to what says that there is none yet."""
        found = await self.running.run(IntegrationsPage, {"withLedger": False})
        if not found.ledgers:
            return RedirectResponse("/settings", status_code=303)
        first = found.ledgers[0].currency
        return RedirectResponse(address(first, self.kind), status_code=303)

    async def show(
        self, form: Form | None = None, problems: Sequence[Problem] = ()
    ) -> Response:
        """Show the page; after problems of a form, with what was typed into it."""
        ledger_id = encode(LedgerId(self.currency))
        query = self.request.query_params
        note_where(self.request, self.currency)
        named = where_of(self.request).month
        variables = {"ledgerId": ledger_id, "month": f"{named}-01" if named else None}
        found = await self.running.run(IntegrationsPage, variables)
        # A link chooses which mapping is changed, and fills nothing else in.
        chosen = {name: query[name] for name in CHOOSING if name in query}
        may_close = caller_of(self.request).may(Permission.CLOSE)
        view = IntegrationView.of(
            found,
            self.kind,
            self.currency,
            of_month=parse_month(named) if named else None,
            typed=(form or chosen) if may_close else {},
            saved="" if form else SAVED.get(query.get("saved", ""), ""),
            requested=None if form else requested_link(query),
            problems=problems,
        )
        return respond(self.request, view, status=422 if problems else 200)

    async def change(self) -> Response:
        """Make the change that a form requests and redirect, or show its problems."""
        try:
            form = await form_with_file(self.request)
        except UnreadableFile as unreadable:
            message = "The file isn't text in UTF-8, as Xero exports it."
            return await self.show({}, [Problem(unreadable.field, message)])
        name = form.get("form", "")
        if name not in CHANGES:
            message = "The form was incomplete. Go back and send it again."
            return error_page(
                self.request, 400, "Nothing was changed", message, [TO_REPORT]
            )
        operation, variables = CHANGES[name](form, self.kind)
        if name == "mapping" and (problems := _problems_of_mapping(form, variables)):
            return await self.show(form, problems)
        variables |= {
            "ledgerId": encode(LedgerId(self.currency)),
            "integration": self.kind,
        }
        try:
            await self.running.change(operation, variables, Changed)
        except Requested as requested:
            said = {"saved": "requested", "request": str(requested.number)}
            return self._back(**said)
        except Refused as refused:
            return await self.show(form, _problems(name, refused.faults))
        return self._back(saved=name)

    def _back(self, **said: str) -> Response:
        """Back to the page, which says what was done."""
        to = address(self.currency, self.kind, **said)
        return RedirectResponse(to, status_code=303)


def _problems(name: str, faults: Sequence[InputFault]) -> list[Problem]:
    """The problems of a form, by its fields; a field shows its problems together."""
    first = FIRST_FIELD[name]
    by_field: dict[str, list[str]] = {}
    for fault in faults:
        field = _field(name, fault.field) or first
        by_field.setdefault(field, []).append(fault.message)
    return [Problem(field, "; ".join(said)) for field, said in by_field.items()]


def _problems_of_mapping(form: Form, variables: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with a mapping before it is sent."""
    if variables["productId"] and variables["category"]:
        message = "Give a product or a category, not both: leave one of them empty."
        return [Problem(field, message) for field in ("product", "category")]
    if form.get("step") != "end" and not variables["fields"]:
        # Without any field a mapping ends, which has a button of its own.
        first = next(field for field in form if field.startswith("field_"))
        message = "Nothing is filled in: give the account."
        return [Problem(first, message)]
    return []


def _field(name: str, field: str) -> str:
    if field in FIELDS:
        return FIELDS[field]
    return f"field_{field}" if name == "mapping" and field else ""


def _settings(form: Form, kind: str) -> tuple[str, dict[str, Any]]:
    presets = {"preset": form.get("preset") or None} if kind == "XERO" else {}
    return "UpdateIntegration", {
        "isEnabled": form.get("is_enabled") == "on",
        "dateForm": form.get("date_form") or None,
        "closedThrough": form.get("closed_through", "").strip() or None,
        "baseCurrency": form.get("base_currency", "").strip() or None,
        **presets,
    }


def _mapping(form: Form, _kind: str) -> tuple[str, dict[str, Any]]:
    """All fields that are filled, or none if the mapping is to end.

    An empty account type and tax rate are left to the chart of accounts.
    """
    product = form.get("product", "").strip()
    fields = [
        {"name": name.removeprefix("field_"), "value": value}
        for name, value in form.items()
        if name.startswith("field_") and value.strip()
    ]
    return "SetAccountMapping", {
        "role": form.get("role"),
        "productId": encode(ProductId(product)) if product else None,
        "category": form.get("category", "").strip() or None,
        "fields": [] if form.get("step") == "end" else fields,
    }


def _chart(form: Form, _kind: str) -> tuple[str, dict[str, Any]]:
    return "ImportTargetAccounts", {"text": form.get("chart", "")}


CHANGES: Mapping[str, Callable[[Form, str], tuple[str, dict[str, Any]]]] = {
    "settings": _settings,
    "mapping": _mapping,
    "chart": _chart,
}
"""The mutation and the input of each form, by the form's name."""
