"""A form's file, kept as an upload: what programs send to `POST /uploads`."""

import asyncio
import logging
from contextlib import suppress

from starlette.datastructures import UploadFile

from daybook.access.rules import Caller
from daybook.clock import real_now
from daybook.db.engine import Database
from daybook.settings import Settings
from daybook.storage.places import uploads_storage
from daybook.storage.rules import Storage, why_not_kept
from daybook.uploads.commands import begin_upload, finish_upload, forget_upload
from daybook.uploads.files import ReceivedFile, remove
from daybook.uploads.rules import Quota, QuotaReached, UploadId
from daybook_web.kit.formats import file_size

logger = logging.getLogger(__name__)

PIECE_BYTES = 2**20
NAME_MAX = 255


def shown_name(text: str) -> str:
    """A file's name as pages show it: cut, and without control characters."""
    return "".join(filter(str.isprintable, text))[:NAME_MAX]


class NotKept(Exception):
    """A form's file that could not be kept; the message says why, for people."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def problem_of_file(
    file: UploadFile | None, bytes_max: int, *, is_too_large: bool = False
) -> str:
    """What is wrong with a form's file before it is read; empty if nothing is."""
    if is_too_large or (file and (file.size or 0) > bytes_max):
        return f"A file has at most {file_size(str(bytes_max))}: split it."
    if file is None or not file.filename:
        return "Choose a file first."
    return "" if file.size else f"{file.filename} is empty."


async def keep_or_say(
    database: Database, settings: Settings, caller: Caller, file: UploadFile
) -> UploadId:
    """Make an upload of a form's file, as `keep`; raises NotKept."""
    most = settings.import_bytes_max
    try:
        return await keep(database, settings, caller, file, bytes_max=most)
    except QuotaReached as reached:
        raise NotKept(f"{reached}.", 429) from None
    except OSError as failed:
        logger.warning("a file could not be kept: %s", failed)
        message = f"The file could not be kept: {why_not_kept(failed)}."
        raise NotKept(message, 503) from None


async def keep(
    database: Database,
    settings: Settings,
    caller: Caller,
    file: UploadFile,
    *,
    bytes_max: int,
) -> UploadId:
    """Make an upload of a form's file, of `bytes_max` at most where it hides its size.

    Raises QuotaReached, and OSError.
    """
    upload_id = await begin_upload(
        database.runtime,
        caller.organisation_id,
        bytes_max=bytes_max if file.size is None else file.size,
        quota=Quota(settings.uploads_max, settings.uploads_bytes_max),
        file_name=shown_name(file.filename or "") or None,
        now=real_now(),
        made_by=caller.name,
    )
    try:
        size, digest = await _write(
            uploads_storage(database, settings), upload_id, file
        )
    except OSError:
        await drop(database, settings, upload_id)
        raise
    await finish_upload(
        database.runtime, upload_id, size=size, sha256=digest, now=real_now()
    )
    return upload_id


async def _write(
    storage: Storage, upload_id: UploadId, file: UploadFile
) -> tuple[int, bytes]:
    """Write a form's file; return its size and hash."""
    writing = await asyncio.to_thread(ReceivedFile, storage, upload_id)
    try:
        while piece := await file.read(PIECE_BYTES):
            await asyncio.to_thread(writing.write, piece)
        return writing.size, await asyncio.to_thread(writing.publish)
    finally:
        await asyncio.shield(asyncio.to_thread(writing.close))


async def drop(database: Database, settings: Settings, upload_id: UploadId) -> bool:
    """Delete an upload, unless it is spent or being imported; return whether it was.

    Chores delete a file that can't be deleted now.
    """
    if not await forget_upload(database.runtime, upload_id, now=real_now()):
        return False
    with suppress(OSError):
        storage = uploads_storage(database, settings)
        await asyncio.to_thread(remove, storage, upload_id)
    return True
