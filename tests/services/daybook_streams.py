"""A browser's event streams, through the whole application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from httpx2 import ASGITransport, AsyncClient
from starlette.applications import Starlette
from starlette.types import Message

from daybook_graphql.transport.callers import COOKIE
from daybook_web.kit.events import HEARTBEAT

HOST = "127.0.0.1"
PATIENCE = 120.0
"""Seconds until something that has to happen counts as missing."""


class Heard(NamedTuple):
    """An event as a browser reads it; markup has no name."""

    name: str
    id: str
    text: str


class Stream:
    """What a browser gets of a stream."""

    def __init__(self) -> None:
        self.gone = asyncio.Event()
        self.messages = asyncio.Queue[Message]()

    async def receive(self) -> Message:
        """The request, and later that the browser left."""
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Take a part of the answer."""
        await self.messages.put(message)

    async def next(self) -> Message:
        """The next part."""
        async with asyncio.timeout(PATIENCE):
            return await self.messages.get()

    async def text(self) -> str:
        """The next part's text."""
        found: bytes = (await self.next())["body"]
        return found.decode()

    async def heard(self) -> Heard:
        """The next event; what says that the stream lives is no event."""
        text = HEARTBEAT
        while text == HEARTBEAT:
            text = await self.text()
        fields = [line.partition(": ") for line in text.splitlines() if line]
        found = {name: value for name, _, value in fields if name != "data"}
        text = "\n".join(value for name, _, value in fields if name == "data")
        return Heard(found.get("event", ""), found.get("id", ""), text)

    async def together(self) -> list[Heard]:
        """The next events up to one with an id, which tells how far the page came."""
        events = [await self.heard()]
        while not events[-1].id:
            events.append(await self.heard())
        return events

    async def until_end(self) -> None:
        """Read on until the stream ends."""
        while (await self.next()).get("more_body", True):
            pass


class Tabs:
    """A browser's open streams, and its other requests."""

    def __init__(self, app: Starlette, session: str) -> None:
        self._app, self._session = app, session
        self.browser = AsyncClient(
            transport=ASGITransport(app=app),
            base_url=f"http://{HOST}",
            cookies={COOKIE: session},
        )

    @asynccontextmanager
    async def open(self, url: str, **headers: str) -> AsyncIterator[Stream]:
        """A stream, which its browser closes at the end."""
        stream = Stream()
        path, _, query = url.partition("?")
        sent = {
            "host": HOST,
            "cookie": f"{COOKIE}={self._session}",
            "accept-encoding": "gzip",
            "hx-request": "true",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        scope: dict[str, Any] = {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.encode(), text.encode()) for name, text in sent.items()],
        }
        task = asyncio.create_task(self._app(scope, stream.receive, stream.send))
        try:
            yield stream
        finally:
            stream.gone.set()
            async with asyncio.timeout(PATIENCE):
                await task
