"""A helping process from the inside: it renders parts of jobs, one after the other.

It reads an order for each part from standard input and reports what became of it on
standard output, as lines of JSON. It ends at once when its input ends, and so with its
parent.
"""

import asyncio
import json
import os
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import URL, make_url

from daybook.db.failures import OUTAGES, outage_of
from daybook.jobs.process import Unusable, give_way, report
from daybook.jobs.rules import JobId
from daybook.storage.places import storage_at
from daybook.storage.rules import Storage

HELPING_NICENESS = 10
"""Lets the process that joins the parts come first: all helpers wait for it in the end,
and on a busy machine it would get no more time than each of them."""


@dataclass(frozen=True, slots=True)
class PartOrder:
    """A part to render, and the storage for its piece of the file."""

    url: URL
    storage: Storage
    job_id: JobId
    writer: str
    index: int
    task: Any

    @classmethod
    def of(cls, order: dict[str, Any]) -> "PartOrder":
        """Read an order that the parent process wrote."""
        return cls(
            make_url(order["database_url"]),
            storage_at(order["storage"]),
            JobId(*order["job_id"]),
            order["writer"],
            order["index"],
            order["task"],
        )


class Refused(Exception):
    """Nothing of the job can be rendered by this program."""


def help_with(work: Callable[[PartOrder], Awaitable[Any]]) -> None:
    """Work on each part that is ordered; what `work` returns is the part's result.

    An Unusable that it raises fails the job, and Refused leaves the job to others.
    """
    give_way(HELPING_NICENESS)
    asyncio.run(_help_with(work))


async def _help_with(work: Callable[[PartOrder], Awaitable[Any]]) -> None:
    orders: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def read() -> None:
        # Not `sys.stdin`, whose lock the interpreter needs to exit.
        with open(0, "rb", closefd=False) as lines:
            for line in lines:
                loop.call_soon_threadsafe(orders.put_nowait, json.loads(line))
        os._exit(1)

    threading.Thread(target=read, daemon=True).start()
    while True:
        order = PartOrder.of(await orders.get())
        try:
            report(rendered=await work(order))
        except Unusable as unusable:
            report(failed={"code": unusable.code, "message": str(unusable)})
        except Refused as refused:
            report(refused=str(refused))
        except OUTAGES as failed:
            outage = outage_of(failed)
            if outage is None:
                raise
            report(outage=[outage.kind.name, outage.reason])
