"""Tidying removes what killed processes left, and nothing of a running job."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from daybook.db.engine import Database
from daybook.jobs import leasing
from daybook.jobs.commands import cancel_job
from daybook.jobs.kinds import Workplace
from daybook.jobs.leasing import FinishedFile, Lease
from daybook.jobs.rules import FailureCode
from daybook.jobs.tidying import tidy
from daybook.settings import Settings
from daybook.storage.places import storage_of
from daybook.storage.rules import Storage, Stored
from daybook_counting import COUNTING, CountJob, count_to, make_table
from daybook_jobs import NOW

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

DAY = timedelta(days=1)
PIECE = b"piece"
JOINER = """
import sys
from daybook.storage.places import storage_at

address, writer, size, *key = sys.argv[1:]
joining = storage_at(address).joining(tuple(key), writer)
joining.add(b"header")
joining.add_piece(0, int(size))
print("joining", flush=True)
sys.stdin.read()
"""


@pytest.fixture(params=["local", "s3"])
def storage(
    request: pytest.FixtureRequest, database: Database, tmp_path: Path
) -> Storage:
    """A storage of each form."""
    is_local = request.param == "local"
    url = "" if is_local else request.getfixturevalue("bucket_url")
    settings = Settings(data=tmp_path, exports=tmp_path, storage_url=url)
    return storage_of(database, settings, "counts")


@pytest.fixture
async def place(database: Database, storage: Storage) -> Workplace[CountJob]:
    await make_table(database)
    return Workplace(COUNTING, storage, 1, lease=DAY, retention=DAY)


def files(storage: Storage) -> set[Stored]:
    """What is stored, without folders and parts that don't tell their writer."""
    found = {file for file in storage.stored() if len(file.key) == 3}
    return {file for file in found if not file.may_be_of("anybody")}


async def shared(database: Database, storage: Storage, worker: str) -> Lease:
    """A job that a worker has taken, with two pieces that are kept."""
    await count_to(database, 3)
    lease = await leasing.take_job(
        database.runtime, COUNTING, worker, lease=DAY, now=NOW
    )
    assert lease is not None
    storage.prepare(lease.key)
    for index in range(2):
        storage.keep_piece(lease.key, worker, index, [PIECE])
    return lease


@contextmanager
def joiner(storage: Storage, lease: Lease) -> Iterator[None]:
    """A process that is joining; it is killed in the middle."""
    arguments = (storage.address, lease.worker, str(len(PIECE)), *lease.key)
    with subprocess.Popen(
        [sys.executable, "-c", JOINER, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == b"joining\n"
            yield
        finally:
            process.kill()


async def test_pieces_go_with_the_lease_that_they_are_of(
    database: Database, storage: Storage, place: Workplace[CountJob]
) -> None:
    store = database.runtime
    running = await shared(database, storage, "1-a")
    ready = await shared(database, storage, "2-a")
    await leasing.finish(
        *(store, ready, FinishedFile(9, 2, bytes(32), {"last": 2})),
        now=NOW,
        retention=DAY,
    )
    failed = await shared(database, storage, "3-a")
    await leasing.fail(store, failed, FailureCode.STORAGE_FAILED, "full", now=NOW)
    cancelled = await shared(database, storage, "4-a")
    await cancel_job(store, CountJob, cancelled.job_id, now=NOW)
    returned = await shared(database, storage, "5-a")
    await leasing.give_back(store, returned)
    left = files(storage)

    await tidy(store, place)

    leases = (running, ready, failed, cancelled, returned)
    assert left == {Stored(lease.key, lease.worker) for lease in leases}
    assert files(storage) == {Stored(running.key, "1-a")}
    with closing(storage.joining(running.key, "1-a")) as joining:
        joining.add_piece(1, len(PIECE))


async def test_a_killed_joiner_is_followed_by_one_that_has_its_own_pieces(
    database: Database, storage: Storage, place: Workplace[CountJob]
) -> None:
    lease = await shared(database, storage, "1-a")
    with joiner(storage, lease):
        await tidy(database.runtime, place)
        running = files(storage)
    await leasing.lose(database.runtime, lease, "it was killed", now=NOW)
    again = await leasing.take_job(
        database.runtime, COUNTING, "1-b", lease=DAY, now=NOW
    )
    assert again is not None
    storage.keep_piece(again.key, "1-b", 0, [PIECE])

    await tidy(database.runtime, place)

    assert running == {Stored(lease.key, "1-a")}
    assert files(storage) == {Stored(lease.key, "1-b")}
    assert not storage.publish(lease.key, "1-a")


async def test_nothing_of_a_killed_joiner_is_left_where_its_job_has_ended(
    database: Database, storage: Storage, place: Workplace[CountJob]
) -> None:
    lease = await shared(database, storage, "1-a")
    with joiner(storage, lease):
        await cancel_job(database.runtime, CountJob, lease.job_id, now=NOW)
    # A helper that doesn't know it yet.
    storage.keep_piece(lease.key, "1-a", 1, [PIECE])

    await tidy(database.runtime, place)
    await tidy(database.runtime, place)

    assert not any(len(file.key) == 3 for file in storage.stored())
