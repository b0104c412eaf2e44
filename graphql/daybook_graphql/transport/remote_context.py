"""The context of an operation that arrived over the network."""

from collections.abc import Mapping
from contextlib import ExitStack
from types import MappingProxyType

from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket

from daybook.access.rules import Caller
from daybook.db.engine import Database
from daybook.settings import Settings
from daybook_graphql.context import Context
from daybook_graphql.transport.caller_limits import CountedCaller, counted_as
from daybook_graphql.transport.callers import Authenticator, Credentials


class RemoteContext(Context):
    """The context of a remote caller, whose access may change meanwhile."""

    connection_params: Mapping[str, object] = MappingProxyType({})
    """The payload of a socket's first message, which Strawberry puts here."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        caller: Caller,
        *,
        authenticator: Authenticator,
        credentials: Credentials,
        connection: HTTPConnection,
        is_trusted: bool = False,
    ) -> None:
        super().__init__(database, settings, caller, is_trusted=is_trusted)
        self.authenticator = authenticator
        self.credentials = credentials
        self.connection = connection
        self.held = ExitStack()
        """Counts towards the caller's limits until the socket or operation is over."""

    async def authenticate(self, credentials: Credentials) -> None:
        """Replace the caller by the one with these credentials."""
        self.credentials = credentials
        self.caller = await self.authenticator.caller(credentials)

    async def renewed(self) -> "RemoteContext":
        """A context for another operation, with the caller of these credentials now."""
        return RemoteContext(
            self.database,
            self.settings,
            await self.authenticator.caller(self.credentials),
            authenticator=self.authenticator,
            credentials=self.credentials,
            connection=self.connection,
            is_trusted=self.is_trusted,
        )

    @property
    def is_closed_when_shut_out(self) -> bool:
        return isinstance(self.connection, WebSocket)

    async def until_access_changes(self) -> Caller:
        return await self.authenticator.until_changed(self.credentials, self.caller)

    def hold_socket(self) -> None:
        """Count the socket for its caller while it is open; raises TooMany."""
        self.held.close()
        self.held.enter_context(self.authenticator.limits.socket(self._counted))

    async def count(self) -> None:
        await self.authenticator.limits.count(self._counted)

    def begin(self, *, is_subscription: bool) -> None:
        end_request = getattr(self.connection.state, "end_request", None)
        if is_subscription:
            self.held.enter_context(
                self.authenticator.limits.subscription(self._counted)
            )
            if end_request is not None:
                # It may last for an hour, and has a limit of its own. Its stream may
                # never be read, but the request ends.
                end_request()
                self.connection.state.held.callback(self.held.close)
        elif end_request is None:  # over a socket
            self.held.enter_context(self.authenticator.limits.request(self._counted))

    def end(self) -> None:
        self.held.close()

    @property
    def _counted(self) -> CountedCaller:
        return counted_as(self.caller, self.connection)
