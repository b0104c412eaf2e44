"""Any kind of jobs goes the way that exports go: a second one, with its own table."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from daybook.activity.models import Activity
from daybook.db.engine import Database, WriteSession
from daybook.jobs import leasing
from daybook.jobs import runner as runners
from daybook.jobs.commands import cancel_job
from daybook.jobs.kinds import JobKind, Workplace, file_key
from daybook.jobs.queries import get_job
from daybook.jobs.rules import (
    ATTEMPTS_MAX,
    UNFINISHED,
    FailureCode,
    JobId,
    JobStatus,
)
from daybook.jobs.runner import running
from daybook.ledger.models import Organisation
from daybook.settings import Settings
from daybook.storage.local import LocalStorage
from daybook_children import processes_of
from daybook_counting import (
    COUNTING,
    NEGATIVE,
    SERVICES,
    CountJob,
    count_to,
    make_table,
)
from daybook_factories import ORGANISATION
from daybook_jobs import NOW, until

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

FIRST = JobId(ORGANISATION, 1)
SLOW_MS = 20


class Recorder:
    """What the kind records of files, beside the activity log."""

    def __init__(self) -> None:
        self.files: list[tuple[int, bytes | None]] = []

    async def record(
        self,
        session: WriteSession,
        organisation: Organisation,
        job: CountJob,
        now: datetime,
    ) -> None:
        """Note a file."""
        self.files.append((job.number, job.file_sha256))


@pytest.fixture
async def counting(database: Database, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """The kind's table, and what is recorded of its files."""
    monkeypatch.setenv("PYTHONPATH", str(SERVICES))
    await make_table(database)
    return Recorder()


@asynccontextmanager
async def runner(
    database: Database, settings: Settings, recorder: Recorder, now: datetime = NOW
) -> AsyncIterator[LocalStorage]:
    """A runner that knows the one kind."""
    storage = LocalStorage(settings.data / "counts")
    kind: JobKind[CountJob] = replace(COUNTING, record=recorder.record)
    place = Workplace(
        *(kind, storage, 2), lease=timedelta(seconds=2), retention=timedelta(days=1)
    )
    at = settings.model_copy(update={"now": now})
    async with running(database, at, [place]):
        yield storage


async def job_once(
    database: Database, is_so: Callable[[CountJob], Any], number: int = 1
) -> CountJob:
    """A job once something is so."""

    async def found() -> CountJob | None:
        async with database.runtime.reads() as session:
            job = await get_job(session, CountJob, ORGANISATION, number)
        return job if job is not None and is_so(job) else None

    return await until(found)


def has_ended(job: CountJob) -> bool:
    return job.status not in UNFINISHED and job.is_logged


def processes() -> list[int]:
    """The processes that count for this one."""
    return [process.pid for process in processes_of(COUNTING.module)]


async def messages(database: Database) -> list[str]:
    async with database.reads() as session:
        return list(await session.scalars(select(Activity.message)))


async def test_a_job_waits_goes_on_and_is_ready(
    database: Database, settings: Settings, counting: Recorder
) -> None:
    queued = await count_to(database, 40, SLOW_MS)
    assert (queued.status, queued.number) == (JobStatus.QUEUED, 1)

    async with runner(database, settings, counting) as storage:
        await job_once(database, lambda job: 0 < job.rows_done < job.rows_total == 40)
        job = await job_once(database, has_ended)
        with storage.open(file_key(FIRST, "numbers.txt")) as stream:
            content = stream.read()

    assert (job.status, job.rows_done, job.last) == (JobStatus.READY, 40, 40)
    assert content == b"".join(b"%d\n" % number for number in range(1, 41))
    assert counting.files == [(1, job.file_sha256)]
    assert await messages(database) == ["count 1: 40 rows"]


async def test_a_killed_process_is_followed_by_another(
    database: Database, settings: Settings, counting: Recorder
) -> None:
    await count_to(database, 100, SLOW_MS)

    async with runner(database, settings, counting):
        await job_once(database, lambda job: job.rows_done)
        for process in processes():
            os.kill(process, signal.SIGKILL)
        job = await job_once(database, has_ended)

    assert (job.status, job.attempts) == (JobStatus.READY, 2)
    assert job.lost_attempts is not None and "SIGKILL" in job.lost_attempts
    assert len(counting.files) == 1


async def test_a_runner_that_is_stopped_twice_gives_its_job_back(
    database: Database,
    settings: Settings,
    counting: Recorder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """First by the last wake-up of its stores, then as a server's context ends."""
    giving_back, begun = leasing.give_back, asyncio.Event()

    async def give_back(*given: Any) -> None:
        begun.set()
        await asyncio.sleep(0.1)  # somebody stops it meanwhile
        await giving_back(*given)

    monkeypatch.setattr(leasing, "give_back", give_back)
    await count_to(database, 10_000, SLOW_MS)
    its = Database(database.url)

    async with runner(its, settings, counting):
        await job_once(database, lambda job: job.rows_done)
        its.end()
        await begun.wait()
    await its.close()

    job = await job_once(database, lambda _: True)
    assert (job.status, job.attempts) == (JobStatus.QUEUED, 0)


async def test_a_job_whose_processes_are_always_killed_fails(
    database: Database, settings: Settings, counting: Recorder
) -> None:
    await count_to(database, 10_000, SLOW_MS)

    async with runner(database, settings, counting):
        for attempt in range(1, ATTEMPTS_MAX + 1):
            await job_once(
                database,
                lambda job, attempt=attempt: (  # type: ignore[misc]
                    job.attempts == attempt and processes()
                ),
            )
            for process in processes():
                os.kill(process, signal.SIGKILL)
        job = await job_once(database, has_ended)

    assert (job.status, job.failure_code) == (
        JobStatus.FAILED,
        FailureCode.WORKER_LOST,
    )
    message = job.failure_message or ""
    assert message.startswith("its counting ended without a result 3 times")
    assert message.endswith("then request the count again")
    assert await messages(database) == [f"count 1: {message}"[:1_000]]
    assert counting.files == []


async def test_a_process_says_why_there_is_no_file(
    database: Database, settings: Settings, counting: Recorder
) -> None:
    await count_to(database, -1)

    async with runner(database, settings, counting):
        job = await job_once(database, has_ended)

    assert (job.status, job.failure_code) == (JobStatus.FAILED, NEGATIVE)


async def test_cancelling_ends_the_process(
    database: Database, settings: Settings, counting: Recorder
) -> None:
    await count_to(database, 10_000, SLOW_MS)

    async with runner(database, settings, counting) as storage:
        await job_once(database, lambda job: job.rows_done)
        await cancel_job(database.runtime, CountJob, FIRST, now=NOW)

        async def is_gone() -> bool:
            files = [file for file in storage.stored() if file.writer]
            return not processes() and not files

        await until(is_gone)
        await job_once(database, has_ended)

    assert await messages(database) == ["count 1: cancelled"]
    assert counting.files == []


async def test_a_file_is_kept_for_its_life(
    database: Database, settings: Settings, counting: Recorder
) -> None:
    await count_to(database, 3)
    async with runner(database, settings, counting):
        await job_once(database, has_ended)
    late = NOW + timedelta(days=1)

    async with runner(database, settings, counting, late) as storage:
        job = await job_once(database, lambda job: job.status == JobStatus.EXPIRED)

        async def is_gone() -> bool:
            return not await asyncio.to_thread(lambda: list(storage.stored())[1:])

        await until(is_gone)

    assert job.rows_done == 3
    assert counting.files == [(1, job.file_sha256)]


async def test_two_kinds_have_numbers_of_their_own(
    database: Database, settings: Settings, counting: Recorder
) -> None:
    first, second = await count_to(database, 1), await count_to(database, 2)
    assert (first.number, second.number) == (1, 2)

    async with runner(database, settings, counting):
        for number in (1, 2):
            job = await job_once(database, has_ended, number)
            assert job.status == JobStatus.READY

    assert sorted(number for number, _ in counting.files) == [1, 2]


async def test_an_end_that_cant_be_told_holds_up_no_other(
    database: Database,
    settings: Settings,
    counting: Recorder,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    sweep = timedelta(seconds=0.2)
    monkeypatch.setattr(runners, "SWEEP", sweep)

    async def refuse(
        session: WriteSession,
        organisation: Organisation,
        job: CountJob,
        now: datetime,
    ) -> None:
        if job.number == 1:
            await session.execute(text("INSERT INTO organisations (id) VALUES (1)"))
        await Recorder.record(counting, session, organisation, job, now)

    for _ in range(2):
        await count_to(database, 1)
    counting.record = refuse  # type: ignore[method-assign]
    async with runner(database, settings, counting):
        await job_once(database, has_ended, 2)
        await asyncio.sleep(5 * sweep.total_seconds())

    assert not has_ended(await job_once(database, lambda _: True))
    assert [number for number, _ in counting.files] == [2]
    (line,) = [
        message
        for message in caplog.messages
        if "no line in the activity log" in message
    ]
    assert line.startswith("count 1 ")


async def test_a_store_of_a_later_version_gives_no_jobs(
    database: Database,
    settings: Settings,
    counting: Recorder,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await count_to(database, 1)
    async with database.runtime.writes() as session:
        await session.execute(text("UPDATE runtime_version SET version_num = '9999'"))
    async with runner(database, settings, counting):
        await until(lambda: _said(caplog, "another version (9999)"))

    assert (await job_once(database, lambda _: True)).status == JobStatus.QUEUED


async def _said(caplog: pytest.LogCaptureFixture, words: str) -> bool:
    return any(words in message for message in caplog.messages)
