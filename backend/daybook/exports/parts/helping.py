"""`python -m daybook.exports.parts.helping`: renders stretches of exports.

Its standard input and output: `daybook.jobs.part_process`.
"""

import asyncio
from typing import Any

from daybook.db.engine import Database
from daybook.exports.models import ExportJob
from daybook.exports.parts.orders import FileOrder
from daybook.exports.parts.slices import SliceRenderer
from daybook.exports.parts.stretches import Stretch, program_of, render
from daybook.exports.stored_spec import spec_of
from daybook.exports.writing.streaming import collect_seldom
from daybook.jobs.kinds import file_key
from daybook.jobs.part_process import PartOrder, Refused, help_with
from daybook.jobs.process import storing
from daybook.jobs.queries import get_job
from daybook.jobs.rules import JobId
from daybook.storage.rules import StorageKey


class _Job:
    """The job whose stretches are being rendered."""

    def __init__(
        self, job_id: JobId, key: StorageKey, file: FileOrder, renderer: SliceRenderer
    ) -> None:
        self.job_id, self.key = job_id, key
        self.file, self.renderer = file, renderer

    @classmethod
    async def of(cls, database: Database, job_id: JobId) -> "_Job":
        async with database.runtime.reads() as session:
            job = await get_job(session, ExportJob, *job_id)
        assert job is not None, "a job with parts exists"
        file = FileOrder(database, spec_of(job))
        renderer = await SliceRenderer.of(file)
        return cls(job_id, file_key(job_id, job.file_name), file, renderer)


class Helping:
    """Renders one stretch after the other; those of a job mostly follow each other."""

    def __init__(self) -> None:
        self._database: Database | None = None
        self._job: _Job | None = None

    async def work(self, order: PartOrder) -> dict[str, Any]:
        """Render a stretch and store its piece; what the coordinator has to know."""
        job = await self._job_of(order)
        program = program_of(job.file.spec)
        if order.task["program"] != program:
            raise Refused(
                f"its worker runs {order.task['program']}, and this one {program}:"
                " run the same version on all machines"
            )
        stretch = Stretch(*order.task["stretch"])
        pieces, tally, kept = await render(job.file, job.renderer, stretch)
        keep = order.storage.keep_piece
        with storing():
            await asyncio.to_thread(keep, job.key, order.writer, order.index, pieces)
        return {
            "size": sum(map(len, pieces)),
            "totals": tally.totals,
            "accounts": tally.accounts,
            "kept": kept,
        }

    async def close(self) -> None:
        """Close the database."""
        if self._database is not None:
            await self._database.close()

    async def _job_of(self, order: PartOrder) -> _Job:
        if self._database is None:
            self._database = Database(order.url)
        if self._job is None or self._job.job_id != order.job_id:
            self._job = await _Job.of(self._database, order.job_id)
        return self._job


def main() -> None:
    """Render the stretches that standard input names."""
    collect_seldom()
    help_with(Helping().work)


if __name__ == "__main__":
    main()
