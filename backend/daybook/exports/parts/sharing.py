"""Shares a file with other workers: cuts it, and joins what all of them render."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import closing, suppress
from typing import Any, ParamSpec, TypeVar

from daybook.db.engine import Store
from daybook.exports.facts import read_facts
from daybook.exports.models import ExportJob
from daybook.exports.parts.orders import FileOrder
from daybook.exports.parts.stretches import cut, program_of
from daybook.exports.rules import Totals
from daybook.exports.writing.streaming import finished_pieces
from daybook.exports.writing.tallies import Tally
from daybook.jobs import parts
from daybook.jobs.parts import SharedJob
from daybook.jobs.process import Order, Unusable, measures, report, storing
from daybook.jobs.rules import ATTEMPTS_MAX, BEAT, FailureCode

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


async def share(
    order: Order,
    file: FileOrder,
    rows: int,
    *,
    tally: Tally,
    progress: Callable[[Totals], None],
) -> dict[str, Any]:
    """Have the file of an order, with so many rows, rendered by helpers, and join it.

    Returns its size and hash for the report; `tally` has its sums then. Raises Unusable
    if it can't be stored, or a helper could not render a part of it.
    """
    job, count = await _cut(order, file, rows)
    renderer = file.spec.file_format.renderer(await read_facts(*file))

    def arrived(result: dict[str, Any]) -> None:
        totals = Totals(*result["totals"])
        tally.add_sums(totals, result["accounts"])
        renderer.merge(result["kept"])
        progress(totals)

    with storing():
        joining = order.storage.joining(order.key, order.writer)
    with closing(joining), closing(renderer):

        def add(texts: Iterable[bytes]) -> None:
            for piece in finished_pieces(texts, file.spec.compression):
                joining.add(piece)

        def finish() -> tuple[int, bytes]:
            add(renderer.footer())
            return joining.finish()

        await _stored(add, renderer.header())
        sizes = _sizes(file.database.runtime, job, count, arrived)
        async for index, size in sizes:
            await _stored(joining.add_piece, index, size)
        return measures(*await _stored(finish))


async def _cut(order: Order, file: FileOrder, rows: int) -> tuple[SharedJob, int]:
    """Cut the file into so many parts, and tell our worker that helpers can begin."""
    assert order.sharing is not None, "the order says how"
    stretches = await cut(file, rows, order.sharing.part_rows)
    program = program_of(file.spec)
    tasks = [{"program": program, "stretch": stretch} for stretch in stretches]
    shared = SharedJob(ExportJob, order.job_id, order.writer)
    if not await parts.cut_job(file.database.runtime, shared, tasks):
        # The job is another's: our parent finds that too, and ends this process.
        await asyncio.get_running_loop().create_future()
    report(parts=len(tasks))
    return shared, len(tasks)


async def _stored(
    call: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """Call what writes into the storage, in a thread."""
    with storing():
        return await asyncio.to_thread(call, *args, **kwargs)


async def _sizes(
    store: Store, job: SharedJob, count: int, arrived: Callable[[dict[str, Any]], None]
) -> AsyncIterator[tuple[int, int]]:
    """The index and the size of each part in the file's order, once it is rendered.

    Results of later parts are there before; `arrived` gets each when it is found.
    """
    sizes: dict[int, int] = {}
    next_ = 0
    async with store.changes.waiting() as changed:
        while next_ < count:
            changed.clear()
            for index, result in await parts.results_from(store, job, next_):
                if index not in sizes:
                    rendered = _rendered(result)
                    sizes[index] = rendered["size"]
                    arrived(rendered)
            if next_ not in sizes:
                await _check_lost(store, job, count)
                with suppress(TimeoutError):
                    async with asyncio.timeout(BEAT.total_seconds()):
                        await changed.wait()
            while next_ in sizes:
                yield next_, sizes.pop(next_)
                next_ += 1


def _rendered(result: dict[str, Any]) -> dict[str, Any]:
    """What a part came to; raises Unusable if it can't be rendered or stored."""
    if failed := result.get("failed"):
        raise Unusable(failed["code"], failed["message"])
    rendered: dict[str, Any] = result["rendered"]
    return rendered


async def _check_lost(store: Store, job: SharedJob, count: int) -> None:
    """Raise Unusable if a part's helpers were lost too often."""
    lost = await parts.lost_part(store, job)
    if lost is not None:
        raise Unusable(
            FailureCode.WORKER_LOST,
            f"the rendering of part {lost + 1} of {count} ended without a result"
            f" {ATTEMPTS_MAX} times and is not tried again: look into the logs of the"
            " workers, and of their systems for a lack of memory, which kills processes"
            " by SIGKILL; then request the export again",
        )
