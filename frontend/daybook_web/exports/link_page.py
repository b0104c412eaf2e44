"""`/exports/link`: the form that makes a link to a file, or revokes all links to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from daybook_web.exports.linked_files import SECRET_ADDRESS
from daybook_web.kit.forms import Problem, form_of
from daybook_web.kit.guard import Handler
from daybook_web.kit.rendering import View, respond
from daybook_web.kit.results import Result
from daybook_web.kit.running import Refused, Running
from daybook_web.kit.site import Site


@dataclass(frozen=True, slots=True)
class LinkedFile(Result):
    """The file that a link opens."""

    filename: str
    sha256: str


@dataclass(frozen=True, slots=True)
class LinkedJob(Result):
    """The export of a file."""

    file: LinkedFile | None


@dataclass(frozen=True, slots=True)
class ExportLink(Result):
    """A link, and when it ends."""

    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class CreateExportLink(Result):
    """A link that was made."""

    link: ExportLink
    job: LinkedJob


@dataclass(frozen=True, slots=True)
class RevokeExportLinks(Result):
    """An export whose links were revoked."""

    job: LinkedJob


@dataclass(frozen=True, slots=True)
class FileLinkView(View):
    """A link that can be copied, or what became of the links."""

    page: ClassVar[str] = "exports/link.html"
    has_secret: ClassVar[bool] = True

    title: str
    words: str
    id: str
    file: LinkedFile | None
    link: ExportLink | None
    problems: Sequence[Problem]


def link_page(site: Site) -> Handler:
    """`/exports/link`: making a link that was made before changes nothing."""

    async def handle(request: Request) -> Response:
        form = await form_of(request)
        running, id_ = site.running(request), form.get("id", "")
        try:
            if form.get("form") == "revoke":
                view = await _revoked(running, id_)
            else:
                view = await _made(running, id_, _address_of(site, request))
        except Refused as refused:
            problems = [Problem("", fault.message) for fault in refused.faults]
            view = FileLinkView("Link to a file", "", id_, None, None, problems)
        status = 422 if view.problems else 200
        return respond(request, view, status=status, headers=dict(SECRET_ADDRESS))

    return handle


async def _made(running: Running, id_: str, address: str) -> FileLinkView:
    made = await running.change("CreateExportLink", {"id": id_}, CreateExportLink)
    link = made.link
    if link.url.startswith("/"):
        link = ExportLink(f"{address}{link.url}", link.expires_at)
    words = (
        "Everybody who has this link can download the file, without signing in. Send it"
        " only to those who may read what is in it."
    )
    return FileLinkView("Link to a file", words, id_, made.job.file, link, [])


async def _revoked(running: Running, id_: str) -> FileLinkView:
    done = await running.change("RevokeExportLinks", {"id": id_}, RevokeExportLinks)
    words = (
        "No link that was made so far opens this file any more, not even mailed ones."
    )
    return FileLinkView("Links revoked", words, id_, done.job.file, None, [])


def _address_of(site: Site, request: Request) -> str:
    """Where people open Daybook."""
    return (site.settings.public_url or str(request.base_url)).rstrip("/")
