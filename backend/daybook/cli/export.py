"""`daybook export`: journals straight to a file."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from daybook.cli import export_options, filter_options
from daybook.cli.export_check import show_preflight
from daybook.cli.export_choice import FileChoice
from daybook.cli.export_end import Ended, print_ended, write_manifest
from daybook.cli.export_form import form_of, is_folder
from daybook.cli.export_places import (
    exists_already,
    file_of,
    is_device,
    place_of,
    plain_name,
    wants_archive,
)
from daybook.cli.export_verify import verify_export
from daybook.cli.posted_notice import tell_of_posted
from daybook.cli.running import (
    MADE_BY,
    Failed,
    complain,
    load_settings,
    progress_bar,
    with_database,
)
from daybook.clock import ClockRefused, now
from daybook.db.engine import Database
from daybook.db.failures import OUTAGES, outage_of
from daybook.exports.archives import Named
from daybook.exports.compression import COMPRESSION_NAMES
from daybook.exports.expected import expected_totals
from daybook.exports.file_spec import FileSpec
from daybook.exports.formats import DEFAULT, FORMAT_NAMES, SYSTEM_NAMES
from daybook.exports.making import render_planned
from daybook.exports.manifest import WholeFile, manifest_text
from daybook.exports.origins import made_of
from daybook.exports.planning import plan_file
from daybook.exports.records import MadeFile, record_file
from daybook.exports.rules import Granularity, Totals
from daybook.exports.streaming import collect_seldom
from daybook.exports.tallies import Tally, TotalsDiffer
from daybook.reports.journals.filters import Selection
from daybook.reports.journals.selection import selection_text
from daybook.settings import Settings
from daybook.storage.sink import Sink

RECORD_WAITS_SECONDS = 5.0
"""How long a written file's record waits for other programs that write."""


@dataclass(slots=True)
class _Counting:
    """Counts the bytes that are written, and keeps their hash."""

    size: int = 0
    sha256: bytes = b""

    async def write(self, pieces: AsyncIterator[bytes], stream: BinaryIO) -> None:
        """Write all pieces, and keep their size and hash."""
        with closing(Sink(stream)) as sink:
            async for piece in pieces:
                sink.write(piece)
            self.size, self.sha256 = sink.size, sink.finish()


@filter_options.filtered
@export_options.optioned
def export(
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            help="A file; a folder, for a file named after its contents; or - for"
            " standard output. A name that ends with .zip is for an archive.",
            show_default=False,
        ),
    ] = None,
    format_name: Annotated[
        str | None,
        typer.Option(
            "--format",
            help=f"One of {FORMAT_NAMES}. By default as the file's name ends"
            f" (.xlsx, .parquet, .beancount), else {DEFAULT.name}.",
        ),
    ] = None,
    compress: Annotated[
        str | None,
        typer.Option(
            help=f"{COMPRESSION_NAMES}, for formats of text. By default as the file's"
            " name ends (.gz, .zst)."
        ),
    ] = None,
    granularity: Annotated[
        Granularity | None,
        typer.Option(
            help="Lines by day or by month. By default by day, and by month for"
            f" {SYSTEM_NAMES}."
        ),
    ] = None,
    currency: filter_options.Currency = None,
    *,
    filter_values: filter_options.FilterValues,
    group_by: filter_options.GroupBy = None,
    option_values: export_options.OptionValues,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Write nothing: print the rows, files and sums, and what the target"
            " would not take. The exit status is 1 if something blocks the file.",
        ),
    ] = False,
    verify: Annotated[
        Path | None,
        typer.Option(
            help="Makes a file again from its record, and compares: nothing is"
            " written. The exit status is 1 if they differ.",
            show_default=False,
        ),
    ] = None,
    record: Annotated[
        int | None,
        typer.Option(
            help="The record to verify a file with, by its number; by default the one"
            " with its SHA-256 or its manifest.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write posted journals as a file, for a spreadsheet or a general ledger.

    The file appears under its name only when it is complete. A file that you name is
    overwritten if it exists; one that is named after its contents is not. A file that
    would pass its target's limit is split between journals, into a zip archive of
    numbered parts; on standard output it is not.

    The ledger keeps a record of the file, with its SHA-256 and manifest (`daybook
    exports`). If nothing can be recorded now, the file is still made, and standard
    error says so. Standard error also shows what to compare with the target (rows,
    files, both sums of each account, SHA-256), and the audit head: the last audit
    record that the file includes; and before, how many of the journals are in posted
    files of the same target already (`daybook exports post`). The manifest, which has
    all that as JSON, is in the archive, or beside a single file.

    Example: `daybook export --from 2026-01-01 --to 2026-01-31 -o january.csv`

    Example: `daybook export --from 2026-10-01 --include-scheduled -o exports/`

    Example: `daybook export --granularity monthly --currency GBP -o - | head`

    Example: `daybook export --from 2026-01-01 --to 2026-01-31 -o january.xlsx`

    Example: `daybook export --from 2025-01-01 --to 2025-12-31 -o 2025.csv.zst`

    Example: `daybook export --as-of 2026-01-31 --group-by customer -o january.csv`

    Example: `daybook export --format xero --from 2026-01-01 --to 2026-01-31 --check`

    Example: `daybook export --verify january.csv`
    """
    settings = load_settings()
    if verify is not None:
        return verify_export(settings, verify, record)
    options = export_options.options_of(option_values)
    collect_seldom()
    choice = FileChoice(
        settings,
        currency,
        filter_values,
        granularity,
        filter_options.groupings(group_by),
        form_of(plain_name(output or "-"), format_name, compress, options),
        options,
    )
    if check:
        return show_preflight(settings, choice)
    if output is None:
        message = (
            "-o is missing: name a file, a folder, or - for standard output; --check"
            " needs none"
        )
        raise Failed(message)
    is_folder(output)  # raises Failed before anything is read

    async def work(database: Database) -> Ended:
        chosen = await choice.chosen(database)
        return await _make(database, settings, chosen.spec, chosen.selection, output)

    try:
        print_ended(with_database(settings, work))
    except TotalsDiffer as differ:
        raise Failed(f"the file was not made: {differ}", status=1) from None
    return None


async def _make(
    database: Database,
    settings: Settings,
    spec: FileSpec,
    selection: Selection,
    output: str,
) -> Ended:
    """Make the file, its manifest and its record."""
    wanted = wants_archive(output, spec)
    plan = await plan_file(database, spec, is_archive=wanted)
    place = place_of(output, spec, plan, selection.as_of)
    await tell_of_posted(database, spec)
    counting, tally = _Counting(), Tally()
    filters = selection_text(selection)
    with progress_bar() as bar:
        # Counting takes time, which is wasted if no bar is shown.
        task = bar.add_task("Exporting", total=None)
        if not bar.disable:
            expected = plan.totals or await expected_totals(database, spec)
            bar.update(task, total=expected.rows)

        def progress(rendered: Totals) -> None:
            bar.update(task, advance=rendered.rows)

        named = Named(place.stem, filters)
        pieces = render_planned(database, spec, plan, named, tally, progress=progress)
        if place.path is None:
            await counting.write(pieces, sys.stdout.buffer)
        else:
            await _write_aside(counting, pieces, place.path, is_new=place.is_new)
    made = await made_of(database, spec, filters)
    whole = WholeFile(place.name, counting.size, counting.sha256)
    manifest = manifest_text(made, tally, None if plan.is_archive else whole)
    if not plan.is_archive:
        write_manifest(place, manifest)
    file = MadeFile(spec, *whole, tally.totals, filters, manifest)
    record, why = await _recorded(database, file, now(settings))
    return Ended(
        *(place, counting.size, counting.sha256, tally, made.facts.currency),
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


async def _write_aside(
    counting: _Counting, pieces: AsyncIterator[bytes], path: Path, *, is_new: bool
) -> None:
    """Write beside the file and rename, so that nobody ever sees half of it.

    With `is_new`, no other file is replaced; raises Failed if there is one by then. A
    device or pipe, such as `/dev/null`, is written to directly.
    """
    file = file_of(path)
    aside = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        if is_device(path):
            with path.open("wb") as stream:
                return await counting.write(pieces, stream)
        with aside.open("wb") as stream:
            await counting.write(pieces, stream)
        if is_new:
            _link(aside, file)
        else:
            aside.replace(file)
    except FileExistsError:
        raise exists_already(path) from None
    except OSError as error:
        message = f"{path} can't be written: {error.strerror or error}"
        raise Failed(message, status=1) from None
    finally:
        with suppress(OSError):  # it was never made
            aside.unlink()


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
