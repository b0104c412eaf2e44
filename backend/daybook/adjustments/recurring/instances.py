"""Making a month's manual journal from a recurrence, in one transaction.

The journal is saved and submitted by the recurrence's authors, and approved by its
approver if the version was approved; then it is posted. While four eyes is on, the
journal of a version that nobody approved waits for a person. One that can't be posted,
such as on a locked date, waits as a draft that says why.
"""

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from daybook.adjustments.changing import JournalChange, lock_ledger
from daybook.adjustments.commands import changing, new_journal, post
from daybook.adjustments.drafting import write_version
from daybook.adjustments.models import ManualAuthor, ManualStep
from daybook.adjustments.posting import check_days
from daybook.adjustments.recurring.changing import RecurrenceChange, find_recurrence
from daybook.adjustments.recurring.made import months_made
from daybook.adjustments.recurring.models import RecurrenceInstance
from daybook.adjustments.recurring.queries import (
    RecurrenceMade,
    recurrence_authors,
    recurrence_steps,
)
from daybook.adjustments.recurring.rules import (
    RecurrenceStatus,
    RecurrenceStepKind,
    name_of,
)
from daybook.adjustments.rules import Status, StepKind
from daybook.adjustments.versions import Version, content_of
from daybook.calendar import Day, Month, month_text
from daybook.clock import day_at
from daybook.db.digests import written
from daybook.db.engine import Database
from daybook.errors import Rejected
from daybook.four_eyes.queries import is_four_eyes_on
from daybook.ledger.models import Ledger


class Made(NamedTuple):
    """A manual journal that a recurrence made; `reason` says why a draft waits."""

    recurrence: int
    month: Month
    journal: int
    day: Day
    status: Status
    reason: str | None = None


class _Steps(NamedTuple):
    """The recurrence's steps about the version in force."""

    saved: RecurrenceMade
    submitted: RecurrenceMade
    approved: RecurrenceMade | None


async def make_instance(
    database: Database,
    organisation_id: int,
    number: int,
    month: Month,
    *,
    now: datetime,
) -> Made | None:
    """Make a month's journal of a recurrence if it is due and not made yet.

    None if another process made it, or if the recurrence was changed or ended
    meanwhile: whatever is found in this transaction counts.
    """
    made_by = name_of(number)
    async with changing(database, organisation_id, now, made_by) as change:
        recurrence = await find_recurrence(change, number)
        if recurrence.status is not RecurrenceStatus.ACTIVE:
            return None
        version = await recurrence.version()
        today = day_at(now, change.organisation.time_zone)
        made = await months_made(change.session, organisation_id, [number])
        if month not in version.schedule.due(made[number], today):
            return None
        ledger = await lock_ledger(change, recurrence.row.ledger_id)
        return await _make(recurrence, ledger, version.instance(month), month)


async def _make(
    recurrence: RecurrenceChange, ledger: Ledger, content: Version, month: Month
) -> Made:
    change, number = recurrence.change, recurrence.row.number
    steps = await _steps_of(recurrence)
    approved = steps.approved
    reason = _reason_to_wait(ledger, content)
    journal = await new_journal(change, ledger, content)
    await _save(recurrence, journal, steps, content, month, reason)
    if reason is None:
        submitted = await _by(journal, steps.submitted).begin_step(StepKind.SUBMITTED)
        await _add_authors(recurrence, journal, submitted)
        await journal.end_step(submitted, {"content": content_of(content)})
        if approved is not None:
            await _approve(journal, approved, content, recurrence.name)
        is_on = await is_four_eyes_on(change.session, change.organisation.id)
        if approved is not None or not is_on:
            await post(journal, ledger)
    return Made(number, month, journal.row.number, content.day, journal.status, reason)


async def _save(  # noqa: PLR0913, PLR0917  (what is saved, of what and why)
    recurrence: RecurrenceChange,
    journal: JournalChange,
    steps: _Steps,
    content: Version,
    month: Month,
    reason: str | None,
) -> None:
    """The journal's first step, which notes that the month is made."""
    row, number = journal.row, recurrence.row.number
    step = await _by(journal, steps.saved).begin_step(
        StepKind.DRAFT, version=1, reason=reason
    )
    await _add_authors(recurrence, journal, step)
    await write_version(journal, step, content)
    approved = steps.approved
    instance = RecurrenceInstance(
        organisation_id=row.organisation_id,
        recurrence=number,
        month=month,
        version=recurrence.row.version,
        journal=row.number,
        step=step.id,
        approved_in=None if reason or approved is None else approved.id,
    )
    session = journal.change.session
    session.add(instance)
    await session.flush()
    written(session).changed.add((0, step.id, RecurrenceInstance.__tablename__))
    details = {
        "before": None,
        "after": content_of(content),
        "recurrence": {
            "number": recurrence.name,
            "version": recurrence.row.version,
            "month": month_text(month),
            "savedInStep": steps.saved.id,
        },
    }
    row.version, row.saved_in = 1, step.id
    words = f" by {recurrence.name} for {month_text(month)}"
    await journal.end_step(step, details, words=words)


async def _approve(
    journal: JournalChange, approved: RecurrenceMade, content: Version, name: str
) -> None:
    """Approve as the recurrence's approver did, for all journals of its version."""
    step = await _by(journal, approved).begin_step(
        StepKind.APPROVED,
        reason=f"with version {approved.version} of recurrence {name}",
        user_id=approved.user_id,
    )
    details = {
        "content": content_of(content),
        "recurrence": {"number": name, "approvedInStep": approved.id},
    }
    await journal.end_step(step, details)


def _by(journal: JournalChange, step: RecurrenceMade) -> JournalChange:
    """The same change, for a step that is of whoever made the recurrence's.

    Audit records go on to name the recurrence as the maker.
    """
    return JournalChange(replace(journal.change, made_by=step.made_by), journal.row)


async def _add_authors(
    recurrence: RecurrenceChange, journal: JournalChange, step: ManualStep
) -> None:
    """The recurrence's authors are the journal's, and none of them approves it."""
    session, row = journal.change.session, journal.row
    number = recurrence.row.number
    authors = await recurrence_authors(session, row.organisation_id, [number])
    session.add_all(
        ManualAuthor(
            organisation_id=row.organisation_id,
            step=step.id,
            user_id=user_id,
            number=row.number,
        )
        for user_id in sorted(authors[number])
    )
    await session.flush()


async def _steps_of(recurrence: RecurrenceChange) -> _Steps:
    """The newest steps about the version in force, by kind."""
    session, row = recurrence.change.session, recurrence.row
    by_kind = {
        step.kind: step
        for step in await recurrence_steps(session, row.organisation_id, [row.number])
        if step.version == row.version
    }
    return _Steps(
        by_kind[RecurrenceStepKind.SAVED],
        by_kind[RecurrenceStepKind.SUBMITTED],
        by_kind.get(RecurrenceStepKind.APPROVED),
    )


def _reason_to_wait(ledger: Ledger, content: Version) -> str | None:
    """Why the journal can't be posted; None if it can."""
    try:
        check_days(ledger, content)
    except Rejected as rejected:
        return "; ".join(problem.message for problem in rejected.problems)
    return None
