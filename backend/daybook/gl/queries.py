"""Reading what came in of the general ledger, and what refreshes made of it."""

from datetime import datetime
from typing import NamedTuple, TypeVar

from sqlalchemy import func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.gl.kinds import Kind
from daybook.gl.models import GlImport, GlRefresh, GlSegment
from daybook.jobs.queries import jobs_by_number
from daybook.storage.rules import StoredName

NumberedRow = TypeVar("NumberedRow", GlImport, GlSegment)


class InputState(NamedTuple):
    """What came in of a kind: how many imports and documents, and when.

    `first` and `last` are the numbers of journals. `data_time` is when the accounting
    system wrote the newest, if it says so.
    """

    connection: int
    kind: Kind
    imports: int
    documents: int
    first: int | None
    last: int | None
    data_time: datetime | None
    imported_at: datetime

    @property
    def missing(self) -> int:
        """How many journals between the first and the last didn't come in."""
        if self.first is None or self.last is None:
            return 0
        return self.last - self.first + 1 - self.documents


async def input_states(session: AsyncSession, organisation_id: int) -> list[InputState]:
    """What came in of each kind, by the connections' numbers and the kinds'.

    A document of another kind than journals counts each time it came in changed.
    """
    found = await session.execute(
        select(
            GlImport.connection,
            GlImport.kind,
            func.count(),
            func.sum(GlImport.documents),
            func.min(GlImport.first_number),
            func.max(GlImport.last_number),
            func.max(GlImport.data_time),
            func.max(GlImport.imported_at),
        )
        .where(GlImport.organisation_id == organisation_id)
        .group_by(GlImport.connection, GlImport.kind)
        .order_by(GlImport.connection, GlImport.kind)
    )
    return [
        InputState(
            number, Kind(kind), imports, int(documents), first, last, data_time, at
        )
        for number, kind, imports, documents, first, last, data_time, at in found
    ]


async def imports_of(
    session: AsyncSession, organisation_id: int, connection: int, kind: Kind
) -> list[GlImport]:
    """A connection's imports of a kind, oldest first."""
    found = await session.scalars(
        select(GlImport)
        .where(
            GlImport.organisation_id == organisation_id,
            GlImport.connection == connection,
            GlImport.kind == int(kind),
        )
        .order_by(GlImport.number)
    )
    return list(found)


async def rows_after(
    session: AsyncSession,
    table: type[NumberedRow],
    organisation_id: int,
    number: int,
    limit: int,
) -> list[NumberedRow]:
    """The next imports or segments of an organisation after one's number, in order."""
    found = await session.scalars(
        select(table)
        .where(table.organisation_id == organisation_id, table.number > number)
        .order_by(table.number)
        .limit(limit)
    )
    return list(found)


async def last_import(session: AsyncSession, organisation_id: int) -> int:
    """The number of an organisation's last import; 0 before the first."""
    newest = select(func.max(GlImport.number)).where(
        GlImport.organisation_id == organisation_id
    )
    return await session.scalar(newest) or 0


async def pinned_imports(
    session: AsyncSession, organisation_id: int, connection: int, through: int
) -> list[GlImport]:
    """A connection's imports of all kinds up to a number, oldest first."""
    found = await session.scalars(
        select(GlImport)
        .where(
            GlImport.organisation_id == organisation_id,
            GlImport.connection == connection,
            GlImport.number <= through,
        )
        .order_by(GlImport.number)
    )
    return list(found)


async def last_segment(session: AsyncSession, organisation_id: int) -> int:
    """The greatest number of an organisation's segments; 0 before the first."""
    newest = select(func.max(GlSegment.number)).where(
        GlSegment.organisation_id == organisation_id
    )
    return await session.scalar(newest) or 0


async def newest_segments(
    session: AsyncSession, organisation_id: int, through: int | None = None
) -> list[GlSegment]:
    """The newest segment of each connection, up to a number, by the connections'.

    What was made again from earlier pins is none of these.
    """
    is_known = GlSegment.number <= through if through is not None else true()
    newest = (
        select(func.max(GlSegment.number))
        .where(
            GlSegment.organisation_id == organisation_id,
            GlSegment.again_of.is_(None),
            is_known,
        )
        .group_by(GlSegment.connection)
    )
    found = await session.scalars(
        select(GlSegment)
        .where(
            GlSegment.organisation_id == organisation_id, GlSegment.number.in_(newest)
        )
        .order_by(GlSegment.connection)
    )
    return list(found)


async def last_refreshes(
    session: AsyncSession, organisation_id: int
) -> list[GlRefresh]:
    """The refresh of each connection that was asked for last; of the runtime store."""
    newest = (
        select(func.max(GlRefresh.number))
        .where(GlRefresh.organisation_id == organisation_id)
        .group_by(GlRefresh.connection)
    )
    numbers = await session.scalars(newest)
    return await jobs_by_number(session, GlRefresh, organisation_id, list(numbers))


async def is_imported(session: AsyncSession, stored: StoredName) -> bool:
    """Whether an import names a file."""
    found = await session.scalar(
        select(GlImport.number).where(
            GlImport.organisation_id == stored.organisation_id,
            GlImport.file_key == stored.key,
        )
    )
    return found is not None
