"""Refreshes of the dataset, worked off as a command does it, and what they made."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from daybook.columnar.engine import engine
from daybook.db.engine import Database
from daybook.gl.dataset.lines import lines_of
from daybook.gl.dataset.snapshots import Snapshot, fetch_parts, snapshot_at
from daybook.gl.models import GlRefresh, GlSegment
from daybook.gl.refreshing import Asked, request_again, request_refresh
from daybook.gl.working import work_off
from daybook.storage.places import gl_segments_storage
from daybook_factories import ORGANISATION
from daybook_gl_imports import gl_settings
from daybook_people import NOON

BY = "ann@example.com"


async def asked_for(
    database: Database, *connections: int, now: datetime = NOON, by: str = BY
) -> list[GlRefresh]:
    """Refreshes that wait."""
    return await request_refresh(database, Asked(ORGANISATION, by, now), connections)


async def refreshed(
    database: Database,
    folder: Path,
    *connections: int,
    now: datetime = NOON,
    by: str = BY,
) -> list[GlRefresh]:
    """Refreshes of connections, or of all, that have ended."""
    jobs = await asked_for(database, *connections, now=now, by=by)
    return await work_off(database, gl_settings(folder, now), jobs)


async def made_again(
    database: Database, folder: Path, number: int, now: datetime = NOON
) -> GlRefresh:
    """A refresh from the pins of another, once it has ended."""
    job = await request_again(database, Asked(ORGANISATION, BY, now), number)
    (ended,) = await work_off(database, gl_settings(folder, now), [job])
    return ended


async def segment_of(database: Database, number: int) -> GlSegment:
    """The segment that a refresh made."""
    async with database.reads() as session:
        return await session.get_one(GlSegment, (ORGANISATION, number))


async def dataset(database: Database, refresh: int | None = None) -> Snapshot | None:
    """A state of the dataset."""
    async with database.reads() as session:
        return await snapshot_at(session, ORGANISATION, refresh)


async def ask_dataset(
    database: Database, folder: Path, selected: str, refresh: int | None = None
) -> Sequence[tuple[Any, ...]]:
    """What is selected from a state's `lines`, in the dataset's order."""
    snapshot = await dataset(database, refresh)
    assert snapshot is not None
    storage = gl_segments_storage(database, gl_settings(folder))
    with TemporaryDirectory() as temporary:
        copies = Path(temporary)
        parts = fetch_parts(storage, snapshot, copies)
        with engine([copies], copies / "scratch") as connection:
            return connection.execute(
                f"SELECT {selected} FROM {lines_of(parts)}"  # noqa: S608
                " ORDER BY _connection, _row"
            ).fetchall()
