"""Reading what came in of the general ledger."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.gl.files import StoredInput
from daybook.gl.kinds import Kind
from daybook.gl.models import GlImport, IncomingGlFile


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


async def imports_after(
    session: AsyncSession, organisation_id: int, number: int, limit: int
) -> list[GlImport]:
    """The next imports of an organisation after one's number, oldest first."""
    found = await session.scalars(
        select(GlImport)
        .where(GlImport.organisation_id == organisation_id, GlImport.number > number)
        .order_by(GlImport.number)
        .limit(limit)
    )
    return list(found)


async def is_imported(session: AsyncSession, stored: StoredInput) -> bool:
    """Whether an import names a file."""
    found = await session.scalar(
        select(GlImport.number).where(
            GlImport.organisation_id == stored.organisation_id,
            GlImport.file_key == stored.key,
        )
    )
    return found is not None


async def incoming_before(session: AsyncSession, moment: datetime) -> list[StoredInput]:
    """The files that have been on their way since before a moment."""
    rows = await session.execute(
        select(IncomingGlFile.organisation_id, IncomingGlFile.key).where(
            IncomingGlFile.begun_at < moment
        )
    )
    return [StoredInput(*row) for row in rows]
