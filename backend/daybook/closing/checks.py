"""Close checks: what should be looked at before a month is closed.

Each counts its rows and names the first of them.
"""

from collections.abc import Collection, Iterable

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.adjustments.recurring.queries import (
    RecurrenceFilter,
    count_recurrences,
    find_recurrences,
)
from daybook.adjustments.recurring.rules import RecurrenceStatus
from daybook.adjustments.recurring.rules import label as recurrence_label
from daybook.adjustments.rules import Status
from daybook.adjustments.rules import label as manual_label
from daybook.calendar import Month, day_words, first_day_of, last_day_of
from daybook.closing.late_changes import (
    HeldSpan,
    changed_from_before,
    held_by_locks,
    late_reversals,
    lateness_of,
    opened_and_locked_again,
)
from daybook.closing.located import LocatedJournal, differing_journals
from daybook.closing.open_schedules import ended_with_deferred, without_entry
from daybook.closing.posted_files import posted_by_target
from daybook.closing.product_methods import with_other_method, without_product_method
from daybook.closing.rules import (
    ROWS_MAX,
    CloseCheck,
    CloseCheckKind,
    CloseCheckRow,
    FindingKind,
)
from daybook.closing.words import changed_words
from daybook.documents.models import StoredDocument
from daybook.ledger.models import ChangeAfterClose, Recording
from daybook.ledger.pins import Pin
from daybook.ledger.queries import day_told, ends_of_days
from daybook.ledger.rules import Role
from daybook.paging import PageRequest
from daybook.reports.journals.totals import months_with_journals
from daybook.reports.manual_journals import ManualFilter, count_manual, find_manual
from daybook.reports.trail.names import person_name

WAITING = (Status.DRAFT, Status.SUBMITTED, Status.REJECTED)
"""Manual journals that are neither posted nor discarded."""
_WAITING = (
    RecurrenceStatus.DRAFT,
    RecurrenceStatus.SUBMITTED,
    RecurrenceStatus.REJECTED,
)


async def close_checks(
    session: AsyncSession,
    pin: Pin,
    month: Month,
    kinds: Collection[CloseCheckKind] = tuple(CloseCheckKind),
) -> list[CloseCheck]:
    """Checks of a month, all of them by default, in the order of `CloseCheckKind`."""
    checks = {
        CloseCheckKind.ENDED_WITH_DEFERRED: ended_with_deferred,
        CloseCheckKind.NO_ENTRY_THIS_MONTH: without_entry,
        CloseCheckKind.NO_PRODUCT_METHOD: without_product_method,
        CloseCheckKind.OTHER_PRODUCT_METHOD: with_other_method,
        CloseCheckKind.CHANGED_AFTER_POSTING: changed_after_posting,
        CloseCheckKind.AFTER_CLOSE: after_close,
        CloseCheckKind.WAITING_DRAFTS: waiting_drafts,
    }
    return [
        await check(session, pin, month)
        for kind, check in checks.items()
        if kind in kinds
    ]


async def changed_after_posting(
    session: AsyncSession, pin: Pin, month: Month
) -> CloseCheck:
    """Journals up to the month that changed after they were in a posted file."""
    count, rows = 0, list[CloseCheckRow]()
    span = await months_with_journals(session, pin)
    months = [] if span is None else range(span[0], min(span[1], month) + 1)
    for files in await posted_by_target(session, pin):
        last = last_day_of(month)
        async for its in differing_journals(session, pin, files, months, last):
            if its.kind is FindingKind.CHANGED:
                count += 1
                if len(rows) < ROWS_MAX:
                    rows.append(_changed_row(its, pin))
    return CloseCheck(CloseCheckKind.CHANGED_AFTER_POSTING, count, tuple(rows))


def _changed_row(its: LocatedJournal, pin: Pin) -> CloseCheckRow:
    return CloseCheckRow(
        changed_words(its, pin.currency),
        *(its.customer_id, its.product_id, its.document_id, its.journal),
        amount=its.amounts.get(Role.RECOGNIZED),
    )


async def after_close(session: AsyncSession, pin: Pin, month: Month) -> CloseCheck:
    """Recordings that are about closed days, in each month that they concern.

    That is the month whose closed days they changed, or came too late for, and the one
    on whose first open day their amounts were posted instead. Where nothing was posted
    instead, since closed days were opened or changed, it is also the month in which
    that was done. Reversals of manual journals that a lock moved are named in both.
    """
    ended = await ends_of_days(session, pin.organisation_id)
    first, last = first_day_of(month), last_day_of(month)
    others = await changed_from_before(session, pin, month, ended(last))
    held = await held_by_locks(session, pin)
    its = ChangeAfterClose

    def is_held(spans: Iterable[HeldSpan]) -> ColumnElement[bool]:
        ranges = [its.recorded_in.between(span.first, span.last) for span in spans]
        return or_(false(), *ranges)

    conditions: list[ColumnElement[bool]] = [
        its.ledger_id == pin.ledger_id,
        its.recorded_in <= pin.recording,
        or_(
            its.first_day.between(first, last),
            its.recorded_in.in_(others),
            is_held(span for span in held if first <= span.posts_on <= last),
            and_(
                Recording.recorded_at >= ended(first - 1),
                Recording.recorded_at < ended(last),
                not_(is_held(held)),
            ),
        ),
    ]
    is_its = and_(
        Recording.ledger_id == its.ledger_id, Recording.number == its.recorded_in
    )
    document = (
        select(func.min(StoredDocument.id))
        .where(
            StoredDocument.ledger_id == its.ledger_id,
            or_(
                StoredDocument.recorded_in == its.recorded_in,
                StoredDocument.revised_in == its.recorded_in,
            ),
        )
        .having(func.count() == 1)
        .correlate(its)
        .scalar_subquery()
    )
    recordings = await session.execute(
        select(
            *(its.recorded_in, Recording.recorded_at),
            *(Recording.made_by, Recording.reason, document),
        )
        .join(Recording, is_its)
        .where(*conditions)
        .order_by(its.recorded_in)
        .limit(ROWS_MAX)
    )
    found = recordings.all()
    numbers = [row[0] for row in found]
    again = await opened_and_locked_again(session, pin) if found else set[int]()
    late = await lateness_of(session, pin, numbers, held, again)
    count, settled = len(found), sum(its.is_settled for its in late.values())
    if count == ROWS_MAX:
        counting = select(func.count()).select_from(its).join(Recording, is_its)
        count = await session.scalar(counting.where(*conditions)) or 0
        is_settled = or_(is_held(held), its.recorded_in.in_(again))
        settled = await session.scalar(counting.where(*conditions, is_settled)) or 0
    rows = [
        CloseCheckRow(
            f"{reason}, {day_words(day_told(made_at, ended))}"
            f" ({person_name(made_by)}): {late[number].words}",
            document_id=document_id,
            is_due=not late[number].is_settled,
        )
        for number, made_at, made_by, reason, document_id in found
    ]
    reversals = await late_reversals(session, pin, month)
    rows += [
        CloseCheckRow(
            f"{manual_label(its.number)} of {day_words(its.day)} was reversed, which"
            f" posts on {day_words(its.posts_on)}: its own day is closed, and there is"
            " nothing to do",
            manual_journal=its.number,
            is_due=False,
        )
        for its in reversals
    ]
    return CloseCheck(
        CloseCheckKind.AFTER_CLOSE,
        count + len(reversals),
        tuple(rows[:ROWS_MAX]),
        settled + len(reversals),
    )


def waiting_recurrences(pin: Pin, month: Month) -> RecurrenceFilter:
    """The recurrences that are not in force yet, and begin by the month's end."""
    return RecurrenceFilter(_WAITING, pin.ledger_id, begun_by=month)


async def waiting_drafts(session: AsyncSession, pin: Pin, month: Month) -> CloseCheck:
    """Manual journals up to the month, and recurring ones, that wait for somebody."""
    first_page = PageRequest(ROWS_MAX)
    journals = ManualFilter(WAITING, ledger_id=pin.ledger_id, last=last_day_of(month))
    recurring = waiting_recurrences(pin, month)
    organisation = pin.organisation_id
    manual = await find_manual(session, organisation, journals, first_page)
    recurrences = await find_recurrences(session, organisation, recurring, first_page)
    rows = [
        CloseCheckRow(
            f"{manual_label(row.number)} of {day_words(row.day)} is"
            f" {row.status.name.lower()}: {row.narrative}",
            manual_journal=row.number,
            amount=row.amount,
        )
        for row in manual.items
    ]
    rows += [
        CloseCheckRow(
            f"recurrence {recurrence_label(row.number)} is {row.status.name.lower()}:"
            f" {row.narrative}",
            recurrence=row.number,
            amount=row.amount,
        )
        for row in recurrences.items
    ]
    # What fits on a page needs no counting.
    count = len(manual.items)
    if count == ROWS_MAX:
        count = await count_manual(session, organisation, journals)
    its_recurring = len(recurrences.items)
    if its_recurring == ROWS_MAX:
        its_recurring = await count_recurrences(session, organisation, recurring)
    count += its_recurring
    return CloseCheck(CloseCheckKind.WAITING_DRAFTS, count, tuple(rows[:ROWS_MAX]))
