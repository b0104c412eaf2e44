"""Writing, submitting, withdrawing, discarding manual journals: each one transaction.

Each command names the version that its caller saw, and raises Rejected with CONFLICT if
another is in force. What is done already changes nothing: no step, no audit record.
Each refusal is logged, and then nothing is changed.
"""

from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import NamedTuple

from daybook.activity.rules import ActivityKind
from daybook.adjustments.adjusted import check_adjusted
from daybook.adjustments.changing import JournalChange, find_journal, lock_ledger
from daybook.adjustments.checking import check_complete, checked_reason
from daybook.adjustments.drafting import drafted, write_version
from daybook.adjustments.models import ManualJournal
from daybook.adjustments.posting import (
    check_days,
    parts_to_post,
    post_parts,
)
from daybook.adjustments.rules import (
    EnteredJournal,
    Status,
    StepKind,
    label,
    refused,
    wrong_status,
)
from daybook.adjustments.versions import Version, content_of
from daybook.configuration.changing import SettingChange, setting_change
from daybook.db.engine import Database
from daybook.db.keyset import next_number
from daybook.errors import ProblemCode, check_all
from daybook.four_eyes.queries import is_four_eyes_on
from daybook.idempotency.commands import Keyed
from daybook.idempotency.rules import request_hash
from daybook.ledger.models import Ledger


class JournalState(NamedTuple):
    """A manual journal after a command; `is_changed` if the command did something.

    `recording` is what the command posted.
    """

    number: int
    version: int
    status: Status
    is_changed: bool
    recording: int | None = None


async def save_draft(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    entered: EnteredJournal,
    *,
    number: int | None = None,
    version: int | None = None,
    idempotency_key: str | None = None,
    now: datetime,
    made_by: str | None,
) -> JournalState:
    """Write a new manual journal, or save a new version of a draft or rejected one.

    `number` and `version` are those of the journal that the caller saw, both or
    neither. A journal stays in its ledger, and may be incomplete until it is submitted.
    Lines that take an adjusted journal back are derived here. Raises Rejected with
    everything that can't be saved.
    """
    async with changing(database, organisation_id, now, made_by) as change:
        request = request_hash("saveManualJournal", _request(entered, number, version))
        keyed = Keyed(change.session, organisation_id, idempotency_key, request)
        if (before := await keyed.created()) is not None:
            return state_of(await find_journal(change, before), is_changed=False)
        if number is None:
            ledger = await change.ledger(entered.currency)
            draft = await drafted(change.session, ledger, entered)
            journal = await new_journal(change, ledger, draft)
            previous = None
        else:
            journal = await find_journal(change, number)
            if not journal.status.is_editable:
                raise wrong_status(number, journal.status)
            journal.check_version(0 if version is None else version)
            ledger = await lock_ledger(change, journal.row.ledger_id)
            _check_currency(entered, ledger, number)
            draft = await drafted(change.session, ledger, entered)
            previous = await journal.version()
        content = content_of(draft)
        keyed.remember(journal.row.number)
        if previous is not None and content == content_of(previous):
            return state_of(journal, is_changed=False)
        row = journal.row
        step = await journal.begin_step(StepKind.DRAFT, version=row.version + 1)
        await journal.add_authors(step)
        await write_version(journal, step, draft)
        row.version, row.saved_in = step.version, step.id
        row.kind, row.day = int(draft.kind), draft.day
        row.adjusts = draft.adjusts
        details = {
            "before": None if previous is None else content_of(previous),
            "after": content,
        }
        await journal.end_step(step, details, words=f" as version {step.version}")
        return state_of(journal, is_changed=True)


async def submit(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    number: int,
    *,
    version: int,
    now: datetime,
    made_by: str | None,
) -> JournalState:
    """Submit a draft for another person's approval; without four eyes, post it.

    Submitting freezes the version. Raises Rejected with what it lacks to be posted, for
    a locked date (LOCKED, which names the first open day), and where the adjusted
    journal has changed since.
    """
    async with changing(database, organisation_id, now, made_by) as change:
        journal = await find_journal(change, number)
        journal.check_version(version)
        if journal.status in {Status.SUBMITTED, Status.POSTED}:
            return state_of(journal, is_changed=False)
        if not journal.status.is_editable:
            raise wrong_status(number, journal.status)
        ledger = await lock_ledger(change, journal.row.ledger_id)
        content = await journal.version()
        check_all(lambda: check_complete(content), lambda: check_days(ledger, content))
        await check_adjusted(change.session, ledger, content)
        step = await journal.begin_step(StepKind.SUBMITTED)
        await journal.add_authors(step)
        await journal.end_step(step, {"content": content_of(content)})
        recording = None
        if not await is_four_eyes_on(change.session, organisation_id):
            recording = await post(journal, ledger)
        return state_of(journal, is_changed=True, recording=recording)


async def withdraw(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    number: int,
    *,
    version: int,
    now: datetime,
    made_by: str | None,
) -> JournalState:
    """Take a submitted journal back, so that it can be edited; it is a draft again."""
    async with changing(database, organisation_id, now, made_by) as change:
        journal = await find_journal(change, number)
        journal.check_version(version)
        if journal.status is Status.DRAFT:
            return state_of(journal, is_changed=False)
        if journal.status is not Status.SUBMITTED:
            raise wrong_status(number, journal.status)
        step = await journal.begin_step(StepKind.WITHDRAWN)
        await journal.end_step(step, {})
        return state_of(journal, is_changed=True)


async def discard(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    number: int,
    *,
    version: int,
    reason: str | None = None,
    now: datetime,
    made_by: str | None,
) -> JournalState:
    """Give up a draft or a rejected journal, for good; what it was stays readable."""
    async with changing(database, organisation_id, now, made_by) as change:
        reason = None if reason is None else checked_reason(reason)
        journal = await find_journal(change, number)
        journal.check_version(version)
        if journal.status is Status.DISCARDED:
            return state_of(journal, is_changed=False)
        if not journal.status.is_editable:
            raise wrong_status(number, journal.status)
        content = content_of(await journal.version())
        step = await journal.begin_step(StepKind.DISCARDED, reason=reason)
        await journal.end_step(step, {"before": content, "after": None})
        return state_of(journal, is_changed=True)


async def post(journal: JournalChange, ledger: Ledger) -> int:
    """Post the version in force in a recording of its own; return its number.

    The journal was just submitted or approved; days and what it adjusts are checked.
    """
    change, version = journal.change, await journal.version()
    recording = await change.start_recording(
        ledger, f"{journal.name} posted: {version.narrative}"
    )
    step = await journal.begin_step(StepKind.POSTED, recording=recording.number)
    ids = await post_parts(
        change, ledger, recording, step, version, parts_to_post(version)
    )
    # A journal of several customers is posted as a document of each.
    documents = "" if ids == [journal.name] else f" as {', '.join(ids[:3])}"
    await journal.end_step(
        step,
        {"content": content_of(version), "documents": ids},
        words=documents,
        recorded=[(ledger, recording)],
    )
    return recording.number


def changing(
    database: Database, organisation_id: int, now: datetime, made_by: str | None
) -> AbstractAsyncContextManager[SettingChange]:
    """A transaction for steps of manual journals."""
    return setting_change(
        database, organisation_id, ActivityKind.ADJUSTMENT, now=now, made_by=made_by
    )


def state_of(
    journal: JournalChange, *, is_changed: bool, recording: int | None = None
) -> JournalState:
    """What a command gives back."""
    row = journal.row
    return JournalState(row.number, row.version, journal.status, is_changed, recording)


async def new_journal(
    change: SettingChange, ledger: Ledger, version: Version
) -> JournalChange:
    """Give the organisation's next number to a journal without any step."""
    its, organisation_id = ManualJournal, change.organisation.id
    row = ManualJournal(
        organisation_id=organisation_id,
        number=await next_number(
            change.session, its.number, its.organisation_id == organisation_id
        ),
        ledger_id=ledger.id,
        status=int(Status.DRAFT),
        version=0,
        saved_in=0,
        last_step=0,
        kind=int(version.kind),
        day=version.day,
        adjusts=version.adjusts,
    )
    change.session.add(row)
    await change.session.flush()
    return JournalChange(change, row)


def _check_currency(entered: EnteredJournal, ledger: Ledger, number: int) -> None:
    if entered.currency != ledger.currency:
        message = (
            f"{label(number)} is in the {ledger.currency} ledger and stays there: write"
            f" a new journal in {entered.currency}"
        )
        raise refused(ProblemCode.MISMATCH, message, "currency")


def _request(
    entered: EnteredJournal, number: int | None, version: int | None
) -> dict[str, object]:
    """What an idempotency key stands for."""
    return {
        "number": number,
        "version": version,
        "entered": repr(entered),
    }
