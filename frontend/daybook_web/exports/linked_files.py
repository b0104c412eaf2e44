"""`/files/<token>`: an export's file for everybody who has a link to it."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from daybook.clock import now
from daybook.exports.links import read_link
from daybook.exports.models import ExportJob
from daybook.jobs.queries import get_job
from daybook.ledger.queries import time_zone_of
from daybook_graphql.context import STRANGER
from daybook_graphql.kit.errors import TooMany
from daybook_web.exports.downloads import ExportFiles
from daybook_web.kit.error_pages import error_page
from daybook_web.kit.formats import dated
from daybook_web.kit.guard import SIGN_IN, Handler, is_for_people
from daybook_web.kit.links import Link
from daybook_web.kit.site import Site
from daybook_web.kit.times import note_zone

SECRET_ADDRESS: Mapping[str, str] = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}
"""The headers of every answer: the address is a secret, and so is the file."""
TITLES = {
    HTTPStatus.BAD_REQUEST: "This link was changed",
    HTTPStatus.NOT_FOUND: "There is no such link",
    HTTPStatus.GONE: "This link opens nothing any more",
}


def linked_file(site: Site) -> Handler:
    """`/files/<token>`, which asks for no cookie and no key."""
    files = ExportFiles(site)

    async def download(request: Request) -> Response:
        try:
            await site.authenticator.limits.admit(request, STRANGER)
        except TooMany as refused:
            headers = {**SECRET_ADDRESS, **refused.headers}
            return PlainTextResponse(f"{refused}\n", 429, headers=headers)
        if request.scope["query_string"]:
            message = "a link has no parameters: open it as it was sent"
            return _refused(request, HTTPStatus.BAD_REQUEST, message)
        link = read_link(site.cookies.secrets, request.path_params["token"])
        if link is None:
            message = "the link may be cut off or mistyped: open it as it was sent"
            return _refused(request, HTTPStatus.NOT_FOUND, message)
        async with site.database.runtime.reads() as session:
            its = (link.organisation_id, link.number)
            job = await get_job(session, ExportJob, *its)
        refusal = link.refusal(job, now(site.settings))
        if refusal is not None:
            async with site.database.pinned_reads() as session:
                note_zone(await time_zone_of(session, link.organisation_id))
            return _refused(request, HTTPStatus.GONE, refusal)
        assert job is not None, "a link that opens nothing was refused"
        return await files.response(request, job, SECRET_ADDRESS)

    return download


def _refused(request: Request, status: HTTPStatus, message: str) -> Response:
    """A page for people, and a line for programs."""
    if not is_for_people(request):
        return PlainTextResponse(f"{message}\n", status, headers=SECRET_ADDRESS)
    sentence = dated(f"{message[:1].upper()}{message[1:]}.")
    links = [Link("Sign in", SIGN_IN)]
    answer = error_page(request, status, TITLES[status], sentence, links)
    answer.headers.update(SECRET_ADDRESS)
    return answer
