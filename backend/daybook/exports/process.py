"""`python -m daybook.exports.process`: renders one job's file, in a process of its own.

It is told on standard input what to render, says on standard output how far it is, a
line of JSON each, and ends at once when its input does: with who started it.
"""

import asyncio
import gc
import hashlib
import json
import os
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import make_url

from daybook.db.engine import Database
from daybook.exports.expected import expected_totals
from daybook.exports.formats import format_of
from daybook.exports.models import ExportJob
from daybook.exports.queries import get_job
from daybook.exports.rendering import render_file
from daybook.exports.rules import NOTHING, Totals
from daybook.exports.stored_selection import filter_of, groupings_of, pin_of
from daybook.jobs.rules import FailureCode
from daybook.reports.journals.group_keys import Granularity

GC_THRESHOLD = 50_000
"""As `daybook export`: rows come by the thousand, and no cycles among them."""
NICENESS = 5
"""Pages come first."""
TELL_SECONDS = 0.25


class Unusable(Exception):
    """No file came of it; `code` is a `FailureCode`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(slots=True)
class _Teller:
    """Says on standard output how far the rendering is, and not too often."""

    done: Totals = NOTHING
    told_at: float = 0.0

    def progress(self, rendered: Totals) -> None:
        """Count what was rendered."""
        self.done += rendered
        if time.monotonic() - self.told_at >= TELL_SECONDS:
            self.told_at = time.monotonic()
            tell(done=self.done.rows)


@dataclass(slots=True)
class _Part:
    """A file that is being written, with its size and hash."""

    stream: BinaryIO
    size: int = 0
    hash: Any = field(default_factory=hashlib.sha256)

    def write(self, piece: bytes) -> None:
        """Append; raises Unusable where the storage won't take it."""
        try:
            self.stream.write(piece)
        except OSError as error:
            raise _not_stored(error) from None
        self.hash.update(piece)
        self.size += len(piece)


def main() -> None:
    """Render what standard input says; ends with 0 if there is something to tell."""
    order = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_the_input, daemon=True).start()
    os.nice(NICENESS)
    gc.set_threshold(GC_THRESHOLD)
    try:
        asyncio.run(_work(order))
    except Unusable as unusable:
        tell(failed={"code": unusable.code, "message": str(unusable)})


def tell(**told: object) -> None:
    """A line of JSON to who started this process."""
    sys.stdout.write(f"{json.dumps(told)}\n")
    sys.stdout.flush()


def _end_with_the_input() -> None:
    # Without the stream's own lock, which the end of the interpreter wants to have.
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(1)


async def _work(order: dict[str, Any]) -> None:
    database = Database(make_url(order["database_url"]))
    try:
        async with database.runtime.reads() as session:
            job = await get_job(session, order["organisation_id"], order["number"])
        assert job is not None, "a job that was taken is there"
        await _render(database, job, Path(order["part"]))
    finally:
        await database.close()


async def _render(database: Database, job: ExportJob, path: Path) -> None:
    pin, wanted = pin_of(job), filter_of(job.selection)
    granularity = Granularity(job.granularity)
    by = groupings_of(job.group_by)
    expected = await expected_totals(database, pin, wanted, granularity, by)
    tell(total=expected.rows)
    teller = _Teller()
    try:
        stream = path.open("wb")
    except OSError as error:
        raise _not_stored(error) from None
    with stream:
        part = _Part(stream)
        pieces = render_file(
            *(database, pin, wanted, granularity),
            by=by,
            file_format=format_of(job.format),
            progress=teller.progress,
        )
        async for piece in pieces:
            part.write(piece)
        try:
            stream.flush()
            os.fsync(stream.fileno())
        except OSError as error:
            raise _not_stored(error) from None
    _check(expected, teller.done)
    tell(
        made={
            "size": part.size,
            "rows": teller.done.rows,
            "sha256": part.hash.hexdigest(),
            "debit_total": teller.done.debits,
            "credit_total": teller.done.credits,
        }
    )


def _check(expected: Totals, rendered: Totals) -> None:
    """The file is what the ledger says, or nobody gets it."""
    if rendered != expected:
        raise Unusable(
            FailureCode.TOTALS_DIFFER,
            f"{_words(rendered)} were rendered, the ledger has {_words(expected)}"
            " (debits and credits in minor units)",
        )


def _words(totals: Totals) -> str:
    return f"{totals.rows:,} rows of {totals.debits:,} and {totals.credits:,}"


def _not_stored(error: OSError) -> Unusable:
    message = f"the file could not be written: {error.strerror or error}"
    return Unusable(FailureCode.STORAGE_FAILED, message)


if __name__ == "__main__":
    main()
