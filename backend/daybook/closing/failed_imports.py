"""Imports that failed, and whether their files were imported since.

The activity log names an import by its file (`import of october.csv`), if it has one; a
failed one names its problems after that, and one that was taken what it changed.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.activity.models import Activity
from daybook.activity.rules import ActivityKind
from daybook.calendar import Month, day_words, first_day_of
from daybook.clock import day_at, end_of
from daybook.ledger.pins import Pin
from daybook.ledger.queries import end_of_pin

FAILED_MAX = 50
"""How many failed imports are looked at, the newest ones."""
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
    """The imports that failed since a month began, newest first, but for those taken.

    A file is taken by a later import of a file with its name. What has no file is made
    good by any later import.
    """
    its = Activity
    begin = end_of(first_day_of(month) - 1, zone)
    is_import = [
        *imports_at(pin, await end_of_pin(session, pin)),
        its.started_at >= begin,
    ]
    is_ours = or_(its.ledger_id == pin.ledger_id, its.ledger_id.is_(None))
    rows = await session.execute(
        select(its.id, its.message, its.started_at)
        .where(*is_import, its.is_failed, is_ours)
        .order_by(its.id.desc())
        .limit(FAILED_MAX)
    )
    newest = dict[str, FailedImport]()
    for number, message, started_at in rows:
        file = _file_of(message)
        newest.setdefault(file, FailedImport(number, file, started_at))
    failed = list(newest.values())
    taken = await _taken(session, is_import, failed)
    return [its for its in failed if taken.get(its.file, 0) < its.number]


def imports_at(pin: Pin, end: datetime | None) -> list[ColumnElement[bool]]:
    """The conditions of imports by a moment; None is now."""
    its = Activity
    conditions = [
        its.organisation_id == pin.organisation_id,
        its.kind == int(ActivityKind.IMPORT),
    ]
    return conditions if end is None else [*conditions, its.started_at < end]


async def _taken(
    session: AsyncSession,
    is_import: Sequence[ColumnElement[bool]],
    failed: Sequence[FailedImport],
) -> dict[str, int]:
    """The last import that took each file; of no file, the last one of all."""
    if not failed:
        return {}
    its = Activity
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


def _file_of(message: str) -> str:
    """The file of a failed import by its message; empty if it has none."""
    if not message.startswith(OF_FILE):
        return ""
    return message.removeprefix(OF_FILE).split(": ")[0]


def failed_words(failed: Sequence[FailedImport], zone: str) -> str:
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
    was = "was" if len(failed) == 1 else "were"
    words = ", ".join([*named, *([f"{more} more"] if more else [])])
    return f"{words} and {was} not imported since"
