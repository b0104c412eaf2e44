"""A shared job's process from the inside: it cuts the job, and waits for its parts.

Helpers render the parts (`daybook.jobs.part_process`).
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from typing import Any

from daybook.db.engine import Store
from daybook.jobs import parts
from daybook.jobs.models import Job
from daybook.jobs.parts import SharedJob
from daybook.jobs.process import Order, Unusable, report
from daybook.jobs.rules import ATTEMPTS_MAX, BEAT, FailureCode


def announce_parts(count: int) -> None:
    """Say beforehand that the job will be cut into about so many parts.

    Helpers of our own worker load their modules meanwhile.
    """
    report(parts=count, is_cut=False)


async def each_part(
    store: Store,
    order: Order,
    model: type[Job],
    tasks: Sequence[Any],
    arrived: Callable[[Any], None],
) -> AsyncGenerator[tuple[int, Any], None]:
    """Have parts with these tasks rendered: index and result of each, in their order.

    A later part may have its result before; `arrived` gets each when it is found.
    Raises Unusable if a part can't be rendered. Callers close it (`aclosing`): the loop
    would close it after the generator in it, and log a traceback, if they fail.
    """
    job = SharedJob(model, order.job_id, order.writer)
    if not await parts.cut_job(store, job, tasks):
        # The job is another's: our parent finds that too, and ends this process.
        await asyncio.get_running_loop().create_future()
    report(parts=len(tasks), is_cut=True)
    found: dict[int, Any] = {}
    next_ = 0
    async with store.changes.waiting() as changed:
        while next_ < len(tasks):
            changed.clear()
            for index, result in await parts.results_from(store, job, next_):
                if index not in found:
                    found[index] = _rendered(result)
                    arrived(found[index])
            if next_ not in found:
                await _check_lost(store, job, len(tasks))
                with suppress(TimeoutError):
                    async with asyncio.timeout(BEAT.total_seconds()):
                        await changed.wait()
            while next_ in found:
                yield next_, found.pop(next_)
                next_ += 1


def _rendered(result: dict[str, Any]) -> Any:
    if failed := result.get("failed"):
        raise Unusable(failed["code"], failed["message"])
    return result["rendered"]


async def _check_lost(store: Store, job: SharedJob, count: int) -> None:
    """Raise Unusable if a part's helpers were lost too often."""
    lost = await parts.lost_part(store, job)
    if lost is not None:
        raise Unusable(
            FailureCode.WORKER_LOST,
            f"the work on part {lost + 1} of {count} ended without a result"
            f" {ATTEMPTS_MAX} times and is not tried again: look into the logs of the"
            " workers, and of their systems for a lack of memory, which kills processes"
            " by SIGKILL; then request it again",
        )
