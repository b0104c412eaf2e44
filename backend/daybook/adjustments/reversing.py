"""Undoing posted manual journals: one transaction, requested first under four eyes."""

from datetime import datetime

from daybook.adjustments.changing import find_journal, lock_ledger
from daybook.adjustments.checking import checked_reason
from daybook.adjustments.commands import JournalState, changing, state_of
from daybook.adjustments.posting import PostedPart, parts_to_undo, post_parts
from daybook.adjustments.rules import Status, StepKind, label, wrong_status
from daybook.adjustments.versions import content_of
from daybook.calendar import day_text
from daybook.configuration.changing import SettingChange
from daybook.db.engine import Database
from daybook.four_eyes.rules import AskedChange, ChangeKind, Pending, unless_pending
from daybook.ledger.models import Ledger


async def reverse(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    number: int,
    *,
    reason: str,
    version: int | None = None,
    now: datetime,
    made_by: str | None,
) -> JournalState:
    """Undo a posted manual journal by its mirror, for good.

    The mirror posts on the original's date, or on the first open day if that is locked.
    Undoing an accrual takes its reversal back in the same way. While four eyes is on,
    it is only requested: raises ApprovalPending.
    """
    async with changing(database, organisation_id, now, made_by) as change:
        done = await apply_reversal(change, number, reason, version=version)
    return unless_pending(done)


async def apply_reversal(
    change: SettingChange, number: int, reason: str, *, version: int | None = None
) -> JournalState | Pending:
    """Undo a manual journal in a change under way, or request it.

    `version` is the one that the caller saw, if they said it.
    """
    reason = checked_reason(reason)
    journal = await find_journal(change, number)
    if version is not None:
        journal.check_version(version)
    if journal.status is Status.REVERSED:
        return state_of(journal, is_changed=False)
    if journal.status is not Status.POSTED:
        raise wrong_status(number, journal.status)
    ledger = await lock_ledger(change, journal.row.ledger_id)
    content = await journal.version()
    parts = parts_to_undo(ledger, content)
    asked = _asked_change(ledger, number, reason, parts)
    request = await change.asks_for(asked)
    if request is not None:
        return Pending(request, asked.summary)
    recording = await change.start_recording(
        ledger, f"{journal.name} reversed: {reason}"
    )
    step = await journal.begin_step(
        StepKind.REVERSED, reason=reason, recording=recording.number
    )
    ids = await post_parts(change, ledger, recording, step, content, parts)
    await journal.end_step(
        step,
        {"content": content_of(content), "documents": ids, **asked.effect},
        words=f" by {', '.join(ids[:3])}",
        recorded=[(ledger, recording)],
    )
    return state_of(journal, is_changed=True, recording=recording.number)


def _asked_change(
    ledger: Ledger, number: int, reason: str, parts: list[PostedPart]
) -> AskedChange:
    days = {part.name: day_text(day) for part, day in parts}
    return AskedChange(
        ChangeKind.REVERSE_JOURNAL,
        f"reversing {label(number)}",
        {"number": number, "reason": reason},
        {"journal": label(number), "postsOn": days},
        ledger.currency,
        reason,
    )
