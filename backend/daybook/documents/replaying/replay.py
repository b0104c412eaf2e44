"""Replays a whole ledger in constant memory."""

from collections.abc import Callable
from dataclasses import dataclass, field

from daybook.db.engine import Database
from daybook.documents.pace import collector_paused
from daybook.documents.replaying.deviation_words import Words
from daybook.documents.replaying.family_states import SettingsHistory
from daybook.documents.replaying.moments import Calendar, settings_history
from daybook.documents.replaying.reading_histories import (
    Pinned,
    load_histories,
    next_documents,
    pin,
)
from daybook.documents.replaying.slices import Deviation, EarlierFamily, Slice
from daybook.documents.replaying.strays import first_stray
from daybook.ledger.models import Ledger

NAMED_MAX = 100
"""How many documents that earlier rules recorded otherwise are named."""


@dataclass(slots=True)
class Replayed:
    """How many families were planned again, and the first row that doesn't fit.

    `earlier` counts documents that another version of the rules recorded otherwise than
    this one would; the first `NAMED_MAX` are `named`. They are not misfits.
    """

    families: int = 0
    mismatch: Deviation | None = None
    earlier: int = 0
    named: list[EarlierFamily] = field(default_factory=list)


async def replay_ledger(
    database: Database,
    organisation_id: int,
    ledger: Ledger,
    *,
    recordings: range | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Replayed:
    """Plan all families of a ledger again, in their state at each recording.

    Recordings made meanwhile are left to the next check. With `recordings`, only what
    these wrote is compared. `progress` is called with the number of documents done and
    the number of all.
    """
    async with database.reads() as session:
        pinned = await pin(session, ledger.id)
        settings = await settings_history(session, pinned)
        calendar = await Calendar.of(session, organisation_id)
    replaying = _Replaying(database, pinned, settings, calendar)
    replaying.recordings = recordings or range(1, pinned.recording + 1)
    await replaying.run(progress)
    if recordings is None and replaying.replayed.mismatch is None:
        async with database.reads() as session:
            replaying.replayed.mismatch = await first_stray(session, pinned)
    return replaying.replayed


@dataclass(slots=True)
class _Replaying:
    """Replays a ledger, slice by slice."""

    database: Database
    pinned: Pinned
    settings: SettingsHistory
    calendar: Calendar
    recordings: range = range(0)
    replayed: Replayed = field(default_factory=Replayed)

    async def run(self, progress: Callable[[int, int], None]) -> None:
        """Replay until the first mismatch."""
        last, every = 0, self.pinned.documents
        progress(0, every)
        while self.replayed.mismatch is None:
            with collector_paused():
                found = await self._slice(last)
            if found is None:
                return
            last = found
            progress(min(last, every), every)

    async def _slice(self, after: int) -> int | None:
        """Replay the next documents' families; return the last document, or None."""
        pinned = self.pinned
        async with self.database.reads() as session:
            ids = await next_documents(session, pinned, after)
            if not ids:
                return None
            try:
                histories = await load_histories(session, pinned, ids)
            except ValueError as unreadable:
                reason = f"{pinned.currency} ledger: {unreadable}"
                self.replayed.mismatch = Deviation(None, reason)
                return ids[-1]
            slice_ = Slice(
                pinned.ledger_id,
                Words(pinned.currency, histories),
                histories,
                self.settings,
                self.recordings,
                pinned.first_cause,
            )
            moments = await self.calendar.moments(
                session, pinned.ledger_id, slice_.needed()
            )
        self.replayed.mismatch = slice_.replay(moments)
        self.replayed.families += len(histories.families)
        self.replayed.earlier += len(slice_.earlier)
        room = NAMED_MAX - len(self.replayed.named)
        self.replayed.named += list(slice_.earlier.values())[: max(room, 0)]
        return ids[-1]
