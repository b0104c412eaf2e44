"""Exports that several workers render together: the bytes are those of one."""

from pathlib import Path

import pytest

from daybook.db.engine import Database
from daybook.jobs.rules import JobStatus
from daybook.settings import Settings
from daybook_jobs import NOW, a_large_ledger, ask, ended, files_in, place_of
from daybook_sharing import parts_of, sharing

pytestmark = pytest.mark.anyio


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        data=tmp_path, now=NOW, exports=tmp_path / "exports", export_lease_seconds=30
    )


@pytest.mark.parametrize("workers", [1, 3])
async def test_a_file_is_the_same_by_any_number_of_workers(
    database: Database, settings: Settings, tmp_path: Path, workers: int
) -> None:
    expected = await a_large_ledger(database)
    await ask(database)

    async with sharing(database.url, settings, workers):
        job = await ended(database)

    assert (job.status, job.failure_message) == (JobStatus.READY, None)
    assert files_in(tmp_path / "exports")[place_of(job)] == expected
    assert not await parts_of(database)
