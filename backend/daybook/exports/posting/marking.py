"""Marking files as posted, and undoing that: each command one transaction.

A posted file was loaded into its target. What is marked already changes nothing: no
audit record, no line in the activity log. Each command raises Rejected for what can't
be done, which is logged, and then nothing is changed.
"""

from collections.abc import Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import NamedTuple

from daybook.activity.rules import ActivityKind
from daybook.audit.rules import Action, Subject, SubjectKind
from daybook.calendar import Day, day_text
from daybook.clock import day_at, moment_text
from daybook.configuration.changing import SettingChange, setting_change
from daybook.configuration.rules import check_text, checked_reason
from daybook.db.digests import written
from daybook.db.engine import Database
from daybook.db.keyset import next_number
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.exports.differences.since import posted_after
from daybook.exports.models import ExportPosting, UndonePosting
from daybook.exports.posting.overlapping import (
    FILES_NAMED,
    Doubled,
    Shared,
    doubles_in_target,
    journals_words,
)
from daybook.exports.posting.posted import compare
from daybook.exports.queries import (
    ListedRecord,
    PostingOfRecord,
    postings_of,
    records_by_number,
)
from daybook.exports.stored_spec import options_of
from daybook.money import grouped_text

REFERENCE_MAX = 200
"""The longest reference, in characters."""


class Mark(NamedTuple):
    """What a file is posted as: the target's reference, and the day.

    Without a day it is today. `is_confirmed` permits entries that another posted file
    has.
    """

    reference: str
    posted_on: Day | None = None
    is_confirmed: bool = False


class Posted(NamedTuple):
    """A posted record; `is_new` if it was not before, and what it doubles then."""

    listed: ListedRecord
    is_new: bool
    shared: Shared = Shared()


async def mark_posted(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    number: int,
    mark: Mark,
    *,
    now: datetime,
    made_by: str | None,
) -> Posted:
    """Mark the file of a record as posted.

    What is marked with this reference stays as it is. Raises Rejected for a file that
    is posted as something else. Unless that is confirmed, entries are refused that are
    in another posted file of the same target, or, in a target's first file, in one of
    any target.
    """
    # Before the lock, since it takes as long as the file has journals.
    async with database.reads() as session:
        known = await compare(session, organisation_id, number)
    async with _changing(database, organisation_id, now, made_by) as change:
        reference = _checked_reference(mark.reference)
        listed = await _record(change, number)
        if listed.posting is not None:
            _check_same(listed.record.number, listed.posting, reference, mark.posted_on)
            return Posted(listed, is_new=False)
        await _check_base(change, listed)
        posted_on = _checked_day(mark.posted_on, change)
        _, shared = await compare(change.session, organisation_id, number, known)
        if shared.journals and not mark.is_confirmed:
            raise _unconfirmed(listed, shared)
        posting = await _post(change, listed, reference, posted_on)
        doubled = shared.doubled if doubles_in_target(listed, shared) else ()
        await _log_posting(change, listed, posting, doubled)
        listed = listed._replace(posting=posting)
        return Posted(listed, is_new=True, shared=shared)


async def undo_posting(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    number: int,
    *,
    reason: str,
    now: datetime,
    made_by: str | None,
) -> ListedRecord:
    """Undo the posting of a record, which may be posted again afterwards.

    Raises Rejected without a reason, for a record that isn't posted, and for one that a
    posted difference goes on from.
    """
    async with _changing(database, organisation_id, now, made_by) as change:
        reason = checked_reason(reason)
        listed = await _record(change, number)
        posting = listed.posting
        if posting is None:
            earlier = await postings_of(change.session, organisation_id, [number])
            raise _not_posted(number, earlier.get(number, []))
        later = await posted_after(
            change.session, organisation_id, listed.record.ledger_id, number
        )
        if later:
            raise _gone_on_from(number, later)
        change.session.add(
            UndonePosting(
                organisation_id=organisation_id,
                posting=posting.number,
                reason=reason,
                undone_at=await change.time(),
                undone_by=made_by,
            )
        )
        await change.session.flush()
        key = (0, posting.number, UndonePosting.__tablename__)
        written(change.session).changed.add(key)
        await change.log(
            Action.UNDO_EXPORT_POSTING,
            _subject(number),
            {**_details(listed, posting), "reason": reason},
            message=f"posting of file {number} as {posting.reference} undone: {reason}",
        )
        return listed._replace(posting=None)


async def _post(
    change: SettingChange, listed: ListedRecord, reference: str, posted_on: Day
) -> ExportPosting:
    session, organisation_id = change.session, change.organisation.id
    is_ours = ExportPosting.organisation_id == organisation_id
    posting = ExportPosting(
        organisation_id=organisation_id,
        number=await next_number(session, ExportPosting.number, is_ours),
        record=listed.record.number,
        posted_on=posted_on,
        reference=reference,
        marked_at=await change.time(),
        marked_by=change.made_by,
    )
    session.add(posting)
    await session.flush()
    written(session).changed.add((0, posting.number, ExportPosting.__tablename__))
    return posting


async def _log_posting(
    change: SettingChange,
    listed: ListedRecord,
    posting: ExportPosting,
    doubled: Iterable[Doubled],
) -> None:
    doubles = [
        {"export": its.file.record.number, "journals": its.journals} for its in doubled
    ]
    number, day = listed.record.number, day_text(posting.posted_on)
    confirmed = ", with entries doubled" if doubles else ""
    await change.log(
        Action.POST_EXPORT,
        _subject(number),
        {
            **_details(listed, posting),
            "postedOn": day,
            **({"doubles": doubles} if doubles else {}),
        },
        message=f"file {number} posted as {posting.reference} on {day}{confirmed}",
    )


def _details(listed: ListedRecord, posting: ExportPosting) -> dict[str, object]:
    """What names a posting and its file in the audit trail."""
    return {
        "currency": listed.currency,
        "posting": posting.number,
        "reference": posting.reference,
        "file": listed.record.file_name,
        "sha256": listed.record.file_sha256.hex(),
    }


def _subject(number: int) -> Subject:
    return Subject(SubjectKind.EXPORT, str(number))


async def _record(change: SettingChange, number: int) -> ListedRecord:
    found = await records_by_number(change.session, change.organisation.id, [number])
    if not found:
        message = f"there is no export record {number}"
        raise _refused(ProblemCode.NOT_FOUND, message, "recordId")
    return found[0]


async def _check_base(change: SettingChange, listed: ListedRecord) -> None:
    """Raise Rejected for a difference to a file that isn't posted."""
    since, number = options_of(listed.record.options).since, listed.record.number
    if since is None:
        return
    base = await _record(change, since)
    if base.posting is None:
        message = (
            f"file {number} holds the difference to file {since}, which is not"
            " posted: post that first"
        )
        raise _refused(ProblemCode.NOT_POSTED, message, "recordId")


def _checked_reference(reference: str) -> str:
    reference = reference.strip()
    if not reference:
        message = "give the target's reference, such as its journal's number"
        raise _refused(ProblemCode.MISSING, message, "reference")
    check_text(reference, REFERENCE_MAX, "reference")
    return reference


def _checked_day(day: Day | None, change: SettingChange) -> Day:
    """The day of a posting, or today in the organisation's time zone."""
    today = day_at(change.started.at, change.organisation.time_zone)
    if day is not None and day > today:
        message = f"{day_text(day)} is still to come: today is {day_text(today)}"
        raise _refused(ProblemCode.INVALID_DATE, message, "postedOn")
    return today if day is None else day


def _check_same(
    number: int, posting: ExportPosting, reference: str, posted_on: Day | None
) -> None:
    """Raise Rejected if a file is posted as something else."""
    if posting.reference != reference:
        field = "reference"
    elif posted_on not in {None, posting.posted_on}:
        field = "postedOn"
    else:
        return
    message = f"file {number} is posted as {_words(posting)}: undo that first"
    raise _refused(ProblemCode.POSTED, message, field)


def _unconfirmed(listed: ListedRecord, shared: Shared) -> Rejected:
    number, others = listed.record.number, [its.file for its in shared.doubled]
    have = "journal has" if shared.journals == 1 else "journals have"
    sums = [f"file {its.record.number} to {_sum(its)}" for its in others[:FILES_NAMED]]
    is_doubled = doubles_in_target(listed, shared)
    wanted = "the target has them twice" if is_doubled else "a second system has them"
    message = (
        f"file {number}: {shared.journals:,} {have} entries in posted files already:"
        f" {journals_words(shared.doubled)}; file {number} comes to {_sum(listed)},"
        f" {', '.join(sums)}; undo these, or confirm that {wanted}"
    )
    return _refused(ProblemCode.UNCONFIRMED, message, "confirmDoubled")


def _sum(listed: ListedRecord) -> str:
    """What a file's debits sum to, such as `1,200.00 USD`."""
    currency = listed.totals_currency
    return f"{grouped_text(listed.record.debit_total, currency)} {currency}"


def _not_posted(number: int, earlier: list[PostingOfRecord]) -> Rejected:
    message = f"file {number} is not posted"
    if earlier:
        posting, undone = earlier[-1]
        assert undone is not None, "the last one was undone"
        by = f" by {undone.undone_by}" if undone.undone_by else ""
        message += (
            f": its posting as {_words(posting)} was undone"
            f" {moment_text(undone.undone_at)}{by}"
        )
    return _refused(ProblemCode.NOT_POSTED, message, "recordId")


def _gone_on_from(number: int, later: Sequence[int]) -> Rejected:
    exports = " and ".join(f"file {its}" for its in later)
    hold = "holds the difference" if len(later) == 1 else "hold differences"
    message = (
        f"{exports} {hold} to file {number} and would be left alone: undo the posting"
        f" of file {later[-1]} first"
    )
    return _refused(ProblemCode.IN_USE, message, "recordId")


def _words(posting: ExportPosting) -> str:
    return f"{posting.reference}, {day_text(posting.posted_on)}"


def _refused(code: ProblemCode, message: str, field: str) -> Rejected:
    return Rejected([Problem(code, message, (field,))])


def _changing(
    database: Database, organisation_id: int, now: datetime, made_by: str | None
) -> AbstractAsyncContextManager[SettingChange]:
    return setting_change(
        database, organisation_id, ActivityKind.POSTING, now=now, made_by=made_by
    )
