"""A state of the dataset: the newest segment of each connection at a refresh."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.connections.models import GlConnection
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.gl.building.pins import PinnedSettings
from daybook.gl.building.segment import LINES_FILE, POSITIONS_FILE
from daybook.gl.dataset.lines import Part
from daybook.gl.files import copied
from daybook.gl.models import GlSegment
from daybook.gl.queries import newest_segments
from daybook.jobs.kinds import file_key
from daybook.jobs.rules import JobId
from daybook.storage.rules import Storage


class Snapshot(NamedTuple):
    """The segments of a state of the dataset, by their connections' numbers."""

    segments: Sequence[GlSegment]

    @property
    def refresh(self) -> int:
        """The number of the last refresh in it, which names the state."""
        return max(segment.number for segment in self.segments)

    @property
    def data_time(self) -> datetime:
        """All of it is current as of this moment: the earliest of its segments'."""
        return min(segment.data_time for segment in self.segments)

    @property
    def reporting_currency(self) -> str | None:
        """The currency that all amounts can be summed in; None if they are several."""
        currencies = {segment.reporting_currency for segment in self.segments}
        return currencies.pop() if len(currencies) == 1 else None

    def of(self, connections: Collection[int]) -> "Snapshot | None":
        """The part of some connections; None if it has none of them."""
        kept = [its for its in self.segments if its.connection in connections]
        return Snapshot(kept) if kept else None

    @property
    def content_sha256(self) -> bytes:
        """A hash of all its lines, whichever refreshes made them."""
        digest = sha256()
        for its in self.segments:
            digest.update(f"{its.organisation_id} {its.connection} ".encode())
            digest.update(its.content_sha256)
        return digest.digest()

    @property
    def connections(self) -> Mapping[str, int]:
        """The numbers of its connections by the names that its lines have."""
        return {
            PinnedSettings.read(segment.settings).name: segment.connection
            for segment in self.segments
        }


async def snapshot_at(
    session: AsyncSession, organisation_id: int, refresh: int | None = None
) -> Snapshot | None:
    """The dataset after a refresh, or as it is now; None before the first.

    Connections that were removed by then are no part of it. A state is final once no
    refresh up to its number is under way.
    """
    segments = await newest_segments(session, organisation_id, refresh)
    if refresh is not None and refresh not in {its.number for its in segments}:
        return None
    rows = await session.execute(
        select(GlConnection.number, GlConnection.removed_at).where(
            GlConnection.organisation_id == organisation_id,
            GlConnection.removed_at.is_not(None),
        )
    )
    until = None if refresh is None else max(its.made_at for its in segments)
    removed = {number for number, at in rows if until is None or (at and at < until)}
    kept = [its for its in segments if its.connection not in removed]
    return Snapshot(kept) if kept else None


def fetch_parts(storage: Storage, snapshot: Snapshot, folder: Path) -> list[Part]:
    """Copy the files of a snapshot into a folder: the engine reads no others.

    Blocks: call it in a thread. Raises Rejected if one is missing.
    """
    return [_part(storage, segment, folder) for segment in snapshot.segments]


def _part(storage: Storage, segment: GlSegment, folder: Path) -> Part:
    job_id = JobId(segment.organisation_id, segment.number)
    paths = []
    for name in (LINES_FILE, POSITIONS_FILE):
        path = folder / f"{segment.number}-{name}"
        try:
            copied(storage, file_key(job_id, name), path)
        except FileNotFoundError:
            raise missing_files(segment) from None
        paths.append(path)
    return Part(segment.connection, *paths)


def missing_files(segment: GlSegment) -> Rejected:
    """What is raised for a segment whose files aren't in the storage."""
    connection = PinnedSettings.read(segment.settings).name
    message = (
        f"the files of refresh {segment.number} of {connection} are missing: refresh"
        " it, which makes them again from what came in"
    )
    return Rejected([Problem(ProblemCode.NOT_FOUND, message)])
