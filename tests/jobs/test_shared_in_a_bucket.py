"""Shared exports in a bucket: whatever is killed, no file is short or left behind."""

import asyncio
import signal
from pathlib import Path

import pytest
from sqlalchemy import URL

from daybook.db.engine import Database
from daybook.exports.kind import EXPORTS, exports_place
from daybook.exports.models import ExportJob
from daybook.jobs.rules import FailureCode, JobStatus
from daybook.jobs.tidying import tidy
from daybook.settings import Settings
from daybook.storage.places import exports_storage
from daybook.storage.rules import Storage, Stored
from daybook_children import processes_of
from daybook_jobs import (
    NOW,
    a_large_ledger,
    ask,
    cancel,
    ended,
    job_of,
    until,
    wait_for,
)
from daybook_services.s3 import Fault, Request, S3Store
from daybook_sharing import sharing

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

INVOICES = 160
"""They have 2,000 journals, which are two pieces of 8 MiB."""


@pytest.fixture
def settings(database_url: URL, tmp_path: Path, bucket_url: str) -> Settings:
    driver = database_url.get_backend_name()
    plain = database_url.set(drivername=driver)
    return Settings(
        data=tmp_path,
        database_url=plain.render_as_string(hide_password=False),
        storage_url=bucket_url,
        now=NOW,
        export_lease_seconds=30,
    )


@pytest.fixture
def storage(database: Database, settings: Settings) -> Storage:
    return exports_storage(database, settings)


def files(storage: Storage) -> set[Stored]:
    """All files, parts and pieces, without folders."""
    return {file for file in storage.stored() if len(file.key) == 3}


async def content_of(storage: Storage, job: ExportJob) -> bytes:
    """The file of a job that is ready, once it is all that is stored."""
    assert (job.status, job.failure_message) == (JobStatus.READY, None)
    whole = Stored((*map(str, job.job_id), job.file_name), None)

    async def is_alone() -> bool:
        return await asyncio.to_thread(files, storage) == {whole}

    await until(is_alone)
    with storage.open(whole.key) as stream:
        return stream.read()


def is_kept(request: Request) -> bool:
    """Whether a request keeps a piece."""
    return request.method == "PUT" and request.path.endswith(".part")


def is_read(request: Request) -> bool:
    """Whether a request reads a piece, to join it."""
    return request.method == "GET" and request.path.endswith(".part")


def is_copied(request: Request) -> bool:
    """Whether a request has a piece copied into the file."""
    return "x-amz-copy-source" in request.headers


async def test_a_piece_is_kept_and_read_once_and_then_copied(
    database: Database, settings: Settings, storage: Storage, s3_store: S3Store
) -> None:
    expected = await a_large_ledger(database, INVOICES)
    await ask(database)
    s3_store.requests.clear()

    async with sharing(database.url, settings, 2):
        job = await ended(database)

    requests = list(s3_store.requests)
    kept = [request.path for request in requests if is_kept(request)]
    read = [request.path for request in requests if is_read(request)]
    assert len(kept) == len(set(kept)) == 2
    assert sorted(read) == sorted(kept)
    # The first is sent with the header.
    assert sum(is_copied(request) for request in requests) == 1
    assert await content_of(storage, job) == expected


async def test_a_store_that_copies_nothing_gets_the_same_file(
    database: Database, settings: Settings, storage: Storage, s3_store: S3Store
) -> None:
    expected = await a_large_ledger(database, INVOICES)
    await ask(database)

    with s3_store.failing(Fault(is_copied, 501, "NotImplemented")) as fault:
        async with sharing(database.url, settings):
            job = await ended(database)

    assert fault.met
    assert await content_of(storage, job) == expected


async def test_a_helper_that_is_killed_while_it_sends_is_followed_by_another(
    database: Database, settings: Settings, storage: Storage, s3_store: S3Store
) -> None:
    expected = await a_large_ledger(database, INVOICES)
    await ask(database)

    with s3_store.holding(is_kept) as sending:
        async with sharing(database.url, settings, 2):
            await until(sending.is_there)
            processes_of(EXPORTS.part_module)[0].send_signal(signal.SIGKILL)
            sending.may_go.set()
            job = await ended(database)
    await tidy(database.runtime, exports_place(database, settings))

    assert job.attempts == 1
    assert await content_of(storage, job) == expected


async def test_a_joiner_that_is_killed_is_followed_by_one_with_pieces_of_its_own(
    database: Database, settings: Settings, storage: Storage, s3_store: S3Store
) -> None:
    expected = await a_large_ledger(database, INVOICES)
    await ask(database)

    with s3_store.holding(is_read) as joining:
        async with sharing(database.url, settings, 2):
            await until(joining.is_there)
            processes_of(EXPORTS.module)[0].send_signal(signal.SIGKILL)
            await wait_for(database, lambda job: job.lost_attempts)
            joining.may_go.set()
            job = await ended(database)
    await tidy(database.runtime, exports_place(database, settings))

    assert job.attempts == 2
    assert await content_of(storage, job) == expected


async def test_a_job_that_is_cancelled_while_it_is_joined_leaves_nothing(
    database: Database, settings: Settings, storage: Storage, s3_store: S3Store
) -> None:
    await a_large_ledger(database, INVOICES)
    await ask(database)

    with s3_store.holding(is_read) as joining:
        async with sharing(database.url, settings, 2):
            await until(joining.is_there)
            await cancel(database)
            joining.may_go.set()
            await ended(database)
    await tidy(database.runtime, exports_place(database, settings))

    assert (await job_of(database)).status == JobStatus.CANCELLED
    assert not files(storage)


async def test_tidying_spares_the_pieces_of_a_running_job(
    database: Database, settings: Settings, storage: Storage, s3_store: S3Store
) -> None:
    expected = await a_large_ledger(database, INVOICES)
    await ask(database)
    place = exports_place(database, settings)

    with s3_store.holding(is_read) as joining:
        async with sharing(database.url, settings, 2):
            await until(joining.is_there)
            job = await job_of(database)
            stale = (*map(str, job.job_id), job.file_name)
            storage.keep_piece(stale, "9-lost", 0, [b"of a lease that was lost"])
            await tidy(database.runtime, place)
            running = {file.writer for file in files(storage)}
            joining.may_go.set()
            ready = await ended(database)

    assert job.worker in running
    assert "9-lost" not in running
    assert await content_of(storage, ready) == expected


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(is_kept, 507, "StorageFull"), "the storage is full (StorageFull): make"),
        (Fault(is_read, 403, "AccessDenied"), "the storage refuses access (AccessDen"),
        (Fault(is_read, answered_bytes=0), "the storage "),
    ],
    ids=["full", "refused", "cut"],
)
async def test_a_store_that_fails_fails_the_job_and_nothing_stays(  # noqa: PLR0913, PLR0917  (fixtures and cases)
    database: Database,
    settings: Settings,
    storage: Storage,
    s3_store: S3Store,
    fault: Fault,
    words: str,
) -> None:
    await a_large_ledger(database, INVOICES)
    await ask(database)

    with s3_store.failing(fault):
        async with sharing(database.url, settings, 2):
            job = await ended(database)
    await tidy(database.runtime, exports_place(database, settings))

    assert job.failure_code == FailureCode.STORAGE_FAILED
    assert (job.failure_message or "").startswith(
        f"the file could not be written: {words}"
    )
    assert not files(storage)
