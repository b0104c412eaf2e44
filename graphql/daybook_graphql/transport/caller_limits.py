"""How much one caller may do at a time and in a minute, so that others get their share.

An organisation makes as many keys as it likes: what lasts is counted for all of its
callers together, too.

    CallerLimits   counts requests, sockets and subscriptions of each caller
    Holding        ASGI middleware: what a request holds is given back at its end

A caller is a key, or a user with all their sessions; who is neither is the place that
they call from. Each process counts for itself.
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

from daybook.access.rules import Caller, place_of
from daybook.settings import Settings
from daybook_graphql.kit.errors import TooMany

STRANGERS_SOCKETS_MAX = 100
"""Open sockets of one place that haven't said whose they are."""


class Who(NamedTuple):
    """Whose count it is, and of which organisation; strangers are of none."""

    name: str
    organisation_id: int | None = None

    @property
    def is_known(self) -> bool:
        """Whether it is a key's or a user's."""
        return self.organisation_id is not None


def who_is(caller: Caller, connection: HTTPConnection) -> Who:
    """Whose count a connection goes to."""
    if caller.key_number is not None:
        name = f"key {caller.organisation_id} {caller.key_number}"
        return Who(name, caller.organisation_id)
    if caller.user_id is not None:
        return Who(f"user {caller.user_id}", caller.organisation_id)
    place = connection.client.host if connection.client else ""
    return Who(f"place {place_of(place)}")


class CallerLimits:
    """Counts what each caller does, by the minute or while it lasts."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._per_minute = RateLimitItemPerMinute(settings.requests_per_minute)
        self._rates = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._held: Counter[tuple[str, str]] = Counter()

    async def count(self, who: Who) -> None:
        """Count one request, or message of a socket; raises TooMany."""
        if await self._rates.hit(self._per_minute, who.name):
            return
        stats = await self._rates.get_window_stats(self._per_minute, who.name)
        most = self._settings.requests_per_minute
        message = f"more than {most:,} requests in a minute: send them more slowly"
        raise TooMany(message, max(1, ceil(stats.reset_time - time.time())))

    async def admit(
        self, request: HTTPConnection, caller: Caller
    ) -> Callable[[], None]:
        """Count a request that is answered from now on; raises TooMany.

        It ends with its answer, or when what is given back is called.
        """
        who = who_is(caller, request)
        await self.count(who)
        its = ExitStack()
        its.enter_context(self.request(who))
        request.state.held.callback(its.close)
        return its.close

    @contextmanager
    def request(self, who: Who) -> Iterator[None]:
        """One that is answered meanwhile; raises TooMany."""
        most = self._settings.requests_at_once
        with self._one_of("requests at a time", who.name, most):
            yield

    @contextmanager
    def socket(self, who: Who) -> Iterator[None]:
        """One that is open meanwhile; raises TooMany."""
        known = self._settings.sockets_per_caller
        most = known if who.is_known else STRANGERS_SOCKETS_MAX
        most_of_all = self._settings.sockets_per_organisation
        with self._one_of_all("open sockets", who, most, most_of_all):
            yield

    @contextmanager
    def subscription(self, who: Who) -> Iterator[None]:
        """One that is listened to meanwhile; raises TooMany."""
        most = self._settings.subscriptions_per_caller
        most_of_all = self._settings.subscriptions_per_organisation
        with self._one_of_all("subscriptions", who, most, most_of_all):
            yield

    @contextmanager
    def _one_of_all(
        self, what: str, who: Who, most: int, most_of_all: int
    ) -> Iterator[None]:
        """One of the caller's, and of all that their organisation has."""
        with self._one_of(what, who.name, most):
            if not who.is_known:
                yield
                return
            name = f"organisation {who.organisation_id}"
            with self._one_of(f"{what} of your organisation", name, most_of_all):
                yield

    @contextmanager
    def _one_of(self, what: str, name: str, most: int) -> Iterator[None]:
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
    """Gives back what a request or a socket holds, in `state.held`, once it is over."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        with ExitStack() as held:
            scope.setdefault("state", {})["held"] = held
            await self.app(scope, receive, send)
