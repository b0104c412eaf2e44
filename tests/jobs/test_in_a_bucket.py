"""Exports in a bucket: made, downloaded and removed, whatever fails on the way."""

import os
import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import URL

from daybook.db.engine import Database
from daybook.exports.kind import exports_place
from daybook.jobs.rules import FailureCode, JobStatus
from daybook.jobs.tidying import tidy
from daybook.settings import Settings
from daybook.storage.part_writer import PartWriter
from daybook.storage.places import exports_storage
from daybook.storage.rules import Storage, Stored
from daybook.worker import running_jobs
from daybook_factories import invoice, pin, record
from daybook_jobs import (
    NOW,
    ask,
    cancel,
    ended,
    job_of,
    rendered,
    renderers_of,
    until,
    wait_for,
)
from daybook_people import client_of
from daybook_services.s3 import Fault, Request, S3Store
from daybook_site import SECRET

pytestmark = pytest.mark.anyio


def settings_of(url: URL, folder: Path, bucket_url: str) -> Settings:
    driver = url.get_backend_name()
    plain = url.set(drivername=driver).render_as_string(hide_password=False)
    return Settings(
        data=folder,
        database_url=plain,
        storage_url=bucket_url,
        now=NOW,
        secret=SECRET,
        export_lease_seconds=2,
    )


@pytest.fixture
def settings(database_url: URL, tmp_path: Path, bucket_url: str) -> Settings:
    return settings_of(database_url, tmp_path, bucket_url)


@pytest.fixture
def storage(database: Database, settings: Settings) -> Storage:
    return exports_storage(database, settings)


def files(storage: Storage) -> list[Stored]:
    """All files and parts, without folders."""
    return [file for file in storage.stored() if len(file.key) == 3]


def is_part(request: Request) -> bool:
    """Whether a request sends a part of a file."""
    return request.method == "PUT" and "partNumber" in request.path


def is_listing(request: Request) -> bool:
    """Whether a request looks for uploads that others left."""
    return request.method == "GET" and "uploads" in request.path


def is_completing(request: Request) -> bool:
    """Whether a request publishes a file."""
    return request.method == "POST" and "uploadId" in request.path


async def test_an_export_is_made_downloaded_and_removed(
    database: Database, settings: Settings, storage: Storage
) -> None:
    await record(database, invoice())
    expected = await rendered(database, await pin(database))
    job = await ask(database)
    address = f"/exports/1/{job.file_name}"

    with client_of(settings) as client:
        job = await ended(database)
        found = client.get(address)
        rest = client.get(address, headers={"Range": "bytes=10-", "If-Range": "x"})
        tail = client.get(address, headers={"Range": "bytes=-10"})
        head = client.head(address)
    stored = files(storage)

    assert job.status == JobStatus.READY
    assert (found.content, rest.content) == (expected, expected)
    assert (tail.status_code, tail.content) == (206, expected[-10:])
    assert head.headers["content-length"] == str(len(expected))
    assert stored == [Stored(("1", "1", job.file_name), None)]

    later = settings.model_copy(update={"now": NOW + timedelta(days=7)})
    async with running_jobs(database, later):
        await wait_for(database, lambda job: job.status == JobStatus.EXPIRED)

        async def is_empty() -> bool:
            return not files(storage)

        await until(is_empty)


@pytest.mark.either_database
@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (403, "AccessDenied", "the storage refuses access (AccessDenied): see whether"),
        (500, "InternalError", "the storage answers 500 (InternalError): try again"),
        (507, "StorageFull", "the storage is full (StorageFull): make room"),
    ],
)
async def test_a_store_that_refuses_fails_the_job_and_keeps_nothing(  # noqa: PLR0913, PLR0917  (fixtures and cases)
    database: Database,
    settings: Settings,
    storage: Storage,
    s3_store: S3Store,
    status: int,
    code: str,
    words: str,
) -> None:
    await record(database, invoice())
    await ask(database)

    with s3_store.failing(Fault(is_part, status, code)):
        async with running_jobs(database, settings):
            job = await ended(database)
    await tidy(database.runtime, exports_place(database, settings))

    assert job.failure_code == FailureCode.STORAGE_FAILED
    assert (job.failure_message or "").startswith(
        f"the file could not be written: {words}"
    )
    assert not files(storage)


@pytest.mark.either_database
async def test_a_store_that_answers_again_gets_the_file(
    database: Database, settings: Settings, s3_store: S3Store
) -> None:
    await record(database, invoice())
    await ask(database)

    fault = Fault(lambda request: request.method != "GET", 503, "SlowDown", times=2)
    with s3_store.failing(fault):
        async with running_jobs(database, settings):
            job = await ended(database)

    assert (job.status, job.attempts, fault.met) == (JobStatus.READY, 1, 2)


@pytest.mark.either_database
@pytest.mark.parametrize("step", [is_listing, is_completing])
async def test_a_job_is_kept_while_the_store_takes_its_time(
    database: Database,
    settings: Settings,
    s3_store: S3Store,
    step: Callable[[Request], bool],
) -> None:
    await record(database, invoice())
    await ask(database)

    with s3_store.holding(step) as waiting:
        async with running_jobs(database, settings):
            await until(waiting.is_there)
            lease = (await job_of(database)).lease_until
            await wait_for(database, lambda job: job.lease_until != lease)
            waiting.may_go.set()
            job = await ended(database)

    assert (job.status, job.attempts) == (JobStatus.READY, 1)


async def test_a_renderer_that_is_killed_while_it_sends_is_followed_by_another(
    database: Database, settings: Settings, storage: Storage, s3_store: S3Store
) -> None:
    await record(database, invoice())
    expected = await rendered(database, await pin(database))
    await ask(database)

    with s3_store.holding(is_part) as waiting:
        async with running_jobs(database, settings):
            await until(waiting.is_there)
            (renderer,) = renderers_of(os.getpid())
            os.kill(renderer, signal.SIGKILL)
            await wait_for(database, lambda job: job.lost_attempts)
            waiting.may_go.set()
            job = await ended(database)

    assert (job.status, job.attempts) == (JobStatus.READY, 2)
    await tidy(database.runtime, exports_place(database, settings))
    (file,) = files(storage)
    with storage.open(file.key) as stream:
        assert stream.read() == expected


async def test_a_job_that_is_cancelled_while_it_sends_leaves_nothing(
    database: Database, settings: Settings, storage: Storage, s3_store: S3Store
) -> None:
    await record(database, invoice())
    await ask(database)

    with s3_store.holding(is_part) as waiting:
        async with running_jobs(database, settings):
            await until(waiting.is_there)
            await cancel(database)
            waiting.may_go.set()
            await ended(database)

    await tidy(database.runtime, exports_place(database, settings))
    assert (await job_of(database)).status == JobStatus.CANCELLED
    assert not files(storage)


async def test_tidying_spares_what_a_running_job_sends(
    database: Database, settings: Settings, storage: Storage, s3_store: S3Store
) -> None:
    await record(database, invoice())
    await ask(database)
    await ask(database)
    await cancel(database, 2)
    place = exports_place(database, settings)
    left = ("1", "2", "left.csv")
    storage.prepare(left)
    PartWriter(storage, left, "9-a").finish()
    lost = len(files(storage))

    with s3_store.holding(is_part) as waiting:
        async with running_jobs(database, settings):
            await until(waiting.is_there)
            await tidy(database.runtime, place)
            sending = files(storage)
            waiting.may_go.set()
            job = await ended(database)

    assert lost == 2  # the note and the upload
    assert {file.key[1] for file in sending} == {"1"}
    assert job.status == JobStatus.READY
    assert files(storage) == [Stored(("1", "1", job.file_name), None)]
