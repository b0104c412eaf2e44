"""Runs of imports in this server: they go on while pages say how far they are.

A run is kept by its row (`daybook.uploads.runs`), so that it is seen from all servers,
and begun again by the next page that is asked for if its server was killed. Pages read
it by their operation: here it is only begun, kept and ended.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, TypeAlias
from uuid import uuid4

from daybook.clock import real_now
from daybook.db.engine import Store
from daybook.db.failures import OUTAGES
from daybook.db.live import Progress
from daybook.uploads.rules import Stage, UploadId, Work
from daybook.uploads.runs import begin_run, end_run, keep_run
from daybook_web.kit.running import Running
from daybook_web.kit.tasks import Tasks

logger = logging.getLogger(__name__)

TELL_SECONDS = 0.5
"""How often a run tells how far it is."""
KEEP_SECONDS = 10.0
"""How often it says that it lives if it is no further."""
SMALL_BYTES = 2**16
"""Files of so many bytes take a moment: their page waits for them."""
SMALL_WAIT_SECONDS = 10.0
WAIT_SECONDS = 0.3
"""How long the page of a larger file waits before it says how far it is."""
FAILED: Mapping[str, Any] = {"failed": True}

Make: TypeAlias = Callable[[Running], Awaitable[Mapping[str, Any]]]
"""Does a run's work; gives the fields of an `Answer`."""


class _HowFar:
    """How far a run is, as the threads that do its work tell it."""

    def __init__(self) -> None:
        self.stage, self.progress = Stage.READING, Progress()

    def note(self, stage: Stage, progress: Progress) -> None:
        """Note how far it is."""
        self.stage, self.progress = stage, progress


class ImportRuns:
    """The runs of one server."""

    def __init__(self, store: Store, tasks: Tasks) -> None:
        self._store = store
        self._tasks = tasks
        self._running: dict[UploadId, asyncio.Task[None]] = {}

    async def run(
        self, running: Running, upload_id: UploadId, work: Work, make: Make
    ) -> int | None:
        """Begin a run, unless there is one, and wait a moment for its end.

        Gives the run's number, None if the upload isn't there or is spent. A run of
        another server isn't waited for. Raises what ended the run.
        """
        if not upload_id.can_be:
            return None
        runner = uuid4().hex
        begun = await begin_run(self._store, upload_id, work, runner, now=real_now())
        if begun is None:
            return None
        if begun.is_new:
            run = self._run(running.renewed(), upload_id, runner, make)
            self._running[upload_id] = self._tasks.begin(run)
        if task := self._running.get(upload_id):
            is_small = begun.file_bytes <= SMALL_BYTES
            await asyncio.wait(
                {task}, timeout=SMALL_WAIT_SECONDS if is_small else WAIT_SECONDS
            )
            if task.done() and not task.cancelled():
                task.result()
        return begun.state.number

    async def _run(
        self, running: Running, upload_id: UploadId, runner: str, make: Make
    ) -> None:
        """Do the work of a run while it is kept; its row then has the answer."""
        far = _HowFar()
        running.context.on_progress = far.note
        working = asyncio.ensure_future(make(running))
        keeping = asyncio.create_task(self._keep(upload_id, runner, far, working))
        answer: Mapping[str, Any] | None = None
        try:
            answer = await working
        except Exception:
            logger.warning("an import of %s failed", upload_id.key, exc_info=True)
            answer = FAILED
            raise
        finally:
            keeping.cancel()
            if self._running.get(upload_id) is asyncio.current_task():
                del self._running[upload_id]
            text = None if answer is None else json.dumps(answer)
            with suppress(*OUTAGES):  # without an answer it is lost, and begun again
                await end_run(self._store, upload_id, runner, text)

    async def _keep(
        self,
        upload_id: UploadId,
        runner: str,
        far: _HowFar,
        working: "asyncio.Future[Mapping[str, Any]]",
    ) -> None:
        """Tell how far a run is; end its work if the upload was deleted."""
        told, silent = (far.stage, far.progress), 0.0
        while True:
            await asyncio.sleep(TELL_SECONDS)
            present, silent = (far.stage, far.progress), silent + TELL_SECONDS
            if present == told and silent < KEEP_SECONDS:
                continue
            try:
                is_its = await keep_run(
                    self._store, upload_id, runner, *present, now=real_now()
                )
            except OUTAGES as failed:
                logger.warning("an import could not tell how far it is: %s", failed)
                continue
            told, silent = present, 0.0
            if not is_its:
                working.cancel()
                return
