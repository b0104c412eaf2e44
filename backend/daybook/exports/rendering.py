"""A selection of journals as a stream of bytes, whatever its size."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator

from daybook.db.engine import Database
from daybook.exports.formats import generic
from daybook.exports.queries import stream_movements
from daybook.exports.rules import ExportMovement, Granularity
from daybook.ledger.filters import JournalFilter, Pin

PIECE_BYTES = 2**18
"""How large a piece grows: what the processor's cache holds is joined the fastest."""


async def render_csv(
    database: Database,
    pin: Pin,
    wanted: JournalFilter,
    granularity: Granularity,
    progress: Callable[[int], None] = lambda _movements: None,
) -> AsyncIterator[bytes]:
    """The generic CSV in pieces of some `PIECE_BYTES`, the header first.

    The same pin and filter give the same bytes. `progress` is told how many more
    movements are done.
    """
    yield generic.HEADER
    slices = stream_movements(database, pin, wanted)
    if granularity is Granularity.DAILY:
        async for movements in slices:
            for piece in _pieces(generic.render_daily(movements, pin.decimals)):
                yield piece
            progress(len(movements))
        return
    last_day = wanted.last_day(pin)
    open_journal: list[ExportMovement] = []
    async for movements in slices:
        # A journal's line sums its movements, and the next slice may hold more of them.
        every = open_journal + movements
        whole = [one for one in every if one.journal != every[-1].journal]
        open_journal = every[len(whole) :]
        for piece in _pieces(generic.render_monthly(whole, pin.decimals, last_day)):
            yield piece
        progress(len(movements))
    yield b"".join(generic.render_monthly(open_journal, pin.decimals, last_day))


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
