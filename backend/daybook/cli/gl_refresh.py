"""`daybook gl refresh`: makes the dataset from what came in."""

from collections.abc import Sequence
from typing import Annotated

import typer

from daybook.cli.gl_connections import connection_named
from daybook.cli.running import (
    MADE_BY,
    Failed,
    complain,
    load_settings,
    out,
    progress_bar,
    with_database,
    writing,
)
from daybook.clock import now
from daybook.db.engine import Database
from daybook.gl.building.pins import PinnedSettings
from daybook.gl.models import GlRefresh, GlSegment
from daybook.gl.refreshing import Asked, request_again, request_refresh
from daybook.gl.working import work_off
from daybook.jobs.rules import JobStatus
from daybook.numbers import counted
from daybook.settings import Settings

Ended = tuple[GlRefresh, GlSegment | None]


@writing
def refresh(
    connection: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The connection, by its name; all by default."
        ),
    ] = None,
    again: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Make refresh N again from what it was made from, and compare.",
        ),
    ] = None,
) -> None:
    """Make the dataset of what came in, each connection's part on its own.

    A part that can't be made leaves the one that was made before.

    Example: `daybook gl refresh`

    Example: `daybook gl refresh --again 12`
    """
    settings = load_settings()
    if connection is not None and again is not None:
        raise Failed("--again says which connection: leave --connection out")

    async def work(database: Database) -> list[Ended]:
        database.check_writable()
        asked = Asked(settings.organisation, MADE_BY, now(settings))
        if again is not None:
            jobs = [await request_again(database, asked, again)]
        else:
            chosen = () if connection is None else (connection,)
            numbers = [
                (await connection_named(database, settings.organisation, name)).number
                for name in chosen
            ]
            jobs = await request_refresh(database, asked, numbers)
        return await worked_off(database, settings, jobs)

    tell(with_database(settings, work))


def tell(every: Sequence[Ended]) -> None:
    """Print what refreshes made; raises Failed if one made nothing."""
    failures = [_words(job) for job, segment in every if segment is None]
    for job, segment in every:
        if segment is not None:
            out.print(_made(job, segment), markup=False)
    if len(failures) > 1:
        for words in failures:
            complain(words)
        count = f"{len(failures)} of {counted(len(every), 'refresh', 'refreshes')}"
        raise Failed(f"{count} failed: what was made before stands")
    if failures:
        raise Failed(failures[0])


async def worked_off(
    database: Database, settings: Settings, jobs: Sequence[GlRefresh]
) -> list[Ended]:
    """Refreshes once they have ended, each with its segment if it made one."""
    with progress_bar() as bar:
        task = bar.add_task("Refreshing", total=None)

        def progress(found: Sequence[GlRefresh]) -> None:
            total = sum(job.rows_total for job in found)
            if total:
                bar.update(
                    task, total=total, completed=sum(job.rows_done for job in found)
                )

        found = await work_off(database, settings, jobs, progress)
    async with database.reads() as session:
        return [(job, await session.get(GlSegment, tuple(job.job_id))) for job in found]


def _name(job: GlRefresh) -> str:
    return PinnedSettings.read(job.settings).name


def _made(job: GlRefresh, segment: GlSegment) -> str:
    lines = counted(segment.lines, "line")
    if segment.again_of is not None:
        return (
            f"{_name(job)}: refresh {segment.again_of} made again as refresh"
            f" {segment.number}, with the same {lines} (SHA-256"
            f" {segment.content_sha256.hex()})."
        )
    return (
        f"{_name(job)}: {lines} in {segment.reporting_currency}, current as of"
        f" {segment.data_time:%Y-%m-%d %H:%M} UTC (refresh {segment.number})."
    )


def _words(job: GlRefresh) -> str:
    """Why a refresh made nothing."""
    ending = job.failure_message
    if job.status == JobStatus.CANCELLED:
        ending = "it was cancelled"
    return f"{_name(job)}: refresh {job.number} failed: {ending}"
