"""Approving and rejecting submitted manual journals: each command one transaction.

The decider is a signed-in user other than the journal's authors, whose role has APPROVE
at that moment, in the transaction.
"""

from datetime import datetime

from daybook.access.people import name_of, role_of
from daybook.adjustments.adjusted import check_adjusted
from daybook.adjustments.changing import JournalChange, find_journal, lock_ledger
from daybook.adjustments.checking import checked_reason
from daybook.adjustments.commands import JournalState, changing, post, state_of
from daybook.adjustments.posting import check_days
from daybook.adjustments.queries import authors_of
from daybook.adjustments.rules import Status, StepKind, wrong_status
from daybook.adjustments.versions import content_of
from daybook.db.engine import Database
from daybook.four_eyes.rules import check_decider


async def approve(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    number: int,
    *,
    version: int,
    user_id: int | None,
    now: datetime,
    made_by: str | None = None,
) -> JournalState:
    """Approve the version that the approver saw, and post it on its own date.

    `user_id` is None for an API key or a command at the server, which can't approve;
    `made_by` names these in the log. Raises Rejected with NOT_HELD, OWN_WORK, CONFLICT,
    WRONG_STATUS, and LOCKED for a date that was locked meanwhile.
    """
    made_by = await name_of(database, user_id) or made_by
    async with changing(database, organisation_id, now, made_by) as change:
        journal = await find_journal(change, number)
        await _check(journal, user_id)
        journal.check_version(version)
        if journal.status is Status.POSTED:
            return state_of(journal, is_changed=False)
        if journal.status is not Status.SUBMITTED:
            raise wrong_status(number, journal.status)
        ledger = await lock_ledger(change, journal.row.ledger_id)
        content = await journal.version()
        check_days(ledger, content)
        await check_adjusted(change.session, ledger, content)
        step = await journal.begin_step(StepKind.APPROVED, user_id=user_id)
        await journal.end_step(step, {"content": content_of(content)})
        recording = await post(journal, ledger)
        return state_of(journal, is_changed=True, recording=recording)


async def reject(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    number: int,
    *,
    version: int,
    reason: str,
    user_id: int | None,
    now: datetime,
    made_by: str | None = None,
) -> JournalState:
    """Send a submitted journal back to its authors, with a reason.

    Who may decide is as in `approve`; authors withdraw instead.
    """
    made_by = await name_of(database, user_id) or made_by
    async with changing(database, organisation_id, now, made_by) as change:
        reason = checked_reason(reason)
        journal = await find_journal(change, number)
        await _check(journal, user_id)
        journal.check_version(version)
        if journal.status is Status.REJECTED:
            return state_of(journal, is_changed=False)
        if journal.status is not Status.SUBMITTED:
            raise wrong_status(number, journal.status)
        step = await journal.begin_step(
            StepKind.REJECTED, reason=reason, user_id=user_id
        )
        await journal.end_step(step, {})
        return state_of(journal, is_changed=True)


async def _check(journal: JournalChange, user_id: int | None) -> None:
    """Raise Rejected for somebody who may not decide about the journal."""
    session, organisation_id = journal.change.session, journal.row.organisation_id
    role = None
    if user_id is not None:
        role = await role_of(session, organisation_id, user_id)
    authors = await authors_of(session, organisation_id, journal.row.number)
    check_decider(user_id, role, authors, journal.name)
