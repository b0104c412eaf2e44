"""Writing a selection's file into an open stream: by this process, or by several."""

import os
import stat
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import closing
from typing import BinaryIO

from daybook.exports.parts.crew import NOBODY, Crew
from daybook.exports.parts.joining import Joined, join_slices
from daybook.exports.parts.orders import FileOrder
from daybook.exports.rows import journal_slices
from daybook.exports.rules import Totals
from daybook.exports.streaming import render_file
from daybook.reports.journals.group_keys import Grouping
from daybook.storage.rules import writing
from daybook.storage.sink import Sink

SLICES_MIN = 50
"""With fewer slices, one process has rendered them in half a second."""


async def write_file(
    stream: BinaryIO,
    order: FileOrder,
    progress: Callable[[Totals], None],
    *,
    by: Sequence[Grouping] | None = None,
    crew: Crew = NOBODY,
) -> Joined:
    """Write the file of `render_file` into a stream; the same bytes whoever helps.

    The crew helps if the stream is an empty file that can be read, the format can be
    rendered apart and there is enough to do. Raises Unwritten or BrokenPipeError, and
    what `join_slices` raises.
    """
    # Hashing a file takes as long as rendering half of it; hashing a compressed one, no
    # time.
    count = crew.size_beside(work=order.compression is None)
    is_apart = by is None and order.file_format.renders_apart
    if count and is_apart and _is_empty_file(stream):
        slices = journal_slices(order.database, order.pin, order.journal_filter)
        first = [numbers async for numbers in _first(slices)]
        if len(first) == SLICES_MIN:
            every, members = _chained(first, slices), crew.members(count)
            return await join_slices(members, stream, order, every, progress)
    pieces = render_file(
        *(order.database, order.pin, order.journal_filter, order.granularity),
        by=by,
        file_format=order.file_format,
        compression=order.compression,
        progress=progress,
    )
    with closing(Sink(stream)) as sink:
        async for piece in pieces:
            with writing():
                sink.write(piece)
        with writing():
            return Joined(sink.size, sink.finish())


def _is_empty_file(stream: BinaryIO) -> bool:
    status = os.fstat(stream.fileno())
    return stat.S_ISREG(status.st_mode) and not status.st_size and stream.readable()


async def _first(
    slices: AsyncIterator[Sequence[int]],
) -> AsyncIterator[Sequence[int]]:
    """The first `SLICES_MIN` slices; the others are left."""
    for _ in range(SLICES_MIN):
        numbers = await anext(slices, None)
        if numbers is None:
            return
        yield numbers


async def _chained(
    first: Sequence[Sequence[int]], slices: AsyncIterator[Sequence[int]]
) -> AsyncIterator[Sequence[int]]:
    for numbers in first:
        yield numbers
    async for numbers in slices:
        yield numbers
