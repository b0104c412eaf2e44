"""A selection of journals as a stream of bytes, whatever its size."""

import gc
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence

from daybook.db.engine import Database
from daybook.exports.formats import DEFAULT, Format
from daybook.exports.formats.contract import FileFacts
from daybook.exports.rules import Granularity, Totals
from daybook.exports.units import read_units
from daybook.ledger.pins import Pin
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Grouping

GC_THRESHOLD = 50_000
PIECE_BYTES = 2**18
"""How large a piece grows: what the processor's cache holds is joined the fastest."""


def collect_seldom() -> None:
    """Let the garbage collector run less often in a process that only renders.

    Rows come and go by the thousand, and no cycles among them: at its usual pace it
    would take a tenth of the time, looking for some.
    """
    gc.set_threshold(GC_THRESHOLD)


async def render_file(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    pin: Pin,
    wanted: JournalFilter,
    granularity: Granularity,
    *,
    by: Sequence[Grouping] | None = None,
    file_format: Format = DEFAULT,
    progress: Callable[[Totals], None] | None = None,
) -> AsyncIterator[bytes]:
    """The file in pieces of some `PIECE_BYTES`, the header first.

    The same pin and filter give the same bytes. `by` makes lines of journal groups, of
    the granularity's days or months, in the place of journals. `progress` is told the
    totals of each slice when it is rendered.
    """
    renderer = file_format.renderer(FileFacts(pin.currency, pin.decimals))
    yield renderer.header()
    async for units in read_units(database, pin, wanted, granularity, by):
        for piece in _pieces(renderer.render(units)):
            yield piece
        if progress is not None:
            progress(file_format.totals(units))
    yield renderer.footer()


def _pieces(texts: Iterable[bytes]) -> Iterator[bytes]:
    """Join short texts into pieces; a text is never cut."""
    held: list[bytes] = []
    size = 0
    for text in texts:
        held.append(text)
        size += len(text)
        if size >= PIECE_BYTES:
            yield b"".join(held)
            held.clear()
            size = 0
    if held:
        yield b"".join(held)
