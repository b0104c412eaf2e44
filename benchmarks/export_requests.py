"""Exports as a server requests them of workers: organisations, requests and waiting.

    python -m benchmarks.export_requests fill URL ORGANISATIONS INVOICES
    python -m benchmarks.export_requests queue URL REDIS EACH
    python -m benchmarks.export_requests make URL REDIS GRANULARITY COMPRESSION COUNT
    python -m benchmarks.export_requests render URL

REDIS is empty for a server that makes its exports itself.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import chain
from pathlib import Path
from typing import Any

from daybook.access.organisations import add_organisation
from daybook.calendar import day_of, parse_day
from daybook.clock import real_now
from daybook.db.engine import Database, database_url
from daybook.db.migrate import upgrade
from daybook.documents.commands import import_documents
from daybook.documents.reading.files import read_file
from daybook.exports.commands import ExportRequest, create_export
from daybook.exports.file_spec import FileOptions
from daybook.exports.models import ExportJob
from daybook.exports.stored_spec import spec_of
from daybook.exports.writing.compression import Compression, compression_of
from daybook.exports.writing.streaming import render_file
from daybook.jobs.bus import connected
from daybook.jobs.queries import get_job
from daybook.jobs.rules import UNFINISHED, JobStatus
from daybook.ledger.organisations import all_organisations
from daybook.ledger.pins import Pin
from daybook.ledger.queries import pin_ledgers
from daybook.reports.journals.filters import Selection
from daybook.reports.journals.group_keys import Granularity
from daybook.settings import Settings

IMPORT_BYTES_MAX = 2**30
LOOK_SECONDS = 0.005
EVERYTHING = Selection(on=parse_day("2099-12-31"))
UNDIVIDED = FileOptions(max_rows=0)
"""A plain file has all rows, and isn't divided for spreadsheets."""


def main() -> None:
    """Run one of the commands; what it found is JSON on standard output."""
    command, url, *arguments = sys.argv[1:]
    commands: dict[str, Callable[..., Coroutine[Any, Any, Any]]]
    commands = {"fill": _fill, "queue": _queue, "make": _make, "render": _render}
    print(json.dumps(asyncio.run(commands[command](url, *arguments))))


async def _fill(url: str, organisations: str, invoices: str) -> int:
    """Import a file for each of so many organisations; give its documents."""
    database = Database(database_url(Settings(database_url=url)))
    await upgrade(database)
    documents = 0
    for number in range(1, int(organisations) + 1):
        if number > 1:
            name = f"Organisation {number}"
            await add_organisation(database, name, now=real_now(), made_by="bench")
        reading = read_file(Path(invoices), None, bytes_max=IMPORT_BYTES_MAX)
        await import_documents(
            *(database, number, chain.from_iterable(reading.batches())),
            now=real_now(),
            reason="bench",
        )
        documents += reading.count
    await database.close()
    return documents


async def _queue(url: str, redis: str, each: str) -> int:
    """Request monthly exports: all of the first organisation, then of the next."""
    async with _program(url, redis) as database:
        async with database.reads() as session:
            numbers = [found.number for found in await all_organisations(session)]
        for number in numbers:
            pin = await _pin(database, number)
            for _ in range(int(each)):
                await _request(database, pin, Granularity.MONTHLY)
    return len(numbers) * int(each)


async def _make(
    url: str, redis: str, granularity: str, compression: str, count: str
) -> list[dict[str, Any]]:
    """Request exports of the first organisation, each once the one before is ready.

    Of each: the seconds until it was ready, and its size, rows and SHA-256.
    """
    how = compression_of(compression or None)
    made = []
    async with _program(url, redis) as database:
        pin = await _pin(database, 1)
        for _ in range(int(count)):
            start = time.perf_counter()
            job = await _request(database, pin, Granularity[granularity], how)
            job = await _ended(database, job.number)
            seconds = time.perf_counter() - start
            assert job.status == JobStatus.READY, job.failure_message
            assert job.file_sha256 is not None, "it is ready"
            sha256 = job.file_sha256.hex()
            size, rows = job.file_bytes, job.rows_done
            made.append(
                {"seconds": seconds, "size": size, "rows": rows, "sha256": sha256}
            )
    return made


async def _render(url: str) -> float:
    """The seconds that this process takes to render the file of each queued export."""
    database = Database(database_url(Settings(database_url=url)))
    seconds = 0.0
    async with database.reads() as session:
        numbers = [found.number for found in await all_organisations(session)]
    for number in numbers:
        async with database.runtime.reads() as session:
            job = await get_job(session, ExportJob, number, 1)
        assert job is not None, "it was queued"
        start = time.perf_counter()
        async for _ in render_file(database, spec_of(job)):
            pass
        seconds += time.perf_counter() - start
    await database.close()
    return seconds / len(numbers)


@asynccontextmanager
async def _program(url: str, redis: str) -> AsyncIterator[Database]:
    """A database as a server has it, whose bus, if there is one, has Redis."""
    database = Database(database_url(Settings(database_url=url)))
    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        if redis:
            bus = await stack.enter_async_context(connected(database.runtime, redis))
            while not bus.is_connected:  # noqa: ASYNC110  (it tells nobody)
                await asyncio.sleep(LOOK_SECONDS)
        yield database


async def _pin(database: Database, organisation_id: int) -> Pin:
    async with database.reads() as session:
        today = day_of(real_now().date())
        (pin,) = await pin_ledgers(session, organisation_id, today)
    return pin


async def _request(
    database: Database,
    pin: Pin,
    granularity: Granularity,
    compression: Compression | None = None,
) -> ExportJob:
    request = ExportRequest(
        *("USD", EVERYTHING, granularity), compression=compression, options=UNDIVIDED
    )
    return await create_export(
        *(database, pin.organisation_id, pin, request),
        now=real_now(),
        requested_by="bench",
    )


async def _ended(database: Database, number: int) -> ExportJob:
    """A job once it has ended; it is looked at when the database says so."""
    async with database.runtime.changes.waiting() as changed:
        while True:
            changed.clear()
            async with database.runtime.reads() as session:
                job = await get_job(session, ExportJob, 1, number)
            assert job is not None, "it was requested"
            if job.status not in UNFINISHED:
                return job
            await changed.wait()


if __name__ == "__main__":
    main()
