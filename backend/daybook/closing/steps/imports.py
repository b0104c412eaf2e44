"""The step of the imports: documents that came, and files that were never taken.

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
from daybook.calendar import Month, day_words, first_day_of, last_day_of
from daybook.clock import day_at, end_of
from daybook.closing.rules import CloseStep, CloseStepKind, joined
from daybook.ledger.models import Ledger, Organisation
from daybook.numbers import agreeing

FAILED_MAX = 200
"""How many failed imports are looked at, the newest ones of all ledgers."""
MESSAGE_MAX = 300
"""How many characters are read of what an import did: a file's name has fewer."""
NAMED = 3
"""How many files the words name."""
OF_FILE = "import of "
"""What the names of imports of files begin with."""


class FailedImport(NamedTuple):
    """A failed import: its line in the activity log, its file if known, and when."""

    number: int
    ledger_id: int | None
    file: str
    started_at: datetime


class MonthImports(NamedTuple):
    """An organisation's imports around a month's close.

    `last` is when each ledger's last import began, with those of no ledger. `failed`
    are those that failed since the month began, newest first, and `taken` the last
    import that took each of their files: of no file, the last one of all.
    """

    zone: str
    last: Mapping[int, datetime | None]
    failed: Sequence[FailedImport]
    taken: Mapping[str, int]

    def not_taken(self, ledger_id: int) -> list[FailedImport]:
        """A ledger's files that failed and weren't taken since, the newest first.

        A file is taken by a later import of a file with its name. What has no file is
        made good by any later import.
        """
        newest = dict[str, FailedImport]()
        for its in self.failed:
            if its.ledger_id in {ledger_id, None}:
                newest.setdefault(its.file, its)
        return [
            its for its in newest.values() if self.taken.get(its.file, 0) < its.number
        ]


async def imports_by(
    session: AsyncSession, organisation_id: int, until: datetime | None, month: Month
) -> MonthImports:
    """The imports of all ledgers by a moment; None is now."""
    is_import = [
        Activity.organisation_id == organisation_id,
        Activity.kind == int(ActivityKind.IMPORT),
    ]
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
    failed = await _failed(session, is_import)
    taken = await _taken(session, is_import, failed)
    by_ledger = {ledger_id: started_at for _, ledger_id, started_at in rows}
    return MonthImports(zone, by_ledger, failed, taken)


async def _failed(
    session: AsyncSession, is_import: Sequence[ColumnElement[bool]]
) -> list[FailedImport]:
    its = Activity
    rows = await session.execute(
        select(its.id, its.ledger_id, its.message, its.started_at)
        .where(*is_import, its.is_failed)
        .order_by(its.id.desc())
        .limit(FAILED_MAX)
    )
    return [
        FailedImport(number, ledger_id, _file_of(message), started_at)
        for number, ledger_id, message, started_at in rows
    ]


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


def imports_step(imports: MonthImports, ledger_id: int, month: Month) -> CloseStep:
    """Whether documents came after the month, and which files were never taken.

    It isn't done while a file is named: only a file of its name makes it good.
    """
    kind, zone = CloseStepKind.IMPORTS, imports.zone
    failed = imports.not_taken(ledger_id)
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
