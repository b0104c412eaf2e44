"""Export jobs for tests: asking for one, and waiting for what becomes of it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from daybook.db.engine import Database
from daybook.exports.commands import ExportRequest, create_export
from daybook.exports.file_spec import FileOptions, FileSpec
from daybook.exports.formats import DEFAULT, Format
from daybook.exports.kind import EXPORTS
from daybook.exports.models import ExportJob
from daybook.exports.writing.streaming import render_file
from daybook.jobs.commands import cancel_job
from daybook.jobs.queries import get_job
from daybook.jobs.rules import UNFINISHED, JobId
from daybook.ledger.pins import Pin
from daybook.reports.journals.filters import JournalFilter, Selection
from daybook.reports.journals.group_keys import Granularity
from daybook_children import processes_of
from daybook_factories import ORGANISATION, invoice, pin, record
from daybook_filled import filled_new

SECONDS = 60
NOW = datetime(2025, 10, 15, 12, tzinfo=UTC)


async def a_large_ledger(database: Database, invoices: int = 1_200) -> bytes:
    """Invoices of a year in a new database, and the daily file of all of them.

    Rendering that file takes half a second.
    """
    return await filled_new(database, _many_invoices, invoices)


async def _many_invoices(database: Database, invoices: int) -> bytes:
    await record(database, *(invoice(f"inv_{at}") for at in range(invoices)))
    return await rendered(database, await pin(database))


async def rendered(
    database: Database,
    its_pin: Pin,
    granularity: Granularity = Granularity.DAILY,
    wanted: JournalFilter | None = None,
) -> bytes:
    """What `daybook export` writes of everything, scheduled entries too."""
    spec = FileSpec(its_pin, wanted or JournalFilter(), granularity)
    pieces = render_file(database, spec)
    return b"".join([piece async for piece in pieces])


async def ask(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    *,
    granularity: Granularity = Granularity.DAILY,
    selection: Selection | None = None,
    key: str | None = None,
    its_pin: Pin | None = None,
    now: datetime = NOW,
    requested_by: str = "test",
    max_rows: int | None = None,
    file_format: Format = DEFAULT,
) -> ExportJob:
    """Ask for an export of all of the dollar ledger as it is now."""
    wanted = selection or Selection(include_scheduled=True)
    options = FileOptions(max_rows=max_rows)
    request = ExportRequest(
        *("USD", wanted, granularity),
        file_format=file_format,
        key=key,
        options=options,
    )
    return await create_export(
        database,
        ORGANISATION,
        its_pin or await pin(database),
        request,
        now=now,
        requested_by=requested_by,
    )


async def cancel(
    database: Database, number: int = 1, now: datetime = NOW
) -> ExportJob | None:
    """Cancel a job, and give it as it is then."""
    job_id = JobId(ORGANISATION, number)
    return await cancel_job(database.runtime, ExportJob, job_id, now=now)


async def job_of(database: Database, number: int = 1) -> ExportJob:
    """A job as it is now."""
    async with database.runtime.reads() as session:
        job = await get_job(session, ExportJob, ORGANISATION, number)
    assert job is not None
    return job


async def wait_for(
    database: Database,
    is_so: Callable[[ExportJob], Any],
    number: int = 1,
    seconds: float = SECONDS,
) -> ExportJob:
    """A job once something is so; fails where that takes too long."""

    async def found() -> ExportJob | None:
        job = await job_of(database, number)
        return job if is_so(job) else None

    return await until(found, seconds)


Found = TypeVar("Found")


async def until(
    find: Callable[[], Awaitable[Found | None]], seconds: float = SECONDS
) -> Found:
    """What is found once it is there; fails where that takes too long."""
    async with asyncio.timeout(seconds):
        while True:
            found = await find()
            if found:
                return found
            await asyncio.sleep(0.02)


async def ended(database: Database, number: int = 1) -> ExportJob:
    """A job once it has ended."""
    return await wait_for(
        database, lambda job: job.status not in UNFINISHED, number=number
    )


async def part_of(folder: Path, seconds: float = SECONDS) -> Path:
    """A file that is being written, once something is in it."""

    async def written() -> Path | None:
        parts = await asyncio.to_thread(parts_in, folder)
        return next((part for part in parts if size_of(part)), None)

    return await until(written, seconds)


def parts_in(folder: Path) -> list[Path]:
    """What is half written."""
    return list(folder.rglob("*.part"))


def size_of(path: Path) -> int:
    """A file's size; 0 if it has just gone."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def files_in(folder: Path) -> dict[str, bytes]:
    """All files below a folder, by their jobs' numbers and their names."""
    found = {}
    for path in folder.rglob("*"):
        # Servers may remove a file meanwhile.
        with suppress(FileNotFoundError, IsADirectoryError):
            found[f"{path.parent.name}/{path.name}"] = path.read_bytes()
    return found


def place_of(job: ExportJob) -> str:
    """Where `files_in` has a job's file."""
    return f"{job.number}/{job.file_name}"


def renderers_of(pid: int) -> list[int]:
    """The processes that render for a process."""
    return [process.pid for process in processes_of(EXPORTS.module, pid)]
