"""What a form is answered whose sender isn't signed in any more: nothing is saved.

The page holds what was typed, to be sent again after signing in, in another tab. It
holds no password, and no file, which is chosen again. Only what this site's own pages
sent gets here (`SameOrigin`), so no other site can fill the page for a reader.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar
from urllib.parse import urlencode

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse

from daybook_graphql.transport.bodies import with_body
from daybook_web.kit.forbidden import AS_A_PAGE
from daybook_web.kit.guard import (
    FORM_BYTES_MAX,
    PAGES_OF,
    SIGN_IN,
    page_before,
    page_path,
)
from daybook_web.kit.receiving import DISCARDED_BYTES_MAX
from daybook_web.kit.rendering import View, respond

FIELDS_MAX = 4_000
"""Of a form that is held: more than the largest has, a manual journal of 500 lines."""
PASSWORDS = frozenset({"password", "again", "current"})
"""The names of fields that passwords are typed in."""
HEADERS = {
    **AS_A_PAGE,
    "Cache-Control": "no-store",
    "WWW-Authenticate": "Bearer",
}


@dataclass(frozen=True, slots=True)
class TypedField:
    """A field of a form, as it was sent."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Held:
    """What a page holds of a form; nothing of one that is too large."""

    fields: Sequence[TypedField] = ()
    files: Sequence[str] = ()
    """The names of the fields in which a file is chosen again."""
    has_passwords: bool = False

    @property
    def can_be_sent(self) -> bool:
        """Whether the form can be sent again from the page that holds it."""
        return bool(self.fields or self.files) and not self.has_passwords


@dataclass(frozen=True, slots=True)
class SignedOutView(View):
    """The page: where to sign in, and the form with what was typed."""

    page: ClassVar[str] = "kit/signed_out.html"

    title: str
    sign_in: str
    action: str
    held: Held
    before: str
    """The page that the form was on."""


async def signed_out_form(request: Request) -> HTMLResponse:
    """The page that holds a form, which is read here."""
    before = page_path(request, page_before(request) or _address(request))
    view = SignedOutView(
        title="Nothing was saved",
        sign_in=f"{SIGN_IN}?{urlencode({'next': before})}",
        action=_address(request),
        held=await _held(request),
        before=before,
    )
    status = HTTPStatus.UNAUTHORIZED
    return respond(request, view, status=status, headers=HEADERS)


async def _held(request: Request) -> Held:
    """What is held of a form; raises HTTPException where it can't be read."""
    body = await _body(request)
    if body is None:
        return Held()
    copy = with_body(request, body)
    async with copy.form(max_files=1, max_fields=FIELDS_MAX) as form:
        items = form.multi_items()
        names = [name for name, _ in items]
        typed = [
            TypedField(name, value)
            for name, value in items
            if isinstance(value, str) and name not in PASSWORDS
        ]
        files = [name for name, value in items if isinstance(value, UploadFile)]
    organisation = request.headers.get(PAGES_OF)
    if organisation is not None and PAGES_OF not in names:
        typed.append(TypedField(PAGES_OF, organisation))
    return Held(typed, files, has_passwords=not PASSWORDS.isdisjoint(names))


async def _body(request: Request) -> bytes | None:
    """The form's bytes; None for one that is too large.

    It is read on: browsers show no answer before they have sent everything.
    """
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= FORM_BYTES_MAX:
            chunks.append(chunk)
        elif size > FORM_BYTES_MAX + DISCARDED_BYTES_MAX:
            break
    return b"".join(chunks) if size <= FORM_BYTES_MAX else None


def _address(request: Request) -> str:
    query = request.url.query
    return f"{request.url.path}{'?' * bool(query)}{query}"
