"""The end of an audit trail."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.ledger.models import Organisation
from daybook.ledger.pins import AuditHead


async def head_of(session: AsyncSession, organisation_id: int) -> AuditHead | None:
    """The last record of an organisation's chain; None where there is no record."""
    found = await session.execute(
        select(Organisation.audit_records, Organisation.audit_hash).where(
            Organisation.id == organisation_id
        )
    )
    records, last_hash = found.one()
    return AuditHead(records, last_hash) if last_hash else None
