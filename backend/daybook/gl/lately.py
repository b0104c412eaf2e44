"""How far the general ledger has come, for pages that listen to it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import bindparam, func, select

from daybook.db.engine import Database
from daybook.db.fast.compiled import CompiledSelect, fetch_rows
from daybook.gl.live.models import GlSync
from daybook.gl.live.queries import syncs_in_motion
from daybook.gl.models import GlImport, GlRefresh, GlSegment
from daybook.jobs.queries import jobs_in_motion
from daybook.ledger.models import Organisation

LATELY_MAX = 200
"""How many refreshes are read: more than may be unfinished at a time."""
CLOCKS = timedelta(minutes=5)
"""The most that the clocks of machines may differ for a change to count as new."""


async def read_gl_mark(database: Database, organisation_id: int) -> str:
    """What differs whenever something came in, or a refresh made its part."""
    rows = await fetch_rows(database, _MARK, {"organisation": organisation_id})
    numbers = rows[0] if rows else ()
    return ".".join(str(number or 0) for number in numbers)


async def read_refreshes_mark(database: Database, organisation_id: int) -> str:
    """What differs whenever a refresh or a sync was asked for, began or ended.

    16 hex digits. Progress alone leaves it as it is.
    """
    values = {"organisation": organisation_id}
    rows = await fetch_rows(database.runtime, _REFRESHES, values)
    rows = [*rows, *await fetch_rows(database.runtime, _SYNCS, values)]
    marked = [tuple(row) for row in rows]
    return sha256(repr(marked).encode()).hexdigest()[:16]


async def read_refreshing(
    database: Database, organisation_id: int
) -> Sequence[tuple[int, ...]]:
    """How far each refresh and sync is that goes on or ended lately.

    It differs with progress.
    """
    since, store = datetime.now(UTC) - CLOCKS, database.runtime
    async with store.reads() as session:
        jobs = await jobs_in_motion(session, GlRefresh, organisation_id, since)
    syncs = await syncs_in_motion(store, organisation_id, since)
    return [
        *((job.number, *job.shown) for job in jobs),
        *((sync.connection, sync.changes) for sync in syncs),
    ]


_OURS: Any = bindparam("organisation", required=False)


def _of_ours(value: Any, model: Any) -> Any:
    found = select(value).where(model.organisation_id == _OURS)
    return found.scalar_subquery()


_MARK = CompiledSelect(
    select(
        _of_ours(func.max(GlImport.number), GlImport),
        # A number may come after a later one, a record doesn't.
        _of_ours(func.max(GlSegment.record), GlSegment),
    )
    .select_from(Organisation)
    .where(Organisation.id == _OURS),
    is_short=True,
)
_REFRESHES = CompiledSelect(
    select(GlRefresh.number, GlRefresh.changes)
    .where(GlRefresh.organisation_id == _OURS)
    .order_by(GlRefresh.changed_at.desc(), GlRefresh.number.desc())
    .limit(LATELY_MAX),
    is_short=True,
)
_SYNCS = CompiledSelect(
    select(GlSync.connection, GlSync.requested_at, GlSync.status)
    .where(GlSync.organisation_id == _OURS)
    .order_by(GlSync.connection),
    is_short=True,
)
"""Compiled once, since they are read at each change while anybody listens."""
