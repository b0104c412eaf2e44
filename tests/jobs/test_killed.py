"""Renderers and servers that are killed or stopped: another run makes the same file."""

import asyncio
import os
import random
import re
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import URL, select

import daybook_waiting
from daybook.activity.models import Activity
from daybook.activity.rules import ActivityKind
from daybook.db.engine import Database
from daybook.exports.formats.xlsx import XLSX
from daybook.exports.models import ExportJob
from daybook.jobs import children
from daybook.jobs.forking import Fork, forked
from daybook.jobs.rules import ATTEMPTS_MAX, UNFINISHED, FailureCode, JobStatus
from daybook.ledger.commands import lock_organisation
from daybook.settings import Settings
from daybook.worker import running_jobs
from daybook_children import processes_of
from daybook_counting import SERVICES
from daybook_factories import ORGANISATION, invoice, record
from daybook_jobs import (
    NOW,
    SECONDS,
    a_large_ledger,
    ask,
    ended,
    files_in,
    job_of,
    part_of,
    parts_in,
    place_of,
    renderers_of,
    size_of,
    until,
    wait_for,
)
from daybook_site import SECRET, free_port

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

LEASE_SECONDS = 2
KILLS = 20
"""Rounds of kills at any moment."""


class Server:
    """`daybook serve` in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.pid = process.pid
        self.wait = process.wait

    def send(self, what: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, what)

    async def renderer(self) -> int:
        """The process that renders for it, once there is one."""

        async def found() -> int | None:
            return next(iter(renderers_of(self.pid)), None)

        return await until(found)

    async def killed(self) -> None:
        """End it without a warning."""
        self.send(signal.SIGKILL)
        await self.wait()


@asynccontextmanager
async def serving(url: URL, folder: Path) -> AsyncIterator[Server]:
    driver = url.get_backend_name()
    plain = url.set(drivername=driver).render_as_string(hide_password=False)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "daybook", "serve", "--port", str(free_port())),
        env={
            **os.environ,
            "DAYBOOK_DATABASE_URL": plain,
            "DAYBOOK_SECRET": SECRET.get_secret_value(),
            "DAYBOOK_NOW": NOW.isoformat(),
            "DAYBOOK_EXPORTS": str(folder),
            "DAYBOOK_EXPORT_LEASE_SECONDS": str(LEASE_SECONDS),
        },
        stdout=asyncio.subprocess.DEVNULL,
        cwd=folder,
    )
    try:
        yield Server(process)
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
        await process.wait()


def is_alive(pid: int) -> bool:
    """Whether a process is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def is_gone(pid: int) -> None:
    """Wait until a process is not there any more."""

    async def gone() -> bool:
        return not is_alive(pid)

    await until(gone)


async def test_a_killed_renderer_is_followed_by_another(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    expected = await a_large_ledger(database)
    await ask(database)
    async with running_jobs(database, settings):
        await part_of(tmp_path)
        (renderer,) = renderers_of(os.getpid())
        os.kill(renderer, signal.SIGKILL)
        job = await ended(database)

    assert (job.status, job.attempts) == (JobStatus.READY, 2)
    assert files_in(tmp_path / "exports") == {place_of(job): expected}


def temporary_files_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have this process, and those that it starts, put temporary files in a folder."""
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))


async def holds_files(folder: Path) -> None:
    """Wait until a folder is not empty."""

    async def has_some() -> bool:
        return bool(await asyncio.to_thread(os.listdir, folder))

    await until(has_some)


async def test_a_killed_renderer_leaves_no_temporary_files(
    database: Database,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await a_large_ledger(database, 100)
    temporary = tmp_path / "temporary"
    temporary_files_in(temporary, monkeypatch)
    await ask(database, file_format=XLSX)
    async with running_jobs(database, settings):
        await holds_files(temporary)
        (renderer,) = renderers_of(os.getpid())
        os.kill(renderer, signal.SIGKILL)
        job = await ended(database)

    assert (job.status, job.attempts) == (JobStatus.READY, 2)
    assert not list(temporary.iterdir())


async def test_the_renderer_of_a_killed_server_leaves_no_temporary_files(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_large_ledger(database, 100)
    temporary = tmp_path / "temporary"
    temporary_files_in(temporary, monkeypatch)
    await ask(database, file_format=XLSX)
    async with serving(database.url, tmp_path) as server:
        await holds_files(temporary)
        renderer = await server.renderer()
        await server.killed()
        await is_gone(renderer)

    assert not list(temporary.iterdir())


async def that_waits(_module: str, limit: int) -> Fork | None:
    """A process that does nothing until it is killed."""
    return await forked(daybook_waiting.__name__, limit)


async def test_a_job_whose_renderers_are_lost_too_often_fails(
    database: Database,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(SERVICES))
    monkeypatch.setattr(children, "forked", that_waits)
    await record(database, invoice())
    await ask(database)
    waiting = partial(processes_of, daybook_waiting.__name__)
    async with running_jobs(database, settings):
        for attempt in range(1, ATTEMPTS_MAX + 1):

            def runs(job: ExportJob, attempt: int = attempt) -> bool:
                return job.attempts == attempt and bool(waiting())

            await wait_for(database, runs)
            for process in waiting():
                process.kill()
        job = await ended(database)

    assert (job.status, job.failure_code) == (
        JobStatus.FAILED,
        FailureCode.WORKER_LOST,
    )
    killed = "its process was killed by SIGKILL before it counted rows"
    each = "; ".join(
        f"attempt {attempt}: {killed}, 2025-10-15 12:00:00 UTC"
        for attempt in range(1, ATTEMPTS_MAX + 1)
    )
    assert job.failure_message == (
        f"its rendering ended without a result 3 times and is not tried again ({each}):"
        " look into the server's log, and into the system's for a lack of memory,"
        " which kills processes by SIGKILL; then request the export again"
    )
    assert not files_in(tmp_path / "exports")


async def writes(database: Database, folder: Path, attempt: int) -> bool:
    """Whether a job's attempt has written something."""
    job = await job_of(database)
    parts = [part for part in parts_in(folder) if f".{job.worker}." in part.name]
    return job.attempts == attempt and any(map(size_of, parts))


@pytest.mark.faults
async def test_a_job_that_was_lost_in_different_ways_tells_of_each(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    await a_large_ledger(database, 3_000)
    await ask(database)
    async with serving(database.url, tmp_path) as server:
        await part_of(tmp_path)
        await server.killed()
    async with serving(database.url, tmp_path) as second:
        await wait_for(database, lambda job: job.attempts == 2)
        # It gives its job back: that is not an attempt.
        second.send(signal.SIGINT)
        assert await second.wait() == 0
    async with running_jobs(database, settings):
        for attempt in (2, ATTEMPTS_MAX):
            await until(lambda attempt=attempt: writes(database, tmp_path, attempt))  # type: ignore[misc]
            (renderer,) = renderers_of(os.getpid())
            os.kill(renderer, signal.SIGTERM)
        job = await ended(database)
        await wait_for(database, lambda job: job.is_logged)

    assert job.failure_code == FailureCode.WORKER_LOST
    message = job.failure_message or ""
    assert re.search(
        rf"attempt 1: its server \(process {server.pid}\) was killed, or was silent for"
        r" 2 s, 2025-10-15 12:00:00 UTC; attempt 2: its process was killed by SIGTERM"
        r" (after [0-9][0-9,]* of [1-9][0-9,]* rows|before it counted rows), .* UTC;"
        r" attempt 3: its process was killed by SIGTERM ",
        message,
    )
    async with database.reads() as session:
        line = await session.scalar(
            select(Activity).where(Activity.kind == int(ActivityKind.EXPORT))
        )
    assert line is not None
    assert line.message == f"export 1 of USD journals, daily: {message}"


async def test_a_server_that_stops_gives_its_job_back(
    database: Database, tmp_path: Path
) -> None:
    expected = await a_large_ledger(database, 3_000)
    await ask(database, max_rows=0)
    async with serving(database.url, tmp_path) as server:
        await part_of(tmp_path)
        renderer = await server.renderer()
        server.send(signal.SIGINT)
        async with asyncio.timeout(SECONDS):
            assert await server.wait() == 0
        job = await job_of(database)

        assert not is_alive(renderer)
        assert (job.status, job.attempts, job.worker) == (JobStatus.QUEUED, 0, None)
        assert not list(tmp_path.rglob("*.csv*"))  # noqa: ASYNC240  (a small folder)
    async with serving(database.url, tmp_path):
        job = await ended(database)

    assert job.status == JobStatus.READY
    assert files_in(tmp_path / "1") == {place_of(job): expected}


@pytest.mark.faults
async def test_a_server_stops_while_an_import_keeps_the_log_waiting(
    database: Database, tmp_path: Path
) -> None:
    await record(database, invoice())
    await ask(database)
    async with (
        serving(database.url, tmp_path) as server,
        database.writes() as session,
    ):
        await lock_organisation(session, ORGANISATION)
        job = await ended(database)
        await asyncio.sleep(0.5)
        server.send(signal.SIGINT)
        async with asyncio.timeout(SECONDS):
            assert await server.wait() == 0
    assert job.status == JobStatus.READY
    assert not job.is_logged
    async with serving(database.url, tmp_path):
        await wait_for(database, lambda job: job.is_logged)


@pytest.mark.faults
async def test_a_killed_server_takes_its_renderer_along_and_another_takes_the_job(
    database: Database, tmp_path: Path
) -> None:
    expected = await a_large_ledger(database, 3_000)
    await ask(database)
    async with serving(database.url, tmp_path) as server:
        await part_of(tmp_path)
        renderer = await server.renderer()
        await server.killed()
        await is_gone(renderer)

        job = await job_of(database)
        assert job.status == JobStatus.RUNNING
        assert place_of(job) not in files_in(tmp_path / "1")
    async with serving(database.url, tmp_path):
        job = await ended(database)

    assert (job.status, job.attempts) == (JobStatus.READY, 2)
    assert files_in(tmp_path / "1") == {place_of(job): expected}


@pytest.mark.faults
async def test_a_silent_server_loses_its_job_and_does_no_harm_when_it_wakes(
    database: Database, tmp_path: Path
) -> None:
    expected = await a_large_ledger(database, 3_000)
    await ask(database)
    async with serving(database.url, tmp_path) as sleeping:
        await part_of(tmp_path)
        renderer = await sleeping.renderer()
        sleeping.send(signal.SIGSTOP)
        async with serving(database.url, tmp_path):
            job = await ended(database)
            sleeping.send(signal.SIGCONT)
            await is_gone(renderer)
            await asyncio.sleep(1)
            after = await job_of(database)

    assert (job.status, job.attempts) == (JobStatus.READY, 2)
    assert after.changes == job.changes
    assert files_in(tmp_path / "1") == {place_of(job): expected}


@pytest.mark.faults
async def test_two_servers_never_render_one_job_twice(
    database: Database, tmp_path: Path
) -> None:
    await record(database, *(invoice(f"inv_{at}") for at in range(20)))
    async with serving(database.url, tmp_path), serving(database.url, tmp_path):
        for _ in range(8):
            await ask(database)
        jobs = [await ended(database, number) for number in range(1, 9)]

    assert {(job.status, job.attempts) for job in jobs} == {(JobStatus.READY, 1)}
    assert len({job.file_sha256 for job in jobs}) == 1
    assert sorted(files_in(tmp_path / "1")) == sorted(map(place_of, jobs))


@pytest.mark.faults
async def test_killed_at_any_moment_the_same_file_comes_of_it(
    database: Database, tmp_path: Path
) -> None:
    expected = await a_large_ledger(database)
    moments = random.Random(7)  # noqa: S311  (any moments do)
    await ask(database)
    number = 1
    for _ in range(KILLS):
        async with serving(database.url, tmp_path) as server:
            await asyncio.sleep(moments.uniform(0.5, 3))
            renderers = renderers_of(server.pid)
            # Once the server, once the renderer.
            if renderers and moments.random() < 1 / 2:
                os.kill(renderers[0], signal.SIGKILL)
                await asyncio.sleep(0.2)
            await server.killed()
        job = await job_of(database, number)
        whole = files_in(tmp_path / "1").get(place_of(job))
        assert whole in {None, expected}
        if job.attempts >= ATTEMPTS_MAX or job.status not in UNFINISHED:
            await ask(database)
            number += 1
    async with serving(database.url, tmp_path):
        job = await ended(database, number)

    assert job.status == JobStatus.READY
    assert files_in(tmp_path / "1" / str(number)) == {place_of(job): expected}
