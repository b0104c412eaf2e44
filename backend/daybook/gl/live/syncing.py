"""A sync: all pages of each kind, imported in batches, and then a refresh.

What was imported is known: a page that is fetched again after a kill brings nothing.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from daybook import clock
from daybook.activity.commands import write_activity
from daybook.activity.rules import ActivityKind, Started
from daybook.clock import real_now
from daybook.connections.models import GlConnection
from daybook.db.engine import Database
from daybook.db.failures import log_failure, outage_of
from daybook.errors import Rejected
from daybook.gl.commands import Wanted, import_files
from daybook.gl.kinds import Kind, Origin
from daybook.gl.live.app import allowed_of, login_of
from daybook.gl.live.queries import is_behind, sync_of
from daybook.gl.live.rules import (
    PAGES_PER_IMPORT,
    UNFINISHED,
    Amount,
    Course,
    SyncStatus,
)
from daybook.gl.live.syncs import (
    Claimed,
    LeaseLost,
    end_sync,
    give_back,
    keep_ahead,
    keep_course,
    kept_lease,
    postpone_sync,
    retry_sync,
)
from daybook.gl.live.tokens import TokensUnreadable, Wallet, mark_lost
from daybook.gl.refreshing import Asked, request_refresh
from daybook.gl.xero.client import (
    SECONDS_MAX,
    NotAllowed,
    SignInLost,
    TooManyCalls,
    Unavailable,
    XeroApi,
)
from daybook.gl.xero.csv_sources import Source
from daybook.gl.xero.endpoints import ENDPOINTS
from daybook.gl.xero.login import Disconnected, LoginFailed
from daybook.ledger.commands import lock_organisation
from daybook.numbers import counted
from daybook.outbound.client import guarded_client
from daybook.secrets import Secrets
from daybook.settings import Settings
from daybook.temporary import temporary_folder

logger = logging.getLogger(__name__)
OUR_FAULT = "an error of Daybook's own: look into the server's log"


@dataclass
class Syncer:
    """Works on syncs by the settings of a program.

    Xero and the tokens go by the machine's clock, `now`; what is recorded goes by the
    program's. The pause between requests is the program's, or a test's.
    """

    database: Database
    settings: Settings
    now: Callable[[], datetime] = real_now
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    secrets: Secrets = field(init=False)

    def __post_init__(self) -> None:
        self.secrets = Secrets.of(self.settings)

    async def work(self, claimed: Claimed) -> None:
        """Go on with a sync until it ends, or has to wait."""
        store = self.database.runtime
        try:
            async with kept_lease(store, claimed):
                await self._work(claimed)
        except LeaseLost:
            logger.info("sync of connection %s was taken over", claimed.key.number)
        except asyncio.CancelledError:
            await give_back(store, claimed)
            raise

    async def _work(self, claimed: Claimed) -> None:
        store, now = self.database.runtime, self.now
        try:
            status, message = await self._fetch(claimed)
        except TooManyCalls as refused:
            until = now() + timedelta(seconds=refused.seconds)
            await postpone_sync(store, claimed, until, str(refused))
        except (Disconnected, SignInLost) as lost:
            await mark_lost(store, claimed.key, str(lost), before=claimed.at)
            await end_sync(store, claimed, SyncStatus.FAILED, str(lost))
        except (TokensUnreadable, Rejected) as failed:
            await end_sync(store, claimed, SyncStatus.FAILED, str(failed))
        except (Unavailable, LoginFailed) as failed:
            await retry_sync(store, claimed, now(), str(failed))
        except LeaseLost:
            raise
        except Exception as failed:  # noqa: BLE001  (the worker's edge)
            log_failure(failed, f"connection {claimed.key.number} was not synced")
            outage = outage_of(failed)
            words = OUR_FAULT if outage is None else outage.kind.value
            await retry_sync(store, claimed, now(), words)
        else:
            await end_sync(store, claimed, status, message)
        await self._log(claimed)

    async def _log(self, claimed: Claimed) -> None:
        """Write the line of a sync that ended in the activity log."""
        sync = await sync_of(self.database.runtime, claimed.key)
        if sync is None or sync.status in UNFINISHED:
            return
        organisation_id, number = claimed.key
        async with self.database.writes() as session:
            organisation = await lock_organisation(session, organisation_id)
            row = await session.get_one(GlConnection, (organisation_id, number))
            documents = counted(sync.documents, "document")
            outcome = sync.message or f"{documents} new or changed"
            await write_activity(
                session,
                organisation,
                kind=ActivityKind.GL_SYNC,
                started=Started(clock.now(self.settings)),
                message=f"{row.name} synced with Xero: {outcome}",
                made_by=sync.requested_by,
                is_failed=sync.status == SyncStatus.FAILED,
            )

    async def _fetch(self, claimed: Claimed) -> tuple[SyncStatus, str | None]:
        """Fetch all kinds, then request a refresh; how the sync ended.

        Raises Rejected if this isn't the organisation of the connection.
        """
        store = self.database.runtime
        login = login_of(self.settings)
        wallet = Wallet(store, self.secrets, login, claimed.key, self.now)
        allowed = allowed_of(self.settings)
        async with guarded_client(allowed, seconds=SECONDS_MAX) as client:
            api = XeroApi(
                client,
                self.settings.xero_api_url,
                claimed.tenant,
                wallet.token,
                wallet.renew,
                pause=self.pause,
            )
            fetching = _Fetching(self, claimed, api, claimed.course)
            for kind in ENDPOINTS:
                if kind not in fetching.course.done:
                    await fetching.fetch(kind)
        course = fetching.course
        await self._refresh(claimed)
        status = SyncStatus.FAILED if course.refused else SyncStatus.DONE
        return status, course.message

    async def _refresh(self, claimed: Claimed) -> None:
        """Request a refresh of what came in, unless that is in one already."""
        organisation_id, number = claimed.key
        asked = Asked(organisation_id, claimed.requested_by, clock.now(self.settings))
        if await is_behind(self.database, claimed.key):
            await request_refresh(self.database, asked, [number])


@dataclass
class _Fetching:
    """The pages of one sync, kind by kind."""

    syncer: Syncer
    claimed: Claimed
    api: XeroApi
    course: Course

    async def fetch(self, kind: Kind) -> None:
        """Fetch and import all pages of a kind that are left.

        Raises Rejected where the organisation isn't the connection's, and what the
        client raises where nothing can be fetched.
        """
        try:
            await self._pages(kind)
        except NotAllowed as refused:
            await self._give_up(kind, str(refused), is_refused=False)
        except SignInLost as lost:
            # The token is new and other kinds took it: this one isn't in its scopes.
            if kind is Kind.ORGANISATION:
                raise
            await self._give_up(kind, str(lost), is_refused=False)
        except Rejected as rejected:
            if kind is Kind.ORGANISATION:
                raise
            await self._give_up(kind, _words(rejected), is_refused=True)

    async def _pages(self, kind: Kind) -> None:
        await self._keep(self.course.at_start_of(kind, self.syncer.now()))
        cursor = self.course.cursors.get(kind)
        since = self.course.modified_since(kind)
        store = self.syncer.database.runtime
        with temporary_folder() as temporary:
            folder = Path(temporary)
            batch: list[Source] = []
            ahead = Amount()
            try:
                async for fetched in self.api.pages(kind, cursor, since):
                    name = f"{kind.name.lower().replace('_', '-')}-{len(batch) + 1}"
                    path = folder / f"{name}.json"
                    await asyncio.to_thread(path.write_bytes, fetched.content)
                    batch.append(Source(path.name, path))
                    cursor, ahead = fetched.cursor, ahead.plus(1, fetched.documents)
                    await keep_ahead(store, self.claimed, ahead)
                    if len(batch) == PAGES_PER_IMPORT:
                        await self._import(kind, batch, cursor, ahead)
                        batch, ahead = [], Amount()
            except (TooManyCalls, Unavailable):
                if batch:  # it waits for a while now: what is here counts
                    await self._import(kind, batch, cursor, ahead)
                raise
            if batch:
                await self._import(kind, batch, cursor, ahead)
        await self._keep(self.course.finished(kind))

    async def _import(
        self, kind: Kind, batch: Sequence[Source], cursor: str | None, amount: Amount
    ) -> None:
        """Import pages, and go on behind them."""
        syncer, claimed = self.syncer, self.claimed
        wanted = Wanted(
            claimed.key.organisation_id,
            claimed.key.number,
            kind,
            batch,
            origin=Origin.LIVE,
            made_by=claimed.requested_by,
        )
        imported = await import_files(
            syncer.database, syncer.settings, wanted, now=clock.now(syncer.settings)
        )
        documents = imported.staged.documents
        course = self.course.at(kind, cursor, amount)
        await self._keep(course, amount.pages, documents)

    async def _give_up(self, kind: Kind, problem: str, *, is_refused: bool) -> None:
        course = self.course.failed(kind, problem, is_refused=is_refused)
        await self._keep(course)

    async def _keep(self, course: Course, pages: int = 0, documents: int = 0) -> None:
        store = self.syncer.database.runtime
        more = {"pages": pages, "documents": documents}
        await keep_course(store, self.claimed, course, **more)
        self.course = course


def _words(rejected: Rejected) -> str:
    """The first problem, and how many others there are."""
    first = rejected.problems[0].message
    others = rejected.total - 1
    return f"{first} (and {others:,} more)" if others else first
