"""Limits on what one caller does at a time and per minute, so that others get a share.

An organisation may make many keys: its sockets and subscriptions are counted for all of
its callers together, too.

    CallerLimits   counts requests, sockets and subscriptions of each caller
    Holding        ASGI middleware that ends a request's counts with the request

A caller is a key, or a user with all their sessions; strangers are counted by the
address they call from. Each process counts for itself.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from math import ceil
from typing import NamedTuple

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from daybook.access.rules import Caller, attempts_key
from daybook.settings import Settings
from daybook_graphql.kit.errors import TooMany

STRANGERS_SOCKETS_MAX = 100
"""Open sockets of one address without a known caller."""


class CountedCaller(NamedTuple):
    """A caller as limits count them, and their organisation; strangers have none."""

    name: str
    organisation_id: int | None = None

    @property
    def is_known(self) -> bool:
        """Whether it is a key or a user."""
        return self.organisation_id is not None


def counted_as(caller: Caller, connection: HTTPConnection) -> CountedCaller:
    """The key, user or address that a connection counts towards."""
    if caller.key_number is not None:
        name = f"key {caller.organisation_id} {caller.key_number}"
        return CountedCaller(name, caller.organisation_id)
    if caller.user_id is not None:
        return CountedCaller(f"user {caller.user_id}", caller.organisation_id)
    place = connection.client.host if connection.client else ""
    return CountedCaller(f"place {attempts_key(place)}")


class CallerLimits:
    """Counts what each caller does, per minute or while it lasts."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._per_minute = RateLimitItemPerMinute(settings.requests_per_minute)
        self._rates = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._held: Counter[tuple[str, str]] = Counter()

    async def count(self, counted: CountedCaller) -> None:
        """Count one request or one message of a socket; raises TooMany."""
        if await self._rates.hit(self._per_minute, counted.name):
            return
        stats = await self._rates.get_window_stats(self._per_minute, counted.name)
        most = self._settings.requests_per_minute
        message = f"more than {most:,} requests in a minute: send them more slowly"
        raise TooMany(message, max(1, ceil(stats.reset_time - time.time())))

    async def admit(
        self, request: HTTPConnection, caller: Caller
    ) -> Callable[[], None]:
        """Count a request until it is answered; raises TooMany.

        Returns a function that ends the count earlier.
        """
        counted = counted_as(caller, request)
        await self.count(counted)
        hold = ExitStack()
        hold.enter_context(self.request(counted))
        request.state.held.callback(hold.close)
        return hold.close

    @contextmanager
    def request(self, counted: CountedCaller) -> Iterator[None]:
        """Count a request while it is answered; raises TooMany."""
        most = self._settings.requests_at_once
        with self._hold("requests at a time", counted.name, most):
            yield

    @contextmanager
    def socket(self, counted: CountedCaller) -> Iterator[None]:
        """Count an open socket; raises TooMany."""
        known = self._settings.sockets_per_caller
        most = known if counted.is_known else STRANGERS_SOCKETS_MAX
        organisation_most = self._settings.sockets_per_organisation
        with self._hold_of_all("open sockets", counted, most, organisation_most):
            yield

    @contextmanager
    def subscription(self, counted: CountedCaller) -> Iterator[None]:
        """Count a running subscription; raises TooMany."""
        most = self._settings.subscriptions_per_caller
        organisation_most = self._settings.subscriptions_per_organisation
        with self._hold_of_all("subscriptions", counted, most, organisation_most):
            yield

    @contextmanager
    def _hold_of_all(
        self, what: str, counted: CountedCaller, most: int, organisation_most: int
    ) -> Iterator[None]:
        """Count something for a caller, and for their organisation as a whole."""
        with self._hold(what, counted.name, most):
            if not counted.is_known:
                yield
                return
            name = f"organisation {counted.organisation_id}"
            with self._hold(f"{what} of your organisation", name, organisation_most):
                yield

    @contextmanager
    def _hold(self, what: str, name: str, most: int) -> Iterator[None]:
        key = (what, name)
        if self._held[key] >= most:
            raise TooMany(f"more than {most:,} {what}: let one end first")
        self._held[key] += 1
        try:
            yield
        finally:
            self._held[key] -= 1
            if not self._held[key]:
                del self._held[key]


class Holding:
    """Closes `state.held` of a request or a socket once it is over."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        with ExitStack() as held:
            scope.setdefault("state", {})["held"] = held
            await self.app(scope, receive, send)
