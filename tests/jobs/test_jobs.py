"""The life of an export job: taken, rendered, ready, cancelled, expired, in the log."""

import hashlib
from pathlib import Path

import pytest

from daybook.db.engine import Database
from daybook.exports.rendering import render_csv
from daybook.jobs.rules import ExportStatus
from daybook.jobs.tasks import running_jobs
from daybook.ledger.filters import JournalFilter
from daybook.reports.grouping import Granularity
from daybook.settings import Settings
from daybook_factories import invoice, pin, record
from daybook_jobs import NOW, ask, wait_for

pytestmark = pytest.mark.anyio


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a fixed present, and a folder for files."""
    return Settings(data=tmp_path, now=NOW, exports=tmp_path / "exports")


@pytest.mark.parametrize("granularity", Granularity)
async def test_a_job_makes_the_file_that_the_command_line_makes(
    database: Database, settings: Settings, granularity: Granularity
) -> None:
    await record(database, *(invoice(f"inv_{at}") for at in range(3)))
    its_pin = await pin(database)
    pieces = render_csv(database, its_pin, JournalFilter(), granularity)
    expected = b"".join([one async for one in pieces])

    await ask(database, granularity=granularity)
    async with running_jobs(database, settings):
        job = await wait_for(database, lambda one: one.status != 1 and one.finished_at)

    assert job.status == ExportStatus.READY
    assert settings.exports is not None
    file = settings.exports / "1" / "1" / job.file_name
    assert file.read_bytes() == expected
    assert (job.file_bytes, job.rows_done) == (len(expected), expected.count(b"\n") - 1)
    assert job.file_sha256 == hashlib.sha256(expected).digest()
    assert job.rows_total == job.rows_done
    assert job.debit_total == job.credit_total
