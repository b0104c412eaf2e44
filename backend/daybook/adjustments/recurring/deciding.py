"""Approving and rejecting submitted recurrences: each command one transaction.

The decider is a signed-in user other than the recurrence's authors, whose role has
APPROVE at that moment, in the transaction. An approval holds for all instances of that
version, also when the approver is no longer a member.
"""

from datetime import datetime

from daybook.access.people import name_of, role_of
from daybook.adjustments.checking import checked_reason
from daybook.adjustments.commands import changing
from daybook.adjustments.recurring.changing import RecurrenceChange, find_recurrence
from daybook.adjustments.recurring.commands import RecurrenceState, recurrence_state
from daybook.adjustments.recurring.queries import recurrence_authors
from daybook.adjustments.recurring.rules import (
    RecurrenceStatus,
    RecurrenceStepKind,
    wrong_status,
)
from daybook.adjustments.recurring.versions import recurrence_content
from daybook.db.engine import Database
from daybook.four_eyes.rules import check_decider


async def approve_recurrence(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    number: int,
    *,
    version: int,
    user_id: int | None,
    now: datetime,
    made_by: str | None = None,
) -> RecurrenceState:
    """Approve the version that the approver saw, and with it all of its instances.

    `user_id` is None for an API key or a command at the server, which can't approve;
    `made_by` names these in the log. Raises Rejected with NOT_HELD, OWN_WORK, CONFLICT
    and WRONG_STATUS.
    """
    made_by = await name_of(database, user_id) or made_by
    async with changing(database, organisation_id, now, made_by) as change:
        recurrence = await find_recurrence(change, number)
        await _check(recurrence, user_id)
        recurrence.check_version(version)
        if recurrence.status is RecurrenceStatus.ACTIVE:
            return recurrence_state(recurrence, is_changed=False)
        if recurrence.status is not RecurrenceStatus.SUBMITTED:
            raise wrong_status(number, recurrence.status)
        content = recurrence_content(await recurrence.version())
        step = await recurrence.begin_step(RecurrenceStepKind.APPROVED, user_id=user_id)
        await recurrence.end_step(step, {"content": content})
        return recurrence_state(recurrence, is_changed=True)


async def reject_recurrence(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    number: int,
    *,
    version: int,
    reason: str,
    user_id: int | None,
    now: datetime,
    made_by: str | None = None,
) -> RecurrenceState:
    """Send a submitted recurrence back to its authors, with a reason.

    Who may decide is as in `approve_recurrence`; authors withdraw instead.
    """
    made_by = await name_of(database, user_id) or made_by
    async with changing(database, organisation_id, now, made_by) as change:
        reason = checked_reason(reason)
        recurrence = await find_recurrence(change, number)
        await _check(recurrence, user_id)
        recurrence.check_version(version)
        if recurrence.status is RecurrenceStatus.REJECTED:
            return recurrence_state(recurrence, is_changed=False)
        if recurrence.status is not RecurrenceStatus.SUBMITTED:
            raise wrong_status(number, recurrence.status)
        step = await recurrence.begin_step(
            RecurrenceStepKind.REJECTED, reason=reason, user_id=user_id
        )
        await recurrence.end_step(step, {})
        return recurrence_state(recurrence, is_changed=True)


async def _check(recurrence: RecurrenceChange, user_id: int | None) -> None:
    """Raise Rejected for somebody who may not decide about the recurrence."""
    session, row = recurrence.change.session, recurrence.row
    role = None
    if user_id is not None:
        role = await role_of(session, row.organisation_id, user_id)
    authors = await recurrence_authors(session, row.organisation_id, [row.number])
    check_decider(user_id, role, authors[row.number], recurrence.name)
