"""`/general-ledger/connections`: the organisations of Xero, and what came in of them.

Each form is a POST that changes one thing and redirects back to the page.
"""

from collections.abc import Mapping, Sequence
from secrets import token_urlsafe
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from daybook.connections.rules import AccountRole
from daybook_graphql.general_ledger.ids import GlConnectionId
from daybook_graphql.kit.ids import encode
from daybook_web.general_ledger.refresh_results import (
    CONNECTIONS,
    GlConnectionRefreshes,
)
from daybook_web.general_ledger.results import (
    AddGlConnection,
    GlConnectionPage,
    GlConnectionsPage,
)
from daybook_web.general_ledger.view import (
    ConnectionForm,
    ConnectionsView,
    ConnectionView,
    RefreshesView,
    account_field,
)
from daybook_web.kit.error_pages import error_page
from daybook_web.kit.forms import Problem, form_with_list
from daybook_web.kit.rendering import respond
from daybook_web.kit.results import Changed
from daybook_web.kit.running import Refused, Running
from daybook_web.kit.shown import expected, last_record
from daybook_web.kit.site import Site

FIELDS_MAX = 200
"""A form has a field for each ledger."""
FIELDS = {
    "name": "name",
    "baseCurrency": "base_currency",
    "yearEnd": "year_end",
    "periodLock": "period_lock",
    "yearLock": "year_lock",
    "takesExports": "takes",
    "budgetId": "budget_id",
    "reportingCurrency": "reporting",
    "mainConnectionId": "main_connection",
}
"""Form fields, by the inputs' fields."""
SAVED = {
    "added": "The connection is added.",
    "changed": "The connection is saved.",
    "removed": "The connection is removed.",
    "dataset": "The dataset's settings are saved.",
    "refreshing": "The refresh is asked for.",
    "cancelled": "The refresh is cancelled. What was made before stands.",
    "connected": "Connected to Xero. Sync now to fetch what is there.",
    "disconnected": "Disconnected from Xero.",
    "left": "Disconnected here. Xero couldn't be told: disconnect Daybook there, too,"
    " among the connected apps.",
    "sync": "What is new is being fetched from Xero.",
}

REFRESHES = 10
"""How many refreshes of a connection its page lists."""

Form = Mapping[str, str]


def general_ledger_routes(site: Site) -> list[Route]:
    """The list of connections, and the page of each."""

    async def connections(request: Request) -> Response:
        page = _List(request, site.running(request))
        return await (page.change() if request.method == "POST" else page.show())

    async def connection(request: Request) -> Response:
        page = _Page(request, site.running(request), request.path_params["number"])
        return await (page.change() if request.method == "POST" else page.show())

    async def refreshes(request: Request) -> Response:
        number = request.path_params["number"]
        return await _Page(request, site.running(request), number).show_refreshes()

    return [
        site.guarded(CONNECTIONS, connections, "GET", "POST"),
        site.guarded(f"{CONNECTIONS}/{{number:int}}", connection, "GET", "POST"),
        site.guarded(f"{CONNECTIONS}/{{number:int}}/refreshes", refreshes),
    ]


class _List:
    """One request for the list."""

    def __init__(self, request: Request, running: Running) -> None:
        self.request = request
        self.running = running

    async def change(self) -> Response:
        """Make the change that a form requests, or show its problems."""
        form, takes = await form_with_list(self.request, "takes", FIELDS_MAX)
        typed = None
        try:
            match form.get("form"):
                case "add":
                    typed = ConnectionForm.typed(form, takes)
                    return await self._add(form, takes)
                case "dataset":
                    return await self._set_dataset(form)
                case "refresh":
                    await self.running.change("RefreshGl", {}, Changed)
                    return _back(CONNECTIONS, "refreshing")
        except Refused as refused:
            self.running = self.running.renewed()
            return await self.show(typed, _problems(refused))
        return _incomplete(self.request)

    async def _add(self, form: Form, takes: Sequence[str]) -> Response:
        once = form.get("once", "")
        variables = {
            "name": form.get("name", ""),
            "baseCurrency": form.get("base_currency", ""),
            "yearEnd": form.get("year_end", ""),
            "takesExports": takes,
            "idempotencyKey": f"connection {once}" if once else None,
        }
        name = "AddGlConnection"
        added = await self.running.change(name, variables, AddGlConnection)
        return _back(f"{CONNECTIONS}/{added.connection.number}", "added")

    async def _set_dataset(self, form: Form) -> Response:
        main = form.get("main_connection")
        variables = {
            "reportingCurrency": form.get("reporting") or None,
            **({"mainConnectionId": main} if main else {}),
            **expected(form),
        }
        await self.running.change("UpdateGlDataset", variables, Changed)
        return _back(CONNECTIONS, "dataset")

    async def show(
        self, form: ConnectionForm | None = None, problems: Sequence[Problem] = ()
    ) -> Response:
        """Show the list; after problems, with what was typed."""
        record = await last_record(self.running)
        found = await self.running.run(GlConnectionsPage, {})
        view = ConnectionsView.of(
            found,
            form,
            once=token_urlsafe(16),
            record=record,
            saved=SAVED.get(self.request.query_params.get("saved", ""), ""),
            problems=problems,
        )
        return respond(self.request, view, status=422 if problems else 200)


class _Page:
    """One request for a connection's page."""

    def __init__(self, request: Request, running: Running, number: int) -> None:
        self.request = request
        self.running = running
        self.id = encode(GlConnectionId(number))
        self.url = f"{CONNECTIONS}/{number}"

    async def change(self) -> Response:
        """Make the change that a form requests, or show its problems."""
        form, takes = await form_with_list(self.request, "takes", FIELDS_MAX)
        which, typed = {"connectionId": self.id}, None
        try:
            match form.get("form"):
                case "update":
                    typed = ConnectionForm.typed(form, takes)
                    changes = {**which, **_changes(form, takes), **expected(form)}
                    await self.running.change("UpdateGlConnection", changes, Changed)
                    return _back(self.url, "changed")
                case "remove":
                    removal = {**which, **expected(form)}
                    await self.running.change("RemoveGlConnection", removal, Changed)
                    return _back(CONNECTIONS, "removed")
                case "refresh":
                    ids = {"connectionIds": [self.id]}
                    await self.running.change("RefreshGl", ids, Changed)
                    return _back(self.url, "refreshing")
                case "cancel":
                    its_id = {"id": form.get("refresh", "")}
                    await self.running.change("CancelGlRefresh", its_id, Changed)
                    return _back(self.url, "cancelled")
        except Refused as refused:
            self.running = self.running.renewed()
            return await self.show(typed, _problems(refused))
        return _incomplete(self.request)

    async def show(
        self, form: ConnectionForm | None = None, problems: Sequence[Problem] = ()
    ) -> Response:
        """Show the page; after problems, with what was typed."""
        record = await last_record(self.running)
        variables = {"id": self.id, "refreshes": REFRESHES}
        found = await self.running.run(GlConnectionPage, variables)
        if found.node is None:
            message = "There is no such connection, or it was removed."
            return error_page(self.request, 404, "No such connection", message)
        query = self.request.query_params
        view = ConnectionView.of(
            found,
            found.node,
            form,
            record=record,
            asks=query.get("ask", ""),
            saved=SAVED.get(query.get("saved", ""), ""),
            problems=problems,
        )
        return respond(self.request, view, status=422 if problems else 200)

    async def show_refreshes(self) -> Response:
        """What the page loads again: its part of the dataset, and the refreshes."""
        variables = {"id": self.id, "refreshes": REFRESHES}
        found = await self.running.run(GlConnectionRefreshes, variables)
        if found.node is None:
            message = "There is no such connection, or it was removed."
            return error_page(self.request, 404, "No such connection", message)
        view = RefreshesView(found.node, found.gl_refreshes)
        return respond(self.request, view)


def _changes(form: Form, takes: Sequence[str]) -> dict[str, Any]:
    """All settings as the form has them; an empty field takes away what was chosen."""
    return {
        "name": form.get("name", ""),
        "yearEnd": form.get("year_end", ""),
        "periodLock": form.get("period_lock") or None,
        "yearLock": form.get("year_lock") or None,
        "takesExports": takes,
        "accounts": {
            role.value: form.get(account_field(role), "").strip() or None
            for role in AccountRole
        },
        "budgetId": form.get("budget_id", "").strip() or None,
        "countsForecasts": form.get("counts_forecasts") == "on",
    }


def _back(url: str, saved: str) -> Response:
    return RedirectResponse(f"{url}?saved={saved}", 303)


def _incomplete(request: Request) -> Response:
    message = "The form was incomplete. Go back and send it again."
    return error_page(request, 400, "Nothing was changed", message)


def _problems(refused: Refused) -> list[Problem]:
    return [
        Problem(
            account_field(fault.path[1])
            if fault.field == "accounts" and len(fault.path) > 1
            else FIELDS.get(fault.field, ""),
            fault.message,
        )
        for fault in refused.faults
    ]
