"""The process that works at one job, for itself: what it is told, and what it tells.

It is told on standard input what to make, says on standard output how far it is, a line
of JSON each, and ends at once when its input does: with who started it.
"""

import asyncio
import json
import os
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy import URL, make_url

from daybook.jobs.rules import FailureCode, JobId
from daybook.storage.places import storage_at
from daybook.storage.rules import Storage, StorageKey
from daybook.storage.writing import Writing

NICENESS = 5
"""Pages come first."""


@dataclass(frozen=True, slots=True)
class Order:
    """Which job to work at, and where its file is written."""

    url: URL
    job_id: JobId
    storage: Storage
    key: StorageKey
    writer: str

    @classmethod
    def of(cls, told: dict[str, Any]) -> "Order":
        """What who started this process wrote."""
        return cls(
            make_url(told["database_url"]),
            JobId(*told["job_id"]),
            storage_at(told["storage"]),
            tuple(told["key"]),
            told["writer"],
        )


class Unusable(Exception):
    """No file came of it; `code` is a `FailureCode`, or one of the kind's own."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Part:
    """The file that is being written; raises Unusable where the storage won't take it.

    `finish` gives what to tell of it.
    """

    def __init__(self, order: Order) -> None:
        with _stored():
            self._file = Writing(order.storage, order.key, order.writer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()

    def write(self, piece: bytes) -> None:
        """Add some bytes at the end."""
        with _stored():
            self._file.write(piece)

    def finish(self) -> dict[str, Any]:
        """Wait until it is stored; gives its size and hash."""
        with _stored():
            digest = self._file.finish()
        return {"size": self._file.size, "sha256": digest.hex()}


def work_at_one(work: Callable[[Order], Awaitable[None]]) -> None:
    """Work at what standard input says; ends with 0 if there is something to tell."""
    order = Order.of(json.loads(sys.stdin.buffer.readline()))
    threading.Thread(target=_end_with_the_input, daemon=True).start()
    os.nice(NICENESS)

    async def run() -> None:
        await work(order)

    try:
        asyncio.run(run())
    except Unusable as unusable:
        tell(failed={"code": unusable.code, "message": str(unusable)})


def tell(**told: object) -> None:
    """A line of JSON to who started this process: `total`, `done` rows, `made`."""
    sys.stdout.write(f"{json.dumps(told)}\n")
    sys.stdout.flush()


def _end_with_the_input() -> None:
    # Without the stream's own lock, which the end of the interpreter wants to have.
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(1)


@contextmanager
def _stored() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"the file could not be written: {error.strerror or error}"
        raise Unusable(FailureCode.STORAGE_FAILED, message) from None
