"""Reading the audit trail, newest first, and verifying it."""

from collections.abc import Callable
from typing import TypeAlias

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.audit.rules import Anchor, Mismatch, Record, Verification
from daybook.audit.verifying import TrailVerifier, snapshot
from daybook.db.engine import Database
from daybook.documents.auditing import check_documents
from daybook.fx.auditing import check_refresh, wrong_refresh

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of rows verified so far, and the number of all."""


async def verify(
    database: Database,
    organisation_id: int,
    *,
    anchor: Anchor | None = None,
    progress: Progress = lambda _done, _total: None,
) -> Verification:
    """Check an organisation's audit trail, and all rows that its digests cover.

    The chain must contain the anchor, which a chain that was made again does not.
    """
    async with snapshot(database) as session:
        verifier = TrailVerifier(session, organisation_id, _check, anchor)
        mismatch = await verifier.chain()
        if mismatch is None:
            total = await verifier.total()
            verifier.progress = lambda done: progress(done, total)
            mismatch = await verifier.tables()
        if mismatch is None:
            problem = await wrong_refresh(session)
            mismatch = Mismatch(None, problem) if problem else None
    return Verification(verifier.records, mismatch, verifier.anchored_at)


async def _check(session: AsyncSession, record: Record) -> str | None:
    """What in the stored rows disagrees with a record's details."""
    disagrees = await check_documents(session, record)
    return disagrees or await check_refresh(session, record)
