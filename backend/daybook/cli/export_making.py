"""Makes the file of `daybook export`, with its manifest and its record."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from daybook.cli.asides import aside_of, opened_aside
from daybook.cli.export_choice import Chosen
from daybook.cli.export_end import Ended, write_manifest
from daybook.cli.export_places import (
    exists_already,
    file_of,
    is_device,
    place_of,
    wants_archive,
)
from daybook.cli.posted_notice import tell_of_posted
from daybook.cli.running import MADE_BY, Failed, complain, counted, err, progress_bar
from daybook.clock import ClockRefused, now
from daybook.db.engine import Database
from daybook.db.failures import OUTAGES, outage_of
from daybook.exports.manifests.manifest import WholeFile, manifest_text
from daybook.exports.manifests.origins import made_of
from daybook.exports.parts.crew import Crew
from daybook.exports.parts.joining import Joined, MemberLost
from daybook.exports.parts.orders import FileOrder
from daybook.exports.reading.expected import expected_totals
from daybook.exports.records import MadeFile, record_file
from daybook.exports.rules import Totals
from daybook.exports.writing.archives import Named
from daybook.exports.writing.files import write_file
from daybook.exports.writing.planning import plan_file
from daybook.exports.writing.tallies import Tally
from daybook.settings import Settings

RECORD_WAITS_SECONDS = 5.0
"""How long a written file's record waits for other programs that write."""


async def make_file(
    database: Database, settings: Settings, chosen: Chosen, output: str, crew: Crew
) -> Ended:
    """Make the file, its manifest and its record; the crew may help."""
    spec, filters = chosen.spec, chosen.filters
    wanted = wants_archive(output, spec)
    plan = await plan_file(database, spec, is_archive=wanted)
    place = place_of(output, spec, plan, chosen.as_of)
    await tell_of_posted(database, spec)
    if plan.notes:
        err.print(f"{counted(plan.notes, 'note')}: --check shows what to look at")
    tally = Tally()
    with progress_bar() as bar:
        # Counting takes time, which is wasted if no bar is shown.
        task = bar.add_task("Exporting", total=None)
        if not bar.disable:
            expected = plan.totals or await expected_totals(database, spec)
            bar.update(task, total=expected.rows)

        def progress(rendered: Totals) -> None:
            bar.update(task, advance=rendered.rows)

        async def write(stream: BinaryIO) -> Joined:
            order, named = FileOrder(database, spec), Named(place.stem, filters)
            return await write_file(
                *(stream, order, progress),
                plan=plan,
                named=named,
                tally=tally,
                crew=crew,
            )

        if place.path is None:
            written = await write(sys.stdout.buffer)
        else:
            written = await _write_aside(write, place.path, is_new=place.is_new)
    made = await made_of(database, spec, filters)
    whole = WholeFile(place.name, *written)
    manifest = manifest_text(made, tally, None if plan.is_archive else whole)
    if not plan.is_archive:
        write_manifest(place, manifest)
    file = MadeFile(spec, *whole, tally.totals, filters, manifest)
    record, why = await _recorded(database, file, now(settings))
    return Ended(
        *(place, *written, tally, made.facts),
        *(spec.pin.audit_head, record, why),
    )


async def _recorded(
    database: Database, file: MadeFile, at: datetime
) -> tuple[int | None, str]:
    """Record a file: the record's number, or None and the reason; the file stays."""
    try:
        number = await record_file(
            database,
            file,
            now=at,
            made_by=MADE_BY,
            waits_seconds=RECORD_WAITS_SECONDS,
        )
    except asyncio.CancelledError:
        complain("the file is complete, but the ledger has no record of it")
        raise
    except TimeoutError:
        return None, "another program, such as an import, is writing into the database"
    except ClockRefused as refused:
        return None, str(refused)
    except OUTAGES as failed:
        outage = outage_of(failed)
        if outage is None:
            raise
        return None, outage.words
    return number, ""


@contextmanager
def crew_lost() -> Iterator[None]:
    """Raise the loss of a process that helps as Failed."""
    try:
        yield
    except MemberLost as lost:
        raise Failed(f"{lost}: the file was not made", status=1) from None


async def _write_aside(
    write: Callable[[BinaryIO], Awaitable[Joined]], path: Path, *, is_new: bool
) -> Joined:
    """Write beside the file and rename, so that nobody ever sees half of it.

    With `is_new`, no other file is replaced; raises Failed if there is one by then. A
    device or pipe, such as `/dev/null`, is written to directly.
    """
    file = file_of(path)
    aside = aside_of(file)
    try:
        if is_device(path):
            with path.open("wb") as stream:
                return await write(stream)
        # Its hash is read from the file.
        with opened_aside(file) as stream, _removed_on_sigterm():
            written = await write(stream)
        if is_new:
            _link(aside, file)
        else:
            aside.replace(file)
    except FileExistsError:
        raise exists_already(path) from None
    except OSError as error:
        message = f"{path} can't be written: {error.strerror or error}"
        raise Failed(message, status=1) from None
    else:
        return written
    finally:
        with suppress(OSError):  # it was never made
            aside.unlink()


@contextmanager
def _removed_on_sigterm() -> Iterator[None]:
    """Let SIGTERM end what is half written as Ctrl+C does; raises Failed."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None, "it runs in a task"
    asked = asyncio.Event()

    def end() -> None:
        asked.set()
        task.cancel()

    loop.add_signal_handler(signal.SIGTERM, end)
    try:
        yield
    except asyncio.CancelledError:
        if asked.is_set():
            message = "the file was not made: SIGTERM ended it"
            raise Failed(message, 128 + signal.SIGTERM) from None
        raise
    finally:
        loop.remove_signal_handler(signal.SIGTERM)


def _link(aside: Path, file: Path) -> None:
    """Give a file its name; raises FileExistsError if another file has it."""
    try:
        file.hardlink_to(aside)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if file.exists():
            raise FileExistsError from None
        aside.replace(file)
