"""Talking `graphql-transport-ws` to a server, message by message."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from daybook_site import Site

PROTOCOL = Subprotocol("graphql-transport-ws")
SECONDS = 60
INIT = {"type": "connection_init"}


def opening(site: Site, **options: Any) -> connect:
    """A connection to a server's endpoint, with a key in its handshake."""
    address = site.address.replace("http", "ws", 1)
    headers = {"additional_headers": site.let_in.headers}
    return connect(f"{address}/graphql", **{**headers, **options})


@asynccontextmanager
async def connected(
    site: Site, *, is_acknowledged: bool = True, **options: Any
) -> AsyncIterator[ClientConnection]:
    """A connection that was initialised, unless the test does that itself."""
    options = {"subprotocols": [PROTOCOL], **options}
    async with opening(site, **options) as socket:
        if is_acknowledged:
            assert await asked(socket, INIT) == {"type": "connection_ack"}
        yield socket


async def asked(socket: ClientConnection, message: object) -> dict[str, Any]:
    """The answer to a message."""
    await socket.send(text_of(message))
    return await answer(socket)


def text_of(message: object) -> str | bytes:
    """A message as it is sent."""
    return message if isinstance(message, str | bytes) else json.dumps(message)


async def answer(socket: ClientConnection) -> dict[str, Any]:
    """The next message of the server."""
    async with asyncio.timeout(SECONDS):
        found: dict[str, Any] = json.loads(await socket.recv())
    return found


async def closed_with(socket: ClientConnection, *messages: object) -> int:
    """The code with which the server closes the connection after these messages."""
    with suppress(ConnectionClosed):
        for message in messages:
            await socket.send(text_of(message))
        while True:
            await answer(socket)
    assert socket.close_code is not None
    return socket.close_code


def subscribe(query: str, id_: str = "1", **payload: Any) -> dict[str, Any]:
    """The message that begins an operation."""
    return {"id": id_, "type": "subscribe", "payload": {"query": query, **payload}}
