"""The life of an export job: taken, rendered, ready, cancelled, expired, in the log."""

import asyncio
import hashlib
import os
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from daybook.activity.models import Activity
from daybook.activity.rules import ActivityKind
from daybook.db.engine import Database
from daybook.jobs import leasing, runner
from daybook.jobs.rules import FailureCode, JobStatus
from daybook.ledger.commands import lock_organisation
from daybook.reports.journals.group_keys import Granularity
from daybook.settings import Settings
from daybook.worker import running_jobs
from daybook_disks import enlarge, small_disk
from daybook_factories import ORGANISATION, credit_note, invoice, pin, record
from daybook_jobs import (
    NOW,
    a_large_ledger,
    ask,
    cancel,
    ended,
    files_in,
    job_of,
    part_of,
    place_of,
    rendered,
    renderers_of,
    until,
    wait_for,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
def folder(settings: Settings) -> Path:
    """Where files lie."""
    assert settings.exports is not None
    settings.exports.mkdir()
    return settings.exports


async def lines_of_the_log(database: Database) -> list[Activity]:
    """What the activity log says of exports."""
    async with database.reads() as session:
        found = await session.scalars(
            select(Activity)
            .where(Activity.kind == int(ActivityKind.EXPORT))
            .order_by(Activity.id)
        )
        return list(found)


async def logged(database: Database, number: int = 1) -> list[Activity]:
    """The same, once a job's end is told."""
    await wait_for(database, lambda job: job.is_logged, number=number)
    return await until(lambda: lines_of_the_log(database))


@pytest.mark.parametrize("granularity", Granularity)
async def test_a_job_makes_the_file_that_the_command_line_makes(
    database: Database, settings: Settings, folder: Path, granularity: Granularity
) -> None:
    await record(database, *(invoice(f"inv_{at}") for at in range(3)))
    expected = await rendered(database, await pin(database), granularity)

    await ask(database, granularity=granularity)
    async with running_jobs(database, settings):
        job = await ended(database)
        (line,) = await logged(database)

    assert job.status == JobStatus.READY
    assert files_in(folder) == {place_of(job): expected}
    assert (job.file_bytes, job.rows_done) == (len(expected), expected.count(b"\n") - 1)
    assert job.file_sha256 == hashlib.sha256(expected).digest()
    assert (job.rows_total, job.attempts) == (job.rows_done, 1)
    billed_and_recognized = 3 * 2 * 1200_00
    assert job.debit_total == job.credit_total == billed_and_recognized
    assert job.expires_at == NOW + timedelta(days=7)
    assert (line.made_by, line.is_failed) == ("test", False)
    assert line.message.startswith(f"export 1 of USD journals, {granularity}: ")


async def test_a_job_renders_what_was_there_when_it_was_asked_for(
    database: Database, settings: Settings, folder: Path
) -> None:
    await record(database, invoice())
    before = await rendered(database, await pin(database))
    job = await ask(database)
    await record(database, invoice("inv_9"), credit_note(), on="2025-10-01")

    async with running_jobs(database, settings):
        await ended(database)

    assert files_in(folder) == {place_of(job): before}


@pytest.mark.either_database
async def test_progress_never_goes_back_and_ends_at_the_total(
    database: Database, settings: Settings
) -> None:
    await a_large_ledger(database, 3_000)
    seen = []
    await ask(database)
    async with running_jobs(database, settings):
        while (job := await job_of(database)).status != JobStatus.READY:
            seen.append((job.rows_done, job.rows_total))
            await asyncio.sleep(0.05)

    done = [rows for rows, _ in seen]
    assert done == sorted(done)
    assert any(0 < rows < total for rows, total in seen), "it is told on the way"
    totals = {total for _, total in seen}
    assert totals <= {0, job.rows_total}
    assert job.rows_done == job.rows_total == 3_000 * 2 * (1 + 365)


async def test_who_waits_is_cancelled_at_once(
    database: Database, settings: Settings, folder: Path
) -> None:
    await record(database, invoice())
    await ask(database)

    cancelled = await cancel(database)
    again = await cancel(database)
    async with running_jobs(database, settings):
        (line,) = await logged(database)

    assert cancelled is not None
    assert again is not None
    assert cancelled.status == again.status == JobStatus.CANCELLED
    assert again.changes == cancelled.changes
    assert line.message == "export 1 of USD journals, daily: cancelled"
    assert not files_in(folder)
    assert await cancel(database, 2) is None


@pytest.mark.either_database
async def test_cancelling_reaches_the_rendering_within_a_second(
    database: Database, settings: Settings, folder: Path
) -> None:
    await a_large_ledger(database, 3_000)
    await ask(database)
    async with running_jobs(database, settings):
        await part_of(folder)
        (renderer,) = renderers_of(os.getpid())

        await cancel(database)

        async def is_gone() -> bool:
            return renderer not in renderers_of(os.getpid()) and not files_in(folder)

        await until(is_gone, 10)
        assert (await job_of(database)).status == JobStatus.CANCELLED


@pytest.mark.either_database
async def test_a_file_is_kept_for_some_days(
    database: Database, settings: Settings, folder: Path
) -> None:
    await record(database, invoice())
    await ask(database)
    async with running_jobs(database, settings):
        await ended(database)
    for days, is_kept in ((6, True), (7, False)):
        later = settings.model_copy(update={"now": NOW + timedelta(days=days)})
        async with running_jobs(database, later):
            await ask(database, now=NOW)
            await ended(database, 2 if is_kept else 3)

            job = await job_of(database)
            if not is_kept:
                job = await wait_for(database, lambda its: its.status != 3)

        assert (job.status == JobStatus.READY) == is_kept
        assert (place_of(job) in files_in(folder)) == is_kept
    assert job.status == JobStatus.EXPIRED
    assert job.rows_done


async def test_while_an_import_writes_a_job_goes_on_and_the_log_waits(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "SWEEP", timedelta(seconds=0.5))
    await record(database, invoice())
    await ask(database)

    async with running_jobs(database, settings):
        async with database.writes() as session:
            # As an import does: on SQLite nobody else writes to the ledger's file.
            await lock_organisation(session, ORGANISATION)
            job = await ended(database)
            await asyncio.sleep(0.5)
            before = await lines_of_the_log(database)
            assert not (await job_of(database)).is_logged
        after = await logged(database)

    assert job.status == JobStatus.READY
    assert (len(before), len(after)) == (0, 1)


async def test_a_file_that_cannot_be_written_is_a_failure(
    database: Database, settings: Settings, folder: Path
) -> None:
    await record(database, invoice())
    (folder / "1").write_text("in the way", encoding="utf-8")
    await ask(database)

    async with running_jobs(database, settings):
        job = await ended(database)
        (line,) = await logged(database)

    assert (job.status, job.failure_code) == (
        JobStatus.FAILED,
        FailureCode.STORAGE_FAILED,
    )
    assert job.failure_message == (
        "the file could not be written: Not a directory: its operator has to look after"
        " the server's disk; then request it again"
    )
    assert line.is_failed
    assert line.message.endswith(job.failure_message)


@pytest.mark.either_database
async def test_a_full_disk_is_named_with_the_way_out(
    database: Database, settings: Settings, folder: Path
) -> None:
    expected = await a_large_ledger(database, 200)
    await ask(database)
    with small_disk(folder):
        async with running_jobs(database, settings):
            full = await ended(database)
            left = files_in(folder)
            enlarge(folder)
            await ask(database)
            job = await ended(database, 2)
        files = files_in(folder)

    assert full.failure_code == FailureCode.STORAGE_FAILED
    assert full.failure_message == (
        "the file could not be written: No space left on device: its operator has to"
        " make room on the server's disk; then request it again"
    )
    # The next export isn't refused for what the failed one has left.
    assert not left
    assert files == {place_of(job): expected}


@pytest.mark.either_database
async def test_what_killed_programs_left_behind_is_removed(
    database: Database, settings: Settings, folder: Path
) -> None:
    await record(database, invoice())
    for _ in range(2):
        await ask(database)
    async with running_jobs(database, settings):
        await ended(database, 1)
        job = await ended(database, 2)
    await ask(database)
    await cancel(database, 3)
    whole = set(files_in(folder))
    (folder / "1" / "1" / "left.csv.9-a.part").write_bytes(b"half")
    shutil.copytree(folder / "1" / "2", folder / "1" / "3")

    async with running_jobs(database, settings):

        async def is_tidy() -> bool:
            return set(files_in(folder)) == whole

        await until(is_tidy)

    assert place_of(job) in whole


@pytest.mark.either_database
async def test_a_server_may_leave_jobs_to_others(
    database: Database, settings: Settings
) -> None:
    await record(database, invoice())
    await ask(database)
    none = settings.model_copy(update={"exports_at_once": 0})
    async with running_jobs(database, none):
        await asyncio.sleep(1)
        assert (await job_of(database)).status == JobStatus.QUEUED


async def test_the_runner_goes_on_whatever_fails(
    database: Database,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    taking, failures = leasing.take_job, [ValueError("a moment of no time zone")]

    async def failing_once(*given: Any, **more: Any) -> Any:
        if failures:
            raise failures.pop()
        return await taking(*given, **more)

    monkeypatch.setattr(leasing, "take_job", failing_once)
    await record(database, invoice())
    async with running_jobs(database, settings):
        await until(lambda: asyncio.sleep(0.1, not failures))
        await ask(database)
        job = await ended(database)

    assert job.status == JobStatus.READY
    assert "a moment of no time zone" in caplog.text
