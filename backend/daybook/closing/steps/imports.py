"""The step of the imports: documents that came, and files that were never taken."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.activity.models import Activity
from daybook.calendar import (
    LAST_DAY,
    Month,
    day_words,
    first_day_of,
    last_day_of,
)
from daybook.clock import day_at, end_of
from daybook.closing.failed_imports import (
    FailedImport,
    FailedImports,
    imports_of,
    read_failed,
)
from daybook.closing.rules import CloseStep, CloseStepKind, joined
from daybook.ledger.models import Ledger, Organisation
from daybook.ledger.rules import LedgerSettings, LockMethod
from daybook.numbers import agreeing

NAMED = 3
"""How many files the words name."""


class MonthImports(NamedTuple):
    """An organisation's imports around a month's close.

    `last` is when each ledger's last import began, with those of no ledger. `failed`
    has those that failed since the month began.
    """

    zone: str
    last: Mapping[int, datetime | None]
    failed: FailedImports

    def not_taken(
        self, ledger_id: int, month: Month, settings: LedgerSettings
    ) -> list[FailedImport]:
        """A ledger's files that failed and wait, the newest first.

        An open month has all that failed since it began; one that is locked, or that
        each document locks, has what failed by the end of the month after it.
        """
        last, locked = last_day_of(month), settings.locked_through
        is_by_day = settings.lock_method is not LockMethod.ACCOUNTING_DATE
        is_open = is_by_day and (locked is None or locked < last)
        until = None
        if not is_open and last < LAST_DAY:
            until = end_of(last_day_of(month + 1), self.zone)
        return self.failed.waiting(ledger_id, until)


async def imports_by(
    session: AsyncSession, organisation_id: int, until: datetime | None, month: Month
) -> MonthImports:
    """The imports of all ledgers by a moment; None is now."""
    is_import = imports_of(organisation_id)
    if until is not None:
        is_import.append(Activity.started_at < until)
    last = (
        select(Activity.started_at)
        .where(
            *(*is_import, ~Activity.is_failed),
            or_(Activity.ledger_id == Ledger.id, Activity.ledger_id.is_(None)),
        )
        .order_by(Activity.id.desc())
        .limit(1)
        .correlate(Ledger)
        .scalar_subquery()
    )
    ledgers = await session.execute(
        select(Organisation.time_zone, Ledger.id, last)
        .join(Ledger, Ledger.organisation_id == Organisation.id)
        .where(Organisation.id == organisation_id)
    )
    rows = ledgers.all()
    assert rows, "who closes a month has a ledger"
    zone = rows[0].time_zone
    is_import.append(Activity.started_at >= end_of(first_day_of(month) - 1, zone))
    failed = await read_failed(session, organisation_id, is_import, until=until)
    by_ledger = {ledger_id: started_at for _, ledger_id, started_at in rows}
    return MonthImports(zone, by_ledger, failed)


def imports_step(
    imports: MonthImports, ledger_id: int, month: Month, settings: LedgerSettings
) -> CloseStep:
    """Whether documents came after the month, and which files were never taken.

    It isn't done while a file is named: a file of its name makes it good, or dismissing
    it.
    """
    kind, zone = CloseStepKind.IMPORTS, imports.zone
    failed = imports.not_taken(ledger_id, month, settings)
    named = _failed_words(failed, zone)
    last = imports.last.get(ledger_id)
    if last is None:
        words = joined("nothing was imported yet", named)
        return CloseStep.of(kind, words, len(failed), is_done=False)
    day = day_at(last, zone)
    words = f"last import on {day_words(day)}"
    if day <= last_day_of(month):
        words += ", before the month was over"
    is_done = not failed and day > last_day_of(month)
    return CloseStep.of(kind, joined(words, named), len(failed), is_done=is_done)


def _failed_words(failed: Sequence[FailedImport], zone: str) -> str:
    """The files that failed and when; empty if none did.

    `october.csv failed on 3 Nov 2025 and was not imported since`.
    """
    named = [
        f"{its.file or 'an import'} failed on {day_words(day_at(its.started_at, zone))}"
        for its in failed[:NAMED]
    ]
    if not named:
        return ""
    more = len(failed) - len(named)
    was = agreeing(len(failed), "was", "were")
    words = ", ".join([*named, *([f"{more} more"] if more else [])])
    return f"{words} and {was} not imported since"
