"""`daybook export`: journals straight to a file."""

import gc
import os
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Annotated, BinaryIO, NamedTuple

import typer
from rich.progress import Progress, TaskID

from daybook.calendar import parse_day
from daybook.cli import selecting
from daybook.cli.running import (
    Failed,
    err,
    load_settings,
    progress_bar,
    with_database,
)
from daybook.db.engine import Database
from daybook.errors import Rejected
from daybook.exports.expected import expected_totals
from daybook.exports.formats import DEFAULT, FORMAT_NAMES, Format, parse_format
from daybook.exports.names import file_name
from daybook.exports.rendering import render_file
from daybook.exports.rules import Granularity, Totals
from daybook.ledger.filters import AuditHead
from daybook.reports.journals.selection import Purpose

GC_THRESHOLD = 50_000


class _Written(NamedTuple):
    """A file, its bytes, and the audit trail's last record when it was made."""

    path: Path
    size: int
    head: AuditHead | None


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
    posted_from: selecting.From = None,
    posted_to: selecting.To = None,
    currency: selecting.Currency = None,
    customer: selecting.Customer = None,
    product: selecting.Product = None,
    invoice: selecting.Invoice = None,
    credit_note: selecting.CreditNote = None,
    billing_schedule: selecting.BillingSchedule = None,
    source: selecting.Source = None,
    its_type: selecting.Type = None,
    shifted: selecting.Shifted = False,
    exclude_fully_recognized: selecting.ExcludeFullyRecognized = False,
    as_of: selecting.AsOf = None,
    on: selecting.On = None,
    include_scheduled: selecting.IncludeScheduled = None,
    search: selecting.Search = None,
    group_by: selecting.GroupBy = None,
) -> None:
    """Write what is posted as CSV, for a spreadsheet or a general ledger.

    The file appears under its name only when it is whole. One that you name is
    overwritten if it is there; one that is named by what it holds is not.

    Standard error tells the audit head: the last audit record that it was made from.

    Example: `daybook export --from 2026-01-01 --to 2026-01-31 -o january.csv`

    Example: `daybook export --from 2026-10-01 --include-scheduled -o exports/`

    Example: `daybook export --granularity monthly --currency GBP -o - | head`

    Example: `daybook export --as-of 2026-01-31 --group-by customer -o january.csv`
    """
    settings = load_settings()
    file_format = _format(format_name)
    # Rows come and go by the thousand, and no cycles among them: at its usual pace the
    # collector would take a tenth of the time, looking for some.
    gc.set_threshold(GC_THRESHOLD)
    given: selecting.Given = {
        "from": posted_from,
        "to": posted_to,
        "customer": customer,
        "product": product,
        "invoice": invoice,
        "credit_note": credit_note,
        "billing_schedule": billing_schedule,
        "source": source,
        "type": its_type,
        "shifted": shifted,
        "exclude_fully_recognized": exclude_fully_recognized,
        "as_of": as_of,
        "on": on,
        "include_scheduled": include_scheduled,
        "search": search,
    }
    by = selecting.groupings(group_by)
    is_folder = _is_folder(output)

    async def work(database: Database) -> _Written:
        async with database.reads() as session:
            pin, wanted = await selecting.select(
                session, settings, currency, given, Purpose.EXPORT
            )
        path = Path(output)
        if is_folder:
            known_on = None if as_of is None else parse_day(as_of)
            path /= file_name(
                *(pin.currency, wanted, granularity),
                by=by,
                as_of=known_on,
                file_format=file_format,
            )
            if path.exists():
                message = f"{path} is there already: remove it, or name a file with -o"
                raise Failed(f"{message} FILE")
        with progress_bar() as bar:
            # Counting takes its time, and where no bar is shown nobody would know.
            progress = None
            if not bar.disable:
                selected = (database, pin, wanted, granularity, by)
                task = bar.add_task("Exporting", total=None)
                bar.update(task, total=(await expected_totals(*selected)).rows)
                progress = partial(_advance, bar, task)
            pieces = render_file(
                *(database, pin, wanted, granularity),
                by=by,
                file_format=file_format,
                progress=progress,
            )
            if output == "-":
                size = await _write(pieces, sys.stdout.buffer)
            else:
                size = await _write_aside(pieces, path)
        return _Written(path, size, pin.audit_head)

    written = with_database(settings, work)
    if output != "-":
        err.print(f"{written.path}: {written.size:,} bytes", markup=False)
    if written.head is not None:
        number, its_hash = written.head
        err.print(f"audit head: record {number}, {its_hash.hex()}")


def _is_folder(output: str) -> bool:
    """Whether the file gets a name of its own; raises Failed for no such folder."""
    is_there = output != "-" and Path(output).is_dir()
    if output.endswith(os.sep) and not is_there:
        raise Failed(f"there is no folder {output}: make it, or name a file")
    return is_there


def _advance(bar: Progress, task: TaskID, rendered: Totals) -> None:
    bar.update(task, advance=rendered.rows)


def _format(text: str) -> Format:
    """A format by its name; raises Failed for one that there isn't."""
    try:
        return parse_format(text)
    except Rejected as rejected:
        (problem,) = rejected.problems
        raise Failed(f"--format {problem.message}") from None


async def _write(pieces: AsyncIterator[bytes], stream: BinaryIO) -> int:
    size = 0
    async for piece in pieces:
        stream.write(piece)
        size += len(piece)
    stream.flush()
    return size


async def _write_aside(pieces: AsyncIterator[bytes], path: Path) -> int:
    """Write beside the file and rename: nobody ever sees half of it.

    What is no file, such as a pipe or `/dev/null`, is written to and stays what it is.
    """
    file = _file_of(path)
    aside = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        if _is_device(path):
            with path.open("wb") as stream:
                return await _write(pieces, stream)
        with aside.open("wb") as stream:
            size = await _write(pieces, stream)
        aside.replace(file)
    except OSError as error:
        message = f"{path} can't be written: {error.strerror or error}"
        raise Failed(message, status=1) from None
    finally:
        with suppress(OSError):  # it was never made
            aside.unlink()
    return size


def _file_of(path: Path) -> Path:
    """The file itself, where a path is a link to it: that stays one."""
    return Path(os.path.realpath(path))


def _is_device(path: Path) -> bool:
    return path.exists() and not path.is_file()
