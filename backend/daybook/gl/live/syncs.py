"""The rows of syncs: asked for, claimed, kept, and ended. Each a transaction.

A sync is leased: if its program is killed, another goes on where it was.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import uuid4

from sqlalchemy import and_, delete, or_, select, update

from daybook.db.engine import Store, WriteSession
from daybook.db.failures import OUTAGES
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.gl.live.models import ConnectionTokens, GlSync
from daybook.gl.live.rules import (
    BEAT_SECONDS,
    FAILURES_MAX,
    LEASE,
    NIGHTLY,
    UNFINISHED,
    Amount,
    Course,
    SyncStatus,
    again_after,
)
from daybook.gl.live.tokens import ConnectionKey

MESSAGE_MAX = 2_000


class LeaseLost(Exception):
    """Another program has the sync, or it was ended."""


class Claimed(NamedTuple):
    """A sync that this program alone works on, since `at`."""

    key: ConnectionKey
    worker: str
    requested_by: str
    course: Course
    tenant: str
    at: datetime


async def request_sync(
    store: Store, key: ConnectionKey, *, by: str, now: datetime
) -> None:
    """Ask for a sync; one that waits goes on at once, one that runs does anyway.

    Raises Rejected if the connection isn't connected to Xero.
    """
    async with store.writes() as session:
        tokens = await session.get(ConnectionTokens, tuple(key), with_for_update=True)
        if tokens is None or tokens.lost is not None:
            why = "it isn't connected to Xero" if tokens is None else tokens.lost
            code = ProblemCode.WRONG_STATUS
            raise Rejected([Problem(code, str(why), ("connectionId",))])
        sync = await session.get(GlSync, tuple(key), with_for_update=True)
        if sync is not None and sync.status in UNFINISHED:
            sync.not_before = None
            _touch(sync)
        else:
            _ask(session, tokens, sync, by, now)


async def request_nightly(
    store: Store, key: ConnectionKey, *, night: datetime, now: datetime
) -> bool:
    """Ask for the sync of a night, which began then; whether it wasn't asked for yet.

    Of several servers, one asks for it. A connection that was connected since, or that
    somebody synced since, has none.
    """
    async with store.writes() as session:
        tokens = await session.get(ConnectionTokens, tuple(key), with_for_update=True)
        sync = await session.get(GlSync, tuple(key), with_for_update=True)
        if tokens is None or not is_due(tokens, sync, night):
            return False
        _ask(session, tokens, sync, NIGHTLY, now)
        return True


def is_due(tokens: ConnectionTokens, sync: GlSync | None, night: datetime) -> bool:
    """Whether the sync of a night has to be asked for."""
    if tokens.lost is not None or tokens.connected_at > night:
        return False
    if sync is None:
        return True
    return sync.status not in UNFINISHED and sync.requested_at < night


def _ask(
    session: WriteSession,
    tokens: ConnectionTokens,
    sync: GlSync | None,
    by: str,
    now: datetime,
) -> None:
    """Put the next sync into the place of the last one."""
    if sync is None:
        sync = GlSync(
            organisation_id=tokens.organisation_id,
            connection=tokens.connection,
            course=Course().text,
            changes=0,
        )
        session.add(sync)
    sync.course = Course.read(sync.course).next(now, tokens.connected_at).text
    sync.requested_by, sync.requested_at = by, now
    sync.status = int(SyncStatus.WAITING)
    sync.pages = sync.documents = sync.failures = 0
    sync.ahead_pages = sync.ahead_documents = 0
    sync.message = sync.not_before = sync.worker = sync.lease_until = None
    _touch(sync)


async def due_syncs(store: Store, now: datetime) -> list[ConnectionKey]:
    """Syncs that a program may take, those that were asked for first in front."""
    table = GlSync
    async with store.reads() as session:
        found = await session.execute(
            select(table.organisation_id, table.connection)
            .where(
                table.status.in_(UNFINISHED),
                or_(table.not_before.is_(None), table.not_before <= now),
                or_(table.lease_until.is_(None), table.lease_until < now),
            )
            .order_by(table.requested_at, table.organisation_id, table.connection)
        )
    return [ConnectionKey(*row) for row in found]


async def claim_sync(store: Store, key: ConnectionKey, now: datetime) -> Claimed | None:
    """Begin a sync that is due, or go on with it; None if it isn't due any more.

    One that was disconnected meanwhile is ended.
    """
    async with store.writes() as session:
        sync = await session.get(GlSync, tuple(key), with_for_update=True)
        if sync is None or sync.status not in UNFINISHED:
            return None
        waits = sync.not_before is not None and sync.not_before > now
        is_taken = sync.lease_until is not None and sync.lease_until >= now
        if waits or is_taken:
            return None
        tokens = await session.get(ConnectionTokens, tuple(key))
        if tokens is None:
            _end(sync, SyncStatus.FAILED, "it was disconnected")
            return None
        sync.status = int(SyncStatus.RUNNING)
        sync.worker, sync.lease_until = uuid4().hex, now + LEASE
        sync.message = sync.not_before = None
        sync.ahead_pages = sync.ahead_documents = 0
        _touch(sync)
        return Claimed(
            key,
            sync.worker,
            sync.requested_by,
            Course.read(sync.course),
            tokens.tenant,
            now,
        )


async def keep_course(
    store: Store,
    claimed: Claimed,
    course: Course,
    *,
    pages: int = 0,
    documents: int = 0,
) -> None:
    """Store how far a sync is, after so many more pages; raises LeaseLost."""
    async with store.writes() as session:
        sync = await _held(session, claimed)
        sync.course = course.text
        sync.pages += pages
        sync.documents += documents
        sync.ahead_pages = sync.ahead_documents = 0
        if pages:
            sync.failures = 0
        _touch(sync)


async def keep_ahead(store: Store, claimed: Claimed, ahead: Amount) -> None:
    """Tell what was fetched since the last import; raises LeaseLost."""
    async with store.writes() as session:
        sync = await _held(session, claimed)
        sync.ahead_pages, sync.ahead_documents = ahead
        _touch(sync)


async def end_sync(
    store: Store, claimed: Claimed, status: SyncStatus, message: str | None
) -> None:
    """End a sync; raises LeaseLost."""
    async with store.writes() as session:
        _end(await _held(session, claimed), status, message)


async def postpone_sync(
    store: Store, claimed: Claimed, until: datetime, message: str
) -> None:
    """Let a sync wait until Xero may be asked again; raises LeaseLost."""
    async with store.writes() as session:
        _wait(await _held(session, claimed), until, message)


async def retry_sync(
    store: Store, claimed: Claimed, now: datetime, message: str
) -> None:
    """Let a sync wait after a failure, or give it up after too many in a row.

    Raises LeaseLost.
    """
    async with store.writes() as session:
        sync = await _held(session, claimed)
        sync.failures += 1
        if sync.failures >= FAILURES_MAX:
            _end(sync, SyncStatus.FAILED, message)
        else:
            _wait(sync, now + again_after(sync.failures), message)


async def give_back(store: Store, claimed: Claimed) -> None:
    """Leave a sync to others, as a stopping program does."""
    async with store.writes() as session:
        with suppress(LeaseLost):
            sync = await _held(session, claimed)
            sync.status = int(SyncStatus.WAITING)
            sync.worker = sync.lease_until = None
            _touch(sync)


async def stop_sync(session: WriteSession, key: ConnectionKey, message: str) -> None:
    """End a connection's sync, if one is under way; its program notices."""
    sync = await session.get(GlSync, tuple(key), with_for_update=True)
    if sync is not None and sync.status in UNFINISHED:
        _end(sync, SyncStatus.FAILED, message)


async def drop_sync(store: Store, key: ConnectionKey) -> None:
    """Forget how far the syncs of a connection are."""
    is_its = and_(
        GlSync.organisation_id == key.organisation_id,
        GlSync.connection == key.number,
    )
    async with store.writes() as session:
        await session.execute(delete(GlSync).where(is_its))


@asynccontextmanager
async def kept_lease(store: Store, claimed: Claimed) -> AsyncIterator[None]:
    """Keep a sync while the context lasts; raises LeaseLost if another has it."""
    task = asyncio.current_task()
    assert task is not None, "this is called in a task"
    is_lost = False

    async def beat() -> None:
        nonlocal is_lost
        while not is_lost:
            await asyncio.sleep(BEAT_SECONDS)
            with suppress(*OUTAGES):  # its work will meet them, too
                is_lost = not await _extend(store, claimed)
        task.cancel()

    beating = asyncio.create_task(beat())
    try:
        yield
    except asyncio.CancelledError:
        if not is_lost:
            raise
        task.uncancel()
        raise LeaseLost from None
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating


async def _extend(store: Store, claimed: Claimed) -> bool:
    """Lengthen a lease; whether this program still had it."""
    table = GlSync
    async with store.writes() as session:
        extended = await session.scalar(
            update(table)
            .where(
                table.organisation_id == claimed.key.organisation_id,
                table.connection == claimed.key.number,
                table.worker == claimed.worker,
            )
            .values(lease_until=datetime.now(UTC) + LEASE)
            .returning(table.connection)
        )
    return extended is not None


async def _held(session: WriteSession, claimed: Claimed) -> GlSync:
    sync = await session.get(GlSync, tuple(claimed.key), with_for_update=True)
    if sync is None or sync.worker != claimed.worker:
        raise LeaseLost
    return sync


def _wait(sync: GlSync, until: datetime, message: str) -> None:
    sync.status = int(SyncStatus.WAITING)
    sync.not_before, sync.message = until, message[:MESSAGE_MAX]
    sync.worker = sync.lease_until = None
    _touch(sync)


def _end(sync: GlSync, status: SyncStatus, message: str | None) -> None:
    sync.status = int(status)
    sync.message = None if message is None else message[:MESSAGE_MAX]
    sync.not_before = sync.worker = sync.lease_until = None
    _touch(sync)


def _touch(sync: GlSync) -> None:
    """Count a change, so that listeners are notified."""
    sync.changes += 1
    sync.changed_at = datetime.now(UTC)
