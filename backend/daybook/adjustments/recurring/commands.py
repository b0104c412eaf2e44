"""Writing, submitting, withdrawing and ending recurrences: each one transaction.

Each command names the version that its caller saw, and raises Rejected with CONFLICT if
another is in force. What is done already changes nothing. Each refusal is logged.
"""

from datetime import datetime
from typing import NamedTuple

from daybook.adjustments.changing import lock_ledger
from daybook.adjustments.checking import check_complete, checked_reason
from daybook.adjustments.commands import changing
from daybook.adjustments.drafting import draft_of, load_known
from daybook.adjustments.recurring.changing import (
    RecurrenceChange,
    find_recurrence,
    new_recurrence,
)
from daybook.adjustments.recurring.checking import FIRST_MONTH, problems_of
from daybook.adjustments.recurring.rules import (
    EnteredRecurrence,
    RecurrenceStatus,
    RecurrenceStepKind,
    Schedule,
    label,
    wrong_status,
)
from daybook.adjustments.recurring.versions import RecurrenceVersion, recurrence_content
from daybook.adjustments.rules import refused
from daybook.configuration.changing import SettingChange
from daybook.db.engine import Database
from daybook.errors import ProblemCode, Rejected
from daybook.four_eyes.queries import is_four_eyes_on
from daybook.idempotency.commands import Keyed
from daybook.idempotency.rules import request_hash
from daybook.ledger.models import Ledger


class RecurrenceState(NamedTuple):
    """A recurrence after a command; `is_changed` if the command did something."""

    number: int
    version: int
    status: RecurrenceStatus
    is_changed: bool


async def save_recurrence(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    entered: EnteredRecurrence,
    *,
    number: int | None = None,
    version: int | None = None,
    idempotency_key: str | None = None,
    now: datetime,
    made_by: str | None,
) -> RecurrenceState:
    """Write a new recurrence, or save a new version of one that isn't submitted.

    `number` and `version` are those of the recurrence that the caller saw, both or
    neither. Another version of an active one makes no journals until it is active
    again. A recurrence stays in its ledger, and may be incomplete until it is
    submitted. Raises Rejected with everything that can't be saved.
    """
    async with changing(database, organisation_id, now, made_by) as change:
        stood_for = {"number": number, "version": version, "entered": repr(entered)}
        request = request_hash("saveRecurringManualJournal", stood_for)
        keyed = Keyed(change.session, organisation_id, idempotency_key, request)
        if (before := await keyed.created()) is not None:
            known = await find_recurrence(change, before)
            return recurrence_state(known, is_changed=False)
        if number is None:
            ledger = await change.ledger(entered.currency)
            saved = await _version(change, ledger, entered)
            recurrence, previous = await new_recurrence(change, ledger), None
        else:
            recurrence = await find_recurrence(change, number)
            if not recurrence.status.is_editable:
                raise wrong_status(number, recurrence.status)
            recurrence.check_version(0 if version is None else version)
            ledger = await lock_ledger(change, recurrence.row.ledger_id)
            _check_currency(entered, ledger, number)
            saved = await _version(change, ledger, entered)
            previous = recurrence_content(await recurrence.version())
        content = recurrence_content(saved)
        keyed.remember(recurrence.row.number)
        if content == previous:
            return recurrence_state(recurrence, is_changed=False)
        step = await recurrence.begin_step(
            RecurrenceStepKind.SAVED, version=recurrence.row.version + 1
        )
        await recurrence.add_authors(step)
        words = f" as version {step.version}"
        if recurrence.status is RecurrenceStatus.ACTIVE:
            words += ": it makes no journals until that version is active"
        await recurrence.write_version(step, saved)
        details = {"before": previous, "after": content}
        await recurrence.end_step(step, details, words=words)
        return recurrence_state(recurrence, is_changed=True)


async def submit_recurrence(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    number: int,
    *,
    version: int,
    now: datetime,
    made_by: str | None,
) -> RecurrenceState:
    """Submit the version in force for another person's approval.

    Without four eyes it is active at once. Its journals of days that have passed are
    then due. Raises Rejected with all that an incomplete one lacks.
    """
    async with changing(database, organisation_id, now, made_by) as change:
        recurrence = await find_recurrence(change, number)
        recurrence.check_version(version)
        status = recurrence.status
        if status in {RecurrenceStatus.SUBMITTED, RecurrenceStatus.ACTIVE}:
            return recurrence_state(recurrence, is_changed=False)
        if not status.is_submittable:
            raise wrong_status(number, status)
        saved = await recurrence.version()
        check_complete(saved.template)
        content = {"content": recurrence_content(saved)}
        step = await recurrence.begin_step(RecurrenceStepKind.SUBMITTED)
        await recurrence.add_authors(step)
        await recurrence.end_step(step, content)
        if not await is_four_eyes_on(change.session, organisation_id):
            step = await recurrence.begin_step(RecurrenceStepKind.ACTIVATED)
            words = " without approval, since four eyes is off"
            await recurrence.end_step(step, content, words=words)
        return recurrence_state(recurrence, is_changed=True)


async def withdraw_recurrence(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    number: int,
    *,
    version: int,
    now: datetime,
    made_by: str | None,
) -> RecurrenceState:
    """Take a submitted recurrence back, to edit it; it is a draft again."""
    async with changing(database, organisation_id, now, made_by) as change:
        recurrence = await find_recurrence(change, number)
        recurrence.check_version(version)
        if recurrence.status is RecurrenceStatus.DRAFT:
            return recurrence_state(recurrence, is_changed=False)
        if recurrence.status is not RecurrenceStatus.SUBMITTED:
            raise wrong_status(number, recurrence.status)
        step = await recurrence.begin_step(RecurrenceStepKind.WITHDRAWN)
        await recurrence.end_step(step, {})
        return recurrence_state(recurrence, is_changed=True)


async def end_recurrence(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    number: int,
    *,
    version: int,
    reason: str | None = None,
    now: datetime,
    made_by: str | None,
) -> RecurrenceState:
    """End a recurrence for good, whatever its status; what it made stays as it is."""
    async with changing(database, organisation_id, now, made_by) as change:
        reason = None if reason is None else checked_reason(reason)
        recurrence = await find_recurrence(change, number)
        recurrence.check_version(version)
        if recurrence.status is RecurrenceStatus.ENDED:
            return recurrence_state(recurrence, is_changed=False)
        content = recurrence_content(await recurrence.version())
        step = await recurrence.begin_step(RecurrenceStepKind.ENDED, reason=reason)
        await recurrence.end_step(step, {"before": content, "after": None})
        return recurrence_state(recurrence, is_changed=True)


def recurrence_state(
    recurrence: RecurrenceChange, *, is_changed: bool
) -> RecurrenceState:
    """What a command gives back."""
    row = recurrence.row
    return RecurrenceState(row.number, row.version, recurrence.status, is_changed)


async def _version(
    change: SettingChange, ledger: Ledger, entered: EnteredRecurrence
) -> RecurrenceVersion:
    """What was entered, with its parties; raises Rejected for what can't be saved."""
    problems = list(problems_of(entered.schedule))
    # The content is checked even if the schedule is wrong, by any month.
    journal = entered.journal(
        Schedule(1, FIRST_MONTH) if problems else entered.schedule
    )
    known = await load_known(change.session, ledger, [journal])
    draft = draft_of(ledger, journal, known)
    problems += draft.problems
    if problems:
        raise Rejected(problems)
    return RecurrenceVersion(entered.schedule, draft.version)


def _check_currency(entered: EnteredRecurrence, ledger: Ledger, number: int) -> None:
    if entered.currency != ledger.currency:
        message = (
            f"{label(number)} is in the {ledger.currency} ledger and stays there: write"
            f" a new recurrence in {entered.currency}"
        )
        raise refused(ProblemCode.MISMATCH, message, "currency")
