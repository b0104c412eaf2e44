"""`/attachments/<number>/<name>`: the content of an attachment, also a removed one.

A file is what somebody sent. Browsers save it and never show it: neither its content
nor its type makes it a page of this origin.
"""

import asyncio
import logging
from functools import partial

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from daybook.access.rules import Permission
from daybook.evidence.files import open_content, wrong_content
from daybook.evidence.queries import get_attachment
from daybook.numbers import read_number
from daybook.storage.places import evidence_storage
from daybook_web.kit.guard import Handler, caller_of
from daybook_web.kit.sending import FileFacts, file_response
from daybook_web.kit.site import Site

logger = logging.getLogger(__name__)


def attachment_file(site: Site) -> Handler:
    """The handler of downloads."""
    database = site.database
    storage = evidence_storage(database, site.settings)

    async def download(request: Request) -> Response:
        caller = caller_of(request)
        if not caller.may(Permission.READ):
            return _text("this key lacks the permission READ", 403)
        try:
            number = read_number(request.path_params["number"])
        except ValueError:
            return _text("there is no such attachment", 404)
        async with database.reads() as session:
            listed = await get_attachment(session, caller.organisation_id, number)
        if listed is None or listed.attachment.file_name != request.path_params["name"]:
            return _text("there is no such attachment", 404)
        attachment = listed.attachment
        problem = await asyncio.to_thread(wrong_content, storage, attachment)
        if problem is not None:
            logger.error("the file of attachment %s %s", number, problem)
            message = f"the file {problem}: `daybook audit verify` says which it was"
            return _text(message, 500)
        facts = FileFacts(
            attachment.file_name,
            attachment.file_bytes,
            attachment.file_sha256,
            attachment.media_type,
        )
        opened = partial(open_content, storage, attachment)
        return await file_response(request, facts, opened)

    return download


def _text(message: str, status: int) -> Response:
    return PlainTextResponse(f"{message}\n", status_code=status)
