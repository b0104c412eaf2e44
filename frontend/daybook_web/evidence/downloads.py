"""`/attachments/<number>/<name>`: the content of an attachment, also a removed one.

A file is what somebody sent. Browsers save it and never show it: neither its content
nor its type makes it a page of this origin.
"""

import logging
from functools import partial
from typing import BinaryIO

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from daybook.access.rules import Permission
from daybook.evidence.files import open_content, wrong_content
from daybook.evidence.models import Attachment
from daybook.evidence.queries import get_attachment
from daybook.numbers import read_number
from daybook.storage.places import evidence_storage
from daybook.storage.rules import Storage
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
        facts = FileFacts(
            attachment.file_name,
            attachment.file_bytes,
            attachment.file_sha256,
            attachment.media_type,
        )
        opening = partial(_open_checked, storage, attachment)
        try:
            return await file_response(request, facts, opening)
        except _WrongContent as wrong:
            logger.error("the file of attachment %s %s", number, wrong)  # noqa: TRY400  (no bug of ours)
            message = f"the file {wrong}: `daybook audit verify` says which it was"
            return _text(message, 500)

    return download


class _WrongContent(Exception):
    """How a file differs from what was attached, in words."""


def _open_checked(storage: Storage, attachment: Attachment) -> BinaryIO:
    """Open an attachment's file once all of it was compared; raises _WrongContent."""
    problem = wrong_content(storage, attachment)
    if problem is not None:
        raise _WrongContent(problem)
    return open_content(storage, attachment)


def _text(message: str, status: int) -> Response:
    return PlainTextResponse(f"{message}\n", status_code=status)
