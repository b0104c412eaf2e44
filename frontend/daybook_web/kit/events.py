"""Event streams of pages: what happens while they are open (`text/event-stream`)."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from typing import Any, NamedTuple

from anyio import CancelScope
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from daybook.access.rules import Caller
from daybook.db.failures import OUTAGES, log_failure
from daybook_graphql.kit.errors import TooMany
from daybook_graphql.transport.caller_limits import counted_as
from daybook_graphql.transport.callers import credentials_of
from daybook_web.kit.guard import caller_of
from daybook_web.kit.site import Site

HEARTBEAT_SECONDS = 15.0
"""How often a stream says that it lives: proxies end connections that are silent."""
HEARTBEAT = ":\n\n"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
END = "end"
"""The name of the event that tells a page to stop listening: it would be let in no
more. A stream that just ends is opened again."""


class Event(NamedTuple):
    """An event: markup that the page swaps, or a name that it triggers.

    `id` says how far the page has come; it sends the last one when it listens again.
    """

    text: str
    name: str = ""
    id: str = ""


async def event_stream(
    request: Request,
    site: Site,
    each: AsyncGenerator[Event, None],
    heartbeat_seconds: float = HEARTBEAT_SECONDS,
) -> Response:
    """The events of a guarded page, until `each` or its reader's access ends.

    `each` yields what there is, first of all the present state, and ends when the
    server stops and after an hour, as `each_change` does. The stream doesn't count as a
    request, of which a reader has few at a time, but as a subscription.
    """
    caller, authenticator = caller_of(request), site.authenticator
    try:
        request.state.held.enter_context(
            authenticator.limits.subscription(counted_as(caller, request))
        )
    except TooMany as refused:
        await each.aclose()
        return PlainTextResponse(f"{refused}\n", 429, headers=refused.headers)
    request.state.end_request()
    credentials = credentials_of(request.headers, site.settings)
    until_changed = authenticator.until_changed(credentials, caller)
    lines = _lines(each, until_changed, heartbeat_seconds)
    return StreamingResponse(lines, media_type="text/event-stream", headers=HEADERS)


async def _lines(
    each: AsyncGenerator[Event, None],
    until_changed: Coroutine[Any, Any, Caller],
    heartbeat_seconds: float,
) -> AsyncIterator[str]:
    shut_out = asyncio.create_task(until_changed)
    event: asyncio.Task[Event] | None = None
    try:
        while True:
            event = event or asyncio.create_task(_next(each))
            await asyncio.wait(
                {event, shut_out},
                timeout=heartbeat_seconds,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if shut_out.done():
                return
            if not event.done():
                yield HEARTBEAT
                continue
            try:
                found = event.result()
            except StopAsyncIteration:
                return
            except OUTAGES as failed:
                log_failure(failed, "an event stream could not read what changed")
                return
            event = None
            yield _encoded(found)
    finally:
        # The server cancels a stream whose browser has left again and again until it
        # has ended, and would end this before everything here has.
        with CancelScope(shield=True):
            begun = [task for task in (event, shut_out) if task is not None]
            for task in begun:
                task.cancel()
            await asyncio.wait(begun)
            await each.aclose()


async def _next(each: AsyncGenerator[Event, None]) -> Event:
    return await anext(each)


def _encoded(event: Event) -> str:
    """An event as it is sent: each line of its text on a line of its own."""
    fields = {"event": event.name, "id": event.id}
    lines = [f"{name}: {value}\n" for name, value in fields.items() if value]
    lines += [f"data: {line}\n" for line in event.text.splitlines() or [""]]
    return "".join(lines) + "\n"


async def nobody_listens(_request: Request) -> Response:
    """The stream of a page whose reader was signed out: it ends for good."""
    return Response(
        _encoded(Event("", END)), media_type="text/event-stream", headers=HEADERS
    )
