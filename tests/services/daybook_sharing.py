"""Workers that share exports, as they are on machines of their own."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from sqlalchemy import URL, select

from daybook.db.engine import Database
from daybook.exports.kind import exports_place
from daybook.jobs.kinds import Sharing
from daybook.jobs.models import JobPart
from daybook.jobs.runner import Runner, kept_running
from daybook.settings import Settings

SHARING = Sharing(helpers=1, rows_min=1, part_rows=20_000)
"""Everything is shared, in parts that take a moment."""


@asynccontextmanager
async def sharing(
    url: URL,
    settings: Settings,
    workers: int = 1,
    how: Sharing = SHARING,
) -> AsyncIterator[list[Runner]]:
    """So many workers, each with connections of its own."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(_worker(url, settings, how))
            for _ in range(workers)
        ]


@asynccontextmanager
async def _worker(url: URL, settings: Settings, how: Sharing) -> AsyncIterator[Runner]:
    database = Database(url)
    place = replace(exports_place(database, settings), sharing=how)
    runner = Runner(database, settings, [place])
    try:
        async with kept_running(runner):
            yield runner
    finally:
        await database.close()


async def parts_of(database: Database) -> list[JobPart]:
    """The parts of all running jobs, as they are now."""
    async with database.runtime.reads() as session:
        found = await session.scalars(select(JobPart).order_by(JobPart.index))
        return [*found]
