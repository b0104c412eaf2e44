"""`/settings/webhooks`: programs that receive events; for admins.

Each form is a POST that changes one thing and redirects back to the page. A secret is
shown once, in the response to its form; sending the form again makes none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from secrets import token_urlsafe
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from daybook_graphql.execution.operations import OperationFailed
from daybook_graphql.kit.ids import encode
from daybook_graphql.webhooks.ids import WebhookId
from daybook_web.kit.error_pages import error_page
from daybook_web.kit.forms import Problem, form_with_list
from daybook_web.kit.rendering import respond
from daybook_web.kit.results import Changed, Result, ResultType
from daybook_web.kit.running import Refused, Running
from daybook_web.kit.site import Site
from daybook_web.webhooks.view import (
    ALL_EVENTS,
    LIST,
    WebhookForm,
    WebhookPage,
    Webhooks,
    WebhooksView,
    WebhookView,
    event_choices,
)

PAGE_SIZE = 20
FIELDS = {
    "url": "url",
    "description": "description",
    "events": "events",
    "since": "since",
}
"""Form fields, by the input's fields."""
SAVED = {
    "updated": "The webhook is saved.",
    "enabled": "The webhook is enabled.",
    "disabled": "The webhook is disabled.",
    "deleted": "The webhook is deleted.",
    "taken": "The webhook accepted the test.",
    "failed": "The webhook did not accept the test: the list below says why.",
    "again": "The message will be sent again.",
}

Form = Mapping[str, str]
NOTHING: Form = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class MadeWebhook(Result):
    """The number of a new webhook."""

    number: int


@dataclass(frozen=True, slots=True)
class CreateWebhook(Result):
    """The mutation's payload; the secret is None if its form was sent before."""

    webhook: MadeWebhook
    secret: str | None


@dataclass(frozen=True, slots=True)
class RotateWebhookSecret(Result):
    """The mutation's payload."""

    secret: str


@dataclass(frozen=True, slots=True)
class TestedDelivery(Result):
    """What became of a test."""

    state: str


@dataclass(frozen=True, slots=True)
class TestWebhook(Result):
    """The mutation's payload."""

    delivery: TestedDelivery


@dataclass(frozen=True, slots=True)
class ReplayWebhookDeliveries(Result):
    """The mutation's payload."""

    count: int


def webhook_routes(site: Site) -> list[Route]:
    """The list of webhooks, and the page of each."""

    async def webhooks(request: Request) -> Response:
        page = _List(request, site)
        return await (page.create() if request.method == "POST" else page.show())

    async def webhook(request: Request) -> Response:
        page = _Page(request, site.running(request), request.path_params["number"])
        return await (page.change() if request.method == "POST" else page.show())

    return [
        site.guarded(LIST, webhooks, "GET", "POST"),
        site.guarded(f"{LIST}/{{number:int}}", webhook, "GET", "POST"),
    ]


class _List:
    """One request for the list."""

    def __init__(self, request: Request, site: Site) -> None:
        self.request = request
        self.running = site.running(request)

    async def create(self) -> Response:
        """Create a webhook and show its page with the secret, or show the problems."""
        form, ticked = await form_with_list(self.request, "events")
        once = form.get("once", "")
        variables = {
            "url": form.get("url", ""),
            "description": form.get("description", ""),
            "events": ticked,
            "idempotencyKey": f"webhook {once}" if once else None,
        }
        try:
            made = await self.running.change("CreateWebhook", variables, CreateWebhook)
        except Refused as refused:
            typed = WebhookForm.typed(form, ticked)
            return await self.show(typed, _problems(refused))
        page = _Page(self.request, self.running, made.webhook.number)
        if made.secret is None:
            words = "The webhook was created before; its secret is shown only once."
            return await page.show(saved=words)
        return await page.show(secret=made.secret, saved="The webhook is created.")

    async def show(
        self, form: WebhookForm | None = None, problems: Sequence[Problem] = ()
    ) -> Response:
        """Show the list; after problems, with what was typed."""
        found = await self.running.run(Webhooks, {"first": 100})
        view = WebhooksView(
            title="Webhooks",
            webhooks=found.webhooks.nodes,
            events=event_choices(),
            form=form or WebhookForm("", "", ALL_EVENTS),
            once=token_urlsafe(16),
            saved=SAVED.get(self.request.query_params.get("saved", ""), ""),
            problems=problems,
        )
        return respond(self.request, view, status=422 if problems else 200)


class _Page:
    """One request for a webhook's page."""

    def __init__(self, request: Request, running: Running, number: int) -> None:
        self.request = request
        self.running = running
        self.number = number
        self.id = encode(WebhookId(number))

    async def change(self) -> Response:
        """Make the change that a form requests, or show its problems."""
        form, ticked = await form_with_list(self.request, "events")
        try:
            answer = await self._change(form.get("form", ""), form, ticked)
        except Refused as refused:
            typed = WebhookForm.typed(form, ticked)
            is_typed = form.get("form") == "update"
            return await self.show(typed if is_typed else None, _problems(refused))
        if answer is not None:
            return answer
        message = "The form was incomplete. Go back and send it again."
        return error_page(self.request, 400, "Nothing was changed", message)

    async def _change(
        self, name: str, form: Form, ticked: Sequence[str]
    ) -> Response | None:
        """Make the change that the named form requests; None for an unknown form."""
        match name:
            case "update" | "enable" | "disable":
                return await self._update(name, form, ticked)
            case "again" | "since":
                return await self._replay(name, form)
            case "rotate":
                return await self._rotate(form)
            case "delete":
                return await self._delete()
            case "test":
                return await self._test()
        return None

    async def _update(self, name: str, form: Form, ticked: Sequence[str]) -> Response:
        variables: Mapping[str, Any] = {"isEnabled": name == "enable"}
        if name == "update":
            variables = {
                "url": form.get("url"),
                "description": form.get("description"),
                "events": ticked,
            }
        await self._run("UpdateWebhook", variables, Changed)
        return self._back(f"{name}d")

    async def _rotate(self, form: Form) -> Response:
        version = form.get("version", "")
        number = int(version) if version.isdecimal() and len(version) < 9 else 0
        variables = {"secretVersion": number}
        made = await self._run("RotateWebhookSecret", variables, RotateWebhookSecret)
        return await self.show(secret=made.secret, saved="The secret is replaced.")

    async def _delete(self) -> Response:
        await self._run("DeleteWebhook", {}, Changed)
        return RedirectResponse(f"{LIST}?saved=deleted", 303)

    async def _test(self) -> Response:
        tested = await self._run("TestWebhook", {}, TestWebhook)
        is_taken = tested.delivery.state == "DELIVERED"
        return self._back("taken" if is_taken else "failed")

    async def _replay(self, name: str, form: Form) -> Response:
        if name == "since":
            return await self._replay_since(form)
        variables = {"deliveryId": form.get("delivery", "")}
        await self.running.change("ReplayWebhookDelivery", variables, Changed)
        return self._back("again")

    async def _replay_since(self, form: Form) -> Response:
        since = {"since": f"{form.get('since', '')}T00:00:00Z"}
        name = "ReplayWebhookDeliveries"
        done = await self._run(name, since, ReplayWebhookDeliveries)
        return self._back("again" if done.count else "")

    async def _run(
        self,
        operation: str,
        variables: Mapping[str, Any],
        kind: type[ResultType],
    ) -> ResultType:
        variables = {"webhookId": self.id, **variables}
        return await self.running.change(operation, variables, kind)

    def _back(self, saved: str) -> Response:
        query = f"?{urlencode({'saved': saved})}" if saved else ""
        return RedirectResponse(f"{LIST}/{self.number}{query}", 303)

    async def show(
        self,
        form: WebhookForm | None = None,
        problems: Sequence[Problem] = (),
        *,
        secret: str | None = None,
        saved: str = "",
    ) -> Response:
        """Show the page; after problems, with what was typed."""
        query = self.request.query_params
        after, before = query.get("after"), query.get("before")
        page: dict[str, Any] = {"first": PAGE_SIZE, "after": after or None}
        if before and not after:
            page = {"last": PAGE_SIZE, "before": before}
        try:
            found = await self.running.run(WebhookPage, {"id": self.id, **page})
        except OperationFailed as failed:
            if not failed.codes <= {"INVALID_ID", "INVALID_CURSOR"}:
                raise
            return self._not_found()
        webhook = found.node
        if webhook is None:
            return self._not_found()
        view = WebhookView.of(
            webhook,
            form,
            query=query,
            secret=secret,
            saved=saved or SAVED.get(query.get("saved", ""), ""),
            problems=problems,
        )
        headers = {"Cache-Control": "no-store"} if secret else None
        status = 422 if problems else 200
        return respond(self.request, view, status=status, headers=headers)

    def _not_found(self) -> Response:
        message = "There is no such webhook, or it was deleted."
        return error_page(self.request, 404, "No such webhook", message)


def _problems(refused: Refused) -> list[Problem]:
    return [
        Problem(FIELDS.get(fault.field, ""), fault.message) for fault in refused.faults
    ]
