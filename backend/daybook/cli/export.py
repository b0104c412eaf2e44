"""`daybook export`: journals straight to a file."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, BinaryIO, NamedTuple

import typer

from daybook.cli import filter_options
from daybook.cli.running import (
    MADE_BY,
    Failed,
    complain,
    err,
    load_settings,
    progress_bar,
    with_database,
)
from daybook.clock import ClockRefused, now
from daybook.db.engine import Database
from daybook.db.failures import OUTAGES, outage_of
from daybook.errors import Rejected
from daybook.exports.expected import expected_totals
from daybook.exports.formats import DEFAULT, FORMAT_NAMES, Format, parse_format
from daybook.exports.names import file_name
from daybook.exports.records import MadeFile, record_file
from daybook.exports.rendering import collect_seldom, render_file
from daybook.exports.rules import NOTHING, Granularity, Totals
from daybook.ledger.pins import AuditHead, Pin
from daybook.reports.journals.filters import JournalFilter, Purpose
from daybook.reports.journals.selection import selection_text
from daybook.storage.sink import Sink

RECORD_WAITS_SECONDS = 5.0
"""How long a file that is there waits for others who write, to have its record."""


class _Written(NamedTuple):
    """A file, its bytes, its record, and the audit trail's last one when it was made.

    Without a record, `why` says why there is none.
    """

    path: Path
    size: int
    head: AuditHead | None
    record: int | None
    why: str


@dataclass(slots=True)
class _Counting:
    """What comes of the rendering: lines, totals, bytes and their hash."""

    totals: Totals = NOTHING
    size: int = 0
    sha256: bytes = b""

    def add(self, rendered: Totals) -> None:
        """Count a slice that was rendered."""
        self.totals += rendered

    async def write(self, pieces: AsyncIterator[bytes], stream: BinaryIO) -> None:
        """Write all pieces."""
        with closing(Sink(stream)) as sink:
            async for piece in pieces:
                sink.write(piece)
            self.size, self.sha256 = sink.size, sink.finish()


@filter_options.filtered
def export(
    output: Annotated[
        str,
        typer.Option(
            "-o",
            "--output",
            help="The file; a folder, for a file named by what it holds; - for"
            " standard output.",
        ),
    ],
    format_name: Annotated[
        str, typer.Option("--format", help=f"One of {FORMAT_NAMES}.")
    ] = DEFAULT.name,
    granularity: Annotated[
        Granularity, typer.Option(help="A line a day, or a line a month.")
    ] = Granularity.DAILY,
    currency: filter_options.Currency = None,
    *,
    given: filter_options.Given,
    group_by: filter_options.GroupBy = None,
) -> None:
    """Write what is posted as CSV, for a spreadsheet or a general ledger.

    The file appears under its name only when it is whole. One that you name is
    overwritten if it is there; one that is named by what it holds is not.

    The ledger keeps a record of it, with its SHA-256 (`daybook exports`); where nothing
    can be recorded now, the file is made, and standard error says so. It also tells the
    audit head: the last audit record that the file was made from.

    Example: `daybook export --from 2026-01-01 --to 2026-01-31 -o january.csv`

    Example: `daybook export --from 2026-10-01 --include-scheduled -o exports/`

    Example: `daybook export --granularity monthly --currency GBP -o - | head`

    Example: `daybook export --as-of 2026-01-31 --group-by customer -o january.csv`
    """
    settings = load_settings()
    file_format = _format(format_name)
    collect_seldom()
    by = filter_options.groupings(group_by)
    is_folder = _is_folder(output)

    async def work(database: Database) -> _Written:
        async with database.reads() as session:
            pin, wanted, selection = await filter_options.select(
                session, settings, currency, given, Purpose.EXPORT
            )
        name = file_name(
            *(pin.currency, wanted, granularity),
            by=by,
            as_of=selection.as_of,
            file_format=file_format,
        )
        path = Path(output)
        if is_folder:
            path /= name
            if path.exists():
                raise _taken(path)
        counting = _Counting()
        with progress_bar() as bar:
            # Counting takes its time, and where no bar is shown nobody would know.
            task = bar.add_task("Exporting", total=None)
            if not bar.disable:
                selected = (database, pin, wanted, granularity, by)
                bar.update(task, total=(await expected_totals(*selected)).rows)

            def progress(rendered: Totals) -> None:
                counting.add(rendered)
                bar.update(task, advance=rendered.rows)

            pieces = render_file(
                *(database, pin, wanted, granularity),
                by=by,
                file_format=file_format,
                progress=progress,
            )
            if output == "-":
                await counting.write(pieces, sys.stdout.buffer)
            else:
                name = path.name
                await _write_aside(counting, pieces, path, is_new=is_folder)
        file = MadeFile(
            *(_shown(name), counting.size, counting.sha256, counting.totals),
            *(granularity, by, file_format, selection_text(selection)),
        )
        record, why = await _recorded(database, pin, wanted, file, now(settings))
        return _Written(path, counting.size, pin.audit_head, record, why)

    written = with_database(settings, work)
    if output != "-":
        err.print(f"{written.path}: {written.size:,} bytes", markup=False)
    if written.record is None:
        complain(f"the ledger has no record of this file: {written.why}")
    else:
        err.print(f"export record: {written.record}")
    if written.head is not None:
        number, its_hash = written.head
        err.print(f"audit head: record {number}, {its_hash.hex()}")


async def _recorded(
    database: Database, pin: Pin, wanted: JournalFilter, file: MadeFile, at: datetime
) -> tuple[int | None, str]:
    """The number of a file's record, or why there is none: the file stays."""
    try:
        number = await record_file(
            *(database, pin, wanted, file),
            now=at,
            made_by=MADE_BY,
            waits_seconds=RECORD_WAITS_SECONDS,
        )
    except asyncio.CancelledError:
        complain("the file is there, and the ledger has no record of it")
        raise
    except TimeoutError:
        return None, "another program writes into the database, such as an import"
    except ClockRefused as refused:
        return None, str(refused)
    except OUTAGES as failed:
        outage = outage_of(failed)
        if outage is None:
            raise
        return None, outage.words
    return number, ""


def _is_folder(output: str) -> bool:
    """Whether the file gets a name of its own; raises Failed for no such folder."""
    is_there = output != "-" and Path(output).is_dir()
    if output.endswith(os.sep) and not is_there:
        raise Failed(f"there is no folder {output}: make it, or name a file")
    return is_there


def _format(text: str) -> Format:
    """A format by its name; raises Failed for one that there isn't."""
    try:
        return parse_format(text)
    except Rejected as rejected:
        (problem,) = rejected.problems
        raise Failed(f"--format {problem.message}") from None


async def _write_aside(
    counting: _Counting, pieces: AsyncIterator[bytes], path: Path, *, is_new: bool
) -> None:
    """Write beside the file and rename: nobody ever sees half of it.

    One that `is_new` replaces no other; raises Failed where there is one by then. What
    is no file, such as a pipe or `/dev/null`, is written to and stays what it is.
    """
    file = _file_of(path)
    aside = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        if _is_device(path):
            with path.open("wb") as stream:
                return await counting.write(pieces, stream)
        with aside.open("wb") as stream:
            await counting.write(pieces, stream)
        if is_new:
            _link(aside, file)
        else:
            aside.replace(file)
    except FileExistsError:
        raise _taken(path) from None
    except OSError as error:
        message = f"{path} can't be written: {error.strerror or error}"
        raise Failed(message, status=1) from None
    finally:
        with suppress(OSError):  # it was never made
            aside.unlink()


def _link(aside: Path, file: Path) -> None:
    """Give a file its name, which no other may have."""
    try:
        file.hardlink_to(aside)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if file.exists():
            raise FileExistsError from None
        aside.replace(file)


def _taken(path: Path) -> Failed:
    message = f"{path} is there already: remove it, or name a file with -o FILE"
    return Failed(message)


def _shown(name: str) -> str:
    """A file's name as it can be recorded and printed, whatever bytes it has."""
    text = os.fsencode(name).decode(errors="replace")
    return "".join(
        sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text
    )


def _file_of(path: Path) -> Path:
    """The file itself, where a path is a link to it: that stays one."""
    return Path(os.path.realpath(path))


def _is_device(path: Path) -> bool:
    return path.exists() and not path.is_file()
