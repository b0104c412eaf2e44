"""An export without a file is requested again, with what its request fixed."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from daybook.db.engine import Database
from daybook.errors import ProblemCode, Rejected
from daybook.exports.models import ExportJob
from daybook.exports.retrying import REQUESTED, retry_export
from daybook.exports.stored_spec import pin_of
from daybook.jobs.models import Job
from daybook.jobs.rules import ENDED_WITHOUT_FILE, JobStatus
from daybook.settings import Settings
from daybook.worker import running_jobs
from daybook_factories import ORGANISATION, credit_note, invoice, record
from daybook_jobs import NOW, ask, cancel, ended, files_in, job_of, place_of, rendered

pytestmark = pytest.mark.anyio

LATER = NOW + timedelta(hours=1)
RESULT = {
    *("renderer", "debit_total", "credit_total", "manifest"),
    *("link_epoch", "first_downloaded_at"),
}
"""The columns of exports that tell of the file that was made."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a fixed present, and a folder for files."""
    return Settings(data=tmp_path, now=NOW, exports=tmp_path / "exports")


@pytest.fixture
async def first(database: Database) -> ExportJob:
    """An export of one invoice, before another invoice was recorded."""
    await record(database, invoice())
    job = await ask(database, requested_by="Ada")
    await record(database, invoice("inv_9"), credit_note(), on="2025-10-01")
    return job


async def ends_as(database: Database, status: JobStatus) -> None:
    """Have the first export end."""
    async with database.runtime.writes() as session:
        await session.execute(update(ExportJob).values(status=int(status)))


async def retry(database: Database, key: str | None = None) -> ExportJob:
    """Request the first export again, as Bob."""
    return await retry_export(
        *(database, ORGANISATION, 1), now=LATER, requested_by="Bob", key=key
    )


def test_all_that_a_request_fixes_is_requested_again() -> None:
    of_jobs = {column.name for column in ExportJob.__table__.columns}
    of_any_kind = {name for name in vars(Job) if name in of_jobs}

    assert set(REQUESTED) == (of_jobs - of_any_kind - RESULT) | {"file_name"}


@pytest.mark.parametrize("status", ENDED_WITHOUT_FILE)
@pytest.mark.usefixtures("first")
async def test_what_ended_without_a_file_is_queued_as_a_new_job(
    database: Database, status: JobStatus
) -> None:
    await ends_as(database, status)

    again = await retry(database)

    former = await job_of(database, 1)
    assert (again.number, again.status) == (2, JobStatus.QUEUED)
    assert (again.requested_by, again.created_at) == ("Bob", LATER)
    assert former.status == status
    for column in REQUESTED:
        assert getattr(again, column) == getattr(former, column)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (JobStatus.QUEUED, "export 1 hasn't ended: wait for it, or cancel it first"),
        (JobStatus.RUNNING, "export 1 hasn't ended: wait for it, or cancel it first"),
        (JobStatus.READY, "export 1 is ready: download its file"),
    ],
)
@pytest.mark.usefixtures("first")
async def test_what_has_a_file_or_may_get_one_is_refused(
    database: Database, status: JobStatus, message: str
) -> None:
    await ends_as(database, status)

    with pytest.raises(Rejected) as refused:
        await retry(database)

    (problem,) = refused.value.problems
    assert (problem.code, problem.message) == (ProblemCode.WRONG_STATUS, message)


@pytest.mark.usefixtures("first")
async def test_with_a_key_it_is_requested_once(database: Database) -> None:
    await cancel(database)

    numbers = [(await retry(database, key)).number for key in ("a", "a", "b", None)]

    assert numbers == [2, 2, 3, 4]


async def test_another_organisations_export_is_not_found(
    database: Database, first: ExportJob
) -> None:
    await ends_as(database, JobStatus.FAILED)

    with pytest.raises(Rejected) as refused:
        await retry_export(database, 2, first.number, now=LATER, requested_by="Eve")

    assert [problem.code for problem in refused.value.problems] == [
        ProblemCode.NOT_FOUND
    ]


async def test_the_file_is_of_the_first_requests_recording(
    database: Database, settings: Settings, first: ExportJob
) -> None:
    before = await rendered(database, pin_of(first))
    await cancel(database)

    await retry(database)
    async with running_jobs(database, settings):
        job = await ended(database, 2)

    assert job.status == JobStatus.READY
    assert settings.exports is not None
    assert files_in(settings.exports) == {place_of(job): before}
