"""Runs of uploads: a file being looked at, or taken, by one server at a time.

An upload has one run at a time, which a server keeps while it is alive; a run whose
server is silent for `SILENT` is lost, and another may begin. The answer of the last run
is kept with its upload. Each function is a transaction of the runtime store.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import update

from daybook.db.engine import Store, WriteSession
from daybook.db.live import Progress
from daybook.uploads.models import ImportRun, Upload
from daybook.uploads.rules import SILENT, Stage, UploadId, UploadStatus, Work


@dataclass(frozen=True, slots=True)
class RunState:
    """A run as it was read; `number` counts the runs of its upload.

    It is running, or lost, or has its `answer`, which is JSON. `follows_lost` says that
    a run before it was taking the file when its server fell silent, and none since.
    """

    upload_id: UploadId
    number: int
    work: Work
    stage: Stage
    progress: Progress
    is_running: bool
    follows_lost: bool
    answer: str | None

    @classmethod
    def of(cls, run: ImportRun, now: datetime) -> "RunState":
        """The state of a row."""
        return cls(
            UploadId(run.organisation_id, run.key),
            run.number,
            Work(run.work),
            Stage(run.stage),
            Progress(run.total, run.done),
            is_running=_is_kept(run, now),
            follows_lost=run.follows_lost,
            answer=run.answer,
        )

    @property
    def is_lost(self) -> bool:
        """Whether it ended without an answer."""
        return not self.is_running and self.answer is None


@dataclass(frozen=True, slots=True)
class Begun:
    """A run that was asked for: a new one, or the one that is running already."""

    state: RunState
    file_bytes: int
    is_new: bool


async def read_run(
    store: Store, upload_id: UploadId, *, now: datetime
) -> RunState | None:
    """The upload's last run; None without one."""
    async with store.reads() as session:
        run = await session.get(ImportRun, tuple(upload_id))
        return None if run is None else RunState.of(run, now)


async def begin_run(
    store: Store, upload_id: UploadId, work: Work, runner: str, *, now: datetime
) -> Begun | None:
    """Begin a run, unless one is running; taking a file ends one that looks at it.

    None if there is no upload, or it is spent.
    """
    async with store.writes() as session:
        upload = await session.get(Upload, tuple(upload_id), with_for_update=True)
        if upload is None or upload.status != UploadStatus.READY:
            return None
        if upload.expires_at <= now:
            return None
        run = await session.get(ImportRun, tuple(upload_id))
        if run is None:
            run = ImportRun(
                organisation_id=upload_id.organisation_id, key=upload_id.key, number=0
            )
            session.add(run)
        elif _is_kept(run, now) and work <= run.work:
            return Begun(RunState.of(run, now), upload.file_bytes, is_new=False)
        is_after_lost = run.work == Work.TAKE and run.answer is None
        # A look that another one replaces may never have been seen.
        is_told = run.follows_lost and work is Work.LOOK
        run.follows_lost = bool(run.number) and bool(is_after_lost or is_told)
        run.number += 1
        run.work, run.stage = int(work), int(Stage.READING)
        run.done = run.total = 0
        run.runner, run.kept_until = runner, now + SILENT
        run.answer = None
        return Begun(RunState.of(run, now), upload.file_bytes, is_new=True)


async def keep_run(  # noqa: PLR0913  (whose it is, and how far)
    store: Store,
    upload_id: UploadId,
    runner: str,
    stage: Stage,
    progress: Progress,
    *,
    now: datetime,
) -> bool:
    """Tell how far a run is, and keep it; False if it isn't this runner's any more."""
    async with store.writes() as session:
        values = {
            "stage": int(stage),
            "done": progress.done,
            "total": progress.total,
            "kept_until": now + SILENT,
        }
        return await _change(session, upload_id, runner, values)


async def end_run(
    store: Store, upload_id: UploadId, runner: str, answer: str | None
) -> bool:
    """End a run with its answer, or as lost; False if it isn't this runner's."""
    async with store.writes() as session:
        return await _change(
            *(session, upload_id, runner),
            {"answer": answer, "runner": None, "kept_until": None},
        )


async def _change(
    session: WriteSession, upload_id: UploadId, runner: str, values: dict[str, Any]
) -> bool:
    changed = await session.execute(
        update(ImportRun)
        .where(
            ImportRun.organisation_id == upload_id.organisation_id,
            ImportRun.key == upload_id.key,
            ImportRun.runner == runner,
        )
        .values(values)
        .returning(ImportRun.number)
    )
    return changed.first() is not None


def _is_kept(run: ImportRun, now: datetime) -> bool:
    return run.kept_until is not None and run.kept_until > now
