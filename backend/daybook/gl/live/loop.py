"""Working on syncs that are due: beside the server, or in a command.

Workers don't: they have no DAYBOOK_SECRET, which decrypts the tokens.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from functools import partial

from daybook.connections.queries import find_connections
from daybook.db.engine import Database
from daybook.gl.live.app import is_set_up
from daybook.gl.live.models import GlSync
from daybook.gl.live.nightly import ask_nightly
from daybook.gl.live.queries import connected_keys, sync_of
from daybook.gl.live.rules import SyncStatus
from daybook.gl.live.syncing import Syncer
from daybook.gl.live.syncs import Claimed, claim_sync, drop_sync, due_syncs
from daybook.gl.live.tokens import ConnectionKey, drop_tokens
from daybook.jobs.looping import Looping, looping
from daybook.jobs.rules import BEAT
from daybook.outbound.turns import Turns
from daybook.settings import Settings

AT_ONCE = 4
"""How many syncs a process works on at a time: each imports in its memory."""
AT_ONCE_PER_ORGANISATION = 2


@asynccontextmanager
async def syncing(database: Database, settings: Settings) -> AsyncIterator[None]:
    """Work on all syncs while the context lasts, if the server is registered at Xero.

    Syncs that are under way at its end are left to others.
    """
    if not is_set_up(settings):
        yield
        return
    async with looping(Syncing(Syncer(database, settings))):
        yield


async def work_off_syncs(
    syncer: Syncer,
    keys: Collection[ConnectionKey],
    progress: Callable[[list[GlSync]], None] = lambda _syncs: None,
) -> list[GlSync]:
    """The syncs of connections once each has ended or has to wait; as commands do it.

    A server may work on them, too.
    """
    store = syncer.database.runtime
    async with (
        looping(Syncing(syncer, keys)),
        store.changes.waiting() as changed,
    ):
        while True:
            changed.clear()
            found = [await sync_of(store, key) for key in keys]
            syncs = [sync for sync in found if sync is not None]
            progress(syncs)
            if not any(_goes_on(sync) for sync in syncs):
                return syncs
            with suppress(TimeoutError):
                async with asyncio.timeout(BEAT.total_seconds()):
                    await changed.wait()


def _goes_on(sync: GlSync) -> bool:
    is_due = sync.status == SyncStatus.WAITING and sync.not_before is None
    return is_due or sync.status == SyncStatus.RUNNING


class Syncing(Looping):
    """Takes syncs that are due, over and over: all, or those of some connections.

    Organisations take turns.
    """

    failing = "connections could not be synced"

    def __init__(
        self, syncer: Syncer, only: Collection[ConnectionKey] | None = None
    ) -> None:
        super().__init__()
        self._syncer = syncer
        self._only = only
        self._database = syncer.database
        self._store = syncer.database.runtime
        self._organisations: Turns[int] = Turns(AT_ONCE, AT_ONCE_PER_ORGANISATION)

    async def turn(self) -> None:
        """Begin syncs that are due."""
        now = self._syncer.now()
        if self._only is None:
            await self._forget_removed()
            await ask_nightly(self._database, self._syncer.settings, now)
        due: dict[int, list[ConnectionKey]] = {}
        for key in await due_syncs(self._store, now):
            if self._only is None or key in self._only:
                due.setdefault(key.organisation_id, []).append(key)
        while True:
            organisation_id = self._organisations.next(due)
            if organisation_id is None:
                return
            key = due[organisation_id].pop(0)
            if not due[organisation_id]:
                del due[organisation_id]
            claimed = await claim_sync(self._store, key, now)
            if claimed is not None:
                self._organisations.begin(organisation_id)
                failing = f"connection {claimed.key.number} was not synced"
                self.begin(partial(self._sync, claimed), failing)

    async def _sync(self, claimed: Claimed) -> None:
        try:
            await self._syncer.work(claimed)
        finally:
            self._organisations.end(claimed.key.organisation_id)

    async def _forget_removed(self) -> None:
        """Drop the tokens of connections that were removed."""
        keys = await connected_keys(self._store)
        for organisation_id in {key.organisation_id for key in keys}:
            async with self._database.reads() as session:
                rows = await find_connections(session, organisation_id)
            kept = {row.number for row in rows}
            for key in keys:
                if key.organisation_id == organisation_id and key.number not in kept:
                    await drop_tokens(self._store, key)
                    await drop_sync(self._store, key)
