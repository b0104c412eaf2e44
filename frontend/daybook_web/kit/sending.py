"""Sends stored files as downloads: whole or in ranges, piece by piece.

A download that was interrupted goes on with `Range` and `If-Range`: the entity tag is
the file's SHA-256, or what else tells its bytes. If the storage fails on the way, the
connection ends before as many bytes were sent as were announced, and so a client never
takes a part for the whole.

A storage may hold other bytes than were put into it. A file that is sent as a whole is
hashed on its way, and without the right hash its last piece isn't sent. From then on it
is hashed before anything of it is sent, ranges too.
"""

import asyncio
import logging
from base64 import b64encode
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import ExitStack
from hashlib import sha256
from http import HTTPStatus
from typing import BinaryIO, NamedTuple

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from daybook_web.kit.byte_ranges import ByteRange, Parts, ranges_of
from daybook_web.kit.file_names import disposition

logger = logging.getLogger(__name__)

PIECE_BYTES = 2**18
"""How many bytes are read and sent at a time: a slow client holds no more of a file."""
RETRY_SECONDS = 30
"""When to try again if the storage can't be read."""
CHANGED = "the file was changed in the storage: tell the server's operator"

_changed: set[bytes] = set()
"""Hashes of files that this process found changed, until they are right again."""

HEADERS: Mapping[str, str] = {
    # A file is only saved: neither its content nor its type makes it a page.
    "Content-Security-Policy": "sandbox; default-src 'none'",
    # A browser may keep it, and asks each time: after a sign-out it is gone.
    "Cache-Control": "private, no-cache",
    "Accept-Ranges": "bytes",
}


class FileFacts(NamedTuple):
    """What is known of a stored file: its name for people, size, hash and type.

    `entity_tag` is a text that tells its bytes, where that is not their hash.
    """

    name: str
    size: int
    sha256: bytes
    media_type: str
    entity_tag: str | None = None

    @property
    def tag(self) -> str:
        """The strong entity tag."""
        return f'"{self.entity_tag or self.sha256.hex()}"'


async def file_response(
    request: Request,
    facts: FileFacts,
    open_file: Callable[[], BinaryIO],
    headers: Mapping[str, str] | None = None,
    when_sent: Callable[[], Awaitable[None]] | None = None,
) -> Response:
    """The answer to a GET or HEAD of a file, by the request's conditions and ranges.

    `open_file` is called in a thread, and only if the content is needed. `headers` are
    sent too, and replace those of every file. `when_sent` is awaited once the file's
    last byte was sent.
    """
    all_headers = {
        **HEADERS,
        "Content-Disposition": disposition(facts.name),
        "ETag": facts.tag,
        "Repr-Digest": f"sha-256=:{b64encode(facts.sha256).decode()}:",
        **(headers or {}),
    }
    if (answer := by_conditions(request, facts.tag, all_headers)) is not None:
        return answer
    ranges = _ranges_wanted(request, facts)
    if ranges is not None and not ranges:
        message = f"the file has {facts.size:,} bytes: no range is within them\n"
        status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
        refused = {"Content-Range": f"bytes */{facts.size}", "ETag": facts.tag}
        return PlainTextResponse(message, status, headers=refused)
    try:
        stream = await anyio.to_thread.run_sync(_opened, open_file, facts)
    except FileNotFoundError:
        logger.error(  # noqa: TRY400  (the path says no more)
            "the file %s is missing in the storage: see whether all servers and workers"
            " have the same DAYBOOK_STORAGE_URL, or the same folders",
            facts.name,
        )
        return PlainTextResponse("the file is not here\n", HTTPStatus.NOT_FOUND)
    except _Changed as changed:
        logger.error("the file %s %s", facts.name, changed)  # noqa: TRY400  (no bug of ours)
        return PlainTextResponse(f"{CHANGED}\n", HTTPStatus.INTERNAL_SERVER_ERROR)
    except OSError as error:
        logger.warning("the file %s can't be read: %s", facts.name, error)
        return PlainTextResponse(
            "the file can't be read now: try again later\n",
            HTTPStatus.SERVICE_UNAVAILABLE,
            headers={"Retry-After": str(RETRY_SECONDS)},
        )
    return _Download(stream, facts, ranges, all_headers, when_sent)


def by_conditions(
    request: Request, tag: str, headers: Mapping[str, str]
) -> Response | None:
    """The answer that needs no content, because of If-Match or If-None-Match."""
    if not _matches(request, "if-match", tag, otherwise=True):
        message = "the file is another one by now\n"
        return PlainTextResponse(message, HTTPStatus.PRECONDITION_FAILED)
    if _matches(request, "if-none-match", tag, otherwise=False):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return None


def _matches(request: Request, name: str, tag: str, *, otherwise: bool) -> bool:
    """Whether a header's list of tags has the file's; `otherwise` without a header."""
    values = request.headers.getlist(name)
    tags = [text.strip() for value in values for text in value.split(",")]
    if name == "if-none-match":  # compares weakly (RFC 9110, 13.1.2)
        tags = [text.removeprefix("W/") for text in tags]
    return bool({"*", tag} & set(tags)) if values else otherwise


def _ranges_wanted(request: Request, facts: FileFacts) -> Sequence[ByteRange] | None:
    """The ranges that the request wants; None for the whole file."""
    text = request.headers.get("range")
    if text is None or request.method != "GET":
        return None
    if request.headers.get("if-range", facts.tag) != facts.tag:
        return None
    return ranges_of(text, facts.size)


def _opened(open_file: Callable[[], BinaryIO], facts: FileFacts) -> BinaryIO:
    """The open file; raises OSError if it has another size, and _Changed.

    A small file is hashed before it is sent, as is one that was found changed.
    """
    with ExitStack() as closed:
        stream = open_file()
        closed.callback(stream.close)
        found = stream.seek(0, 2)
        if found != facts.size:
            raise OSError(f"it has {found:,} bytes instead of {facts.size:,}")
        if found <= PIECE_BYTES or facts.sha256 in _changed:
            _check(facts, _hash_of(stream))
            _changed.discard(facts.sha256)
        closed.pop_all()
    return stream


def _hash_of(stream: BinaryIO) -> bytes:
    """The SHA-256 of all of a stream."""
    stream.seek(0)
    hashed = sha256()
    while piece := stream.read(PIECE_BYTES):
        hashed.update(piece)
    return hashed.digest()


class _Changed(Exception):
    """The storage has another content than was put into it; the message has both."""


def _check(facts: FileFacts, found: bytes) -> None:
    """Raise _Changed if a file's hash is another one."""
    if found != facts.sha256:
        _changed.add(facts.sha256)
        raise _Changed(
            f"was changed in the storage: its SHA-256 is {found.hex()}, and was"
            f" {facts.sha256.hex()} when it was made"
        )


class _BrokenOff(Exception):
    """The storage gave less than the whole file."""


class _Download(StreamingResponse):
    """The bytes of a file, or of ranges; the stream is closed in the end."""

    def __init__(
        self,
        stream: BinaryIO,
        facts: FileFacts,
        ranges: Sequence[ByteRange] | None,
        headers: Mapping[str, str],
        when_sent: Callable[[], Awaitable[None]] | None,
    ) -> None:
        parts = Parts.of(ranges, facts.size, facts.media_type)
        headers = {
            **headers,
            **parts.headers,
            "Content-Length": str(parts.size),
        }
        status = HTTPStatus.OK if ranges is None else HTTPStatus.PARTIAL_CONTENT
        pieces = self._pieces(parts)
        super().__init__(pieces, status, headers, media_type=parts.media_type)
        self._stream, self._facts = stream, facts
        is_whole = ranges in (None, [ByteRange(0, facts.size)])
        self._hash = sha256() if is_whole else None
        self._when_sent = when_sent
        self._has_end = ranges is None or ranges[-1].end == facts.size
        self._is_sent = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if scope["method"] == "HEAD":
                head = Response(status_code=self.status_code)
                head.raw_headers = self.raw_headers
                await head(scope, receive, send)
            else:
                await super().__call__(scope, receive, send)
            # Only here: a client that has the last byte disconnects, which ends what is
            # awaited above.
            if self._is_sent and self._has_end and self._when_sent is not None:
                await self._when_sent()
        finally:
            # Not awaited: a server that stops cancels whatever is awaited here, and a
            # thread may still be reading, which closing waits for.
            asyncio.get_running_loop().run_in_executor(None, self._stream.close)

    async def stream_response(self, send: Send) -> None:
        try:
            await super().stream_response(send)
            self._is_sent = True
        except _BrokenOff as broken:
            # The answer stays incomplete, and the server closes the connection.
            name = self._facts.name
            logger.warning("the file %s was not sent as a whole: %s", name, broken)
        except _Changed as changed:
            logger.error("the file %s %s", self._facts.name, changed)  # noqa: TRY400  (no bug of ours)

    async def _pieces(self, parts: Parts) -> AsyncIterator[bytes]:
        for piece in parts:
            if isinstance(piece, bytes):
                yield piece
                continue
            for at, count in _cut(piece):
                yield await anyio.to_thread.run_sync(self._read, at, count)

    def _read(self, at: int, count: int) -> bytes:
        try:
            if self._stream.tell() != at:
                self._stream.seek(at)
            piece = self._stream.read(count)
        except OSError as error:
            raise _BrokenOff(error.strerror or str(error)) from error
        if len(piece) < count:
            raise _BrokenOff(f"it ends after {at + len(piece):,} bytes")
        if self._hash is not None:
            self._hash.update(piece)
            if at + count == self._facts.size:
                _check(self._facts, self._hash.digest())
        return piece


def _cut(wanted: ByteRange) -> Iterator[tuple[int, int]]:
    """A range in pieces: where each begins, and its bytes."""
    for at in range(wanted.start, wanted.end, PIECE_BYTES):
        yield at, min(PIECE_BYTES, wanted.end - at)
