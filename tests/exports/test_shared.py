"""Exports that several workers render together: the bytes are those of one."""

import asyncio
import json
import signal
from pathlib import Path

import psutil
import pytest
from sqlalchemy import URL

from daybook.db.engine import Database
from daybook.exports.commands import ExportRequest, create_export
from daybook.exports.formats import FORMATS, Format
from daybook.exports.kind import (
    EXPORTS,
    PART_ROWS,
    SHARED_ROWS_MIN,
    exports_place,
)
from daybook.exports.models import ExportJob
from daybook.exports.writing.compression import COMPRESSIONS, GZIP, Compression
from daybook.jobs.commands import cancel_job
from daybook.jobs.cores import cores
from daybook.jobs.kinds import Sharing
from daybook.jobs.rules import UNFINISHED, FailureCode, JobId, JobStatus
from daybook.jobs.tidying import tidy
from daybook.reports.journals.filters import Selection
from daybook.settings import Settings
from daybook.storage.places import exports_storage
from daybook.storage.rules import Storage, Stored
from daybook.worker import running_jobs
from daybook_children import processes_of
from daybook_factories import ORGANISATION, pin
from daybook_jobs import (
    NOW,
    a_large_ledger,
    ask,
    ended,
    files_in,
    job_of,
    until,
)
from daybook_services.s3 import Fault, Request, S3Store
from daybook_sharing import SHARING, parts_of, sharing

pytestmark = pytest.mark.anyio

INVOICES = 300
"""They have 3,750 journals, which are four slices."""
APART = [
    (known, how)
    for known in FORMATS
    if known.renders_apart
    for how in (None, *COMPRESSIONS)
]


@pytest.fixture
def settings(database_url: URL, tmp_path: Path) -> Settings:
    return settings_of(database_url, tmp_path, exports=tmp_path / "exports")


def settings_of(url: URL, folder: Path, **more: object) -> Settings:
    driver = url.get_backend_name()
    plain = url.set(drivername=driver).render_as_string(hide_password=False)
    values = {"data": folder, "now": NOW, "export_lease_seconds": 30, **more}
    return Settings.model_validate({**values, "database_url": plain})


async def ask_for(
    database: Database, file_format: Format, compression: Compression | None
) -> ExportJob:
    """Ask for everything, in a form."""
    request = ExportRequest(
        "USD",
        Selection(include_scheduled=True),
        file_format=file_format,
        compression=compression,
    )
    at = await pin(database)
    return await create_export(
        *(database, ORGANISATION, at, request), now=NOW, requested_by="test"
    )


async def content_of(storage: Storage, job: ExportJob) -> bytes:
    """The file of a job that is ready, once it is all that is stored of it."""
    assert (job.status, job.failure_message) == (JobStatus.READY, None)
    whole = Stored((*map(str, job.job_id), job.file_name), None)

    async def is_alone() -> bool:
        stored = await asyncio.to_thread(lambda: list(storage.stored()))
        its = [file for file in stored if file.key[:2] == whole.key[:2]]
        return [file for file in its if len(file.key) == 3] == [whole]

    await until(is_alone)
    with storage.open(whole.key) as stream:
        return stream.read()


@pytest.mark.parametrize("workers", [1, 3])
async def test_a_file_is_the_same_by_any_number_of_workers(
    database: Database, settings: Settings, workers: int
) -> None:
    expected = await a_large_ledger(database)
    await ask(database)

    async with sharing(database.url, settings, workers):
        helpers = await helpers_of(database, workers)
        job = await ended(database)

    assert await content_of(exports_storage(database, settings), job) == expected
    assert len(helpers) == workers
    assert not await parts_of(database)


async def helpers_of(database: Database, count: int) -> set[str]:
    """The helpers of the job that runs, once they are so many."""
    found: set[str] = set()

    async def are_found() -> bool:
        found.update(part.helper for part in await parts_of(database) if part.helper)
        return len(found) >= count

    await until(are_found)
    return found


@pytest.mark.parametrize(
    ("file_format", "how"), APART, ids=lambda form: form.name if form else "plain"
)
@pytest.mark.either_database
async def test_each_form_of_file_is_the_same(
    database: Database,
    settings: Settings,
    file_format: Format,
    how: Compression | None,
) -> None:
    await a_large_ledger(database, INVOICES)
    storage = exports_storage(database, settings)
    await ask_for(database, file_format, how)
    async with running_jobs(database, settings):
        alone = await ended(database)

    jobs: list[ExportJob] = []
    for workers in (1, 3):
        await ask_for(database, file_format, how)
        async with sharing(database.url, settings, workers):
            jobs.append(await ended(database, 1 + len(jobs) + 1))

    expected = await content_of(storage, alone)
    assert [await content_of(storage, job) for job in jobs] == [expected] * 2
    for job in jobs:
        assert (job.rows_done, job.debit_total) == (alone.rows_done, alone.debit_total)
        assert accounts_of(job) == accounts_of(alone) != {}


def accounts_of(job: ExportJob) -> object:
    """The sums by account that its manifest has."""
    return json.loads(job.manifest or "")["accounts"]


@pytest.mark.parametrize("how", [None, GZIP], ids=["plain", "gzip"])
@pytest.mark.either_database
async def test_a_file_in_a_bucket_is_the_same(
    database: Database, tmp_path: Path, bucket_url: str, how: Compression | None
) -> None:
    await a_large_ledger(database, INVOICES)
    settings = settings_of(database.url, tmp_path, storage_url=bucket_url)
    storage = exports_storage(database, settings)
    await ask_for(database, FORMATS[0], how)
    async with running_jobs(database, settings):
        alone = await ended(database)
    await ask_for(database, FORMATS[0], how)
    async with sharing(database.url, settings, 2):
        together = await ended(database, 2)

    assert await content_of(storage, together) == await content_of(storage, alone)


async def one_of(module: str) -> psutil.Process:
    """A process that runs a module, once there is one."""

    async def found() -> psutil.Process | None:
        return next(iter(processes_of(module)), None)

    return await until(found)


@pytest.mark.either_database
@pytest.mark.parametrize("killed", ["helper", "coordinator"])
async def test_whoever_is_killed_is_followed_by_another(
    database: Database, settings: Settings, killed: str
) -> None:
    expected = await a_large_ledger(database)
    await ask(database)

    async with sharing(database.url, settings, 2):
        await helpers_of(database, 1)
        assert EXPORTS.part_module is not None
        module = EXPORTS.part_module if killed == "helper" else EXPORTS.module
        (await one_of(module)).send_signal(signal.SIGKILL)
        job = await ended(database)
        await tidy(database.runtime, exports_place(database, settings))

    assert job.attempts == (1 if killed == "helper" else 2)
    assert await content_of(exports_storage(database, settings), job) == expected


@pytest.mark.either_database
async def test_a_cancelled_job_leaves_nothing(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    await a_large_ledger(database)
    await ask(database)

    async with sharing(database.url, settings, 2):
        await helpers_of(database, 1)
        job_id = JobId(ORGANISATION, 1)
        await cancel_job(database.runtime, ExportJob, job_id, now=NOW)
    await tidy(database.runtime, exports_place(database, settings))

    assert (await job_of(database)).status == JobStatus.CANCELLED
    assert files_in(tmp_path / "exports") == {}
    assert await parts_of(database) == []


@pytest.mark.either_database
async def test_progress_is_what_helpers_rendered(
    database: Database, settings: Settings
) -> None:
    await a_large_ledger(database)
    await ask(database)
    seen: list[int] = []

    async def has_ended() -> bool:
        job = await job_of(database)
        seen.append(job.rows_done)
        return job.status not in UNFINISHED

    async with sharing(database.url, settings, 2):
        await until(has_ended)

    assert seen == sorted(seen)
    assert seen[-1] == (await job_of(database)).rows_total > 0


@pytest.mark.either_database
async def test_a_storage_that_refuses_a_piece_fails_the_job(
    database: Database, tmp_path: Path, bucket_url: str, s3_store: S3Store
) -> None:
    await a_large_ledger(database, INVOICES)
    settings = settings_of(database.url, tmp_path, storage_url=bucket_url)
    await ask(database)

    def is_piece(request: Request) -> bool:
        return request.method == "PUT" and ".part" in request.path

    with s3_store.failing(Fault(is_piece, 403, "AccessDenied")):
        async with sharing(database.url, settings, 2):
            job = await ended(database)
    await tidy(database.runtime, exports_place(database, settings))

    assert job.failure_code == FailureCode.STORAGE_FAILED
    assert (job.failure_message or "").startswith(
        "the file could not be written: the storage refuses access (AccessDenied)"
    )
    storage = exports_storage(database, settings)
    assert not [file for file in storage.stored() if len(file.key) == 3]


@pytest.mark.either_database
async def test_a_worker_with_another_folder_fails_the_job_in_words(
    database: Database,
    settings: Settings,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    await a_large_ledger(database, INVOICES)
    elsewhere = settings.model_copy(update={"exports": tmp_path / "elsewhere"})
    await ask(database)
    slow = SHARING._replace(helpers=0)

    async with sharing(database.url, settings, how=slow):
        await until(lambda: parts_of(database))
        async with sharing(database.url, elsewhere):
            job = await ended(database)

    assert job.failure_code == FailureCode.STORAGE_FAILED
    assert "isn't in this machine's storage: give all workers" in str(
        job.failure_message
    )
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.either_database
async def test_only_workers_of_several_machines_share(
    database: Database, settings: Settings
) -> None:
    by_cores = exports_place(database, settings, is_worker=True).sharing
    three = settings.model_copy(update={"export_processes": 3})
    by_settings = exports_place(database, three, is_worker=True).sharing

    assert exports_place(database, settings).sharing is None
    assert by_cores == Sharing(cores(), SHARED_ROWS_MIN, PART_ROWS, by_cores=True)
    assert by_settings == Sharing(3, SHARED_ROWS_MIN, PART_ROWS)
