"""Imports that failed, and whether their files were imported since, or dismissed."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.activity.models import Activity
from daybook.activity.rules import ActivityKind
from daybook.closing.dismissals import dismissals_at
from daybook.db.lists import rows_in_lists

FAILED_MAX = 200
"""How many failed imports of a month are looked at, the newest ones of all ledgers."""
LOOKED_AT_MAX = 1_000
"""How many failed imports are looked at, of whatever month."""


class FailedImport(NamedTuple):
    """A failed import: its line in the activity log, its file, and when it began.

    `file` is empty for an import without one.
    """

    number: int
    ledger_id: int | None
    file: str
    started_at: datetime


class FailedImports(NamedTuple):
    """Failed imports, newest first, and the last lines that made each file good.

    A file is made good by a later import of a file with its name, or by dismissing its
    failure; what has no file by any later import, too.
    """

    failed: Sequence[FailedImport]
    imported: Mapping[str, int]
    dismissed: Mapping[str, int]

    def waiting(
        self, ledger_id: int | None = None, until: datetime | None = None
    ) -> list[FailedImport]:
        """The last failure of each file that nothing made good, the newest first.

        A file waits apart in each ledger that it failed in. Of one ledger if it is
        given, with those of no ledger, and of what failed before a moment.
        """
        newest = dict[tuple[str, int | None], FailedImport]()
        for its in self.failed:
            is_ours = ledger_id is None or its.ledger_id in {ledger_id, None}
            if is_ours and (until is None or its.started_at < until):
                newest.setdefault((its.file, its.ledger_id), its)
        return [its for its in newest.values() if self._made_good(its) < its.number]

    def _made_good(self, its: FailedImport) -> int:
        """The last line that made a failed import's file good; 0 if none did."""
        return max(self.imported.get(its.file, 0), self.dismissed.get(its.file, 0))


async def open_failures(
    session: AsyncSession, organisation_id: int, since: int
) -> list[FailedImport]:
    """The failed imports that wait, from a line of the log on, newest first."""
    is_import = [*imports_of(organisation_id), Activity.id >= since]
    found = await read_failed(
        session, organisation_id, is_import, until=None, limit=LOOKED_AT_MAX
    )
    return found.waiting()


async def imported_since(
    session: AsyncSession, organisation_id: int, runs: Collection[int]
) -> dict[int, int]:
    """The last import of each failed import's file, if it is a later one, by line."""
    is_import = imports_of(organisation_id)
    these = [*is_import, Activity.id.in_(runs)]
    failed = await _failed(session, these, len(runs))
    imported = await _imported(session, is_import, failed)
    return {
        its.number: imported[its.file]
        for its in failed
        if imported.get(its.file, 0) > its.number
    }


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
    failed = await _failed(session, is_import, limit)
    if not failed:
        return FailedImports([], {}, {})
    imported = await _imported(session, is_import, failed)
    dismissed = dict[str, int]()
    for dismissal in await dismissals_at(session, organisation_id, until):
        last = dismissed.get(dismissal.file, 0)
        dismissed[dismissal.file] = max(last, dismissal.run)
    return FailedImports(failed, imported, dismissed)


async def _failed(
    session: AsyncSession, is_import: Sequence[ColumnElement[bool]], limit: int
) -> list[FailedImport]:
    """The newest failed ones of some imports, newest first."""
    its = Activity
    rows = await session.execute(
        select(its.id, its.ledger_id, func.coalesce(its.file, ""), its.started_at)
        .where(*is_import, its.is_failed)
        .order_by(its.id.desc())
        .limit(limit)
    )
    return [FailedImport(*row) for row in rows]


async def _imported(
    session: AsyncSession,
    is_import: Sequence[ColumnElement[bool]],
    failed: Sequence[FailedImport],
) -> dict[str, int]:
    """The last import of each file after the first failure; of no file, of anything."""
    if not failed:
        return {}
    its = Activity
    later = [*is_import, ~its.is_failed, its.id > failed[-1].number]
    files = {run.file for run in failed}
    last = func.max(its.id)
    imported = dict[str, int]()
    if "" in files:
        imported[""] = await session.scalar(select(last).where(*later)) or 0
    named = select(func.coalesce(its.file, ""), last).where(*later).group_by(its.file)
    for file, number in await rows_in_lists(session, named, its.file.in_, files - {""}):
        imported[file] = number
    return imported
