"""Whose job is started next: the organisations that wait take turns.

The organisation with the fewest running jobs comes first, then the one whose last start
is longest ago. So no organisation that waits is ever more than one running job behind
one that is given another, and one with a hundred jobs holds up nobody.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ColumnElement

from daybook.db.dialects import advisory_lock
from daybook.db.engine import WriteSession
from daybook.db.keyset import next_number
from daybook.jobs.kinds import JobKind
from daybook.jobs.models import Job, JobTurn
from daybook.jobs.rules import UNFINISHED, JobStatus

TURNS_LOCK = 0x7475_726E
"""The advisory lock that a worker holds while it takes a job (PostgreSQL)."""


def is_free(model: type[Job], clock: datetime) -> ColumnElement[bool]:
    """Whether a job waits, or its worker is lost; `clock` is the machine's."""
    return or_(
        model.status == int(JobStatus.QUEUED),
        and_(model.status == int(JobStatus.RUNNING), model.lease_until < clock),
    )


async def lock_turns(session: WriteSession) -> None:
    """Let no other worker take a job until the transaction ends.

    Two that choose from the same counts would both choose the same organisation.
    """
    await advisory_lock(session, TURNS_LOCK)


async def next_organisation(
    session: AsyncSession,
    kind: JobKind[Any],
    clock: datetime,
    *,
    running_max: int,
    passed: Collection[int] = (),
) -> int | None:
    """The organisation whose job is started next; None if none may start one.

    None of those in `passed`, and none that has `running_max` running jobs.
    """
    model = kind.model
    waits = is_free(model, clock)
    running = func.count().filter(~waits)
    turn = func.coalesce(JobTurn.turn, 0)
    is_its_turn = and_(
        JobTurn.kind == kind.noun, JobTurn.organisation_id == model.organisation_id
    )
    return await session.scalar(
        select(model.organisation_id)
        .outerjoin(JobTurn, is_its_turn)
        .where(model.status.in_(UNFINISHED), model.organisation_id.not_in(passed))
        .group_by(model.organisation_id, turn)
        .having(func.count().filter(waits) > 0, running < running_max)
        .order_by(
            running,
            turn,
            func.min(model.created_at).filter(waits),
            model.organisation_id,
        )
        .limit(1)
    )


async def note_start(
    session: WriteSession, kind: JobKind[Any], organisation_id: int
) -> None:
    """Note that an organisation had its turn; the caller holds the lock of turns."""
    turn = await next_number(session, JobTurn.turn, JobTurn.kind == kind.noun)
    await session.merge(
        JobTurn(kind=kind.noun, organisation_id=organisation_id, turn=turn)
    )
