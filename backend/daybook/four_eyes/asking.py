"""Asking for changes, deciding and setting four eyes, in a transaction under way.

The caller has locked the organisation, owns the transaction, and appends the audit
record. Each function notes its rows for that record.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.access.people import people_behind
from daybook.audit.statements import table_of
from daybook.db.digests import written
from daybook.db.engine import WriteSession
from daybook.db.keyset import next_number
from daybook.four_eyes.models import (
    StoredChangeRequest,
    StoredDecision,
    StoredFourEyes,
    StoredRequester,
)
from daybook.four_eyes.queries import ChangeRequest
from daybook.four_eyes.rules import AskedChange, Outcome, stored_json
from daybook.ledger.models import Organisation


async def open_request_for(
    session: AsyncSession, organisation_id: int, asked: AskedChange
) -> int | None:
    """The number of an open request for exactly this change, if there is one."""
    its, decision = StoredChangeRequest, StoredDecision
    is_decided = exists().where(
        decision.organisation_id == its.organisation_id,
        decision.request == its.number,
    )
    number: int | None = await session.scalar(
        select(its.number)
        .where(
            its.organisation_id == organisation_id,
            its.kind == int(asked.kind),
            its.arguments == stored_json(asked.arguments),
            its.effect == stored_json(asked.effect),
            ~is_decided,
        )
        .order_by(its.number)
        .limit(1)
    )
    return number


async def add_request(
    session: WriteSession,
    organisation: Organisation,
    asked: AskedChange,
    *,
    at: datetime,
    made_by: str | None,
) -> int:
    """Store a request and the persons whose it is; return its number."""
    its = StoredChangeRequest
    number = await next_number(
        session, its.number, its.organisation_id == organisation.id
    )
    session.add(
        StoredChangeRequest(
            organisation_id=organisation.id,
            number=number,
            kind=int(asked.kind),
            currency=asked.currency,
            summary=asked.summary,
            reason=asked.reason,
            arguments=stored_json(asked.arguments),
            effect=stored_json(asked.effect),
            requested_at=at,
            requested_by=made_by,
        )
    )
    await session.flush()
    people = await people_behind(session, organisation.id, made_by)
    session.add_all(
        StoredRequester(organisation_id=organisation.id, request=number, user_id=id_)
        for id_ in sorted(people)
    )
    await session.flush()
    _note(session, number, StoredChangeRequest, StoredRequester)
    return number


async def add_decision(  # noqa: PLR0913  (keyword-only, each has its meaning)
    session: WriteSession,
    organisation: Organisation,
    request: ChangeRequest,
    outcome: Outcome,
    *,
    reason: str | None,
    at: datetime,
    made_by: str | None,
    user_id: int | None,
) -> None:
    """Store what became of an open request."""
    session.add(
        StoredDecision(
            organisation_id=organisation.id,
            request=request.number,
            outcome=int(outcome),
            reason=reason,
            decided_at=at,
            decided_by=made_by,
            user_id=user_id,
        )
    )
    await session.flush()
    _note(session, request.number, StoredDecision)


async def add_setting(  # noqa: PLR0913  (keyword-only, each has its meaning)
    session: WriteSession,
    organisation: Organisation,
    *,
    is_on: bool,
    request: int | None,
    at: datetime,
    made_by: str | None,
) -> None:
    """Store that four eyes is on or off from now on."""
    its, step = StoredFourEyes, table_of("manual_steps")
    number = await next_number(
        session, its.number, its.organisation_id == organisation.id
    )
    last_step = await session.scalar(
        select(func.max(step.c.id)).where(step.c.organisation_id == organisation.id)
    )
    session.add(
        StoredFourEyes(
            organisation_id=organisation.id,
            number=number,
            is_on=is_on,
            request=request,
            last_step=last_step or 0,
            set_at=at,
            set_by=made_by,
        )
    )
    await session.flush()
    _note(session, number, StoredFourEyes)


def _note(session: WriteSession, number: int, *models: Any) -> None:
    """Note the rows of tables, by their key, for the audit record's digests."""
    changed = written(session).changed
    changed.update((0, number, model.__tablename__) for model in models)
