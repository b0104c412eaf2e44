"""A kind of jobs whose files helpers make, part by part: `python -m daybook_dividing`.

What a helper does with a part is in its task, so that a test decides what happens.
"""

import asyncio
import json
import os
import signal
from contextlib import aclosing
from pathlib import Path
from typing import Any, TypedDict

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from daybook.activity.rules import ActivityKind
from daybook.db.base import NAMING, PlainText
from daybook.db.engine import Database
from daybook.jobs.commands import JobRequest, queue_job
from daybook.jobs.kinds import JobKind, Sharing
from daybook.jobs.models import Job
from daybook.jobs.process import Order, PartFile, report, run_job
from daybook.jobs.queries import get_job
from daybook.jobs.sharing import each_part
from daybook_factories import ORGANISATION
from daybook_jobs import NOW, until

SHARING = Sharing(helpers=1, rows_min=0, part_rows=1)


class Task(TypedDict, total=False):
    """What a helper does with a part, in this order."""

    until: str
    """A file that it waits for."""
    dies_at: str
    """A file: if it isn't there, the helper makes it and is killed."""
    dies: bool
    away_at: list[str]
    """Files: if one isn't there, the helper makes it and finds no database."""
    refuses: bool
    fails: bool


class Divided(DeclarativeBase):
    """Tables that no migration makes, and no other test knows."""

    metadata = MetaData(naming_convention=NAMING)


class DividedJob(Job, Divided):
    """A file of numbers, one for each part."""

    __tablename__ = "divided_jobs"

    tasks: Mapped[str] = mapped_column(PlainText)


DIVIDING = JobKind(
    model=DividedJob,
    module="daybook_dividing",
    activity=ActivityKind.EXPORT,
    noun="division",
    work="dividing",
    name=lambda job: f"division {job.number}",
    part_module="daybook_dividing_helper",
)


async def make_divided_table(database: Database) -> None:
    """Make the kind's table."""
    async with database.runtime.writes() as session:
        connection = await session.connection()
        await connection.run_sync(Divided.metadata.create_all)


async def divide(
    database: Database, *tasks: Task, organisation_id: int = ORGANISATION
) -> DividedJob:
    """Ask for a file with a number for each task."""
    asked = JobRequest(organisation_id, "test", NOW, b"")

    def make() -> DividedJob:
        return DividedJob(tasks=json.dumps(tasks), file_name="numbers.txt")

    return await queue_job(database.runtime, DIVIDING, asked, make)


async def perform(task: Task) -> None:
    """Do what a task says, but for what is raised."""

    async def may_go_on() -> bool:
        return "until" not in task or await asyncio.to_thread(
            Path(task["until"]).exists
        )

    await until(may_go_on)
    if task.get("dies") or ("dies_at" in task and is_first(task["dies_at"])):
        os.kill(os.getpid(), signal.SIGKILL)


def is_first(path: str) -> bool:
    """Whether a file isn't there yet; it is then made."""
    try:
        Path(path).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


async def _divide(order: Order) -> None:
    database = Database(order.url)
    async with database.runtime.reads() as session:
        job = await get_job(session, DividedJob, *order.job_id)
    assert job is not None
    tasks: list[Any] = json.loads(job.tasks)
    report(total=len(tasks))
    done = 0

    def arrived(_: Any) -> None:
        nonlocal done
        done += 1
        report(done=done)

    with PartFile(order) as part:
        parts = each_part(database.runtime, order, DividedJob, tasks, arrived)
        async with aclosing(parts) as found:
            async for index, result in found:
                assert result == {"index": index}
                part.write(f"{index}\n".encode())
        stored = part.finish()
    await database.close()
    report(made={**stored, "rows": len(tasks)})


def main() -> None:
    """Work on the job that standard input names."""
    run_job(_divide)


if __name__ == "__main__":
    main()
