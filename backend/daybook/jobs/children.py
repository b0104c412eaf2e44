"""The process that renders, for who started it: how far it is, and what came of it."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import URL

from daybook.jobs.leasing import Made, Progress
from daybook.jobs.rules import JobId

MODULE = "daybook.exports.process"


@dataclass(slots=True)
class Rendering:
    """What a rendering has told so far; `made` or `failed` is the last that it tells.

    Neither is there where it ended without a result; `exit_status` is there once it has
    ended, and below 0 for a signal.
    """

    progress: Progress = field(default_factory=Progress)
    made: Made | None = None
    failed: tuple[str, str] | None = None
    exit_status: int | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, told: dict[str, Any]) -> None:
        """Take in what the process says."""
        match told:
            case {"total": total}:
                self.progress = Progress(total, self.progress.done)
            case {"done": done}:
                self.progress = Progress(self.progress.total, done)
            case {"made": made}:
                self.made = Made(**{**made, "sha256": bytes.fromhex(made["sha256"])})
            case {"failed": {"code": code, "message": message}}:
                self.failed = (code, message)


@asynccontextmanager
async def rendering(url: URL, job_id: JobId, part: Path) -> AsyncIterator[Rendering]:
    """A process that renders a job into a part; it has ended when this is left."""
    order = {
        "database_url": url.render_as_string(hide_password=False),
        "organisation_id": job_id.organisation_id,
        "number": job_id.number,
        "part": str(part),
    }
    # A session of its own: Ctrl+C is for the server, which then ends the rendering.
    # Other files than these, the listening socket among them, are not handed down.
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", MODULE),
        stdin=PIPE,
        stdout=PIPE,
        start_new_session=True,
    )
    state = Rendering()
    reading = asyncio.create_task(_listen(process, order, state))
    try:
        yield state
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
        state.exit_status = await _ended(process, reading)


async def _listen(process: Process, order: dict[str, Any], state: Rendering) -> None:
    """Say what to render, then hear what it says until it ends."""
    assert process.stdin is not None, "it is a pipe"
    assert process.stdout is not None, "it is a pipe"
    try:
        process.stdin.write(f"{json.dumps(order)}\n".encode())
        with suppress(ConnectionError):
            await process.stdin.drain()
        async for line in process.stdout:
            # The last line of one that was killed may be half of one.
            with suppress(json.JSONDecodeError):
                state.hear(json.loads(line))
    finally:
        state.ended.set()


async def _ended(process: Process, reading: asyncio.Task[None]) -> int:
    """Wait for the process and for its pipes: nothing of it is left but its status."""
    assert process.stdin is not None, "it is a pipe"
    process.stdin.close()
    await reading
    status = await process.wait()
    with suppress(ConnectionError):
        await process.stdin.wait_closed()
    return status
