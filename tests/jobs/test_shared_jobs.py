"""Jobs that several workers share: who helps whom, and what happens to lost parts."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from daybook.db.engine import Database
from daybook.jobs import helping
from daybook.jobs.children import begun, command_of, tell
from daybook.jobs.commands import cancel_job
from daybook.jobs.cores import take_core
from daybook.jobs.kinds import Sharing, Workplace, file_key
from daybook.jobs.models import JobPart
from daybook.jobs.part_process import HELPING_NICENESS
from daybook.jobs.process import NICENESS
from daybook.jobs.queries import get_job
from daybook.jobs.rules import ATTEMPTS_MAX, UNFINISHED, FailureCode, JobId, JobStatus
from daybook.jobs.runner import Runner, kept_running
from daybook.settings import Settings
from daybook.storage.local import LocalStorage
from daybook_children import processes_of
from daybook_counting import SERVICES
from daybook_dividing import (
    DIVIDING,
    SHARING,
    DividedJob,
    Task,
    divide,
    make_divided_table,
)
from daybook_factories import ORGANISATION
from daybook_jobs import NOW, until
from daybook_sharing import parts_of

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

HOUR = timedelta(hours=1)
HELPER = "daybook_dividing_helper"


@pytest.fixture(autouse=True)
async def table(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(SERVICES))
    await make_divided_table(database)


@asynccontextmanager
async def workers(
    database: Database,
    settings: Settings,
    count: int = 1,
    lease: timedelta = HOUR,
    sharing: Sharing | None = SHARING,
) -> AsyncIterator[list[Runner]]:
    """So many workers, one job at a time each."""
    storage = LocalStorage(settings.data / "divided")
    place = Workplace(
        DIVIDING, storage, 1, lease=lease, retention=HOUR, sharing=sharing
    )
    async with AsyncExitStack() as stack:
        runners = []
        for _ in range(count):
            its = Database(database.url)
            stack.push_async_callback(its.close)
            runners.append(Runner(its, settings, [place]))
            await stack.enter_async_context(kept_running(runners[-1]))
        yield runners


async def job_of(database: Database, number: int = 1) -> DividedJob:
    async with database.runtime.reads() as session:
        job = await get_job(session, DividedJob, ORGANISATION, number)
    assert job is not None
    return job


async def ended(database: Database, number: int = 1) -> DividedJob:
    """A job once it has ended."""

    async def found() -> DividedJob | None:
        job = await job_of(database, number)
        return None if job.status in UNFINISHED else job

    return await until(found)


async def held(database: Database, count: int = 1, number: int = 1) -> list[JobPart]:
    """The parts of a job that helpers have, once they are so many."""

    async def found() -> list[JobPart] | None:
        parts = await parts_of(database)
        its = [part for part in parts if part.helper and part.number == number]
        having = [part for part in its if part.result is None]
        return having if len(having) >= count else None

    return await until(found)


def file_of(settings: Settings, number: int = 1) -> str:
    key = file_key(JobId(ORGANISATION, number), "numbers.txt")
    return settings.data.joinpath("divided", *key).read_text()


def gate(folder: Path) -> tuple[Path, Task]:
    """A file, and a task that waits for it."""
    folder.mkdir(exist_ok=True)
    path = folder / "gate"
    return path, {"until": str(path)}


def numbers(count: int) -> str:
    return "".join(f"{index}\n" for index in range(count))


async def test_one_worker_renders_all_parts(
    database: Database, settings: Settings
) -> None:
    await divide(database, *[Task()] * 7)

    async with workers(database, settings):
        job = await ended(database)

    assert (job.status, job.rows_done) == (JobStatus.READY, 7)
    assert file_of(settings) == numbers(7)
    assert await parts_of(database) == []


async def test_workers_without_a_job_help(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    path, waiting = gate(tmp_path)
    await divide(database, *[waiting] * 5)

    async with workers(database, settings, 3):
        having = await held(database, 3)
        path.touch()
        job = await ended(database)

    assert job.status == JobStatus.READY
    assert len({part.helper for part in having}) == 3, "each in a process of its own"
    assert file_of(settings) == numbers(5)


async def test_a_waiting_job_takes_a_helpers_place(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    path, waiting = gate(tmp_path)
    await divide(database, *[waiting] * 4)

    async def is_left() -> bool:
        return len(await held(database)) == 1

    async with workers(database, settings, 2):
        await held(database, 2)
        other, waiting_too = gate(tmp_path / "other")
        await divide(database, waiting_too)
        await held(database, number=2)
        await until(is_left)
        other.touch()
        second = await ended(database, 2)
        having = await held(database, 2)
        path.touch()
        first = await ended(database)

    assert (second.status, first.status) == (JobStatus.READY, JobStatus.READY)
    assert {part.attempts for part in having} == {1}, "a part given back doesn't count"
    assert file_of(settings) == numbers(4)


async def test_a_killed_helper_is_followed_by_another(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    dying: Task = {"dies_at": str(tmp_path / "died")}
    await divide(database, Task(), dying, Task())

    async with workers(database, settings):
        job = await ended(database)

    assert (job.status, job.attempts) == (JobStatus.READY, 1)
    assert file_of(settings) == numbers(3)


async def test_a_part_whose_helpers_are_lost_too_often_fails_the_job(
    database: Database, settings: Settings
) -> None:
    await divide(database, Task(), {"dies": True}, Task())

    async with workers(database, settings, 2):
        job = await ended(database)

    assert (job.status, job.failure_code) == (JobStatus.FAILED, FailureCode.WORKER_LOST)
    assert (job.failure_message or "").startswith(
        "the work on part 2 of 3 ended without a result 3 times and is not tried again:"
    )
    assert await parts_of(database) == []


async def test_a_part_whose_helpers_hang_fails_the_job(
    database: Database,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(helping, "PART_MAX", timedelta())
    _, waiting = gate(tmp_path)
    await divide(database, waiting)

    async with workers(database, settings):
        job = await ended(database)

    assert job.failure_code == FailureCode.WORKER_LOST
    assert "part 1 of 1 ended without a result 3 times" in str(job.failure_message)


async def test_what_a_helper_cant_render_fails_the_job(
    database: Database, settings: Settings
) -> None:
    await divide(database, Task(), {"fails": True}, Task())

    async with workers(database, settings):
        job = await ended(database)

    assert job.failure_code == "INDIVISIBLE"
    assert job.failure_message == "this part can't be divided"


async def test_an_outage_doesnt_count_as_an_attempt(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    times = [tmp_path / str(number) for number in range(ATTEMPTS_MAX)]
    await divide(database, Task(), {"away_at": [*map(str, times)]})

    async with workers(database, settings):
        job = await ended(database)

    assert (job.status, job.attempts) == (JobStatus.READY, 1)
    assert all(map(Path.exists, times))


async def test_a_killed_coordinators_parts_are_cut_again(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    path, waiting = gate(tmp_path)
    await divide(database, Task(), waiting)

    async with workers(database, settings, 2):
        before, *_ = await held(database)
        (coordinator,) = processes_of(DIVIDING.module)
        os.kill(coordinator.pid, signal.SIGKILL)

        async def is_cut_again() -> bool:
            part, *_ = await held(database)
            return part.coordinator != before.coordinator

        await until(is_cut_again)
        path.touch()
        job = await ended(database)

    assert (job.status, job.attempts) == (JobStatus.READY, 2)
    assert file_of(settings) == numbers(2)


async def running(module: str, count: int) -> list[psutil.Process]:
    """The processes of a module, once they are so many; a part is held before."""

    async def found() -> list[psutil.Process] | None:
        processes = processes_of(module)
        return processes if len(processes) == count else None

    return await until(found)


def niceness_of_session(pid: int) -> int | None:
    """The niceness of a process's session, where Linux weighs sessions."""
    try:
        _, _, niceness = Path(f"/proc/{pid}/autogroup").read_text().split()
    except (OSError, ValueError):
        # Linux has no such groups, or this process is in none (a control group's).
        return None
    return int(niceness)


async def test_work_gives_way_to_pages_and_helping_to_what_joins(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    path, waiting = gate(tmp_path)
    await divide(database, waiting)
    async with workers(database, settings):
        await held(database)
        (coordinator,) = await running(DIVIDING.module, 1)
        (helper,) = await running(HELPER, 1)

        assert (coordinator.nice(), helper.nice()) == (NICENESS, HELPING_NICENESS)
        for process in (coordinator, helper):
            assert niceness_of_session(process.pid) in {None, process.nice()}
        path.touch()


async def test_a_cancelled_jobs_helpers_end(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    _, waiting = gate(tmp_path)
    await divide(database, *[waiting] * 2)

    async with workers(database, settings, 2):
        await held(database, 2)
        helpers = await running(HELPER, 2)
        job_id = JobId(ORGANISATION, 1)
        await cancel_job(database.runtime, DividedJob, job_id, now=NOW)
        assert await parts_of(database) == []
        await asyncio.to_thread(psutil.wait_procs, helpers)

    assert len(helpers) == 2
    assert (await job_of(database)).status == JobStatus.CANCELLED


async def test_a_worker_that_cant_help_leaves_a_job_to_others(
    database: Database,
    settings: Settings,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    path, waiting = gate(tmp_path)
    await divide(database, waiting, {"refuses": True}, waiting)

    async with workers(database, settings):
        await held(database)
        async with workers(database, settings):
            await until(lambda: asyncio.sleep(0, caplog.messages))
        path.touch()
        job = await ended(database)

    assert job.failure_message == "it is of another version"
    assert caplog.messages == [
        "division 1 of another worker gets no help here: it is of another version"
    ]


def order_for(database: Database, storage: Path, task: Task) -> dict[str, Any]:
    """The order for a part, as a helping process reads it."""
    return {
        "database_url": database.url.render_as_string(hide_password=False),
        "storage": str(storage),
        "job_id": (1, 1),
        "writer": "me",
        "index": 7,
        "task": task,
    }


async def test_a_helping_process_ends_with_its_input(
    database: Database, tmp_path: Path
) -> None:
    path, waiting = gate(tmp_path)
    path.touch()
    order = order_for(database, tmp_path, waiting)
    process = await begun(HELPER)
    assert process.stdin is not None and process.stdout is not None
    await tell(process, order)
    first = await process.stdout.readline()
    path.unlink()
    await tell(process, order)
    process.stdin.close()
    rest = await process.stdout.read()

    assert json.loads(first) == {"rendered": {"index": 7}}
    assert rest == b"", "it waits for a file, and nobody for it"
    assert await process.wait() == 1


async def test_a_helping_process_is_silent_if_nobody_reads_its_report(
    database: Database, tmp_path: Path
) -> None:
    done, before = tmp_path / "done", niceness_of_session(os.getpid())
    read, write = os.pipe()
    os.close(read)
    process = await asyncio.create_subprocess_exec(
        *command_of(HELPER),
        stdin=asyncio.subprocess.PIPE,
        stdout=write,
        stderr=asyncio.subprocess.PIPE,
    )
    os.close(write)
    await tell(process, order_for(database, tmp_path, Task(away_at=[str(done)])))
    await until(lambda: asyncio.to_thread(done.exists))
    # A parent that ends closes our output and our input a moment apart.
    await asyncio.sleep(0.2)
    _, errors = await process.communicate(b"")

    assert (process.returncode, errors) == (1, b"")
    assert niceness_of_session(os.getpid()) == before, "it is in our session"


BY_CORES = SHARING._replace(by_cores=True)
on_linux = pytest.mark.skipif(
    sys.platform != "linux", reason="other systems don't know which cores are taken"
)


@pytest.fixture
def one_core() -> Iterator[None]:
    """This process has one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    yield
    os.sched_setaffinity(0, before)


@on_linux
@pytest.mark.usefixtures("one_core")
async def test_workers_of_a_machine_help_with_no_more_processes_than_it_has_cores(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    path, waiting = gate(tmp_path)
    await divide(database, *[waiting] * 3)

    async with workers(database, settings, sharing=BY_CORES), AsyncExitStack() as stack:
        await held(database)
        (other,) = await stack.enter_async_context(
            workers(database, settings, sharing=BY_CORES)
        )
        for _ in range(3):
            await other.take()
        having = await held(database)
        path.touch()
        job = await ended(database)

    assert len(having) == 1
    assert (job.status, file_of(settings)) == (JobStatus.READY, numbers(3))


@on_linux
@pytest.mark.usefixtures("one_core")
async def test_a_worker_makes_its_own_job_though_all_cores_are_taken(
    database: Database, settings: Settings
) -> None:
    await divide(database, *[Task()] * 3)
    core = take_core(str(database.url))
    assert core is not None
    with core:
        async with workers(database, settings, sharing=BY_CORES):
            job = await ended(database)

    assert (job.status, file_of(settings)) == (JobStatus.READY, numbers(3))


async def test_workers_that_dont_share_leave_parts_alone(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    path, waiting = gate(tmp_path)
    await divide(database, *[waiting] * 3)

    async with workers(database, settings), AsyncExitStack() as stack:
        await held(database)
        (alone,) = await stack.enter_async_context(
            workers(database, settings, sharing=None)
        )
        await alone.take()
        having = await held(database)
        path.touch()
        await ended(database)

    assert len(having) == 1
