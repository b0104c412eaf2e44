"""A worker's wake-ups: arq hands each to one worker that has room for a job."""

import asyncio
import json
import logging
from contextlib import suppress
from typing import Any

from arq.worker import Worker as ArqWorker
from arq.worker import func

from daybook.jobs.bus import (
    AGAIN_SECONDS,
    HEALTH,
    OUTAGES,
    QUEUE,
    WAKE,
    connection_to,
    serialized,
    stop,
)
from daybook.jobs.runner import Runner

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.25
"""How often a worker with room looks for wake-ups."""
HEALTH_SECONDS = 5
"""How often a worker says that it looks."""


async def be_woken(runner: Runner, url: str) -> None:
    """Have a runner woken until the task is cancelled.

    While Redis is away, the runner finds jobs by looking itself.
    """

    async def wake(ctx: dict[Any, Any], *_: Any, **__: Any) -> None:  # noqa: ARG001
        # It ends when the runner has looked, so that a full one isn't woken again.
        await runner.take()

    while True:
        async with connection_to(url) as redis:
            arq = ArqWorker(
                functions=[func(wake, name=WAKE)],
                queue_name=QUEUE,
                redis_pool=redis,
                handle_signals=False,
                max_jobs=1,
                job_timeout=None,  # type: ignore[arg-type]  # asyncio takes it for none
                keep_result=0,
                poll_delay=POLL_SECONDS,
                health_check_interval=HEALTH_SECONDS,
                health_check_key=HEALTH,
                job_serializer=serialized,
                job_deserializer=json.loads,
                log_results=False,
            )

            def pick(has_room: bool, arq: ArqWorker = arq) -> None:  # noqa: FBT001
                arq.allow_pick_jobs = has_room

            runner.on_room = pick
            pick(runner.has_room)
            try:
                await arq.main()
            except OUTAGES:
                pass  # the bus reports it
            except Exception:
                # Not of Daybook, and first in the queue for every worker: without it,
                # nothing is lost, since rows say what there is to do.
                logger.exception("the wake-ups can't be read, and are thrown away")
                with suppress(*OUTAGES):
                    await redis.delete(QUEUE)
                await runner.take()
            finally:
                runner.on_room = None
                await stop(*arq.tasks.values())
        await asyncio.sleep(AGAIN_SECONDS)
