"""A second kind of jobs, as a feature would declare it: a file of numbers.

`python -m daybook_counting` is its process.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from daybook.activity.rules import ActivityKind
from daybook.db.base import NAMING, Number
from daybook.db.engine import Database
from daybook.jobs.commands import JobRequest, queue_job
from daybook.jobs.kinds import JobKind
from daybook.jobs.models import Job
from daybook.jobs.process import Order, PartFile, Unusable, report, run_job
from daybook.jobs.queries import get_job
from daybook_factories import ORGANISATION
from daybook_jobs import NOW

SERVICES = Path(__file__).parent
"""Where the process finds this module."""
NEGATIVE = "NEGATIVE"


class Counts(DeclarativeBase):
    """Tables that no migration makes, and no other test knows."""

    metadata = MetaData(naming_convention=NAMING)


class CountJob(Job, Counts):
    """Counts to a goal, with a pause behind each number."""

    __tablename__ = "count_jobs"

    goal: Mapped[int] = mapped_column(Number)
    pause_ms: Mapped[int] = mapped_column(Number)
    last: Mapped[int | None] = mapped_column(Number)


def _keep(job: CountJob, report: Mapping[str, Any]) -> None:
    job.last = report["last"]


COUNTING = JobKind(
    model=CountJob,
    module="daybook_counting",
    activity=ActivityKind.EXPORT,
    noun="count",
    work="counting",
    name=lambda job: f"count {job.number}",
    keep=_keep,
)


async def make_table(database: Database) -> None:
    """Make the kind's table."""
    async with database.runtime.writes() as session:
        connection = await session.connection()
        await connection.run_sync(Counts.metadata.create_all)


async def count_to(database: Database, goal: int, pause_ms: int = 0) -> CountJob:
    """Ask for a file of numbers."""
    asked = JobRequest(ORGANISATION, "test", NOW, b"")

    def make() -> CountJob:
        return CountJob(goal=goal, pause_ms=pause_ms, file_name="numbers.txt")

    return await queue_job(database.runtime, COUNTING, asked, make)


async def _count(order: Order) -> None:
    database = Database(order.url)
    async with database.runtime.reads() as session:
        job = await get_job(session, CountJob, *order.job_id)
    await database.close()
    assert job is not None
    if job.goal < 0:
        raise Unusable(NEGATIVE, "nobody counts to less than nothing")
    report(total=job.goal)
    with PartFile(order) as part:
        for number in range(1, job.goal + 1):
            part.write(f"{number}\n".encode())
            report(done=number)
            await asyncio.sleep(job.pause_ms / 1000)
        stored = part.finish()
    report(made={**stored, "rows": job.goal, "last": job.goal})


def main() -> None:
    """Work on the job that standard input names."""
    run_job(_count)


if __name__ == "__main__":
    main()
