"""The activity log tells of each job's end once, wherever programs were killed."""

import asyncio
import signal
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import URL, func, select, update

from daybook.activity.models import Activity
from daybook.activity.rules import ActivityKind
from daybook.clock import ClockRefused
from daybook.db.engine import Database
from daybook.exports.kind import EXPORTS
from daybook.exports.models import ExportJob, ExportRecord
from daybook.jobs import leasing
from daybook.jobs.ends import log_end, unlogged_ends
from daybook.jobs.leasing import FinishedFile
from daybook.jobs.rules import JobId
from daybook.reports.audit import verify
from daybook.settings import Settings
from daybook.worker import running_jobs
from daybook_factories import ORGANISATION, invoice, record
from daybook_jobs import NOW, ask, cancel, job_of, wait_for
from daybook_services.processes import forked

pytestmark = pytest.mark.anyio

FIRST = JobId(ORGANISATION, 1)
COMMITS = 3
"""So many transactions report an end: what will be written, the line, that it is."""
EACH_COMMIT = [
    pytest.param(commit, marks=[pytest.mark.faults] if commit != 2 else [])
    for commit in range(1, COMMITS + 1)
]

TELL_AND_DIE = """
import asyncio, os, signal, sys
from datetime import UTC, datetime
from sqlalchemy import event, make_url
from sqlalchemy.orm import Session
from daybook.db.engine import Database
from daybook.clock import Clock
from daybook.exports.kind import EXPORTS
from daybook.jobs.ends import log_end
from daybook.jobs.rules import JobId

url, when, last = sys.argv[1], sys.argv[2], int(sys.argv[3])
count = 0

def die(session):
    global count
    count += 1
    if count == last:
        os.kill(os.getpid(), signal.SIGKILL)

event.listen(Session, when, die)

async def main():
    now = datetime(2025, 10, 15, 12, tzinfo=UTC)
    database = Database(make_url(url), Clock(now, True))
    await log_end(database, EXPORTS, JobId(1, 1), now=now)
    await database.close()

asyncio.run(main())
"""


async def lines_of(database: Database, number: int = 1) -> list[Activity]:
    """What the activity log says of an export."""
    async with database.reads() as session:
        found = await session.scalars(
            select(Activity).where(
                Activity.kind == int(ActivityKind.EXPORT),
                Activity.message.startswith(f"export {number} of "),
            )
        )
        return list(found)


async def tell_and_die(url: URL, folder: Path, when: str, commit: int) -> int:
    """Tell of the first job's end in a process that is killed; its exit status."""
    program = folder / "tell_and_die.py"
    program.write_text(TELL_AND_DIE, encoding="utf-8")
    plain = url.render_as_string(hide_password=False)
    process = await asyncio.create_subprocess_exec(
        *forked(str(program), plain, when, str(commit))
    )
    async with asyncio.timeout(60):
        return await process.wait()


async def cancelled(database: Database) -> None:
    """A ledger, and a job that ended of which nobody has told."""
    await record(database, invoice())
    await ask(database)
    await cancel(database)


async def made(database: Database) -> None:
    """A job whose file was made, of which nobody has told."""
    await record(database, invoice())
    await ask(database)
    store, days = database.runtime, timedelta(days=7)
    its = await leasing.take_job(store, EXPORTS, "a-worker", lease=days, now=NOW)
    assert its is not None
    report = {"debit_total": 1, "credit_total": 1, "manifest": "{}"}
    file = FinishedFile(9, 2, bytes(32), report)
    await leasing.finish(store, its, file, now=NOW, retention=days)


async def records_of(database: Database) -> list[ExportRecord]:
    """The records of files."""
    async with database.reads() as session:
        return list(await session.scalars(select(ExportRecord)))


@pytest.mark.parametrize("when", ["before_commit", "after_commit"])
@pytest.mark.parametrize("commit", EACH_COMMIT)
@pytest.mark.either_database
async def test_killed_at_any_commit_the_line_is_there_once(
    database: Database,
    settings: Settings,
    tmp_path: Path,
    when: str,
    commit: int,
) -> None:
    await cancelled(database)

    for _ in range(2):
        status = await tell_and_die(database.url, tmp_path, when, commit)
        assert status == -signal.SIGKILL
        assert len(await lines_of(database)) <= 1
    async with running_jobs(database, settings):
        await wait_for(database, lambda job: job.is_logged)

    (line,) = await lines_of(database)
    assert line.message == "export 1 of USD journals, daily: cancelled"
    assert (await job_of(database)).activity_number == line.id
    assert await unlogged_ends(database.runtime, ExportJob) == []


@pytest.mark.parametrize("when", ["before_commit", "after_commit"])
@pytest.mark.parametrize("commit", EACH_COMMIT)
@pytest.mark.either_database
async def test_killed_at_any_commit_the_file_has_one_record(
    database: Database,
    settings: Settings,
    tmp_path: Path,
    when: str,
    commit: int,
) -> None:
    await made(database)

    for _ in range(2):
        status = await tell_and_die(database.url, tmp_path, when, commit)
        assert status == -signal.SIGKILL
        assert len(await records_of(database)) == len(await lines_of(database)) <= 1
    async with running_jobs(database, settings):
        await wait_for(database, lambda job: job.is_logged)

    (line,) = await lines_of(database)
    (its_record,) = await records_of(database)
    assert line.message == "export 1 of USD journals, daily: 2 rows"
    assert (its_record.job_number, its_record.file_sha256) == (1, bytes(32))
    assert (await verify(database, ORGANISATION)).mismatch is None


async def test_a_record_waits_for_a_clock_that_is_right(
    database: Database, settings: Settings
) -> None:
    await made(database)
    await record(database, invoice("inv_2"), on="2025-10-16")

    with pytest.raises(ClockRefused):
        await log_end(database, EXPORTS, FIRST, now=NOW)
    assert not await lines_of(database)
    assert not await records_of(database)
    later = settings.model_copy(update={"now": NOW + timedelta(days=1)})
    async with running_jobs(database, later):
        await wait_for(database, lambda job: job.is_logged)

    assert len(await lines_of(database)) == len(await records_of(database)) == 1


async def test_it_has_no_other_commits(database: Database, tmp_path: Path) -> None:
    await cancelled(database)

    commits = COMMITS + 1
    assert await tell_and_die(database.url, tmp_path, "before_commit", commits) == 0

    assert (await job_of(database)).is_logged
    assert len(await lines_of(database)) == 1


async def test_a_line_that_another_took_is_written_further_on(
    database: Database, tmp_path: Path
) -> None:
    await cancelled(database)
    status = await tell_and_die(database.url, tmp_path, "after_commit", 1)
    assert status == -signal.SIGKILL
    noted = (await job_of(database)).activity_number
    # Of the same kind, and its message begins with the same letters.
    async with database.runtime.writes() as session:
        await session.execute(update(ExportJob).values(number=11))
    await ask(database)
    await cancel(database, 12)
    await log_end(database, EXPORTS, JobId(ORGANISATION, 12), now=NOW)
    (others,) = await lines_of(database, 12)
    assert others.id == noted

    for _ in range(2):
        await log_end(database, EXPORTS, JobId(ORGANISATION, 11), now=NOW)

    (line,) = await lines_of(database, 11)
    assert line.id == others.id + 1


async def test_two_that_tell_at_once_write_one_line(database: Database) -> None:
    await cancelled(database)

    await asyncio.gather(
        *(log_end(database, EXPORTS, FIRST, now=NOW) for _ in range(4))
    )

    async with database.reads() as session:
        count = await session.scalar(
            select(func.count())
            .select_from(Activity)
            .where(Activity.kind == int(ActivityKind.EXPORT))
        )
    assert count == 1
