"""Imports that failed, and whether their files were taken since, or dismissed.

The activity log names an import by its file (`import of october.csv`), if it has one; a
failed one names its problems after that, and one that was taken what it changed.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.activity.models import Activity
from daybook.activity.rules import ActivityKind
from daybook.closing.dismissals import dismissals_at

FAILED_MAX = 200
"""How many failed imports of a month are looked at, the newest ones of all ledgers."""
LOOKED_AT_MAX = 1_000
"""How many failed imports are looked at, of whatever month."""
MESSAGE_MAX = 300
"""How many characters are read of what an import did: a file's name has fewer."""
OF_FILE = "import of "
"""What the names of imports of files begin with."""


class FailedImport(NamedTuple):
    """A failed import: its line in the activity log, its file if known, and when."""

    number: int
    ledger_id: int | None
    file: str
    started_at: datetime


class FailedImports(NamedTuple):
    """Failed imports, newest first, and the last line that made each file good.

    A file is made good by a later import of a file with its name, or by dismissing its
    failure; what has no file by any later import, too.
    """

    failed: Sequence[FailedImport]
    made_good: Mapping[str, int]

    def waiting(
        self, ledger_id: int | None = None, until: datetime | None = None
    ) -> list[FailedImport]:
        """The last failure of each file that nothing made good, the newest first.

        Of one ledger if it is given, with those of no ledger, and of what failed before
        a moment.
        """
        newest = dict[str, FailedImport]()
        for its in self.failed:
            is_ours = ledger_id is None or its.ledger_id in {ledger_id, None}
            if is_ours and (until is None or its.started_at < until):
                newest.setdefault(its.file, its)
        return [
            its
            for its in newest.values()
            if self.made_good.get(its.file, 0) < its.number
        ]


async def open_failures(
    session: AsyncSession, organisation_id: int, since: int
) -> list[FailedImport]:
    """The failed imports that wait, from a line of the log on, newest first."""
    is_import = [*imports_of(organisation_id), Activity.id >= since]
    found = await read_failed(
        session, organisation_id, is_import, until=None, limit=LOOKED_AT_MAX
    )
    return found.waiting()


def imports_of(organisation_id: int) -> list[ColumnElement[bool]]:
    """The conditions of an organisation's imports."""
    return [
        Activity.organisation_id == organisation_id,
        Activity.kind == int(ActivityKind.IMPORT),
    ]


async def read_failed(
    session: AsyncSession,
    organisation_id: int,
    is_import: Sequence[ColumnElement[bool]],
    *,
    until: datetime | None,
    limit: int = FAILED_MAX,
) -> FailedImports:
    """The failed ones of some imports; dismissals count before a moment."""
    its = Activity
    rows = await session.execute(
        select(its.id, its.ledger_id, its.message, its.started_at)
        .where(*is_import, its.is_failed)
        .order_by(its.id.desc())
        .limit(limit)
    )
    failed = [
        FailedImport(number, ledger_id, file_of(message), started_at)
        for number, ledger_id, message, started_at in rows
    ]
    if not failed:
        return FailedImports([], {})
    made_good = await _taken(session, is_import, failed)
    for dismissal in await dismissals_at(session, organisation_id, until):
        last = made_good.get(dismissal.file, 0)
        made_good[dismissal.file] = max(last, dismissal.run)
    return FailedImports(failed, made_good)


async def _taken(
    session: AsyncSession,
    is_import: Sequence[ColumnElement[bool]],
    failed: Sequence[FailedImport],
) -> dict[str, int]:
    """The last import that took each file; of no file, the last one of all."""
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


def file_of(message: str) -> str:
    """The file of a failed import by its message; empty if it has none."""
    if not message.startswith(OF_FILE):
        return ""
    return message.removeprefix(OF_FILE).split(": ")[0]
