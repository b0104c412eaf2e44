"""`POST /uploads`: receives files that are too large for a GraphQL request.

The body is the file, stored as it is: the import that names it reads and checks it.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from daybook.access.rules import Caller, Permission
from daybook.clock import real_now
from daybook.db.engine import Database
from daybook.db.failures import OUTAGES
from daybook.settings import Settings
from daybook.storage.places import uploads_storage
from daybook.storage.rules import why_not_kept
from daybook.uploads.commands import begin_upload, finish_upload, forget_upload
from daybook.uploads.files import ReceivedFile, remove
from daybook.uploads.rules import RECEIVING_LIFE, Quota, QuotaReached, UploadId
from daybook_graphql.kit.errors import ErrorCode, TooMany
from daybook_graphql.kit.permissions import refusal_of
from daybook_graphql.transport.callers import Authenticator, credentials_of
from daybook_graphql.transport.refusals import BadRequest, retry_after, unavailable

logger = logging.getLogger(__name__)

Handler = Callable[[Request], Awaitable[Response]]

MAY_UPLOAD = (Permission.RECORD, Permission.ADJUST)
"""Permissions of which one is enough: documents are sent, and evidence of either."""
PIECE_BYTES = 2**20
"""Bytes that are written at a time, in a thread."""
SECONDS_MAX = (RECEIVING_LIFE - timedelta(minutes=1)).total_seconds()
AGAIN_SECONDS = 60
"""When to try again if uploads have to be imported first, or the disk is full."""


def upload_routes(
    database: Database, settings: Settings, authenticator: Authenticator
) -> list[Route]:
    """The routes `/uploads`, and `/uploads/<id>` to delete one."""
    uploads = _Uploads(database, settings, authenticator)
    return [
        Route("/uploads", uploads.answering(uploads.send), methods=["POST"]),
        Route("/uploads/{key}", uploads.answering(uploads.delete), methods=["DELETE"]),
    ]


class _Uploads:
    def __init__(
        self, database: Database, settings: Settings, authenticator: Authenticator
    ) -> None:
        self._store = database.runtime
        self._storage = uploads_storage(database, settings)
        self._settings = settings
        self._authenticator = authenticator

    def answering(self, handler: Handler) -> Handler:
        """The handler for callers who may send files; others get GraphQL's errors."""

        async def answer(request: Request) -> Response:
            try:
                caller = await self._let_in(request)
                await self._authenticator.limits.admit(request, caller)
                request.state.caller = caller
                return await handler(request)
            except TooMany as limit:
                return BadRequest.over_limit(limit).response()
            except BadRequest as bad:
                return bad.response()
            except OUTAGES as failed:
                return unavailable(failed)

        return answer

    async def _let_in(self, request: Request) -> Caller:
        """The caller, if they may send files; raises BadRequest for others."""
        credentials = credentials_of(request.headers, self._settings)
        caller = (await self._authenticator.let_in(request, credentials)).caller
        refused = refusal_of(caller, "an upload", *MAY_UPLOAD)
        if refused is not None:
            raise BadRequest(refused, 403, ErrorCode.FORBIDDEN)
        return caller

    async def send(self, request: Request) -> Response:
        """Receive a file and answer its id."""
        if request.headers.get("content-type", "").lower().startswith("multipart/"):
            message = (
                "the body is the file itself, with the header Content-Type:"
                " application/octet-stream (curl --data-binary @FILE)"
            )
            raise BadRequest(message, 415)
        caller: Caller = request.state.caller
        upload_id = await self._begin(caller, self._size(request))
        is_whole = False
        try:
            answer = await self._received(request, upload_id)
            is_whole = True
        finally:
            if not is_whole:
                await asyncio.shield(self._drop(upload_id))
        return answer

    async def delete(self, request: Request) -> Response:
        """Delete an upload that is not to be imported."""
        caller: Caller = request.state.caller
        upload_id = UploadId(caller.organisation_id, request.path_params["key"])
        is_gone = upload_id.can_be and await forget_upload(
            self._store, upload_id, now=real_now()
        )
        if not is_gone:
            message = "there is no such upload, or it is being imported"
            raise BadRequest(message, 404, ErrorCode.NOT_FOUND)
        await asyncio.to_thread(remove, self._storage, upload_id)
        return Response(status_code=204)

    def _size(self, request: Request) -> int:
        """The bytes of a file by its request's header, or else the most it may have."""
        text = request.headers.get("content-length", "")
        size = (
            int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None
        )
        if size is not None and size > self._settings.import_bytes_max:
            raise self._too_large()
        return self._settings.import_bytes_max if size is None else size

    def _too_large(self) -> BadRequest:
        most = self._settings.import_bytes_max
        message = (
            f"the file has more than {most:,} bytes, which count after decompression:"
            " split it"
        )
        return BadRequest(message, 413, ErrorCode.TOO_LARGE)

    async def _begin(self, caller: Caller, size: int) -> UploadId:
        settings = self._settings
        try:
            return await begin_upload(
                self._store,
                caller.organisation_id,
                bytes_max=size,
                quota=Quota(settings.uploads_max, settings.uploads_bytes_max),
                now=real_now(),
                made_by=caller.name,
            )
        except QuotaReached as reached:
            headers = retry_after(AGAIN_SECONDS)
            code = ErrorCode.RATE_LIMITED
            raise BadRequest(str(reached), 429, code, headers) from None

    async def _received(self, request: Request, upload_id: UploadId) -> Response:
        try:
            async with asyncio.timeout(SECONDS_MAX):
                size, digest = await self._write(request, upload_id)
        except ClientDisconnect:
            raise BadRequest("the body ended early") from None
        except TimeoutError:
            raise BadRequest("the file took too long to come", 408) from None
        except OSError as error:
            logger.warning("an upload could not be kept: %s", error)
            message = f"the file could not be kept: {why_not_kept(error)}"
            headers = retry_after(AGAIN_SECONDS)
            code = ErrorCode.UNAVAILABLE
            raise BadRequest(message, 503, code, headers) from None
        # The sender of a slow file may have lost access meanwhile.
        await self._let_in(request)
        expires_at = await finish_upload(
            self._store, upload_id, size=size, sha256=digest, now=real_now()
        )
        if expires_at is None:
            raise BadRequest("the file took too long to come", 408)
        return JSONResponse(
            {
                "id": upload_id.key,
                "bytes": size,
                "sha256": digest.hex(),
                "expiresAt": _moment(expires_at),
            },
            status_code=201,
        )

    async def _write(self, request: Request, upload_id: UploadId) -> tuple[int, bytes]:
        """Write a body to its file; return its size and hash."""
        writing = await asyncio.to_thread(ReceivedFile, self._storage, upload_id)
        try:
            async for piece in _pieces(request):
                if writing.size + len(piece) > self._settings.import_bytes_max:
                    raise self._too_large()
                await asyncio.to_thread(writing.write, piece)
            if not writing.size:
                raise BadRequest("the body is empty: it is the file itself")
            digest = await asyncio.to_thread(writing.publish)
        finally:
            await asyncio.shield(asyncio.to_thread(writing.close))
        return writing.size, digest

    async def _drop(self, upload_id: UploadId) -> None:
        """Remove everything of an incomplete upload."""
        await forget_upload(self._store, upload_id, now=real_now())
        await asyncio.to_thread(remove, self._storage, upload_id)


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    """A body in pieces of about a mebibyte."""
    chunks, size = [], 0
    async for chunk in request.stream():
        chunks.append(chunk)
        size += len(chunk)
        if size >= PIECE_BYTES:
            yield b"".join(chunks)
            chunks, size = [], 0
    if size:
        yield b"".join(chunks)


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
