"""A job's process as its parent sees it: progress, result and exit status.

`daybook.jobs.process` is the other side.
"""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import URL

from daybook.db.live import Progress
from daybook.jobs.leasing import FinishedFile, Lease
from daybook.storage.rules import Storage
from daybook.temporary import remove_folders_of

REPORT_BYTES_MAX = 2**26
"""The longest line of a report: that of a finished file may tell of many parts."""


@dataclass(slots=True)
class Child:
    """What a process has reported so far; `made` or `failed` is its last report.

    Both are None if it ended without a result. `exit_status` is set once it has ended,
    and negative for a signal.
    """

    progress: Progress = field(default_factory=Progress)
    made: FinishedFile | None = None
    failed: tuple[str, str] | None = None
    exit_status: int | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def receive(self, report: dict[str, Any]) -> None:
        """Update the state from a report of the process."""
        match report:
            case {"total": total}:
                self.progress = Progress(total, self.progress.done)
            case {"done": done}:
                self.progress = Progress(self.progress.total, done)
            case {"made": made}:
                digest = bytes.fromhex(made["sha256"])
                self.made = FinishedFile(made["size"], made["rows"], digest, made)
            case {"failed": {"code": code, "message": message}}:
                self.failed = (code, message)


def command_of(module: str) -> tuple[str, ...]:
    """The command that runs a module as a process."""
    # -P: a module in the server's working folder is never imported.
    return (sys.executable, "-P", "-m", module)


@asynccontextmanager
async def working(url: URL, lease: Lease, storage: Storage) -> AsyncIterator[Child]:
    """Run a process that makes a job's file aside; it has ended when the block ends."""
    order = {
        "database_url": url.render_as_string(hide_password=False),
        "job_id": lease.job_id,
        "storage": storage.address,
        "key": lease.key,
        "writer": lease.worker,
    }
    # A session of its own: Ctrl+C is for the server, which then ends the work.
    # Other open files, such as the listening socket, are not inherited.
    process = await asyncio.create_subprocess_exec(
        *command_of(lease.kind.module),
        stdin=PIPE,
        stdout=PIPE,
        start_new_session=True,
        limit=REPORT_BYTES_MAX,
    )
    state = Child()
    reading = asyncio.create_task(_listen(process, order, state))
    try:
        yield state
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                # `process.kill` reaps one that has just ended, and its status is lost.
                os.kill(process.pid, signal.SIGKILL)
        state.exit_status = await _ended(process, reading)
        await asyncio.to_thread(remove_folders_of, lease.worker)


async def _listen(process: Process, order: dict[str, Any], state: Child) -> None:
    """Send the order, then receive reports until the process ends."""
    assert process.stdin is not None, "it is a pipe"
    assert process.stdout is not None, "it is a pipe"
    try:
        process.stdin.write(f"{json.dumps(order)}\n".encode())
        with suppress(ConnectionError):
            await process.stdin.drain()
        async for line in process.stdout:
            # The last line of a killed process may be incomplete.
            with suppress(json.JSONDecodeError):
                state.receive(json.loads(line))
    finally:
        state.ended.set()


async def _ended(process: Process, reading: asyncio.Task[None]) -> int:
    """Wait for the process and its pipes to end; return the exit status."""
    assert process.stdin is not None, "it is a pipe"
    process.stdin.close()
    await reading
    status = await process.wait()
    with suppress(ConnectionError):
        await process.stdin.wait_closed()
    return status
