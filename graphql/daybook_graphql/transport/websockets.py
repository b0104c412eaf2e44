"""The protocol `graphql-transport-ws`, to the letter: other messages close it (4400).

Strawberry's handler checks the order of messages; this one also checks their shape.

It overrides `_get_pre_execution_close_reason`, which is private. `PINNED` names the
version that it was checked with: a test fails for another one.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, cast

from graphql import GraphQLError
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    ConnectionInitMessage,
    Message,
    PingMessage,
    PongMessage,
    SubscribeMessage,
)

from daybook_graphql.context import STRANGER
from daybook_graphql.kit.errors import TooMany
from daybook_graphql.transport.callers import is_meant_as_key
from daybook_graphql.transport.refusals import NOT_A_KEY
from daybook_graphql.transport.remote_context import RemoteContext

PINNED = {"strawberry-graphql": "0.341.2"}

UNAUTHORIZED = 4401
"""The close code for strangers: clients don't try again with the same key."""
FORBIDDEN = 4403
"""The close code when permissions change: clients connect again, with the new ones."""
NO_KEY = 'send {"authorization": "Bearer …"} in connection_init, or sign in'
ENDED = "the key or session has ended"
CHANGED = "the permissions have changed: connect again"
TOO_MANY = 4429
"""The close code for callers over a limit."""
WITH_ID = frozenset({"subscribe", "complete"})
WITH_PAYLOAD = frozenset({"connection_init", "ping", "pong"})
"""Messages whose payload is an object, or null, or absent."""


class NotLetIn(Exception):
    """The caller of a socket is a stranger."""


class TransportHandler(BaseGraphQLTransportWSHandler[RemoteContext, None]):
    """Strawberry's handler, which closes the connection for malformed messages."""

    _leaving: "asyncio.Task[None] | None" = None

    async def handle(self) -> None:
        """Serve the socket; it is closed at once if the upgrade's key lets nobody in.

        So is one whose header has no key in it (`Bearer`, or the key alone).

        Neither a session's cookie, which browsers send by themselves, nor a proxy's
        password is held against it: the first message may have a key.
        """
        headers = self.context.connection.headers
        if is_meant_as_key(headers) and self.context.caller is STRANGER:
            await self.context.count()
            await self._close_on_stranger()
            return
        await super().handle()

    async def _close_on_stranger(self) -> None:
        credentials = self.context.credentials
        reason = NO_KEY if credentials.key is None else NOT_A_KEY
        await self.websocket.close(code=UNAUTHORIZED, reason=reason)

    async def handle_message(self, message: Message) -> None:
        """Answer a message, or close the socket with 4400 if it is malformed."""
        reason = fault_of(message)
        if reason is not None:
            await self.handle_invalid_message(reason)
            return
        try:
            await self._handle_counted(message)
        except TooMany as refused:
            await self.websocket.close(code=TOO_MANY, reason=str(refused))

    async def _handle_counted(self, message: Message) -> None:
        await self.context.count()
        if message["type"] == "connection_init" and message.get("payload") is None:
            message = {"type": "connection_init"}
        await super().handle_message(message)

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        """Let the caller in; the socket is closed when their session or key ends."""
        try:
            await super().handle_connection_init(message)
        except NotLetIn:
            await self._close_on_stranger()
        if self.connection_acknowledged and self._leaving is None:
            self._leaving = asyncio.create_task(self._close_when_shut_out())

    async def shutdown(self) -> None:
        """End everything that runs over a closed connection."""
        if self._leaving is not None:
            self._leaving.cancel()
        await super().shutdown()

    async def _close_when_shut_out(self) -> None:
        if await self.context.until_access_changes() is STRANGER:
            await self.websocket.close(code=UNAUTHORIZED, reason=ENDED)
        else:
            await self.websocket.close(code=FORBIDDEN, reason=CHANGED)

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Begin an operation, unless it may not run here."""
        if not self.connection_acknowledged:
            await super().handle_subscribe(message)  # which closes with 4401
            return
        try:
            self.view.trusted.check(message["payload"]["query"])  # type: ignore[attr-defined]  # the view is ours
        except GraphQLError as unknown:
            id_ = message["id"]
            await self.send_message(
                {"id": id_, "type": "error", "payload": [unknown.formatted]}
            )
            return
        await super().handle_subscribe(message)

    async def handle_ping(self, message: PingMessage) -> None:
        """Answer with the ping's payload."""
        pong: PongMessage = {"type": "pong"}
        if message.get("payload") is not None:
            pong = {"type": "pong", "payload": message["payload"]}
        await self.send_message(pong)

    def forget_id(self, id: str) -> None:
        """Forget an operation that ended; its client may have left before."""
        self.operations.pop(id, None)

    @staticmethod
    def _get_pre_execution_close_reason(error: GraphQLError) -> str | None:
        """Answer a bad document with an `error`, and keep the connection."""
        del error
        return None


def fault_of(message: object) -> str | None:
    """Why a value is not a message of the protocol; None if it is one."""
    if not isinstance(message, dict):
        return "A message is an object"
    given = cast("Mapping[str, Any]", message)
    kind, payload = given.get("type"), given.get("payload")
    if not isinstance(kind, str):
        return "A message has a type"
    if kind in WITH_ID and not (isinstance(given.get("id"), str) and given["id"]):
        return "The id is a text that is not empty"
    if kind in WITH_PAYLOAD and not isinstance(payload, dict | None):
        return "The payload is an object"
    return _fault_of_request(payload) if kind == "subscribe" else None


def _fault_of_request(payload: object) -> str | None:
    if not isinstance(payload, dict):
        return "The payload is an object"
    if not isinstance(payload.get("query"), str):
        return "The query is a text"
    if not isinstance(payload.get("operationName"), str | None):
        return "The operationName is a text"
    for name in ("variables", "extensions"):
        if not isinstance(payload.get(name), dict | None):
            return f"{name} is an object"
    return None
