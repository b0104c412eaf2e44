"""Reading whether a connection is live, how far its sync is, and what is behind."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, or_, select

from daybook.db.engine import Database, Store
from daybook.gl.live.models import ConnectionTokens, GlSync
from daybook.gl.live.rules import UNFINISHED as GOING_ON
from daybook.gl.live.tokens import ConnectionKey
from daybook.gl.models import GlImport, GlRefresh, GlSegment
from daybook.jobs.rules import UNFINISHED


class LiveState(NamedTuple):
    """What Xero gave for a connection, and its last sync; None for neither."""

    tokens: ConnectionTokens | None
    sync: GlSync | None


async def live_states(store: Store, organisation_id: int) -> Mapping[int, LiveState]:
    """The connections of an organisation that are, or were, connected to Xero."""
    async with store.reads() as session:
        tokens = await session.scalars(
            select(ConnectionTokens).where(
                ConnectionTokens.organisation_id == organisation_id
            )
        )
        syncs = await session.scalars(
            select(GlSync).where(GlSync.organisation_id == organisation_id)
        )
    by_token = {row.connection: row for row in tokens}
    by_sync = {row.connection: row for row in syncs}
    return {
        number: LiveState(by_token.get(number), by_sync.get(number))
        for number in {*by_token, *by_sync}
    }


async def connected_keys(store: Store) -> list[ConnectionKey]:
    """All connections that have tokens, in the order of their keys."""
    key = (ConnectionTokens.organisation_id, ConnectionTokens.connection)
    async with store.reads() as session:
        found = await session.execute(select(*key).order_by(*key))
    return [ConnectionKey(*row) for row in found]


async def sync_of(store: Store, key: ConnectionKey) -> GlSync | None:
    """A connection's last sync."""
    async with store.reads() as session:
        return await session.get(GlSync, tuple(key))


async def syncs_in_motion(
    store: Store, organisation_id: int, since: datetime
) -> Sequence[GlSync]:
    """The syncs that go on, or changed since a moment, by their connections."""
    async with store.reads() as session:
        found = await session.scalars(
            select(GlSync)
            .where(
                GlSync.organisation_id == organisation_id,
                or_(GlSync.status.in_(GOING_ON), GlSync.changed_at > since),
            )
            .order_by(GlSync.connection)
        )
    return list(found)


async def is_behind(database: Database, key: ConnectionKey) -> bool:
    """Whether something came in of a connection that is in no refresh yet.

    A refresh that waits or runs counts; one that failed doesn't.
    """
    organisation_id, number = key
    newest = select(func.max(GlImport.number)).where(
        GlImport.organisation_id == organisation_id, GlImport.connection == number
    )
    made = select(func.max(GlSegment.imports_through)).where(
        GlSegment.organisation_id == organisation_id,
        GlSegment.connection == number,
        GlSegment.again_of.is_(None),
    )
    waiting = select(func.max(GlRefresh.imports_through)).where(
        GlRefresh.organisation_id == organisation_id,
        GlRefresh.connection == number,
        GlRefresh.again_of.is_(None),
        GlRefresh.status.in_(UNFINISHED),
    )
    # In this order: a refresh that ends meanwhile is seen twice rather than never.
    async with database.runtime.reads() as session:
        through = await session.scalar(waiting) or 0
    async with database.reads() as session:
        imported = await session.scalar(newest) or 0
        through = max(through, await session.scalar(made) or 0)
    return imported > through


async def waiting_refreshes(
    store: Store, organisation_id: int, connections: Collection[int]
) -> list[GlRefresh]:
    """Refreshes of connections that wait or run, by their numbers."""
    async with store.reads() as session:
        found = await session.scalars(
            select(GlRefresh)
            .where(
                GlRefresh.organisation_id == organisation_id,
                GlRefresh.connection.in_(connections),
                GlRefresh.status.in_(UNFINISHED),
            )
            .order_by(GlRefresh.number)
        )
    return list(found)
