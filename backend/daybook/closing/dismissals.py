"""Failed imports that were dismissed: nothing of their files has to be taken.

The audit trail is what keeps it: `DISMISS_IMPORT` of a line of the activity log.
"""

import json
from collections.abc import Collection
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.audit.models import AuditRecord
from daybook.audit.rules import Action


class Dismissal(NamedTuple):
    """A dismissed failed import: its line in the log, its file, who, when and why.

    `file` is empty for an import without one.
    """

    run: int
    file: str
    made_by: str | None
    at: datetime
    reason: str


async def dismissals_at(
    session: AsyncSession, organisation_id: int, end: datetime | None = None
) -> list[Dismissal]:
    """All dismissals before a moment, in their order; None is now."""
    record = AuditRecord
    conditions = [
        record.organisation_id == organisation_id,
        record.action == Action.DISMISS_IMPORT.value,
    ]
    if end is not None:
        moment = end.astimezone(UTC).isoformat(timespec="microseconds")
        conditions.append(record.recorded_at < moment)
    rows = await session.execute(
        select(record.made_by, record.recorded_at, record.details)
        .where(*conditions)
        .order_by(record.number)
    )
    found = []
    for made_by, recorded_at, text in rows:
        details = json.loads(text)
        run, file, reason = details["run"], details["file"], details["reason"]
        at = datetime.fromisoformat(recorded_at)
        found.append(Dismissal(run, file, made_by, at, reason))
    return found


async def dismissals_of(
    session: AsyncSession, organisation_id: int, runs: Collection[int]
) -> dict[int, Dismissal]:
    """The dismissals of lines of the activity log, by line."""
    found = await dismissals_at(session, organisation_id) if runs else []
    return {its.run: its for its in found if its.run in runs}
