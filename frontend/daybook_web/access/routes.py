"""The access page: users with their roles, and API keys; for admins.

Each form is a POST that changes one thing and redirects back to the page. A link or a
key is shown once, in the response to its form; sending the form again creates nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_urlsafe
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from daybook.calendar import day_text, parse_day
from daybook.clock import day_at, end_of, real_now
from daybook.settings import Settings
from daybook_web.access.asking import Question, asks_first
from daybook_web.access.results import Access
from daybook_web.access.view import AccessForms, AccessView, Secret
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
KEY_LIFE = timedelta(days=365)
"""The longest life of a key, which the form offers."""
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


@dataclass(frozen=True, slots=True)
class NewKey(Result):
    """The created key."""

    name: str


@dataclass(frozen=True, slots=True)
class CreateApiKey(Result):
    """The mutation's payload; the secret is None if its form was sent before."""

    api_key: NewKey
    secret: str | None


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
        variables_once = {**variables, "idempotencyKey": _once(form, "invite")}
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
        variables = {
            "name": form.get("key_name", ""),
            "permissions": list(permissions),
            "expiresAt": self._end_of(form.get("expires_on", "")),
            "idempotencyKey": _once(form, "key"),
        }
        payload = await self._run("CreateApiKey", variables, CreateApiKey)
        name = payload.api_key.name
        if payload.secret is None:
            return await self.show(saved=f"The key {name} was made; it is shown once.")
        words = f"The key {name}. Copy it now: it is shown only once."
        return await self.show(secret=Secret(words, payload.secret))

    def _end_of(self, text: str) -> str:
        """The last second of a day in the organisation's zone; or the text, if none."""
        try:
            end = end_of(parse_day(text), caller_of(self.request).time_zone)
        except ValueError:
            return text
        return (end - timedelta(seconds=1)).isoformat()

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
        zone = caller_of(self.request).time_zone
        last_day = day_text(day_at(real_now() + KEY_LIFE, zone))
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


def _once(form: Form, name: str) -> str | None:
    """A form's idempotency key: the same when the form is sent again."""
    word = form.get("once", "")
    return f"{name} {word}" if word else None
