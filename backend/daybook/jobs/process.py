"""A job's process from the inside: its order, its file and its reports.

It reads its order from standard input and reports its progress on standard output, as
lines of JSON. It ends at once when its input ends, and so with its parent.
"""

import asyncio
import json
import os
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Self

from sqlalchemy import URL, make_url

from daybook.db.failures import OUTAGES, log_failure
from daybook.jobs.kinds import Sharing
from daybook.jobs.rules import FailureCode, JobId
from daybook.storage.part_writer import PartWriter
from daybook.storage.places import storage_at
from daybook.storage.rules import Storage, StorageKey, Unwritten, is_full, why_unwritten
from daybook.temporary import name_after, remove_folders_of

NICENESS = 5
"""Lets pages come first."""


@dataclass(frozen=True, slots=True)
class Order:
    """The job to work on, and where to write its file."""

    url: URL
    job_id: JobId
    storage: Storage
    key: StorageKey
    writer: str
    sharing: Sharing | None = None
    inputs: Storage | None = None
    """Another storage that it reads from, if its kind has one."""

    @classmethod
    def of(cls, order: dict[str, Any]) -> "Order":
        """Read the order that the parent process wrote."""
        return cls(
            make_url(order["database_url"]),
            JobId(*order["job_id"]),
            storage_at(order["storage"]),
            tuple(order["key"]),
            order["writer"],
            Sharing(*order["sharing"]) if order["sharing"] else None,
            storage_at(order["inputs"]) if order["inputs"] else None,
        )


class Unusable(Exception):
    """The job can't make a file; `code` is a `FailureCode`, or one of its kind."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class PartFile:
    """The file that is being written; raises Unusable if the storage fails."""

    def __init__(self, order: Order) -> None:
        with storing():
            self._file = PartWriter(order.storage, order.key, order.writer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()

    def write(self, piece: bytes) -> None:
        """Add some bytes at the end."""
        with storing():
            self._file.write(piece)

    def finish(self) -> dict[str, Any]:
        """Wait until the file is stored; return its size and hash for the report."""
        with storing():
            digest = self._file.finish()
        return measures(self._file.size, digest)

    async def fill(
        self, write: Callable[[BinaryIO], Awaitable[tuple[int, bytes]]]
    ) -> dict[str, Any]:
        """Have all of the file written by `write`, instead of `write` and `finish`.

        It returns the size and the hash, and raises Unwritten if the storage fails.
        """
        try:
            size, digest = await write(self._file.stream)
        except Unwritten as error:
            raise _not_stored(error) from None
        with storing():
            self._file.store()
        return measures(size, digest)


def measures(size: int, digest: bytes) -> dict[str, Any]:
    """A stored file's size and hash for the report."""
    return {"size": size, "sha256": digest.hex()}


def run_job(work: Callable[[Order], Awaitable[None]]) -> None:
    """Work on the job of the order on standard input; an Unusable is reported, too."""
    line = sys.stdin.buffer.readline()
    if not line:
        sys.exit(1)  # our parent ended before it had sent the order
    order = Order.of(json.loads(line))
    name_after(order.writer)
    ending = partial(_end_with_the_input, order.writer)
    threading.Thread(target=ending, daemon=True).start()
    give_way(NICENESS)

    async def run() -> None:
        await work(order)

    try:
        asyncio.run(run())
    except Unusable as unusable:
        _report_failed(unusable)
    except OUTAGES as failed:
        if isinstance(failed, OSError) and is_full(failed):
            # Temporary files have no room, and would have none at the next attempt.
            _report_failed(_not_stored(failed))
            return
        log_failure(failed, f"job {order.job_id.number} could not be worked on")
        sys.exit(1)


def give_way(niceness: int) -> None:
    """Let processes with less niceness come first, from now on."""
    os.nice(niceness)
    # Linux may weigh sessions before it weighs processes (`sched(7)`, autogroup). A
    # process that was started by hand is in its terminal's session.
    if os.getsid(0) == os.getpid():
        with suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(niceness))


def report(**report: object) -> None:
    """Report to the parent process in a line of JSON.

    A job's process reports `total` and `done` rows, `parts` for helpers, and `made`.
    """
    try:
        sys.stdout.write(f"{json.dumps(report)}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # Our parent has ended. So our input has, too, and what reads it ends us.
        threading.Event().wait()


def _report_failed(unusable: Unusable) -> None:
    report(failed={"code": unusable.code, "message": str(unusable)})


def _end_with_the_input(writer: str) -> None:
    # `os.read` doesn't hold the stream's lock, which the interpreter needs to exit.
    while os.read(sys.stdin.fileno(), 1):
        pass
    remove_folders_of(writer)
    os._exit(1)


@contextmanager
def storing() -> Iterator[None]:
    """Raise Unusable if the storage fails."""
    try:
        yield
    except OSError as error:
        raise _not_stored(error) from None


def _not_stored(error: OSError) -> Unusable:
    return Unusable(FailureCode.STORAGE_FAILED, why_unwritten(error))
