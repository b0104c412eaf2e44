"""The context of an operation that arrived over the network."""

from collections.abc import Mapping
from contextlib import ExitStack
from types import MappingProxyType

from starlette.requests import HTTPConnection

from daybook.access.rules import Caller
from daybook.db.engine import Database
from daybook.settings import Settings
from daybook_graphql.context import Context
from daybook_graphql.transport.caller_limits import Who, who_is
from daybook_graphql.transport.callers import Credentials, Door


class RemoteContext(Context):
    """The context of a remote caller, who may be shut out meanwhile."""

    connection_params: Mapping[str, object] = MappingProxyType({})
    """The payload of a socket's first message, which Strawberry puts here."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        caller: Caller,
        *,
        door: Door,
        presented: Credentials,
        connection: HTTPConnection,
        is_trusted: bool = False,
    ) -> None:
        super().__init__(database, settings, caller, is_trusted=is_trusted)
        self.door = door
        self.presented = presented
        self.connection = connection
        self.held = ExitStack()
        """Counts towards the caller's limits until the socket or operation is over."""

    async def present(self, credentials: Credentials) -> None:
        """Replace the caller of the request by the one of these credentials."""
        self.presented = credentials
        self.caller = await self.door.caller(credentials)

    async def renewed(self) -> "RemoteContext":
        """A context for another operation, with the caller of these credentials now."""
        return RemoteContext(
            self.database,
            self.settings,
            await self.door.caller(self.presented),
            door=self.door,
            presented=self.presented,
            connection=self.connection,
            is_trusted=self.is_trusted,
        )

    async def until_shut_out(self) -> None:
        await self.door.until_changed(self.presented, self.caller)

    def hold_socket(self) -> None:
        """Count the socket for its caller while it is open; raises TooMany."""
        self.held.close()
        self.held.enter_context(self.door.limits.socket(self._who))

    async def count(self) -> None:
        await self.door.limits.count(self._who)

    def begin(self, *, is_subscription: bool) -> None:
        end_request = getattr(self.connection.state, "end_request", None)
        if is_subscription:
            self.held.enter_context(self.door.limits.subscription(self._who))
            if end_request is not None:
                # It may last for an hour, and has a limit of its own. Its stream may
                # never be read, but the request ends.
                end_request()
                self.connection.state.held.callback(self.held.close)
        elif end_request is None:  # over a socket
            self.held.enter_context(self.door.limits.request(self._who))

    def end(self) -> None:
        self.held.close()

    @property
    def _who(self) -> Who:
        return who_is(self.caller, self.connection)
