"""`daybook export`: journals straight to a file."""

import gc
import os
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated, BinaryIO, NamedTuple

import typer

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
from daybook.exports.names import file_name
from daybook.exports.rendering import render_csv
from daybook.exports.rows import count_movements
from daybook.exports.rules import ExportFormat, Granularity, parse_format
from daybook.ledger.pins import AuditHead
from daybook.reports.journals.filters import Purpose

GC_THRESHOLD = 50_000


class _Written(NamedTuple):
    """A file, its bytes, and the audit trail's last record when it was made."""

    path: Path
    size: int
    head: AuditHead | None


@selecting.filtered
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
    file_format: Annotated[
        str,
        typer.Option("--format", help=f"One of {', '.join(ExportFormat.__members__)}."),
    ] = ExportFormat.SEQUENCE.name,
    granularity: Annotated[
        Granularity, typer.Option(help="A line a day, or a line a month.")
    ] = Granularity.DAILY,
    currency: selecting.Currency = None,
    *,
    given: selecting.Given,
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
    _check_format(file_format)
    # Rows come and go by the thousand, and no cycles among them: at its usual pace the
    # collector would take a tenth of the time, looking for some.
    gc.set_threshold(GC_THRESHOLD)
    by = selecting.groupings(group_by)
    is_folder = _is_folder(output)

    async def work(database: Database) -> _Written:
        async with database.reads() as session:
            pin, wanted, as_of = await selecting.select(
                session, settings, currency, given, Purpose.EXPORT
            )
        path = Path(output)
        if is_folder:
            path /= file_name(pin.currency, wanted, granularity, by=by, as_of=as_of)
            if path.exists():
                message = f"{path} is there already: remove it, or name a file with -o"
                raise Failed(f"{message} FILE")
        with progress_bar() as bar:
            # Counting takes its time, and where no bar is shown nobody would know.
            is_counted = not bar.disable and by is None
            total = await count_movements(database, pin, wanted) if is_counted else None
            task = bar.add_task("Exporting", total=total)
            pieces = render_csv(
                database,
                pin,
                wanted,
                granularity,
                by=by,
                progress=lambda done: bar.update(task, advance=len(done)),
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


def _check_format(text: str) -> None:
    """Raise Failed for a format that there isn't; all that there are is written."""
    try:
        parse_format(text)
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
