"""Writing a planned file into an open stream: by this process, or by several."""

import os
import stat
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import closing
from typing import BinaryIO

from daybook.exports.file_spec import FileSpec
from daybook.exports.parts.crew import NOBODY, Crew
from daybook.exports.parts.joining import Joined, join_slices
from daybook.exports.parts.orders import FileOrder
from daybook.exports.reading.rows import journal_slices
from daybook.exports.rules import Totals
from daybook.exports.writing.archives import Named
from daybook.exports.writing.making import render_planned
from daybook.exports.writing.planning import FilePlan
from daybook.exports.writing.tallies import Tally
from daybook.storage.rules import writing
from daybook.storage.sink import Sink

SLICES_MIN = 50
"""With fewer slices, one process has rendered them in half a second."""


IN_ONE, UNNAMED = FilePlan(), Named("", None)
"""A file that is no archive, and so needs no names of parts."""


async def write_file(  # noqa: PLR0913  (what, how, who helps and who hears of it)
    stream: BinaryIO,
    order: FileOrder,
    progress: Callable[[Totals], None],
    *,
    plan: FilePlan = IN_ONE,
    named: Named = UNNAMED,
    tally: Tally | None = None,
    crew: Crew = NOBODY,
) -> Joined:
    """Write a file into a stream; the same bytes whoever helps.

    The crew helps if the stream is an empty file that can be read, the file can be
    rendered apart and there is enough to do. `tally` has the file's sums then. Raises
    TotalsDiffer, Unwritten or BrokenPipeError, and what `join_slices` raises.
    """
    database, spec = order
    tally = Tally() if tally is None else tally
    count = crew.size_for(is_compressed=spec.compression is not None)
    if count and renders_apart(spec, plan) and _is_empty_file(stream):
        slices = journal_slices(database, spec)
        first = [numbers async for numbers in _first(slices)]
        if len(first) == SLICES_MIN:
            every, members = _chained(first, slices), crew.members(count)
            joined = await join_slices(
                members, stream, order, every, tally=tally, progress=progress
            )
            tally.check()
            return joined
    pieces = render_planned(database, spec, plan, named, tally, progress=progress)
    with closing(Sink(stream)) as sink:
        async for piece in pieces:
            with writing():
                sink.write(piece)
        with writing():
            return Joined(sink.size, sink.finish())


def renders_apart(spec: FileSpec, plan: FilePlan) -> bool:
    """Whether slices of the file's journals can be rendered by several processes."""
    is_of_journals = spec.by is None and spec.options.since is None
    return (
        spec.file_format.renders_apart
        and is_of_journals
        and not plan.is_archive
        and not spec.options.converts
    )


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
