"""A job's process as its parent sees it: progress, result and exit status.

`daybook.jobs.process` is the other side.
"""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sqlalchemy import URL

from daybook.db.live import Progress
from daybook.jobs.forking import Fork, forked
from daybook.jobs.kinds import Workplace
from daybook.jobs.leasing import FinishedFile, Lease
from daybook.temporary import remove_folders_of

Process: TypeAlias = asyncio.subprocess.Process | Fork

REPORT_BYTES_MAX = 2**26
"""The longest line of a report: that of a finished file may tell of many parts."""


@dataclass(slots=True)
class Child:
    """What a process has reported so far; `made` or `failed` is its last report.

    Both are None if it ended without a result. `exit_status` is set once it has ended,
    and negative for a signal. `parts` is into how many parts the job is or will be
    cut, 0 if it isn't shared. `news` is set when the process has ended, or has cut the
    job or is about to.
    """

    progress: Progress = field(default_factory=Progress)
    parts: int = 0
    is_cut: bool = False
    made: FinishedFile | None = None
    failed: tuple[str, str] | None = None
    exit_status: int | None = None
    has_ended: bool = False
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def receive(self, report: dict[str, Any]) -> None:
        """Update the state from a report of the process."""
        match report:
            case {"total": total}:
                self.progress = Progress(total, self.progress.done)
            case {"done": done}:
                self.progress = Progress(self.progress.total, done)
            case {"parts": parts, "is_cut": is_cut}:
                self.parts, self.is_cut = parts, is_cut
                self.news.set()
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
async def working(
    url: URL, lease: Lease, place: Workplace[Any]
) -> AsyncIterator[Child]:
    """Run a process that makes a job's file aside; it has ended when the block ends."""
    order = {
        "database_url": url.render_as_string(hide_password=False),
        "job_id": lease.job_id,
        "storage": place.storage.address,
        "key": lease.key,
        "writer": lease.worker,
        "sharing": place.sharing,
        "inputs": None if place.inputs is None else place.inputs.address,
    }
    process = await begun(lease.kind.module)
    state = Child()
    reading = asyncio.create_task(_listen(process, order, state))
    try:
        yield state
    finally:
        state.exit_status = await ended(process, reading)
        await asyncio.to_thread(remove_folders_of, lease.worker)


async def begun(module: str) -> Process:
    """Begin a process that runs a module, with pipes to its input and output.

    It is forked where that is possible, and else loads the module itself.
    """
    beginning = asyncio.create_task(_begun(module))
    try:
        return await asyncio.shield(beginning)
    except asyncio.CancelledError:
        process = await beginning
        assert process.stdout is not None, "it is a pipe"
        await ended(process, asyncio.create_task(process.stdout.read()))
        raise


async def _begun(module: str) -> Process:
    fork = await forked(module, REPORT_BYTES_MAX)
    if fork is not None:
        return fork
    # A session of its own: Ctrl+C is for the server, which then ends the work.
    # Other open files, such as the listening socket, are not inherited.
    return await asyncio.create_subprocess_exec(
        *command_of(module),
        stdin=PIPE,
        stdout=PIPE,
        start_new_session=True,
        limit=REPORT_BYTES_MAX,
    )


async def tell(process: Process, order: dict[str, Any]) -> None:
    """Write an order for a process; if it has ended, its output has, too."""
    assert process.stdin is not None, "it is a pipe"
    process.stdin.write(f"{json.dumps(order)}\n".encode())
    with suppress(ConnectionError):
        await process.stdin.drain()


async def ended(process: Process, reading: asyncio.Task[Any]) -> int:
    """Kill a process, unless it has ended; return its exit status.

    `reading` reads its output, and ends when that does.
    """
    assert process.stdin is not None, "it is a pipe"
    try:
        try:
            if process.returncode is None:
                await _kill(process)
        finally:
            process.stdin.close()
        await reading
    finally:
        # Its pipe is ours to close, also where its end wasn't awaited.
        if isinstance(process, Fork):
            process.close()
    status = await process.wait()
    with suppress(ConnectionError):
        await process.stdin.wait_closed()
    return status


async def _kill(process: Process) -> None:
    if isinstance(process, Fork):
        process.kill()
        # It would end by itself with its input, and with another exit status.
        await process.wait()
        return
    with suppress(ProcessLookupError):
        # `process.kill` reaps one that has just ended, and its status is lost.
        os.kill(process.pid, signal.SIGKILL)


async def _listen(process: Process, order: dict[str, Any], state: Child) -> None:
    """Send the order, then receive reports until the process ends."""
    assert process.stdout is not None, "it is a pipe"
    try:
        await tell(process, order)
        async for line in process.stdout:
            # The last line of a killed process may be incomplete.
            with suppress(json.JSONDecodeError):
                state.receive(json.loads(line))
    finally:
        state.has_ended = True
        state.news.set()
