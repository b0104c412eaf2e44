"""The access page: users with their roles, and API keys; for admins.

Each form is a POST that changes one thing and redirects back to the page. A link or a
key is shown once, in the response to its form; sending the form again creates nothing.
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

from daybook.settings import Settings
from daybook_web.access.asking import Question, asks_first
from daybook_web.access.results import Access
from daybook_web.access.view import AccessForms, AccessView
from daybook_web.kit.api_keys import (
    CreateApiKey,
    Secret,
    end_of_day,
    last_day_of_keys,
    once_of,
    shown_before,
)
from daybook_web.kit.error_pages import error_page
from daybook_web.kit.forms import Problem, form_with_list
from daybook_web.kit.guard import caller_of
from daybook_web.kit.rendering import respond
from daybook_web.kit.results import Changed, Result, ResultType
from daybook_web.kit.running import Refused, Running
from daybook_web.kit.shown import expected, last_record
from daybook_web.kit.site import Site

SHOWN = 100
"""How many users and keys the page shows; the API lists all."""
TICKED = ("READ",)
"""The permissions that are ticked in the form of a new key."""
FIELDS = {
    "email": "email",
    "name": "name",
    "role": "role",
    "userId": "role",
    "permissions": "permissions",
    "expiresAt": "expires_on",
    "idempotencyKey": "once",
    "apiKeyId": "keys-heading",
}
"""Form fields, by the input's fields."""
FIELDS_OF_FORMS = {
    "CreateApiKey": {"name": "key_name"},
    "SetRole": {"role": "users-heading", "userId": "users-heading"},
}
"""The same for forms whose fields are called otherwise, by their operations."""
FIRST_FIELD = {
    "InviteUser": "email",
    "SetRole": "users-heading",
    "CreateApiKey": "expires_on",
    "RevokeApiKey": "keys-heading",
}
"""By operation, the form field that shows problems of no single input field."""
SAVED = {
    "role": "The role is saved.",
    "removed": "The user is removed.",
    "revoked": "The key is revoked.",
}

Form = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class InvitedUser(Result):
    """The invited user."""

    email: str


@dataclass(frozen=True, slots=True)
class InviteUser(Result):
    """The mutation's payload; the link is None if it was mailed, or shown before."""

    user: InvitedUser
    sign_in_link: str | None
    is_mailed: bool


class InvalidForm(Exception):
    """A form is invalid and changed nothing; its problems name the form's fields."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


def access_routes(site: Site) -> list[Route]:
    """`/access`."""

    async def access(request: Request) -> Response:
        page = _Page(request, site.running(request), site.settings)
        if request.method == "POST":
            return await page.change()
        return await page.show(
            saved=SAVED.get(request.query_params.get("saved", ""), "")
        )

    return [site.guarded("/access", access, "GET", "POST")]


class _Page:
    """One request for the access page."""

    def __init__(self, request: Request, running: Running, settings: Settings) -> None:
        self.request = request
        self.running = running
        self.settings = settings

    async def change(self) -> Response:
        """Make the change that a form requests, or show its problems."""
        form, permissions = await form_with_list(self.request, "permissions")
        name = form.get("form", "")
        try:
            answer = await self._change(name, form, permissions)
        except InvalidForm as invalid:
            typed = form if name in {"invite", "key"} else {}
            ticked = permissions if name == "key" else TICKED
            self.running = self.running.renewed()
            return await self.show(form=typed, ticked=ticked, problems=invalid.problems)
        if answer is not None:
            return answer
        message = "The form was incomplete. Go back and send it again."
        return error_page(self.request, 400, "Nothing was changed", message)

    async def _change(
        self, name: str, form: Form, permissions: Sequence[str]
    ) -> Response | None:
        """Make the change that the named form requests; None for an unknown form."""
        match name:
            case "invite":
                return await self._invite(form)
            case "key":
                return await self._create_key(form, permissions)
            case "role":
                return await self._set_role(form)
            case "remove":
                return await self._remove(form)
            case "revoke":
                return await self._revoke(form)
        return None

    async def _invite(self, form: Form) -> Response:
        variables = {name: form.get(name, "") for name in ("email", "name", "role")}
        variables_once = {**variables, "idempotencyKey": once_of(form, "invite")}
        payload = await self._run("InviteUser", variables_once, InviteUser)
        link = payload.sign_in_link
        if payload.is_mailed:
            words = f"A link goes to {payload.user.email} by mail, and lets them in"
            return await self.show(saved=f"{words} once and within three days.")
        if link is None:
            return await self.show(saved="The invitation was made; it is shown once.")
        if not self.settings.public_url:
            link = str(self.request.base_url).rstrip("/") + link
        words = (
            f"This link lets {payload.user.email} into"
            f" {caller_of(self.request).organisation_name}, once and within three days."
            " Send it to them: it is shown only now."
        )
        return await self.show(secret=Secret(words, link))

    async def _create_key(self, form: Form, permissions: Sequence[str]) -> Response:
        zone = caller_of(self.request).time_zone
        variables = {
            "name": form.get("key_name", ""),
            "permissions": list(permissions),
            "expiresAt": end_of_day(form.get("expires_on", ""), zone),
            "idempotencyKey": once_of(form, "key"),
        }
        payload = await self._run("CreateApiKey", variables, CreateApiKey)
        secret = Secret.of_key(payload)
        return await self.show(
            secret=secret, saved="" if secret else shown_before(payload)
        )

    async def _set_role(self, form: Form) -> Response:
        user = {"userId": form.get("user", ""), "role": form.get("role", "")}
        if "asked" not in form:
            found = await self._load()
            reader = caller_of(self.request).name
            if asks_first(user["userId"], user["role"], found, reader):
                asked = {"ask": "role", "user": user["userId"], "role": user["role"]}
                return RedirectResponse(f"/access?{urlencode(asked)}", 303)
        variables = user | expected(form)
        await self._run("SetRole", variables, Changed)
        return self._back("role")

    async def _remove(self, form: Form) -> Response:
        user = {"userId": form.get("user", ""), "role": None}
        variables = user | expected(form)
        await self._run("SetRole", variables, Changed)
        return self._back("removed")

    async def _revoke(self, form: Form) -> Response:
        variables = {"apiKeyId": form.get("key", "")}
        await self._run("RevokeApiKey", variables, Changed)
        return self._back("revoked")

    async def _run(
        self, operation: str, variables: Mapping[str, Any], kind: type[ResultType]
    ) -> ResultType:
        """Run a mutation; raises InvalidForm for user errors."""
        try:
            return await self.running.change(operation, variables, kind)
        except Refused as refused:
            fields = {**FIELDS, **FIELDS_OF_FORMS.get(operation, {})}
            first = FIRST_FIELD[operation]
            raise InvalidForm(
                [
                    Problem(fields.get(fault.field, first), fault.message)
                    for fault in refused.faults
                ]
            ) from None

    async def _load(self) -> Access:
        return await self.running.run(Access, {"users": SHOWN, "keys": SHOWN})

    def _back(self, saved: str) -> Response:
        return RedirectResponse(f"/access?{urlencode({'saved': saved})}", 303)

    async def show(
        self,
        *,
        form: Form = MappingProxyType({}),
        ticked: Sequence[str] = TICKED,
        problems: Sequence[Problem] = (),
        secret: Secret | None = None,
        saved: str = "",
    ) -> Response:
        """Show the page; after problems, with what was typed."""
        record = await last_record(self.running)
        found = await self._load()
        last_day = last_day_of_keys(caller_of(self.request).time_zone)
        forms = AccessForms(
            once=token_urlsafe(16),
            expires_on=last_day,
        )
        view = AccessView.of(
            found,
            forms=forms.with_typed(form),
            ticked=ticked,
            question=Question.of(
                self.request.query_params, found, caller_of(self.request).name
            ),
            record=record,
            secret=secret,
            saved=saved,
            problems=problems,
        )
        headers = {"Cache-Control": "no-store"} if secret else None
        status = 422 if problems else 200
        return respond(self.request, view, status=status, headers=headers)
