"""Imports that failed, and whether their files were taken since, or dismissed.

The activity log names an import by its file (`import of october.csv`), if it has one; a
failed one names its problems after that, and one that was taken what it changed.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.activity.models import Activity
from daybook.activity.rules import ActivityKind
from daybook.calendar import (
    LAST_DAY,
    Month,
    day_words,
    first_day_of,
    last_day_of,
)
from daybook.clock import day_at, end_of
from daybook.closing.dismissals import dismissals_at
from daybook.closing.kept import kept_settings
from daybook.ledger.pins import Pin
from daybook.ledger.queries import end_of_pin
from daybook.ledger.rules import LockMethod

FAILED_MAX = 50
"""How many failed imports of a month are looked at, the newest ones."""
LOOKED_AT_MAX = 1_000
"""How many failed imports are looked at, of whatever month."""
MESSAGE_MAX = 300
"""How many characters are read of what an import did: a file's name has fewer."""
NAMED = 3
"""How many files the words name."""
OF_FILE = "import of "
"""What the names of imports of files begin with."""


class FailedImport(NamedTuple):
    """A failed import: its line in the activity log, its file if known, and when."""

    number: int
    file: str
    started_at: datetime


async def failed_imports(
    session: AsyncSession, pin: Pin, month: Month, zone: str
) -> list[FailedImport]:
    """The imports that failed while a month was closed, newest first.

    Those are left out whose file was taken since, by a later import of a file with its
    name, or dismissed. What has no file is made good by any later import. A locked
    month has what failed by the end of the month after it; an open one also what failed
    later.
    """
    its = Activity
    end = await end_of_pin(session, pin)
    conditions = [
        *imports_at(pin, end),
        its.started_at >= end_of(first_day_of(month) - 1, zone),
        or_(its.ledger_id == pin.ledger_id, its.ledger_id.is_(None)),
    ]
    last = last_day_of(month)
    settings = await kept_settings(session, pin)
    is_by_lock = settings.lock_method is not LockMethod.ACCOUNTING_DATE
    locked = settings.locked_through
    is_open = is_by_lock and (locked is None or locked < last)
    if not is_open and last < LAST_DAY:
        conditions.append(its.started_at < end_of(last_day_of(month + 1), zone))
    return await _open(
        session, pin.organisation_id, conditions, end=end, limit=FAILED_MAX
    )


async def open_failures(
    session: AsyncSession, organisation_id: int, since: int
) -> list[FailedImport]:
    """Failed imports from a line of the log on, newest first, that still wait.

    Of a file, the newest is the one that waits.
    """
    its = Activity
    conditions = [
        its.organisation_id == organisation_id,
        its.kind == int(ActivityKind.IMPORT),
        its.id >= since,
    ]
    return await _open(
        session, organisation_id, conditions, end=None, limit=LOOKED_AT_MAX
    )


async def _open(
    session: AsyncSession,
    organisation_id: int,
    conditions: Sequence[ColumnElement[bool]],
    *,
    end: datetime | None,
    limit: int,
) -> list[FailedImport]:
    its = Activity
    rows = await session.execute(
        select(its.id, its.message, its.started_at)
        .where(*conditions, its.is_failed)
        .order_by(its.id.desc())
        .limit(limit)
    )
    newest = dict[str, FailedImport]()
    for number, message, started_at in rows:
        file = file_of(message)
        newest.setdefault(file, FailedImport(number, file, started_at))
    failed = list(newest.values())
    if not failed:
        return []
    taken = await _taken(session, organisation_id, end, failed)
    dismissed: Mapping[str, int] = {
        its.file: its.run for its in await dismissals_at(session, organisation_id, end)
    }
    return [
        its
        for its in failed
        if its.number > max(taken.get(its.file, 0), dismissed.get(its.file, 0))
    ]


def imports_at(pin: Pin, end: datetime | None) -> list[ColumnElement[bool]]:
    """The conditions of imports by a moment; None is now."""
    return _imports_by(pin.organisation_id, end)


def _imports_by(
    organisation_id: int, end: datetime | None
) -> list[ColumnElement[bool]]:
    its = Activity
    conditions = [
        its.organisation_id == organisation_id,
        its.kind == int(ActivityKind.IMPORT),
    ]
    return conditions if end is None else [*conditions, its.started_at < end]


async def _taken(
    session: AsyncSession,
    organisation_id: int,
    end: datetime | None,
    failed: Sequence[FailedImport],
) -> dict[str, int]:
    """The last import that took each file; of no file, the last one of all."""
    its = Activity
    is_import = _imports_by(organisation_id, end)
    statement = (
        select(its.id, func.substr(its.message, 1, MESSAGE_MAX))
        .where(*is_import, ~its.is_failed, its.id > failed[-1].number)
        .order_by(its.id)
    )
    taken = dict[str, int]()
    names = {run.file for run in failed}
    rows = await session.stream(statement, execution_options={"yield_per": 1_000})
    async for number, message in rows:
        taken[""] = number
        for file in names:
            if f"{message};".startswith(f"{OF_FILE}{file};"):
                taken[file] = number
    return taken


def file_of(message: str) -> str:
    """The file of a failed import by its message; empty if it has none."""
    if not message.startswith(OF_FILE):
        return ""
    return message.removeprefix(OF_FILE).split(": ")[0]


def failed_words(failed: Sequence[FailedImport], zone: str) -> str:
    """The files that failed and when; empty if none did.

    `october.csv failed on 3 Nov 2025 and was not taken since`.
    """
    named = [
        f"{its.file or 'an import'} failed on {day_words(day_at(its.started_at, zone))}"
        for its in failed[:NAMED]
    ]
    if not named:
        return ""
    more = len(failed) - len(named)
    was = "was" if len(failed) == 1 else "were"
    words = ", ".join([*named, *([f"{more} more"] if more else [])])
    return f"{words} and {was} not taken since"
