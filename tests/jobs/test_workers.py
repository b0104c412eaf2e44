"""Workers over a real Redis: woken, told of, and doing without it while it is away."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, make_url, select

from daybook.db.engine import Database
from daybook.jobs import runner as runners
from daybook.jobs.bus import QUEUE, WAKE, RedisBus, connected, connection_to, stop
from daybook.jobs.commands import cancel_job
from daybook.jobs.kinds import JobKind, Workplace
from daybook.jobs.queries import get_job
from daybook.jobs.rules import UNFINISHED, JobId, JobStatus
from daybook.jobs.runner import Runner, kept_running
from daybook.jobs.waking import be_woken
from daybook.settings import Settings
from daybook.storage.local import LocalStorage
from daybook_counting import COUNTING, SERVICES, CountJob, count_to, make_table
from daybook_dividing import (
    DIVIDING,
    SHARING,
    DividedJob,
    Task,
    divide,
    make_divided_table,
)
from daybook_factories import ORGANISATION
from daybook_jobs import NOW, SECONDS, until
from daybook_services.redis import RedisServer
from daybook_sharing import parts_of

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

HOUR = timedelta(hours=1)
LONG, PAUSE_MS = 1_000_000, 10
"""A goal that is never reached in a test."""


@dataclass
class Machine:
    """A program of its own: its connections to the database, its bus, its runner."""

    database: Database
    bus: RedisBus
    runner: Runner | None = None

    async def job(self, number: int = 1) -> CountJob:
        """A job as this program sees it."""
        async with self.database.runtime.reads() as session:
            job = await get_job(session, CountJob, ORGANISATION, number)
        assert job is not None
        return job

    async def once(self, is_so: Callable[[CountJob], Any], number: int = 1) -> CountJob:
        """A job once something is so."""

        async def found() -> CountJob | None:
            job = await self.job(number)
            return job if is_so(job) else None

        return await until(found)

    async def rows_stored(self, number: int = 1) -> int:
        """The progress of a job in its row."""
        async with self.database.runtime.reads() as session:
            done = await session.scalar(
                select(CountJob.rows_done).where(CountJob.number == number)
            )
        assert done is not None
        return done

    async def is_connected(self) -> bool:
        """Whether its bus has Redis."""
        return self.bus.is_connected

    async def is_away(self) -> bool:
        """Whether its bus has no Redis."""
        return not self.bus.is_connected


@asynccontextmanager
async def program(url: URL, redis: str) -> AsyncIterator[Machine]:
    """A program with a bus, such as a server."""
    database = Database(url)
    try:
        async with connected(database.runtime, redis) as bus:
            yield Machine(database, bus)
    finally:
        await database.close()


@asynccontextmanager
async def worker(
    url: URL,
    redis: str,
    settings: Settings,
    lease: timedelta = HOUR,
    kind: JobKind[Any] = COUNTING,
) -> AsyncIterator[Machine]:
    """A worker that counts, one job at a time."""
    storage = LocalStorage(settings.data / "counts")
    sharing = None if kind.part_module is None else SHARING
    place = Workplace(kind, storage, 1, lease=lease, retention=HOUR, sharing=sharing)
    async with program(url, redis) as machine:
        runner = Runner(machine.database, settings, [place], is_watching=False)
        async with kept_running(runner):
            waking = asyncio.create_task(be_woken(runner, redis))
            machine.runner = runner
            try:
                yield machine
            finally:
                await stop(waking)


@pytest.fixture
async def server(
    database: Database, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Machine]:
    """A server, which requests jobs and shows them."""
    monkeypatch.setenv("PYTHONPATH", str(SERVICES))
    await make_table(database)
    async with program(database.url, redis.url) as machine:
        await until(machine.is_connected)
        yield machine


@pytest.fixture
def never_looking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers find jobs by wake-ups alone."""
    monkeypatch.setattr(runners, "SWEEP", HOUR)


def is_running(job: CountJob) -> bool:
    return job.status == JobStatus.RUNNING


def has_ended(job: CountJob) -> bool:
    return job.status not in UNFINISHED


async def cancel(machine: Machine, number: int) -> None:
    job_id = JobId(ORGANISATION, number)
    await cancel_job(machine.database.runtime, CountJob, job_id, now=NOW)


@pytest.mark.usefixtures("never_looking")
async def test_a_worker_is_woken_for_a_job(
    server: Machine, redis: RedisServer, settings: Settings
) -> None:
    async with worker(server.database.url, redis.url, settings):
        await until(lambda: asyncio.sleep(0, server.bus.has_workers))
        await count_to(server.database, 3)
        job = await server.once(has_ended)

    assert (job.status, job.last) == (JobStatus.READY, 3)


@pytest.mark.usefixtures("never_looking")
async def test_a_wake_up_waits_for_a_worker_with_room(
    server: Machine, redis: RedisServer, settings: Settings
) -> None:
    url = server.database.url
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(worker(url, redis.url, settings))
        await count_to(server.database, LONG, PAUSE_MS)
        await server.once(is_running)
        await count_to(server.database, LONG, PAUSE_MS)
        second = await stack.enter_async_context(worker(url, redis.url, settings))
        await server.once(is_running, number=2)
        assert second.runner is not None
        assert not second.runner.has_room

        # Whoever has room again takes what waits, and so do others.
        await count_to(server.database, 3)
        await cancel(server, 1)
        job = await server.once(has_ended, number=3)
        await cancel(server, 2)

    assert job.status == JobStatus.READY


@pytest.mark.usefixtures("never_looking")
async def test_who_stops_gives_its_job_to_another(
    server: Machine, redis: RedisServer, settings: Settings
) -> None:
    url = server.database.url
    async with AsyncExitStack() as others:
        async with worker(url, redis.url, settings):
            await count_to(server.database, 100, PAUSE_MS)
            first = await server.once(is_running)
            # It looks once as it starts, and finds nothing.
            await others.enter_async_context(worker(url, redis.url, settings))
        job = await server.once(has_ended)

    assert (job.status, job.attempts) == (JobStatus.READY, 1)
    assert first.worker is not None


@pytest.mark.usefixtures("never_looking")
async def test_workers_are_called_to_help(
    server: Machine, redis: RedisServer, settings: Settings, tmp_path: Path
) -> None:
    await make_divided_table(server.database)
    url, gate = server.database.url, tmp_path / "gate"

    async def are_two() -> bool:
        parts = await parts_of(server.database)
        return len({part.helper for part in parts if part.helper}) == 2

    async with AsyncExitStack() as stack:
        for _ in range(2):
            its = worker(url, redis.url, settings, kind=DIVIDING)
            machine = await stack.enter_async_context(its)
            await until(machine.is_connected)
        await divide(server.database, *[Task(until=str(gate))] * 3)
        await until(are_two)
        gate.touch()

        async def is_ready() -> bool:
            async with server.database.runtime.reads() as session:
                job = await get_job(session, DividedJob, ORGANISATION, 1)
            return job is not None and job.status == JobStatus.READY

        await until(is_ready)


async def test_progress_is_told_and_not_written(
    server: Machine, redis: RedisServer, settings: Settings
) -> None:
    url = server.database.url
    async with worker(url, redis.url, settings):
        await count_to(server.database, LONG, PAUSE_MS)
        seen = await server.once(lambda job: job.rows_done > 10)
        assert await server.rows_stored() == 0
        # A program that starts late hears it, too.
        async with program(url, redis.url) as late:
            assert (await late.once(lambda job: job.rows_done)).rows_total == LONG
        more = await server.once(lambda job: job.rows_done > seen.rows_done)
        await cancel(server, 1)
        cancelled = await server.job()

    assert more.changes == seen.changes, "the row did not change"
    assert more.shown != seen.shown
    assert cancelled.rows_done >= more.rows_done, "it never goes back"


async def test_listeners_are_woken_by_progress(
    server: Machine, redis: RedisServer, settings: Settings
) -> None:
    async with worker(server.database.url, redis.url, settings):
        await count_to(server.database, LONG, PAUSE_MS)
        await server.once(is_running)
        async with server.database.runtime.changes.waiting() as changed:
            before = await server.job()
            async with asyncio.timeout(60):
                while (await server.job()).rows_done == before.rows_done:
                    changed.clear()
                    await changed.wait()
        await cancel(server, 1)


async def test_while_redis_is_away_rows_say_all(
    server: Machine,
    redis: RedisServer,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with worker(server.database.url, redis.url, settings) as its:
        await until(its.is_connected)
        await count_to(server.database, LONG, PAUSE_MS)
        await server.once(lambda job: job.rows_done)
        redis.stop()
        await until(server.is_away)
        await until(its.is_away)

        async def is_stored() -> bool:
            return await server.rows_stored() > 0

        await until(is_stored)
        await cancel(server, 1)
        # The request doesn't wait, and the worker finds it by looking.
        await count_to(server.database, 3)
        found = await server.once(has_ended, number=2)
        redis.start()
        await until(server.is_connected)
        await until(its.is_connected)
        await count_to(server.database, 3)
        again = await server.once(has_ended, number=3)

    assert (found.status, again.status) == (JobStatus.READY, JobStatus.READY)
    lines = [record.getMessage() for record in caplog.records]
    assert sum("Redis is away" in line for line in lines) == 2, "once for each program"
    assert sum("Redis answers again" in line for line in lines) == 2
    assert not [record for record in caplog.records if record.exc_info]


async def test_a_server_knows_whether_there_are_workers(
    server: Machine, redis: RedisServer, settings: Settings
) -> None:
    assert server.bus.state() == "no worker"
    async with worker(server.database.url, redis.url, settings):
        await until(lambda: asyncio.sleep(0, server.bus.state() == "ready"))
    redis.stop()
    await until(server.is_away)

    assert server.bus.state() == "unreachable"


async def test_messages_of_strangers_do_no_harm(
    server: Machine, redis: RedisServer
) -> None:
    store = server.database.runtime
    await count_to(server.database, 3)
    forms = ("[]", "{}", '["a", 1]', '["a", "x", 1]', "no JSON", "7", '"abc"')
    numbers = ('["a", Infinity, 1]', '["a", 1, NaN]', '["a", 1e999, 1]')
    for message in (*forms, *numbers, "[" * 100_000):
        await publish(redis, message)
    await publish(redis, f'["{(await server.job()).live_key}", 3, 2]')

    heard = await server.once(lambda job: job.rows_done == 2)

    assert heard.rows_total == 3
    assert server.bus.is_connected
    assert store.live.progress_of("a") == (0, 0)


@pytest.mark.usefixtures("never_looking")
@pytest.mark.parametrize(
    ("name", "task"),
    [
        (b"a", {"t": "x"}),
        (b"a", {"et": "x"}),
        (b"\xff", {}),
        (b"a", {"f": "os.system", "a": ["true"]}),
        (b"a", {"k": {"ctx": 1}}),
        (b"a", None),
    ],
)
async def test_wake_ups_of_strangers_keep_no_worker_from_being_woken(
    server: Machine,
    redis: RedisServer,
    settings: Settings,
    name: bytes,
    task: dict[str, Any] | None,
) -> None:
    ours: dict[str, Any] = {"t": None, "f": WAKE, "a": [], "k": {}, "et": 1}
    async with connection_to(redis.url) as connection:
        if task is not None:
            await connection.set(b"arq:job:" + name, json.dumps(ours | task))
        await connection.zadd(QUEUE, {name: 1})

        async def is_taken() -> bool:
            return not await connection.exists(QUEUE)

        async with worker(server.database.url, redis.url, settings):
            await until(is_taken)
            await count_to(server.database, 3)
            job = await server.once(has_ended)

    assert (job.status, job.last) == (JobStatus.READY, 3)


async def publish(redis: RedisServer, message: str) -> None:
    """Publish a message where progress is told."""
    async with connection_to(redis.url) as connection:
        await connection.publish("daybook:0:progress", message)


async def test_a_task_that_loses_a_cancellation_stops() -> None:
    lost = asyncio.Event()

    async def work() -> None:
        # As `asyncio.wait_for` does until Python 3.12, just when it has waited enough.
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        lost.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    async with asyncio.timeout(SECONDS):
        await stop(task)

    assert lost.is_set()
    assert task.cancelled()


async def test_a_bus_stops_whatever_it_is_doing(redis: RedisServer) -> None:
    # A cancellation that its client loses would leave a server that never stops.
    database = Database(make_url("sqlite+aiosqlite:///unused"))

    async def start_and_stop() -> None:
        for steps in range(40):
            async with connected(database.runtime, redis.url):
                for _ in range(steps):
                    await asyncio.sleep(0)

    trying = asyncio.create_task(start_and_stop())
    _, pending = await asyncio.wait([trying], timeout=SECONDS)
    await database.close()

    assert not pending
