"""Compression of answers, by Starlette's middleware, for clients that take gzip.

Left as they are: event streams, whose lines must not wait in a compressor; files, which
have lengths, ranges and hashes (an `ETag`, or the media type of a file); and pages that
show a secret. A compressed page is shorter where two of its texts are alike, so that a
secret could be guessed by who chooses another text of the page (BREACH).
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LEVEL = 5
"""A third of the time of level 9, and one hundredth more bytes."""
AS_IT_IS = "no-transform"
"""In `Cache-Control`: neither we nor a proxy may compress the answer."""
FILES = (
    "application/octet-stream",
    "application/pdf",
    "application/vnd.apache.parquet",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "text/csv",
    "text/plain",
)
_MARK = "identity"


class Compression:
    """ASGI middleware that compresses pages, style sheets, scripts and JSON."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._compressing = GZipMiddleware(
            self._marking,
            compresslevel=LEVEL,
            exclude_content_types=(*DEFAULT_EXCLUDED_CONTENT_TYPES, *FILES),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, compressed where that may be."""

        async def send_unmarked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-encoding") == _MARK:
                    del headers["content-encoding"]
            await send(message)

        await self._compressing(scope, receive, send_unmarked)

    async def _marking(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Mark what has to stay as it is: Starlette's middleware leaves encodings."""

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if _stays(headers):
                    headers.setdefault("content-encoding", _MARK)
            await send(message)

        await self.app(scope, receive, send_marked)


def _stays(headers: Headers) -> bool:
    return "etag" in headers or AS_IT_IS in headers.get("cache-control", "")
