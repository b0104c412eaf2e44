"""`/events`: what tells an open page that something changed, in whichever process.

    connected          a page listens of which nothing is known: it may be a while old
    ledger-changed     a ledger has a new recording
    manual-changed     something was done with manual journals or requested changes
    exports-changed    an export was asked for, began, ended or was fetched
    activity-changed   the activity log or the audit trail has a new line
    gl-changed         files of the general ledger came in, or a refresh was asked for,
                       began or ended
    upload-changed     the run of the page's own upload is further, or has ended
    refresh-changed    a refresh is further, for a page that shows how far it is

Pages load what they show again by these names. What is outside of their content comes
as markup: who changed the ledger, what waits, and the reader's own exports.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from daybook.access.rules import Permission
from daybook.clock import real_now
from daybook.exports.lately import (
    ChangedExport,
    LateExports,
    read_late_exports,
)
from daybook.gl.lately import read_gl_mark, read_refreshes_mark, read_refreshing
from daybook.ledger.models import Recording
from daybook.ledger.pins import Pin
from daybook.ledger.queries import latest_recordings
from daybook.numbers import read_number
from daybook.reports.newest import LedgerHead, Newest, read_newest
from daybook.uploads.rules import UploadId
from daybook.uploads.runs import RunState, read_run
from daybook_graphql.execution.listening import each_change
from daybook_web.kit.events import Event, event_stream, nobody_listens
from daybook_web.kit.guard import caller_of
from daybook_web.kit.notices import LiveView, news_words, notices_of
from daybook_web.kit.rendering import Who, render
from daybook_web.kit.site import Site
from daybook_web.kit.tokens import SEEN
from daybook_web.kit.told import Told
from daybook_web.kit.waiting import waiting_for_reader

EVENTS = "/events"
CONNECTED = "connected"
LEDGER = "ledger-changed"
MANUAL = "manual-changed"
EXPORTS = "exports-changed"
ACTIVITY = "activity-changed"
GENERAL_LEDGER = "gl-changed"
UPLOAD = "upload-changed"
REFRESHES = "refresh-changed"
OF_UPLOAD = "upload"
"""The parameter of a page that shows how far the run of an upload is."""
OF_REFRESHES = "refreshes"
"""The parameter of a page that shows how far refreshes of the dataset are."""
REFRESHES_URL = f"{EVENTS}?{OF_REFRESHES}=1"
"""Where such a page listens."""
AGAIN = "last-event-id"
"""The header by which a page that listens again says what it was told last."""
TOLD = "told-before"
"""The header by which a page says what the one before it in its tab was told last."""
RECORDINGS_MAX = 50
"""How many recordings are read to say who changed a ledger, and why."""


def events_url(pin: Pin) -> str:
    """Where a page listens that shows a ledger as it is now."""
    return f"{EVENTS}?{urlencode({'currency': pin.currency, SEEN: pin.recording})}"


def upload_events_url(key: str) -> str:
    """Where a page listens that shows how far the run of an upload is."""
    return f"{EVENTS}?{urlencode({OF_UPLOAD: key})}"


def live_routes(site: Site) -> list[Route]:
    """`/events?currency=USD&seen=412`: of a ledger after a recording, and the rest.

    Without a currency, the recordings of all ledgers count, from now on. `?upload=KEY`
    adds the run of an upload, `?refreshes=1` how far refreshes of the dataset are.
    """

    async def events(request: Request) -> Response:
        currency, seen = request.query_params.get("currency", ""), 0
        if currency or SEEN in request.query_params:
            try:
                seen = read_number(request.query_params.get(SEEN, ""))
            except ValueError:
                return await nobody_listens(request)
            if currency not in await site.running(request).context.pins():
                return await nobody_listens(request)
        if not caller_of(request).may(Permission.READ):
            return await nobody_listens(request)
        page = _Page(request, site, currency, seen)
        return await event_stream(request, site, page.events())

    return [site.guarded(EVENTS, events, stranger=nobody_listens)]


@dataclass(frozen=True, slots=True)
class _Page:
    """A page that listens: of a ledger after the recording `seen`, or of all."""

    request: Request
    site: Site
    currency: str
    seen: int

    async def events(self) -> AsyncGenerator[Event, None]:
        """First what is new since the page was told something, then each change."""
        database, caller = self.site.database, caller_of(self.request)
        told, is_new_page = self._told(), self._sent(AGAIN) is None
        its_run: RunState | None = None
        its_refreshes: Sequence[tuple[int, ...]] = ()
        feeds = (database.changes, database.runtime.changes)
        async with aclosing(each_change(*feeds)) as each:
            async for _ in each:
                newest, late = await self._present()
                general_ledger = await self._general_ledger()
                present = Told.of(caller, newest, late, general_ledger)
                names = [] if told else [CONNECTED]
                before = told or self._shown(present)
                told = before.after(present)
                names += self._changed(before, told)
                run = await self._run()
                if run != its_run:
                    names.append(UPLOAD)
                its_run = run
                refreshes = await self._refreshes()
                if refreshes != its_refreshes:
                    names.append(REFRESHES)
                its_refreshes = refreshes
                view = await self._view(names, before, newest, late)
                if is_new_page and view.ready is None:  # its header says nothing yet
                    view = replace(view, ready=self._unfetched(late) or None)
                is_new_page = False
                if not view.is_empty():
                    yield Event(render(view.page, view, Who.of(self.request)))
                for name in names:
                    # A page that misses one of them is told all of them again.
                    is_last = name == names[-1]
                    yield Event("", name, told.text() if is_last else "")

    async def _present(self) -> tuple[Newest, LateExports]:
        """What there is: read once for all who listen to an organisation."""
        database, its = self.site.database, caller_of(self.request).organisation_id
        changes, runtime_changes = database.changes, database.runtime.changes
        newest = await changes.once((Newest, its), lambda: read_newest(database, its))
        late = await runtime_changes.once(
            (LateExports, its), lambda: read_late_exports(database, its)
        )
        return newest, late

    async def _general_ledger(self) -> str:
        """How far the general ledger has come, and how its refreshes stand."""
        database, its = self.site.database, caller_of(self.request).organisation_id
        came_in = await database.changes.once(
            (read_gl_mark, its), lambda: read_gl_mark(database, its)
        )
        refreshes = await database.runtime.changes.once(
            (read_refreshes_mark, its), lambda: read_refreshes_mark(database, its)
        )
        return f"{came_in}.{refreshes}"

    async def _refreshes(self) -> Sequence[tuple[int, ...]]:
        """How far refreshes are; nothing for pages that don't show it."""
        if OF_REFRESHES not in self.request.query_params:
            return ()
        database, its = self.site.database, caller_of(self.request).organisation_id
        return await database.runtime.changes.once(
            (read_refreshing, its), lambda: read_refreshing(database, its)
        )

    async def _run(self) -> RunState | None:
        """The run of the page's upload; None for other pages, and without one."""
        caller, key = caller_of(self.request), self.request.query_params.get(OF_UPLOAD)
        upload_id = UploadId(caller.organisation_id, key or "")
        if not upload_id.can_be or not caller.may(Permission.RECORD):
            return None
        runtime = self.site.database.runtime
        return await runtime.changes.once(
            (RunState, upload_id),
            lambda: read_run(runtime, upload_id, now=real_now()),
        )

    def _told(self) -> Told | None:
        """What the page was told, or the one before it in its tab; None if nothing."""
        again = self._sent(AGAIN)
        told = again or self._sent(TOLD)
        return None if told is None else self._shown(told, again)

    def _sent(self, header: str) -> Told | None:
        text = self.request.headers.get(header, "")
        return Told.read(text, caller_of(self.request))

    def _shown(self, told: Told, again: Told | None = None) -> Told:
        """What was told, of a page whose ledger is as `seen`, or as it was told."""
        if not self.currency:
            return told
        known = again.recordings.get(self.currency, 0) if again else 0
        return told.with_recording(self.currency, max(self.seen, known))

    def _changed(self, before: Told, after: Told) -> list[str]:
        """The names of what changed."""
        ledgers = [self.currency] if self.currency else list(after.recordings)
        changed = {
            LEDGER: any(before.is_behind(name, after) for name in ledgers),
            MANUAL: before.manual != after.manual,
            EXPORTS: before.exports != after.exports,
            ACTIVITY: before.activity != after.activity,
            GENERAL_LEDGER: before.general_ledger != after.general_ledger,
        }
        return [name for name, is_new in changed.items() if is_new]

    async def _view(
        self, names: list[str], before: Told, newest: Newest, late: LateExports
    ) -> LiveView:
        """What is said of the changes outside of the page's content."""
        words, waiting, ready = "", None, None
        if LEDGER in names and self.currency:
            words = await self._words(before, newest.ledgers[self.currency])
        if MANUAL in names and caller_of(self.request).may(Permission.APPROVE):
            waiting = await waiting_for_reader(self.site.database, self.request)
        if EXPORTS in names:
            ready = self._unfetched(late)
        ended = [its for its in self._own(late) if before.has_ended_since(its)]
        return LiveView(words, waiting, notices_of(ended), ready)

    def _own(self, late: LateExports) -> list[ChangedExport]:
        """The exports that the reader asked for."""
        name = caller_of(self.request).name
        return [export for export in late.exports if export.requested_by == name]

    def _unfetched(self, late: LateExports) -> int:
        """How many of the reader's files are ready that nobody has fetched."""
        own = self._own(late)
        return sum(its.is_ready and not its.is_downloaded for its in own)

    async def _words(self, before: Told, ledger: LedgerHead) -> str:
        """Who changed the page's ledger, if it was another person, and why."""
        database = self.site.database

        async def latest() -> Sequence[Recording]:
            async with database.reads() as session:
                return await latest_recordings(
                    session, ledger.ledger_id, RECORDINGS_MAX
                )

        key = (latest_recordings, ledger.ledger_id)
        recordings = await database.changes.once(key, latest)
        seen = before.recordings.get(self.currency, 0)
        unseen = [its for its in recordings if its.number > seen]
        return news_words(unseen, caller_of(self.request).name)
