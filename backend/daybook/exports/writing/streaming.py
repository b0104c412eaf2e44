"""A selection of journals as a stream of bytes, whatever its size."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Iterable, Iterator

from daybook.db.engine import Database
from daybook.exports.facts import read_facts
from daybook.exports.file_spec import FileSpec
from daybook.exports.formats import Format
from daybook.exports.formats.contract import Renderer
from daybook.exports.reading.units import read_units
from daybook.exports.rules import Totals, Units
from daybook.exports.writing.compression import BLOCK_BYTES, Compression, compressed
from daybook.exports.writing.tallies import Tally

GC_THRESHOLD = 50_000
PIECE_BYTES = 2**18
"""The size of a piece: joining is fastest within the processor's cache."""

VECTOR_BYTES = 2**13
"""The size of a piece of several that are written together."""


def collect_seldom() -> None:
    """Let the garbage collector run less often in a process that only renders.

    Rows come and go by the thousand and form no cycles: at its usual pace the collector
    would take a tenth of the time to look for some.
    """
    gc.set_threshold(GC_THRESHOLD)


async def render_file(
    database: Database,
    spec: FileSpec,
    progress: Callable[[Totals], None] | None = None,
    tally: Tally | None = None,
) -> AsyncIterator[bytes]:
    """The file in pieces of about `PIECE_BYTES`, the header first; never split.

    The same spec gives the same bytes. `progress` is called with the totals of each
    rendered slice, which `tally` counts by account too. Whether the format can hold the
    file was checked before (`daybook.exports.checking`).
    """
    file_format, compression = spec.file_format, spec.compression
    renderer = file_format.renderer(await read_facts(database, spec))
    units = read_units(database, spec)
    try:
        sections = _sections(renderer, units, file_format, progress, tally)
        size = PIECE_BYTES if compression is None else BLOCK_BYTES
        pieces = _joined(sections, size, is_slow=file_format.is_slow)
        if compression is not None:
            pieces = compressed(pieces, compression)
        async for piece in pieces:
            yield piece
    finally:
        renderer.close()


def finished_pieces(
    texts: Iterable[bytes], compression: Compression | None
) -> Iterator[bytes]:
    """A section as it is in the file: the header, a slice, or the footer.

    Compressed, it has the same blocks as in `render_file`. Else its pieces are shorter,
    to be written together: a text that is long enough isn't copied.
    """
    if compression is None:
        return _pieces(texts, VECTOR_BYTES)
    return map(compression.compress, _pieces(texts, BLOCK_BYTES))


async def _sections(
    renderer: Renderer,
    slices: AsyncIterator[Units],
    file_format: Format,
    progress: Callable[[Totals], None] | None,
    tally: Tally | None,
) -> AsyncIterator[Iterable[bytes]]:
    """The header, each slice and the footer; a slice's totals once it is rendered."""
    yield renderer.header()
    async for units in slices:
        yield renderer.render(units)
        if progress is not None or tally is not None:
            totals = file_format.totals(units)
            if tally is not None:
                tally.add(totals, units)
            if progress is not None:
                progress(totals)
    yield renderer.footer()


async def _joined(
    sections: AsyncIterator[Iterable[bytes]], size: int, *, is_slow: bool
) -> AsyncIterator[bytes]:
    """The sections in pieces of at least `size`, but for the last one of each."""
    async for texts in sections:
        pieces = _pieces(texts, size)
        if is_slow:
            # Others, such as pages, go on meanwhile.
            while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
                yield piece
        else:
            for piece in pieces:
                yield piece


def _pieces(texts: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Join short texts into pieces; a text is never cut."""
    held: list[bytes] = []
    held_bytes = 0
    for text in texts:
        held.append(text)
        held_bytes += len(text)
        if held_bytes >= size:
            yield b"".join(held)
            held.clear()
            held_bytes = 0
    if held_bytes:
        yield b"".join(held)
