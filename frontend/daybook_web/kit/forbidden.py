"""The page of what its reader may not do: what they are, who may, and whom to ask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse

from daybook.access.rules import Permission, roles_with
from daybook_graphql.execution.operations import OperationFailed
from daybook_web.kit.guard import HOME, caller_of, page_before
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import View, respond
from daybook_web.kit.results import Result
from daybook_web.kit.running import Running
from daybook_web.kit.where import where_of

AS_A_PAGE = {"HX-Retarget": "body", "HX-Reswap": "innerHTML"}
"""An error is a page, and replaces one even where htmx asked for a fragment."""
DOING: Mapping[Permission, str] = {
    Permission.READ: "Reading ledgers is",
    Permission.EXPORT: "Making export files is",
    Permission.RECORD: "Importing documents, and changing them, is",
    Permission.CLOSE: "Locking periods, changing settings and marking files is",
    Permission.ADMINISTER: "Managing people, API keys, webhooks and mail is",
    Permission.ADJUST: "Writing manual journals is",
    Permission.APPROVE: "Approving what others submitted is",
    Permission.DATASET: "Loading the general ledger's dataset is",
}
"""What each permission is for, to go on with who has it."""


@dataclass(frozen=True, slots=True)
class Admin(Result):
    """Somebody who may give roles."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class ForbiddenOrganisation(Result):
    """The reader's organisation."""

    name: str
    admins: tuple[Admin, ...]


@dataclass(frozen=True, slots=True)
class ForbiddenViewer(Result):
    """The reader; only people have a role."""

    role: str | None
    organisation: ForbiddenOrganisation


@dataclass(frozen=True, slots=True)
class Forbidden(Result):
    """The operation's result."""

    viewer: ForbiddenViewer


@dataclass(frozen=True, slots=True)
class ForbiddenView(View):
    """What the reader may not do."""

    page: ClassVar[str] = "kit/forbidden.html"

    title: str
    you: str
    who_may: str
    was_sent: bool
    """Whether it was a form, so that the page says that nothing was changed."""
    admins: Sequence[Link]
    links: Sequence[Link]


async def forbidden(
    request: Request, needed: Permission, back: Link | None = None
) -> HTMLResponse:
    """The page for a reader who lacks a permission; `back` leads to what they read."""
    running: Running = request.app.state.site.running(request)
    caller = caller_of(request)
    admins: Sequence[Admin] = ()
    try:
        viewer = (await running.run(Forbidden, {})).viewer
    except OperationFailed:  # the database can't answer now: the page goes without
        you = f"You are signed in as {caller.name}."
    else:
        admins = viewer.organisation.admins
        you = _you(viewer, caller.name)
    links = [back or _before(request), Link("Go to the overview", HOME)]
    where = where_of(request)
    view = ForbiddenView(
        title="Not allowed",
        you=you,
        who_may=f"{DOING[needed]} for {roles_with(needed)}.",
        was_sent=request.method == "POST",
        admins=[_mail(admin, caller.organisation_name) for admin in admins],
        links=[Link(link.text, where.url(link.url)) for link in links if link],
    )
    status = HTTPStatus.FORBIDDEN
    return respond(request, view, status=status, headers=AS_A_PAGE)


def needed_in(failed: OperationFailed) -> Permission:
    """The permission that a refused operation needs, or one that is enough."""
    for error in failed.errors:
        for name in error.needed:
            return Permission[name]
    return Permission.ADMINISTER


def _you(viewer: ForbiddenViewer, name: str) -> str:
    if viewer.role is None:
        return f"{name} lacks the permission for it."
    return f"Your role in {viewer.organisation.name} is {viewer.role.lower()}."


def _before(request: Request) -> Link | None:
    """The page that led here, if it is one of ours and not this one."""
    path = page_before(request)
    is_this = path.partition("?")[0] == request.url.path and request.method == "GET"
    return Link("Go back", path) if path and not is_this else None


def _mail(admin: Admin, organisation: str) -> Link:
    subject = quote(f"Daybook: another role in {organisation}")
    address = f"mailto:{quote(admin.email, safe='@')}?subject={subject}"
    return Link(f"Write to {admin.name}", address)
