"""The exports that changed lately, for pages that listen to them."""

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import bindparam, select

from daybook.db.engine import Database
from daybook.db.fast.compiled import CompiledSelect, fetch_rows
from daybook.exports.models import ExportJob
from daybook.jobs.rules import UNFINISHED, JobStatus

LATELY_MAX = 200
"""How many exports are read: more than may be unfinished at a time."""


class ChangedExport(NamedTuple):
    """An export that changed lately: where it stands, but not how far it is."""

    number: int
    requested_by: str
    status: int
    changes: int
    rows: int
    file_name: str
    failure: str | None
    is_downloaded: bool

    @property
    def is_unfinished(self) -> bool:
        """Whether it waits or is being made."""
        return self.status in UNFINISHED

    @property
    def is_ready(self) -> bool:
        """Whether its file is there."""
        return self.status == JobStatus.READY

    @property
    def has_failed(self) -> bool:
        """Whether there is no file, for a reason that `failure` says."""
        return self.status == JobStatus.FAILED


class LateExports(NamedTuple):
    """The exports of an organisation that changed last, and a mark of them.

    The mark differs whenever an export was asked for, began, ended, was fetched or
    changed in another way; progress alone leaves it as it is.
    """

    exports: Sequence[ChangedExport]
    mark: str


async def read_late_exports(database: Database, organisation_id: int) -> LateExports:
    """The organisation's last changed exports, the newest change first."""
    values = {"organisation": organisation_id}
    rows = await fetch_rows(database.runtime, _LATELY, values)
    exports = [ChangedExport(*row) for row in rows]
    marked = [(its.number, its.changes, its.is_downloaded) for its in exports]
    return LateExports(exports, sha256(repr(marked).encode()).hexdigest()[:16])


_LATELY = CompiledSelect(
    select(
        *(ExportJob.number, ExportJob.requested_by, ExportJob.status),
        *(ExportJob.changes, ExportJob.rows_done, ExportJob.file_name),
        *(ExportJob.failure_message, ExportJob.first_downloaded_at.is_not(None)),
    )
    .where(ExportJob.organisation_id == bindparam("organisation", required=False))
    .order_by(ExportJob.changed_at.desc(), ExportJob.number.desc())
    .limit(LATELY_MAX),
    is_short=True,
)
"""Compiled once, since it is read at each change while anybody listens."""
