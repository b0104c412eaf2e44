"""`/settings/outbox`: what became of messages by mail, and their files; for admins."""

import asyncio
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from daybook.access.rules import Permission
from daybook.mail.transports import OUTBOX as FOLDER
from daybook.mail.transports import path_in
from daybook_graphql.execution.operations import OperationFailed
from daybook_web.kit.error_pages import error_page
from daybook_web.kit.forms import Problem, form_of
from daybook_web.kit.guard import caller_of
from daybook_web.kit.rendering import respond
from daybook_web.kit.results import Changed
from daybook_web.kit.running import Refused
from daybook_web.kit.site import Site
from daybook_web.mail.view import OUTBOX, OutboxPage, OutboxView

PAGE_SIZE = 50
NO_FILE = (
    "The file is not on this server: it was removed after 30 days, or another server of"
    " the same database wrote it.\n"
)


def mail_routes(site: Site) -> list[Route]:
    """The list of messages, and the files of those that were written as such."""

    async def outbox(request: Request) -> Response:
        if request.method == "POST":
            return await _send_again(request, site)
        return await _show(request, site)

    async def file(request: Request) -> Response:
        caller = caller_of(request)
        if not caller.may(Permission.ADMINISTER):
            message = "Messages are for admins.\n"
            return PlainTextResponse(message, status_code=403)
        folder, number = site.settings.data / FOLDER, request.path_params["number"]
        path = path_in(folder, caller.organisation_id, number)
        try:
            content = await asyncio.to_thread(path.read_bytes)
        except FileNotFoundError:
            return PlainTextResponse(NO_FILE, status_code=404)
        disposition = f'attachment; filename="daybook-{number}.eml"'
        headers = {
            "Content-Disposition": disposition,
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(content, media_type="message/rfc822", headers=headers)

    return [
        site.guarded(OUTBOX, outbox, "GET", "POST"),
        site.guarded(f"{OUTBOX}/{{number:int}}.eml", file),
    ]


async def _send_again(request: Request, site: Site) -> Response:
    form = await form_of(request)
    variables = {"messageId": form.get("message", "")}
    try:
        await site.running(request).change("SendMailAgain", variables, Changed)
    except Refused as refused:
        problems = [Problem("outbox", fault.message) for fault in refused.faults]
        return await _show(request, site, problems)
    return RedirectResponse(f"{OUTBOX}?saved=again", 303)


async def _show(
    request: Request, site: Site, problems: Sequence[Problem] = ()
) -> Response:
    query = request.query_params
    after, before = query.get("after"), query.get("before")
    page: dict[str, Any] = {"first": PAGE_SIZE, "after": after or None}
    if before and not after:
        page = {"last": PAGE_SIZE, "before": before}
    try:
        found = await site.running(request).run(OutboxPage, page)
    except OperationFailed as failed:
        if not failed.codes <= {"INVALID_CURSOR"}:
            raise
        message = "There is no such page of the outbox: go back to the first one."
        return error_page(request, 404, "No such page", message)
    is_saved = query.get("saved") == "again"
    view = OutboxView.of(
        found,
        has_server=bool(site.settings.smtp_url.get_secret_value()),
        saved="The message is queued, and will be sent in a few seconds."
        if is_saved
        else "",
        problems=problems,
    )
    return respond(request, view, status=422 if problems else 200)
