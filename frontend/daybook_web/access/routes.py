"""The access page: users with their roles, and API keys; for admins.

Each form is a POST that changes one thing and leads back. What is told once, a link or
a key, is in the answer to the form itself; sending that again makes nothing anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_urlsafe
from typing import Any, ClassVar
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from daybook.access.rules import ROLES, Permission, Role
from daybook.clock import real_now
from daybook.settings import Settings
from daybook_web.journals.view import Problem
from daybook_web.kit.callers import Handler
from daybook_web.kit.errors import error_page
from daybook_web.kit.rendering import respond
from daybook_web.kit.running import Pages, Running

SHOWN = 100
"""How many users and keys; the API lists all."""
KEY_LIFE = timedelta(days=365)
"""What the form offers, and a key's last day at the most by its own rules."""
FIELDS_MAX = 20
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
"""The forms' names of the inputs' fields."""
SAVED = {
    "role": "The role is saved.",
    "removed": "The user is removed.",
    "revoked": "The key is revoked.",
}

Given = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Told:
    """A secret that is shown once."""

    words: str
    secret: str


@dataclass(frozen=True, slots=True)
class AccessView:
    """An organisation's users and keys, and the forms that let others in."""

    page: ClassVar[str] = "access/access.html"
    fragment: ClassVar[str] = "access/access.html"

    title: str
    users: Sequence[Mapping[str, Any]]
    users_more: int
    keys: Sequence[Mapping[str, Any]]
    keys_more: int
    roles: Sequence[tuple[str, str]]
    permissions: Sequence[tuple[str, str]]
    given: Given
    wanted: Sequence[str]
    told: Told | None
    saved: str
    problems: Sequence[Problem]


ROLE_WORDS = {
    Role.VIEWER: "Viewer: reads",
    Role.ACCOUNTANT: "Accountant: takes in documents and makes exports too",
    Role.CONTROLLER: "Controller: closes periods and changes settings too",
    Role.ADMIN: "Admin: lets people and programs in too",
}
PERMISSION_WORDS = {
    Permission.READ: "Read reports, documents and settings",
    Permission.EXPORT: "Make exports",
    Permission.RECORD: "Take in and void documents",
    Permission.CLOSE: "Lock periods, change settings",
    Permission.ADMINISTER: "Let people and programs in",
}


def access_page(pages: Pages, settings: Settings) -> Handler:
    """`/access`."""

    async def access(request: Request) -> Response:
        page = _Page(request, pages.start(request), settings)
        if request.method == "POST":
            return await page.change()
        return await page.show(
            saved=SAVED.get(request.query_params.get("saved", ""), "")
        )

    return access


class _Page:
    """One request for the access page."""

    def __init__(self, request: Request, running: Running, settings: Settings) -> None:
        self.request = request
        self.running = running
        self.settings = settings

    async def change(self) -> Response:
        """Do what a form asks for."""
        async with self.request.form(max_files=0, max_fields=FIELDS_MAX) as form:
            given = {name: str(value) for name, value in form.items()}
            wanted = [str(one) for one in form.getlist("permissions")]
        match given.get("form"):
            case "invite":
                return await self._invite(given)
            case "role":
                return await self._set_role(given)
            case "key":
                return await self._create_key(given, wanted)
            case "revoke":
                return await self._revoke(given)
        message = "The form was not sent whole. Go back and send it again."
        return error_page(self.request, 400, "Nothing was changed", message)

    async def _invite(self, given: Given) -> Response:
        wanted = {name: given.get(name, "") for name in ("email", "name", "role")}
        payload, problems = await self._run(
            "InviteUser", {**wanted, "idempotencyKey": _once(given, "invite")}
        )
        if problems:
            return await self.show(given=given, problems=problems)
        link = payload["signInLink"]
        if link is None:
            return await self.show(saved="The invitation was made; it is shown once.")
        if not self.settings.public_url:
            link = str(self.request.base_url).rstrip("/") + link
        words = (
            f"{payload['user']['email']} is let in by this link, once and within three"
            " days. Send it to them: it is shown only now."
        )
        return await self.show(told=Told(words, link))

    async def _set_role(self, given: Given) -> Response:
        role = given.get("role") or None
        values = {"userId": given.get("user", ""), "role": role}
        _, problems = await self._run("SetRole", values)
        if problems:
            return await self.show(problems=problems)
        return self._back("role" if role else "removed")

    async def _create_key(self, given: Given, wanted: list[str]) -> Response:
        payload, problems = await self._run(
            "CreateApiKey",
            {
                "name": given.get("key_name", ""),
                "permissions": wanted,
                "expiresAt": f"{given.get('expires_on', '')}T23:59:59Z",
                "idempotencyKey": _once(given, "key"),
            },
        )
        if problems:
            problems = [
                Problem("key_name", one.message) if one.field == "name" else one
                for one in problems
            ]
            return await self.show(given=given, wanted=wanted, problems=problems)
        name = payload["apiKey"]["name"]
        if payload["secret"] is None:
            return await self.show(saved=f"The key {name} was made; it is shown once.")
        words = f"The key {name}. Copy it now: it is shown only once."
        return await self.show(told=Told(words, payload["secret"]))

    async def _revoke(self, given: Given) -> Response:
        values = {"apiKeyId": given.get("key", "")}
        _, problems = await self._run("RevokeApiKey", values)
        if problems:
            return await self.show(problems=problems)
        return self._back("revoked")

    async def _run(
        self, operation: str, given: Mapping[str, Any]
    ) -> tuple[Mapping[str, Any], list[Problem]]:
        """What a mutation answers, and what is wrong with its input by form fields."""
        payload, faults = await self.running.change(operation, given)
        first = FIRST_FIELD[operation]
        return payload, [
            Problem(FIELDS[one.field] if one.field else first, one.message)
            for one in faults
        ]

    def _back(self, saved: str) -> Response:
        return RedirectResponse(f"/access?{urlencode({'saved': saved})}", 303)

    async def show(
        self,
        *,
        given: Given | None = None,
        wanted: Sequence[str] = ("READ",),
        problems: Sequence[Problem] = (),
        told: Told | None = None,
        saved: str = "",
    ) -> Response:
        """The page as things are, with what was typed where something is wrong."""
        found = await self.running.run("Access", {"users": SHOWN, "keys": SHOWN})
        users, keys = found["users"], found["apiKeys"]
        last_day = (real_now() + KEY_LIFE).date().isoformat()
        view = AccessView(
            title="Access",
            users=users["nodes"],
            users_more=users["totalCount"] - len(users["nodes"]),
            keys=keys["nodes"],
            keys_more=keys["totalCount"] - len(keys["nodes"]),
            roles=[(one.name, ROLE_WORDS[one]) for one in ROLES],
            permissions=[(str(one.name), PERMISSION_WORDS[one]) for one in Permission],
            given={
                "email": "",
                "name": "",
                "role": "VIEWER",
                "key_name": "",
                "expires_on": last_day,
                "once": token_urlsafe(16),
                **(given or {}),
            },
            wanted=wanted,
            told=told,
            saved=saved,
            problems=problems,
        )
        headers = {"Cache-Control": "no-store"} if told else None
        status = 422 if problems else 200
        return respond(self.request, view, status=status, headers=headers)


def _once(given: Given, form: str) -> str | None:
    """What makes a form that is sent again the same request: its page's own word."""
    word = given.get("once", "")
    return f"{form} {word}" if word else None


FIRST_FIELD = {
    "InviteUser": "email",
    "SetRole": "role",
    "CreateApiKey": "expires_on",
    "RevokeApiKey": "keys-heading",
}
"""Where a form shows what is said of no field: of an unfit value, of the clock."""
