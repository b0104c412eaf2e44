"""Exports announce their ends, in the transaction of each, and what expires."""

import asyncio
import signal
from datetime import timedelta
from pathlib import Path

import pytest

from daybook.db.engine import Database
from daybook.events.queries import events_after
from daybook.events.rules import EventKind
from daybook.exports.events import announce_expiring
from daybook.exports.kind import EXPORTS
from daybook.jobs import leasing
from daybook.jobs.leasing import FinishedFile, Lease
from daybook.jobs.rules import ATTEMPTS_MAX, FailureCode, JobStatus
from daybook.settings import Settings
from daybook.worker import running_jobs
from daybook_factories import ORGANISATION, invoice, record
from daybook_jobs import NOW, ask, cancel, job_of, until, wait_for
from daybook_services.processes import forked

pytestmark = pytest.mark.anyio

LEASE = timedelta(days=7)
DAY = timedelta(days=1)
FILE = FinishedFile(
    9, 2, bytes(32), {"debit_total": 1, "credit_total": 1, "manifest": "{}"}
)

FINISH_AND_DIE = """
import asyncio, os, signal, sys
from datetime import UTC, datetime, timedelta
from sqlalchemy import event, make_url
from sqlalchemy.orm import Session
from daybook.db.engine import Database
from daybook.exports.kind import EXPORTS
from daybook.jobs import leasing
from daybook.jobs.leasing import FinishedFile, Lease
from daybook.jobs.rules import JobId

url, when = sys.argv[1:]
event.listen(Session, when, lambda session: os.kill(os.getpid(), signal.SIGKILL))

async def main():
    lease = Lease(EXPORTS, JobId(1, 1), "a-worker", "file.csv")
    report = {"debit_total": 1, "credit_total": 1, "manifest": "{}"}
    file = FinishedFile(9, 2, bytes(32), report)
    now = datetime(2025, 10, 15, 12, tzinfo=UTC)
    store = Database(make_url(url)).runtime
    await leasing.finish(store, lease, file, now=now, retention=timedelta(days=7))

asyncio.run(main())
"""


async def taken(database: Database) -> Lease:
    """A job that a worker has."""
    await record(database, invoice())
    await ask(database, requested_by="Ada")
    lease = await leasing.take_job(
        database.runtime, EXPORTS, "a-worker", lease=LEASE, now=NOW
    )
    assert lease is not None
    return lease


async def announced(database: Database) -> list[tuple[EventKind, str, str]]:
    """The kinds, subjects and requesters of the events so far."""
    async with database.runtime.reads() as session:
        return [
            (EventKind(event.kind), event.subject, event.requested_by)
            for event in await events_after(session, ORGANISATION, 0, 100)
        ]


async def test_a_finished_export_is_announced_once(database: Database) -> None:
    lease = await taken(database)

    for _ in range(2):
        await leasing.finish(
            database.runtime, lease, FILE, now=NOW, retention=timedelta(days=7)
        )

    assert await announced(database) == [(EventKind.EXPORT_READY, "1", "Ada")]


@pytest.mark.parametrize("when", ["before_commit", "after_commit"])
async def test_killed_while_it_finishes_it_is_announced_as_it_is_stored(
    database: Database, tmp_path: Path, when: str
) -> None:
    await taken(database)
    program = tmp_path / "finish_and_die.py"
    program.write_text(FINISH_AND_DIE, encoding="utf-8")
    url = database.url.render_as_string(hide_password=False)

    process = await asyncio.create_subprocess_exec(*forked(str(program), url, when))
    async with asyncio.timeout(60):
        assert await process.wait() == -signal.SIGKILL

    is_ready = (await job_of(database)).status == JobStatus.READY
    assert is_ready == (when == "after_commit")
    assert len(await announced(database)) == is_ready


async def test_a_failed_export_is_announced(database: Database) -> None:
    lease = await taken(database)

    for _ in range(2):
        await leasing.fail(
            database.runtime, lease, FailureCode.STORAGE_FAILED, "full", now=NOW
        )

    assert await announced(database) == [(EventKind.EXPORT_FAILED, "1", "Ada")]


async def test_lost_workers_are_announced_once_the_export_fails(
    database: Database,
) -> None:
    lease = await taken(database)
    store = database.runtime

    for _ in range(ATTEMPTS_MAX - 1):
        await leasing.lose(store, lease, "it was killed", now=NOW)
        assert await announced(database) == []
        again = await leasing.take_job(
            store, EXPORTS, "a-worker", lease=timedelta(0), now=NOW
        )
        assert again is not None
    # Its last worker is silent: another notices it as it takes jobs.
    await ask(database, key="another", requested_by="Bob")
    taken_next = await leasing.take_job(
        store, EXPORTS, "b-worker", lease=LEASE, now=NOW
    )

    assert await announced(database) == [(EventKind.EXPORT_FAILED, "1", "Ada")]
    assert taken_next is not None
    assert taken_next.job_id.number == 2


async def test_a_cancelled_export_is_not_announced(database: Database) -> None:
    lease = await taken(database)
    await cancel(database)

    await leasing.finish(
        database.runtime, lease, FILE, now=NOW, retention=timedelta(days=7)
    )

    assert await announced(database) == []


async def test_a_file_that_expires_soon_is_announced_once(database: Database) -> None:
    lease = await taken(database)
    await leasing.finish(
        database.runtime, lease, FILE, now=NOW, retention=timedelta(days=7)
    )

    await announce_expiring(database.runtime, now=NOW + 6 * DAY - timedelta(seconds=1))
    assert len(await announced(database)) == 1
    for hours in (0, 1, 23):
        now = NOW + 6 * DAY + timedelta(hours=hours)
        await announce_expiring(database.runtime, now=now)

    expiring = (EventKind.EXPORT_EXPIRING, "1", "Ada")
    assert await announced(database) == [(EventKind.EXPORT_READY, "1", "Ada"), expiring]


@pytest.mark.parametrize("hours", [1, 12, 23, 24, 25])
async def test_a_file_that_is_kept_for_a_day_only_has_no_reminder(
    database: Database, hours: int
) -> None:
    lease = await taken(database)
    await leasing.finish(database.runtime, lease, FILE, now=NOW, retention=DAY)

    await announce_expiring(database.runtime, now=NOW + timedelta(hours=hours))

    assert [kind for kind, _, _ in await announced(database)] == [
        EventKind.EXPORT_READY
    ]


async def test_the_server_announces_what_it_made_and_what_expires(
    database: Database, settings: Settings
) -> None:
    await record(database, invoice())
    await ask(database, requested_by="Ada")
    async with running_jobs(database, settings):
        await wait_for(database, lambda job: job.status == JobStatus.READY)
    later = settings.model_copy(update={"now": NOW + 6 * DAY})

    async def both() -> bool:
        return len(await announced(database)) == 2

    async with running_jobs(database, later):
        await until(both)

    assert await announced(database) == [
        (EventKind.EXPORT_READY, "1", "Ada"),
        (EventKind.EXPORT_EXPIRING, "1", "Ada"),
    ]
