"""Setting four eyes; approving, rejecting, withdrawing changes: each one transaction.

What is decided so already changes nothing. A refusal is logged, and then nothing is
changed.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from daybook.access.people import address_of, people_behind, role_of
from daybook.activity.rules import ActivityKind
from daybook.audit.expecting import Setting
from daybook.audit.rules import Action, Subject, SubjectKind
from daybook.configuration.changing import SettingChange, setting_change
from daybook.configuration.rules import checked_reason
from daybook.db.engine import Database
from daybook.decisions.appliers import APPLIERS
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.four_eyes.asking import add_decision, add_setting
from daybook.four_eyes.queries import (
    ChangeRequest,
    is_four_eyes_on,
    requesters_of,
    requests_by_number,
)
from daybook.four_eyes.rules import (
    AskedChange,
    ChangeKind,
    Outcome,
    Pending,
    check_decider,
    unless_pending,
)

ACTIONS = {
    Outcome.APPROVED: (Action.APPROVE_CHANGE, "approved"),
    Outcome.REJECTED: (Action.REJECT_CHANGE, "rejected"),
    Outcome.WITHDRAWN: (Action.WITHDRAW_CHANGE, "withdrawn"),
}
"""What the audit trail and the activity log call each outcome."""
ACTIVITIES = {
    ChangeKind.LOCK: ActivityKind.LOCK,
    ChangeKind.REVERSE_JOURNAL: ActivityKind.ADJUSTMENT,
}
"""The activity that a kind of change belongs to; others are settings."""


class Decided(NamedTuple):
    """A request's number and outcome; `is_changed` if the command decided it."""

    request: int
    outcome: Outcome
    is_changed: bool


async def set_four_eyes(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    *,
    is_on: bool,
    reason: str | None = None,
    expected: int | None = None,
    now: datetime,
    made_by: str | None,
) -> bool:
    """Turn four eyes on, at once, or off, which another person approves first.

    Returns whether that changed anything. Turning it off raises ApprovalPending. With
    an expected audit record, it is refused if it was turned on or off after that.
    Journals that are submitted stay submitted, and still need another person.
    """
    kind = ActivityKind.SETTINGS
    changing = setting_change(database, organisation_id, kind, now=now, made_by=made_by)
    async with changing as change:
        reason = None if reason is None else checked_reason(reason)
        done = await _apply_setting(
            change, is_on=is_on, reason=reason, expected=expected
        )
    return unless_pending(done)


async def _apply_setting(
    change: SettingChange,
    *,
    is_on: bool,
    reason: str | None,
    expected: int | None = None,
) -> bool | Pending:
    before = await is_four_eyes_on(change.session, change.organisation.id)
    if before is is_on:
        return False
    subject = Subject(SubjectKind.ORGANISATION, "")
    setting = Setting("isOn", "four eyes", "on" if before else "off")
    await change.check_unchanged(expected, subject, Action.SET_FOUR_EYES, [setting])
    if not is_on:
        asked = AskedChange(
            ChangeKind.FOUR_EYES_OFF,
            "turning four eyes off",
            {},
            {"before": {"fourEyes": True}, "after": {"fourEyes": False}},
            reason=reason,
        )
        request = await change.asks_for(asked)
        if request is not None:
            return Pending(request, asked.summary)
    await add_setting(
        change.session,
        change.organisation,
        is_on=is_on,
        request=None if change.approved is None else change.approved.number,
        at=await change.time(),
        made_by=change.made_by,
    )
    because = "" if reason is None else f": {reason}"
    await change.log(
        Action.SET_FOUR_EYES,
        subject,
        {
            "before": {"fourEyes": before},
            "after": {"fourEyes": is_on},
            **({} if reason is None else {"reason": reason}),
        },
        message=f"four eyes turned {'on' if is_on else 'off'}{because}",
    )
    return True


async def _turn_off(change: SettingChange, request: ChangeRequest) -> None:
    await _apply_setting(change, is_on=False, reason=request.reason)


async def approve_change(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    number: int,
    *,
    user_id: int | None,
    now: datetime,
    made_by: str | None = None,
) -> Decided:
    """Approve a requested change, and make it in the same transaction.

    It is checked again as if it were asked for now, and must have the effect that it
    had. `user_id` is None for an API key or a command at the server, which can't
    approve. Raises Rejected with NOT_HELD, OWN_WORK, CONFLICT, WRONG_STATUS, or with
    what the change itself meets.
    """

    async def decide(change: SettingChange, request: ChangeRequest) -> None:
        await _decide(change, request, Outcome.APPROVED, None, user_id)
        records = change.organisation.audit_records
        apply = APPLIERS.get(request.kind, _turn_off)
        await apply(replace(change, approved=request), request)
        if change.organisation.audit_records == records:
            message = (
                f"what change request {number} asks for was done meanwhile: withdraw or"
                " reject it"
            )
            raise _refused(ProblemCode.CONFLICT, message, "number")

    where = (database, organisation_id, number, Outcome.APPROVED)
    return await _decided(*where, decide, user_id, now, made_by)


async def reject_change(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    number: int,
    *,
    reason: str,
    user_id: int | None,
    now: datetime,
    made_by: str | None = None,
) -> Decided:
    """Reject a requested change, with a reason; who may is as in `approve_change`."""

    async def decide(change: SettingChange, request: ChangeRequest) -> None:
        checked = checked_reason(reason)
        await _decide(change, request, Outcome.REJECTED, checked, user_id)

    where = (database, organisation_id, number, Outcome.REJECTED)
    return await _decided(*where, decide, user_id, now, made_by)


async def withdraw_change(
    database: Database,
    organisation_id: int,
    number: int,
    *,
    now: datetime,
    made_by: str | None,
) -> Decided:
    """Take a requested change back; nothing is changed by it any more.

    Raises Rejected with NOT_HELD for a request of other people.
    """

    async def decide(change: SettingChange, request: ChangeRequest) -> None:
        await _check_requester(change, request)
        await _decide(change, request, Outcome.WITHDRAWN, None, None)

    where = (database, organisation_id, number, Outcome.WITHDRAWN)
    return await _decided(*where, decide, None, now, made_by)


async def _decided(  # noqa: PLR0913, PLR0917  (a decision, and what its commands share)
    database: Database,
    organisation_id: int,
    number: int,
    outcome: Outcome,
    decide: Callable[[SettingChange, ChangeRequest], Awaitable[None]],
    user_id: int | None,
    now: datetime,
    made_by: str | None,
) -> Decided:
    """Decide about an open request, in a transaction of its own."""
    async with database.reads() as session:
        found = await requests_by_number(session, organisation_id, [number])
        if user_id is not None:
            made_by = await address_of(session, user_id)
    kind = found[0].kind if found else None
    activity = ActivityKind.SETTINGS
    if kind is not None:
        activity = ACTIVITIES.get(kind, activity)
    changing = setting_change(
        database, organisation_id, activity, now=now, made_by=made_by
    )
    async with changing as change:
        found = await requests_by_number(change.session, organisation_id, [number])
        if not found:
            message = f"there is no change request {number}"
            raise _refused(ProblemCode.NOT_FOUND, message, "number")
        (request,) = found
        if outcome is not Outcome.WITHDRAWN:
            await _check_decider(change, request, user_id)
        if request.outcome is outcome:
            return Decided(number, outcome, is_changed=False)
        if request.outcome is not None:
            was = ACTIONS[request.outcome][1]
            message = f"change request {number} was {was}, which is final"
            raise _refused(ProblemCode.WRONG_STATUS, message, "number")
        await decide(change, request)
        return Decided(number, outcome, is_changed=True)


async def _check_decider(
    change: SettingChange, request: ChangeRequest, user_id: int | None
) -> None:
    session, organisation_id = change.session, change.organisation.id
    role = None
    if user_id is not None:
        role = await role_of(session, organisation_id, user_id)
    requesters = await requesters_of(session, organisation_id, request.number)
    check_decider(user_id, role, requesters, f"change request {request.number}")


async def _check_requester(change: SettingChange, request: ChangeRequest) -> None:
    """Raise Rejected unless the caller, or who stands behind them, requested it."""
    if change.made_by == request.requested_by:
        return
    where = (change.session, change.organisation.id)
    requesters = await requesters_of(*where, request.number)
    if not requesters & await people_behind(*where, change.made_by):
        message = (
            f"change request {request.number} isn't yours to withdraw: whoever"
            " requested it does, or another controller rejects it"
        )
        raise _refused(ProblemCode.NOT_HELD, message, "number")


async def _decide(
    change: SettingChange,
    request: ChangeRequest,
    outcome: Outcome,
    reason: str | None,
    user_id: int | None,
) -> None:
    """Store a decision, and append its audit record and log line."""
    await add_decision(
        change.session,
        change.organisation,
        request,
        outcome,
        reason=reason,
        at=await change.time(),
        made_by=change.made_by,
        user_id=user_id,
    )
    action, done = ACTIONS[outcome]
    because = "" if reason is None else f": {reason}"
    await change.log(
        action,
        Subject(SubjectKind.CHANGE_REQUEST, str(request.number)),
        {
            "kind": request.kind.name,
            "summary": request.summary,
            **({} if reason is None else {"reason": reason}),
        },
        message=f"change request {request.number} ({request.summary}) {done}{because}",
    )


def _refused(code: ProblemCode, message: str, field: str) -> Rejected:
    return Rejected([Problem(code, message, (field,))])
