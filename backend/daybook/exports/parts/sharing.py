"""Shares a file with other workers: cuts it, and joins what all of them render."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import aclosing, closing
from typing import Any, ParamSpec, TypeVar

from daybook.exports.facts import read_facts
from daybook.exports.models import ExportJob
from daybook.exports.parts.orders import FileOrder
from daybook.exports.parts.stretches import cut, program_of
from daybook.exports.rules import Totals
from daybook.exports.writing.streaming import finished_pieces
from daybook.exports.writing.tallies import Tally
from daybook.jobs.process import Order, measures, storing
from daybook.jobs.sharing import announce_parts, each_part

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
    """Join the file of an order, which has `rows`, from what helpers render.

    Returns its size and hash for the report; `tally` has its sums then. Raises Unusable
    if it can't be stored, or a helper could not render a part of it.
    """
    assert order.sharing is not None, "the order says how"
    announce_parts(max(rows // order.sharing.part_rows, 1))
    store, program = file.database.runtime, program_of(file.spec)
    stretches = await cut(file, rows, order.sharing.part_rows)
    tasks = [{"program": program, "stretch": stretch} for stretch in stretches]
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
        parts = each_part(store, order, ExportJob, tasks, arrived)
        async with aclosing(parts) as pieces:
            async for index, result in pieces:
                await _stored(joining.add_piece, index, result["size"])
        return measures(*await _stored(finish))


async def _stored(
    call: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """Call what writes into the storage, in a thread."""
    with storing():
        return await asyncio.to_thread(call, *args, **kwargs)
