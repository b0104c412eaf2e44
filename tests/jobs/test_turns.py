"""Organisations with waiting jobs take turns, whatever is queued and whoever works."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from daybook.db.engine import Database, Store
from daybook.jobs import leasing
from daybook.jobs.commands import JobRequest, cancel_job, queue_job
from daybook.jobs.leasing import FinishedFile, Lease
from daybook.jobs.models import JobTurn
from daybook.jobs.rules import JobId, JobStatus
from daybook_counting import COUNTING, CountJob, make_table
from daybook_jobs import NOW
from daybook_services.faults import examples

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)
FILE = FinishedFile(9, 2, bytes(32), {"last": 2})
ORGANISATIONS = 4

Queue: TypeAlias = tuple[str, int]
"""What happens: `queue` a job of an organisation, `take` one, `end` the n-th taken."""

histories = st.lists(
    st.tuples(st.just("queue"), st.integers(1, ORGANISATIONS))
    | st.tuples(st.just("take"), st.just(0))
    | st.tuples(st.just("end"), st.integers(0, 9)),
    max_size=30,
)


@pytest.fixture
async def store(database: Database) -> Store:
    """A runtime store with a table for the second kind of jobs."""
    await make_table(database)
    return database.runtime


async def queue(store: Store, organisation_id: int) -> JobId:
    """Queue a job of an organisation."""
    asked = JobRequest(organisation_id, "test", NOW, b"")
    job = await queue_job(
        store, COUNTING, asked, lambda: CountJob(goal=2, pause_ms=0, file_name="x")
    )
    return job.job_id


async def take(store: Store, running_max: int = 100, by: str = "a") -> Lease | None:
    """Take the next job."""
    return await leasing.take_job(
        *(store, COUNTING, by), lease=DAY, now=NOW, running_max=running_max
    )


async def empty(store: Store) -> None:
    """Remove all jobs and turns."""
    async with store.writes() as session:
        await session.execute(delete(CountJob))
        await session.execute(delete(JobTurn))


@dataclass
class Model:
    """What the rules say, worked out one by one."""

    running_max: int
    waiting: Counter[int] = field(default_factory=Counter)
    running: Counter[int] = field(default_factory=Counter)
    started: list[int] = field(default_factory=list)

    def eligible(self) -> list[int]:
        """The organisations that may start a job."""
        return [
            organisation
            for organisation, jobs in self.waiting.items()
            if jobs and self.running[organisation] < self.running_max
        ]

    def last_start(self, organisation: int) -> int:
        """When it was started last; -1 for never."""
        places = [
            at for at, started in enumerate(self.started) if started == organisation
        ]
        return places[-1] if places else -1

    def check_start(self, organisation: int) -> None:
        """Check a start, and count it."""
        others = self.eligible()
        assert organisation in others
        fewest = min(self.running[other] for other in others)
        assert self.running[organisation] == fewest, "others have fewer running"
        level = [other for other in others if self.running[other] == fewest]
        longest = min(self.last_start(other) for other in level)
        assert self.last_start(organisation) == longest, "another waits for longer"
        self.waiting[organisation] -= 1
        self.running[organisation] += 1
        self.started.append(organisation)
        for other in self.eligible():
            assert self.running[organisation] - self.running[other] <= 1


@hypothesis_settings(
    max_examples=examples(25),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(history=histories, running_max=st.sampled_from([1, 2, 100]))
async def test_the_next_job_is_of_the_organisation_with_the_fewest_running(
    store: Store, history: Sequence[Queue], running_max: int
) -> None:
    await empty(store)
    model, leases = Model(running_max), list[Lease]()
    for what, number in history:
        if what == "queue":
            await queue(store, number)
            model.waiting[number] += 1
        elif what == "take":
            lease = await take(store, running_max)
            if lease is None:
                assert not model.eligible()
            else:
                model.check_start(lease.job_id.organisation_id)
                leases.append(lease)
        elif leases:
            lease = leases.pop(number % len(leases))
            await leasing.finish(store, lease, FILE, now=NOW, retention=DAY)
            model.running[lease.job_id.organisation_id] -= 1


@hypothesis_settings(
    max_examples=examples(15),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    jobs=st.lists(st.integers(1, 6), min_size=2, max_size=ORGANISATIONS),
    ends=st.lists(st.integers(0, 9), max_size=20),
    workers=st.integers(1, 5),
)
async def test_while_all_workers_are_busy_running_jobs_differ_by_one_at_most(
    store: Store, jobs: Sequence[int], ends: Sequence[int], workers: int
) -> None:
    # All organisations wait from the beginning; any job may end next.
    await empty(store)
    for organisation, count in enumerate(jobs, 1):
        for _ in range(count):
            await queue(store, organisation)
    waiting = Counter(dict(enumerate(jobs, 1)))
    leases: list[Lease] = []

    async def work() -> None:
        while len(leases) < workers:
            lease = await take(store)
            if lease is None:
                return
            leases.append(lease)
            waiting[lease.job_id.organisation_id] -= 1
        running = Counter(lease.job_id.organisation_id for lease in leases)
        counts = [running[one] for one, count in waiting.items() if count]
        assert not counts or max(counts) - min(counts) <= 1

    await work()
    for number in ends:
        if leases:
            lease = leases.pop(number % len(leases))
            await leasing.finish(store, lease, FILE, now=NOW, retention=DAY)
            await work()


async def test_one_worker_goes_round(store: Store) -> None:
    for organisation, jobs in ((1, 5), (2, 1), (3, 3)):
        for _ in range(jobs):
            await queue(store, organisation)

    order = []
    while (lease := await take(store)) is not None:
        order.append(lease.job_id.organisation_id)
        await leasing.finish(store, lease, FILE, now=NOW, retention=DAY)

    assert order == [1, 2, 3, 1, 3, 1, 3, 1, 1]


async def test_workers_that_race_take_a_job_of_each_organisation(store: Store) -> None:
    for organisation in range(1, 9):
        for _ in range(3):
            await queue(store, organisation)

    leases = await asyncio.gather(*(take(store, by=f"w{at}") for at in range(8)))

    taken = [lease.job_id for lease in leases if lease is not None]
    assert sorted(taken) == [(organisation, 1) for organisation in range(1, 9)]


async def test_an_organisation_at_its_limit_waits_without_a_write(store: Store) -> None:
    for _ in range(3):
        await queue(store, 1)
    first = await take(store, running_max=2)
    assert await take(store, running_max=2) is not None

    # A write would wake the worker that found nothing, again and again.
    async with store.changes.waiting() as changed:
        await changed.wait()  # the first look
        changed.clear()
        assert await take(store, running_max=2) is None
        await asyncio.sleep(0.6)
        assert not changed.is_set()

    assert first is not None
    await leasing.finish(store, first, FILE, now=NOW, retention=DAY)
    third = await take(store, running_max=2)
    assert third is not None
    assert third.job_id == JobId(1, 3)


async def test_a_lost_job_counts_as_waiting(store: Store) -> None:
    for organisation in (1, 1, 2):
        await queue(store, organisation)
    lost, _ = await take(store), await take(store)
    assert lost is not None
    async with store.writes() as session:
        await session.execute(
            update(CountJob)
            .where(CountJob.organisation_id == 1)
            .values(lease_until=datetime(2025, 1, 1, tzinfo=UTC))
        )

    again = await take(store, running_max=1)

    assert again is not None
    assert again.job_id == lost.job_id


async def test_a_cancelled_job_is_passed_over(store: Store) -> None:
    first, second = await queue(store, 1), await queue(store, 1)
    await cancel_job(store, CountJob, first, now=NOW)

    lease = await take(store)

    assert lease is not None
    assert lease.job_id == second
    async with store.reads() as session:
        job = await session.get_one(CountJob, tuple(first))
    assert job.status == JobStatus.CANCELLED
