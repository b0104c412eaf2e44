"""What tells a page of a ledger that the ledger changed, while it is open."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from daybook.ledger.models import Recording
from daybook.ledger.pins import Pin
from daybook.ledger.queries import latest_recordings
from daybook.numbers import read_number
from daybook.reports.trail.names import person_name
from daybook_graphql.execution.listening import each_change
from daybook_web.kit.events import Event, event_stream, nobody_listens
from daybook_web.kit.formats import count, dated
from daybook_web.kit.guard import Handler, caller_of
from daybook_web.kit.rendering import View, Who, render
from daybook_web.kit.site import Site
from daybook_web.kit.tokens import SEEN

CHANGED = "ledger-changed"
"""The event by whose name a page loads what may have changed."""
RECORDINGS_MAX = 50
"""How many recordings are read to say who changed a ledger, and why."""


@dataclass(frozen=True, slots=True)
class JournalsNewsView(View):
    """Who changed the ledger, and why."""

    page: ClassVar[str] = "journals/_news.html"

    words: str


def events_url(pin: Pin) -> str:
    """Where a page listens that shows a ledger as it is now."""
    given = {"currency": pin.currency, SEEN: pin.recording}
    return f"/journals/events?{urlencode(given)}"


def ledger_events(site: Site) -> Handler:
    """`/journals/events?currency=USD&seen=412`: each recording after the one seen."""

    async def events(request: Request) -> Response:
        pins = await site.running(request).context.pins()
        pin = pins.get(request.query_params.get("currency", ""))
        seen = _seen(request)
        if pin is None or seen is None:
            return await nobody_listens(request)
        return await event_stream(request, site, _changes(request, site, pin, seen))

    return events


async def _changes(
    request: Request, site: Site, pin: Pin, seen: int
) -> AsyncGenerator[Event, None]:
    """Who changed the ledger, if it was another person, and then that it changed."""
    changes, caller = site.database.changes, caller_of(request)

    async def latest() -> Sequence[Recording]:
        async with site.database.reads() as session:
            return await latest_recordings(session, pin.ledger_id, RECORDINGS_MAX)

    async with aclosing(each_change(changes)) as each:
        async for _ in each:
            # One statement for all who listen to the ledger.
            recordings = await changes.once((latest_recordings, pin.ledger_id), latest)
            unseen = [its for its in recordings if its.number > seen]
            if not unseen:
                continue
            seen = unseen[0].number
            if words := news_words(unseen, caller.name):
                view = JournalsNewsView(words)
                yield Event(render(view.page, view, Who.of(request)))
            yield Event("", CHANGED, str(seen))


def news_words(recordings: Sequence[Recording], reader: str) -> str:
    """Who made recordings, the newest first, and why; empty for the reader's own."""
    others = list(
        dict.fromkeys(
            (its.made_by, its.reason) for its in recordings if its.made_by != reader
        )
    )
    if not others:
        return ""
    made_by, reason = others[0]
    by = "" if made_by is None else f" by {person_name(made_by)}"
    more = len(others) - 1
    also = f", and {count(more, 'other change', 'other changes')}" if more else ""
    return f"Changed{by}: {dated(reason)}{also}"


def _seen(request: Request) -> int | None:
    """The last recording that the page shows, or was told of since."""
    given = [request.query_params.get(SEEN), request.headers.get("last-event-id")]
    try:
        return max(read_number(text) for text in given if text)
    except ValueError:
        return None
