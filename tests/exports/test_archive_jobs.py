"""Exports in the background: archives, their manifests, and downloads of both."""

import json
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import select

from daybook.db.engine import Database
from daybook.exports.commands import ExportRequest, create_export
from daybook.exports.file_spec import DEFAULT_OPTIONS, FileOptions
from daybook.exports.models import ExportJob, ExportRecord
from daybook.jobs.rules import JobStatus
from daybook.reports.journals.filters import Selection
from daybook.reports.journals.group_keys import Granularity
from daybook.settings import Settings
from daybook.worker import running_jobs
from daybook_archives import members_of
from daybook_factories import ORGANISATION, invoice, pin, record
from daybook_graphql.exports.ids import ExportJobId
from daybook_graphql.kit.ids import encode
from daybook_jobs import NOW, files_in, wait_for
from daybook_people import client_of
from daybook_site import settings_for

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

PARTS = FileOptions(max_rows=200)
JOB = """query($id: ID!) { exportJob(id: $id) { file { url filename parts rows }
  record { manifest } } }"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a fixed present, and a folder for files."""
    return Settings(data=tmp_path, now=NOW, exports=tmp_path / "exports")


async def asked(database: Database, options: FileOptions) -> ExportJob:
    """Ask for the daily file of an invoice of a year."""
    request = ExportRequest(
        "USD",
        Selection(include_scheduled=True),
        Granularity.DAILY,
        options=options,
    )
    return await create_export(
        database,
        ORGANISATION,
        await pin(database),
        request,
        now=NOW,
        requested_by="test",
    )


async def made(
    database: Database, settings: Settings, options: FileOptions
) -> ExportJob:
    """The job of a file, once it is recorded."""
    await record(database, invoice())
    await asked(database, options)
    async with running_jobs(database, settings):
        return await wait_for(database, lambda job: job.is_logged)


async def test_a_file_above_the_limit_is_an_archive_by_its_name(
    database: Database, settings: Settings
) -> None:
    job = await made(database, settings, PARTS)

    (content,) = files_in(settings.exports or Path()).values()
    assert job.status == JobStatus.READY
    assert job.file_name == "journals-USD-all-daily-200-rows-with-scheduled.zip"
    assert sha256(content).digest() == job.file_sha256
    members = members_of(content)
    assert list(members) == [
        *(
            f"journals-USD-all-daily-200-rows-with-scheduled-{at:02}.csv"
            for at in range(1, 5)
        ),
        "manifest.json",
    ]
    assert members["manifest.json"].decode() == job.manifest
    assert sum(part.count(b"\r\n") - 1 for part in [*members.values()][:-1]) == 732
    async with database.reads() as session:
        stored = await session.scalar(select(ExportRecord.manifest))
    assert stored == job.manifest


@pytest.mark.parametrize(
    ("options", "parts", "media_type"),
    [
        (PARTS, 4, "application/zip"),
        (DEFAULT_OPTIONS, 1, "text/csv; charset=utf-8"),
    ],
    ids=["archive", "file"],
)
async def test_a_file_and_its_manifest_can_be_downloaded(
    database: Database,
    settings: Settings,
    options: FileOptions,
    parts: int,
    media_type: str,
) -> None:
    await made(database, settings, options)
    its = settings_for(database.url, data=settings.data, exports=settings.exports)

    with client_of(its) as client:
        asked_for = {"query": JOB, "variables": {"id": encode(ExportJobId(1))}}
        shown = client.post("/graphql", json=asked_for).json()["data"]["exportJob"]
        file = client.get(shown["file"]["url"])
        manifest = client.get("/exports/1/manifest.json")
        none = client.get("/exports/2/manifest.json")

    assert (shown["file"]["parts"], shown["file"]["rows"]) == (parts, "732")
    assert file.headers["content-type"] == media_type
    assert manifest.headers["content-type"] == "application/json"
    assert manifest.text == shown["record"]["manifest"]
    told = json.loads(manifest.text)
    if parts == 1:
        assert told["file"]["sha256"] == sha256(file.content).hexdigest()
    else:
        assert len(told["parts"]) == parts
    assert none.status_code == 404


async def test_a_job_whose_name_doesnt_fit_its_parts_fails(
    database: Database, settings: Settings
) -> None:
    await record(database, invoice())
    await asked(database, DEFAULT_OPTIONS)
    async with database.runtime.writes() as session:
        job = await session.scalar(select(ExportJob))
        assert job is not None
        job.options = '{"max_rows": 200}'

    async with running_jobs(database, settings):
        failed = await wait_for(database, lambda job: job.failure_code)

    assert failed.failure_code == "UNSUPPORTED"
    assert failed.failure_message == (
        "the file needs parts, but is called journals-USD-all-daily-with-scheduled.csv:"
        " request it again"
    )
