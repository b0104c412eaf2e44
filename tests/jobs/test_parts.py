"""Leases of parts: who gets which, how long it has it, and with what they end."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import update

from daybook.db.engine import Database, Store
from daybook.jobs import leasing
from daybook.jobs.commands import cancel_job
from daybook.jobs.leasing import FinishedFile, Lease, take_job
from daybook.jobs.models import JobPart
from daybook.jobs.parts import (
    Part,
    SharedJob,
    complete,
    count_free,
    cut_job,
    extend,
    give_back,
    lost_part,
    results_from,
    take_part,
    take_part_of,
)
from daybook.jobs.rules import ATTEMPTS_MAX, FailureCode
from daybook_dividing import DIVIDING, DividedJob, Task, divide, make_divided_table
from daybook_jobs import NOW
from daybook_services.faults import examples
from daybook_sharing import parts_of

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)
_names = count()


@pytest.fixture
async def store(database: Database) -> Store:
    """The runtime store, with a table for jobs."""
    await make_divided_table(database)
    return database.runtime


async def taken(store: Store, lease: timedelta = HOUR) -> Lease:
    """The next job, taken by a worker."""
    name = f"worker-{next(_names)}"
    found = await take_job(store, DIVIDING, name, lease=lease, now=NOW)
    assert found is not None
    return found


async def shared(
    database: Database, parts: int, organisation_id: int = 1, lease: timedelta = HOUR
) -> Lease:
    """A running job in so many parts; the task of each is its index."""
    await divide(database, Task(), organisation_id=organisation_id)
    job = await taken(database.runtime, lease)
    assert job.job_id.organisation_id == organisation_id
    assert await cut_job(database.runtime, job.shared, range(parts))
    return job


async def take(store: Store, helper: str, **more: Any) -> Part | None:
    return await take_part(store, DividedJob, helper, HOUR, **more)


async def having(store: Store, helper: str, **more: Any) -> Part:
    part = await take(store, helper, **more)
    assert part is not None
    return part


async def run_out(store: Store) -> None:
    """The leases of all parts run out."""
    past = datetime.now(UTC) - HOUR
    held = JobPart.lease_until.is_not(None)
    async with store.writes() as session:
        await session.execute(update(JobPart).where(held).values(lease_until=past))


async def test_parts_are_taken_in_their_order_each_by_one(
    database: Database, store: Store
) -> None:
    job = await shared(database, 3)

    parts = [await having(store, name) for name in "abc"]

    assert [(part.index, part.task, part.helper) for part in parts] == [
        (0, 0, "a"),
        (1, 1, "b"),
        (2, 2, "c"),
    ]
    assert {part.job for part in parts} == {job.shared}
    assert await take(store, "d") is None
    assert await take_part_of(store, job.shared, "d", HOUR) is None


async def test_helpers_go_to_who_has_the_fewest(
    database: Database, store: Store
) -> None:
    """Among organisations first, then among the jobs of one."""
    for organisation_id in (1, 1, 2):
        await shared(database, 9, organisation_id)

    parts = [await having(store, f"h{number}") for number in range(8)]

    of_jobs = [tuple(part.job.job_id) for part in parts]
    assert of_jobs[:4] == [(1, 1), (2, 1), (1, 2), (2, 1)]
    assert [of_jobs.count(job) for job in ((1, 1), (1, 2), (2, 1))] == [2, 2, 4]


async def test_leases_that_a_helper_passes_are_left_to_others(
    database: Database, store: Store
) -> None:
    first, second = await shared(database, 2), await shared(database, 2)

    part = await having(store, "a", passed={first.worker})

    assert part.job == second.shared
    assert await take(store, "a", passed={first.worker, second.worker}) is None
    assert await count_free(store, DividedJob, {first.worker}) == 1
    assert await count_free(store, DividedJob, ()) == 3


async def test_a_part_is_free_again_once_its_lease_runs_out(
    database: Database, store: Store
) -> None:
    job = await shared(database, 1)
    late = await having(store, "late")
    assert await extend(store, late, HOUR)
    await run_out(store)

    part = await having(store, "next")

    assert not await extend(store, late, HOUR)
    assert not await complete(store, late, {"rendered": "late"})
    assert await complete(store, part, {"rendered": "next"})
    assert not await complete(store, part, {"rendered": "again"})
    assert await results_from(store, job.shared, 0) == [(0, {"rendered": "next"})]


async def test_a_lease_that_ran_out_is_kept_if_nobody_took_the_part(
    database: Database, store: Store
) -> None:
    await shared(database, 1)
    late = await having(store, "late")
    await run_out(store)

    assert await extend(store, late, HOUR)
    assert await take(store, "next") is None
    assert await complete(store, late, {"rendered": None})


async def test_what_is_given_back_counts_if_it_was_lost(
    database: Database, store: Store
) -> None:
    job = await shared(database, 1)

    for _ in range(2 * ATTEMPTS_MAX):
        await having(store, "stops")
        await give_back(store, "stops", counts=False)
    for _ in range(ATTEMPTS_MAX):
        assert await lost_part(store, job.shared) is None
        await having(store, "dies")
        await give_back(store, "dies", counts=True)

    assert await lost_part(store, job.shared) == 0
    assert await take(store, "next") is None
    assert await count_free(store, DividedJob, ()) == 0


async def test_the_last_attempt_is_lost_when_its_lease_runs_out(
    database: Database, store: Store
) -> None:
    job = await shared(database, 1)
    for _ in range(ATTEMPTS_MAX):
        await having(store, "silent")
        assert await lost_part(store, job.shared) is None
        await run_out(store)

    assert await take(store, "next") is None
    assert await lost_part(store, job.shared) == 0


End: TypeAlias = Callable[[Database, Lease], Awaitable[object]]


async def retaken(database: Database, _: Lease) -> None:
    await taken(database.runtime)


ENDS: dict[str, End] = {
    "finished": lambda database, lease: leasing.finish(
        database.runtime,
        lease,
        FinishedFile(1, 1, b"", {}),
        now=NOW,
        retention=HOUR,
    ),
    "given back": lambda database, lease: leasing.give_back(database.runtime, lease),
    "lost": lambda database, lease: leasing.lose(
        database.runtime, lease, "it was killed", now=NOW
    ),
    "failed": lambda database, lease: leasing.fail(
        database.runtime, lease, FailureCode.STORAGE_FAILED, "full", now=NOW
    ),
    "cancelled": lambda database, lease: cancel_job(
        database.runtime, DividedJob, lease.job_id, now=NOW
    ),
    "silent, and taken by another": retaken,
}


@pytest.mark.parametrize("how", ENDS)
async def test_parts_end_with_the_lease_of_their_job(
    database: Database, store: Store, how: str
) -> None:
    is_silent = ENDS[how] is retaken
    lease = -HOUR if is_silent else HOUR
    job = await shared(database, 2, lease=lease)
    other = await shared(database, 1, organisation_id=2)
    part, done = await having(store, "a"), await having(store, "b")
    assert part.job == job.shared, "the first organisation's"
    await give_back(store, "b", counts=False)
    done = await having(store, "a")
    assert await complete(store, done, {"rendered": None})

    await ENDS[how](database, job)

    left = [(row.organisation_id, row.coordinator) for row in await parts_of(database)]
    assert left == [(2, other.worker)]
    assert not await extend(store, part, HOUR)
    assert not await complete(store, part, {"rendered": None})
    assert await results_from(store, job.shared, 0) == []
    assert not await cut_job(store, job.shared, [0]), "it has no lease any more"


async def test_of_two_coordinators_the_last_has_parts(
    database: Database, store: Store
) -> None:
    """A silent one cuts its job too late, or finds nothing of the other's."""
    await divide(database, Task())
    silent = await taken(store, -HOUR)
    active = await taken(store)
    assert silent.job_id == active.job_id

    assert await cut_job(store, active.shared, ["its"])
    assert not await cut_job(store, silent.shared, ["other", "other"])
    part = await having(store, "a")
    await complete(store, part, {"rendered": "its"})

    assert part.job == active.shared
    assert await results_from(store, silent.shared, 0) == []
    assert await take_part_of(store, silent.shared, "b", HOUR) is None
    assert await results_from(store, active.shared, 0) == [(0, {"rendered": "its"})]


@dataclass
class ModelPart:
    """What the rules say of a part."""

    helper: str | None = None
    has_run_out: bool = False
    attempts: int = 0
    result: str | None = None

    @property
    def is_free(self) -> bool:
        """Whether a helper may take it."""
        is_left = self.helper is None or self.has_run_out
        return is_left and self.result is None and self.attempts < ATTEMPTS_MAX


@dataclass
class Model:
    """A job in two parts, and what each helper believes to have."""

    store: Store
    job: SharedJob
    parts: list[ModelPart] = field(default_factory=lambda: [ModelPart(), ModelPart()])
    having: dict[str, Part] = field(default_factory=dict)

    async def take(self, name: str) -> None:
        """Take the first free part, if the helper has none."""
        if name in self.having:
            return
        found = await take_part_of(self.store, self.job, name, HOUR)
        free = [index for index, part in enumerate(self.parts) if part.is_free]
        assert (None if found is None else found.index) == next(iter(free), None)
        if found is not None:
            self.having[name], part = found, self.parts[found.index]
            part.helper, part.has_run_out = name, False
            part.attempts += 1

    async def complete(self, name: str) -> None:
        """Complete what the helper believes to have."""
        its = self.having.pop(name, None)
        if its is not None:
            part, has_it = self.parts[its.index], self.has(name, its)
            assert await complete(self.store, its, {"rendered": name}) is has_it
            part.result = name if has_it else part.result

    async def extend(self, name: str) -> None:
        """Extend the lease of what the helper believes to have."""
        its = self.having.get(name)
        if its is not None:
            assert await extend(self.store, its, HOUR) is self.has(name, its)
            if self.has(name, its):
                self.parts[its.index].has_run_out = False

    async def give_back(self, name: str) -> None:
        """The helper stops."""
        await self.end(name, counts=False)

    async def lose(self, name: str) -> None:
        """The helper's process is killed."""
        await self.end(name, counts=True)

    async def run_out(self, _: str) -> None:
        """All leases run out."""
        await run_out(self.store)
        for part in self.parts:
            part.has_run_out = part.helper is not None

    def has(self, name: str, its: Part) -> bool:
        """Whether a helper still has a part."""
        part = self.parts[its.index]
        return part.helper == name and part.result is None

    async def end(self, name: str, *, counts: bool) -> None:
        """A helper leaves what it has to others."""
        await give_back(self.store, name, counts=counts)
        self.having.pop(name, None)
        for part in self.parts:
            if part.helper == name and part.result is None:
                part.helper, part.has_run_out = None, False
                part.attempts -= not counts


STEPS = [Model.take, Model.complete, Model.extend, Model.give_back, Model.lose]


@hypothesis_settings(
    max_examples=examples(25),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        st.tuples(st.sampled_from([*STEPS, Model.run_out]), st.sampled_from("abc")),
        max_size=30,
    )
)
async def test_each_part_gets_one_result_of_who_has_it(
    database: Database,
    store: Store,
    steps: Sequence[tuple[Callable[[Model, str], Awaitable[None]], str]],
) -> None:
    job = await shared(database, 2)
    model = Model(store, job.shared)

    for step, name in steps:
        await step(model, name)

    assert await results_from(store, job.shared, 0) == [
        (index, {"rendered": part.result})
        for index, part in enumerate(model.parts)
        if part.result is not None
    ]
    await leasing.fail(store, job, "END", "the example ends", now=NOW)
