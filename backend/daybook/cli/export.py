"""`daybook export`: journals straight to a file."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, BinaryIO, NamedTuple

import typer

from daybook.cli import filter_options
from daybook.cli.export_form import form_of, is_folder
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
from daybook.exports.checking import check_size
from daybook.exports.compression import COMPRESSION_NAMES
from daybook.exports.expected import expected_totals
from daybook.exports.formats import DEFAULT, FORMAT_NAMES
from daybook.exports.names import file_name
from daybook.exports.parts.crew import hired
from daybook.exports.parts.joining import MemberLost
from daybook.exports.parts.orders import FileOrder
from daybook.exports.records import MadeFile, record_file
from daybook.exports.rules import NOTHING, Granularity, Totals
from daybook.exports.streaming import collect_seldom
from daybook.exports.writing import write_file
from daybook.ledger.pins import AuditHead, Pin
from daybook.reports.journals.filters import JournalFilter, Purpose
from daybook.reports.journals.selection import selection_text
from daybook.settings import PROCESSES_MAX

RECORD_WAITS_SECONDS = 5.0
"""How long a written file's record waits for other programs that write."""


class _Written(NamedTuple):
    """A written file, its export record, and the audit head that it was made from.

    If there is no record, `why` says why.
    """

    path: Path
    size: int
    head: AuditHead | None
    record: int | None
    why: str


@dataclass(slots=True)
class _Counting:
    """Counts what is rendered: rows, totals, bytes and their hash."""

    totals: Totals = NOTHING
    size: int = 0
    sha256: bytes = b""

    def add(self, rendered: Totals) -> None:
        """Add the totals of a rendered slice."""
        self.totals += rendered


@filter_options.filtered
def export(
    output: Annotated[
        str,
        typer.Option(
            "-o",
            "--output",
            help="A file; a folder, for a file named after its contents; or - for"
            " standard output.",
        ),
    ],
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
        Granularity, typer.Option(help="One line per day or one per month.")
    ] = Granularity.DAILY,
    currency: filter_options.Currency = None,
    *,
    filter_values: filter_options.FilterValues,
    group_by: filter_options.GroupBy = None,
    processes: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=PROCESSES_MAX,
            show_default=False,
            help="How many processes render a large file together; 0 for as many as"
            " there are cores for. By default DAYBOOK_EXPORT_PROCESSES. The file is the"
            " same.",
        ),
    ] = None,
) -> None:
    """Write posted journals as a file, for a spreadsheet or a general ledger.

    The file appears under its name only when it is complete. A file that you name is
    overwritten if it exists; one that is named after its contents is not.

    The ledger keeps a record of the file, with its SHA-256 (`daybook exports`). If
    nothing can be recorded now, the file is still made, and standard error says so.
    Standard error also shows the audit head: the last audit record that the file
    includes.

    Example: `daybook export --from 2026-01-01 --to 2026-01-31 -o january.csv`

    Example: `daybook export --from 2026-10-01 --include-scheduled -o exports/`

    Example: `daybook export --granularity monthly --currency GBP -o - | head`

    Example: `daybook export --from 2026-01-01 --to 2026-01-31 -o january.xlsx`

    Example: `daybook export --from 2025-01-01 --to 2025-12-31 -o 2025.csv.zst`

    Example: `daybook export --as-of 2026-01-31 --group-by customer -o january.csv`
    """
    settings = load_settings()
    file_format, compression = form_of(output, format_name, compress)
    collect_seldom()
    by = filter_options.groupings(group_by)
    is_in_folder = is_folder(output)

    async def work(database: Database) -> _Written:
        async with database.reads() as session:
            pin, journal_filter, selection = await filter_options.select(
                session, settings, currency, filter_values, Purpose.EXPORT
            )
        name = file_name(
            *(pin.currency, journal_filter, granularity),
            by=by,
            as_of=selection.as_of,
            file_format=file_format,
            compression=compression,
        )
        rendered = (database, pin, journal_filter, granularity)
        await check_size(*rendered, by=by, file_format=file_format)
        path = Path(output)
        if is_in_folder:
            path /= name
            if path.exists():
                raise _exists(path)
        counting = _Counting()
        with progress_bar() as bar:
            # Counting takes time, which is wasted if no bar is shown.
            task = bar.add_task("Exporting", total=None)
            if not bar.disable:
                expected = await expected_totals(*rendered, by)
                bar.update(task, total=expected.rows)

            def progress(rendered: Totals) -> None:
                counting.add(rendered)
                bar.update(task, advance=rendered.rows)

            order = FileOrder(*rendered, file_format, compression)

            async def write(stream: BinaryIO) -> None:
                counting.size, counting.sha256 = await write_file(
                    stream, order, progress, by=by, crew=crew
                )

            if output == "-":
                await write(sys.stdout.buffer)
            else:
                name = path.name
                await _write_aside(write, path, is_new=is_in_folder)
        file = MadeFile(
            *(_printable(name), counting.size, counting.sha256, counting.totals),
            *(granularity, by, file_format, selection_text(selection)),
            compression=compression,
        )
        record, why = await _recorded(
            database, pin, journal_filter, file, now(settings)
        )
        return _Written(path, counting.size, pin.audit_head, record, why)

    with hired(processes, settings) as crew, _crew_lost():
        written = with_database(settings, work)
    _print_written(written, is_named=output != "-")


def _print_written(written: _Written, *, is_named: bool) -> None:
    if is_named:
        err.print(f"{written.path}: {written.size:,} bytes", markup=False)
    if written.record is None:
        complain(f"the ledger has no record of this file: {written.why}")
    else:
        err.print(f"export record: {written.record}")
    if written.head is not None:
        number, head_hash = written.head
        err.print(f"audit head: record {number}, {head_hash.hex()}")


async def _recorded(
    database: Database,
    pin: Pin,
    journal_filter: JournalFilter,
    file: MadeFile,
    at: datetime,
) -> tuple[int | None, str]:
    """Record a file: the record's number, or None and the reason; the file stays."""
    try:
        number = await record_file(
            *(database, pin, journal_filter, file),
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
def _crew_lost() -> Iterator[None]:
    """Raise the loss of a process that helps as Failed."""
    try:
        yield
    except MemberLost as lost:
        raise Failed(f"{lost}: the file was not made", status=1) from None


async def _write_aside(
    write: Callable[[BinaryIO], Awaitable[None]], path: Path, *, is_new: bool
) -> None:
    """Write beside the file and rename, so that nobody ever sees half of it.

    With `is_new`, no other file is replaced; raises Failed if there is one by then. A
    device or pipe, such as `/dev/null`, is written to directly.
    """
    file = _file_of(path)
    aside = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        if _is_device(path):
            with path.open("wb") as stream:
                return await write(stream)
        # Its hash is read from the file.
        with aside.open("w+b") as stream, _removed_on_sigterm():
            await write(stream)
        if is_new:
            _link(aside, file)
        else:
            aside.replace(file)
    except FileExistsError:
        raise _exists(path) from None
    except OSError as error:
        message = f"{path} can't be written: {error.strerror or error}"
        raise Failed(message, status=1) from None
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


def _exists(path: Path) -> Failed:
    message = f"{path} exists already: remove it, or name a file with -o FILE"
    return Failed(message)


def _printable(name: str) -> str:
    """A file's name as it can be recorded and printed, whatever bytes it has."""
    text = os.fsencode(name).decode(errors="replace")
    return "".join(
        char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text
    )


def _file_of(path: Path) -> Path:
    """The file itself if the path is a link, which then stays a link."""
    return Path(os.path.realpath(path))


def _is_device(path: Path) -> bool:
    return path.exists() and not path.is_file()
