"""Makes the files of `daybook export`, each with its manifest and its record."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import BinaryIO, NamedTuple

from daybook.cli.export_choice import Chosen
from daybook.cli.export_end import Ended, write_manifest
from daybook.cli.export_findings import text_of
from daybook.cli.export_form import is_folder, made_folder
from daybook.cli.export_places import Place, place_of, wants_archive
from daybook.cli.ledgers_shown import holds_one_ledger
from daybook.cli.posted_notice import tell_of_posted
from daybook.cli.running import MADE_BY, Failed, complain, err, progress_bar
from daybook.cli.whole_files import write_whole
from daybook.clock import ClockRefused, now
from daybook.db.engine import Database
from daybook.db.failures import OUTAGES, outage_of
from daybook.errors import Rejected
from daybook.exports.manifests.manifest import WholeFile, manifest_text
from daybook.exports.manifests.origins import made_of
from daybook.exports.parts.crew import Crew
from daybook.exports.parts.joining import Joined, MemberLost
from daybook.exports.parts.orders import FileOrder
from daybook.exports.preflight.queries import Unloadable
from daybook.exports.reading.expected import expected_totals
from daybook.exports.records import MadeFile, record_file
from daybook.exports.rules import Totals
from daybook.exports.writing.archives import Named
from daybook.exports.writing.files import write_file
from daybook.exports.writing.planning import FilePlan, plan_file
from daybook.exports.writing.tallies import Tally
from daybook.settings import Settings

RECORD_WAITS_SECONDS = 5.0
"""How long a written file's record waits for other programs that write."""


class PlannedFile(NamedTuple):
    """A file that is about to be made: what it holds, in how many parts, and where."""

    chosen: Chosen
    plan: FilePlan
    place: Place


class PlannedFiles(NamedTuple):
    """The files that can be made, and why those of other ledgers can't."""

    files: list[PlannedFile]
    refused: list[str]


async def plan_files(
    database: Database, every: Sequence[Chosen], output: str
) -> PlannedFiles:
    """Find a place for the file of each ledger.

    Raises Failed if none can be made: where one file would have to hold several
    ledgers, or no target would take its file under a name that is free.
    """
    if len(every) > 1 and not is_folder(output):
        currencies = [chosen.spec.pin.currency for chosen in every]
        raise holds_one_ledger(output, "an export", currencies)
    planned, failures = list[PlannedFile](), dict[str, Failed]()
    for chosen in every:
        try:
            planned.append(await _planned(database, chosen, output))
        except Failed as failed:
            failures[chosen.spec.pin.currency] = failed
    if len(every) == 1 and failures:
        raise next(iter(failures.values()))
    refused = [
        f"no file of the {currency} ledger: {failed}"
        for currency, failed in failures.items()
    ]
    if refused and not planned:
        raise Failed("; ".join(refused))
    if is_folder(output):
        made_folder(output)
    return PlannedFiles(planned, refused)


async def _planned(database: Database, chosen: Chosen, output: str) -> PlannedFile:
    """The file of a ledger; raises Failed if it can't be made."""
    spec = chosen.spec
    wanted = wants_archive(output, spec)
    try:
        plan = await plan_file(database, spec, is_archive=wanted)
    except Unloadable as unloadable:
        raise Failed("; ".join(map(text_of, unloadable.findings))) from None
    except Rejected as rejected:
        words = [problem.message for problem in rejected.problems]
        raise Failed("; ".join(words)) from None
    return PlannedFile(chosen, plan, place_of(output, spec, plan, chosen.as_of))


async def make_file(
    database: Database, settings: Settings, planned: PlannedFile, crew: Crew
) -> Ended:
    """Make the file, its manifest and its record; the crew may help."""
    (spec, filters, _), plan, place = planned
    await tell_of_posted(database, spec)
    for note in plan.notes:
        err.print(f"note: {note.text}", markup=False)
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
            written = await write_whole(write, place.path, is_new=place.is_new)
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
