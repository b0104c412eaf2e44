"""A selection of journals as a stream of bytes, whatever its size."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from daybook.db.engine import Database
from daybook.exports.formats import generic
from daybook.exports.rows import stream_groups, stream_movements
from daybook.exports.rules import ExportGroup, ExportMovement, Granularity
from daybook.ledger.pins import Pin
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Grouping, in_order
from daybook.reports.journals.groups import GroupedBy

PIECE_BYTES = 2**18
"""How large a piece grows: what the processor's cache holds is joined the fastest."""
VERSION = 2
"""Which renderer this is: another number where it makes other bytes of the same."""

Rendered: TypeAlias = Sequence[ExportMovement] | Sequence[ExportGroup]


async def render_csv(  # noqa: PLR0913  (what and how, and who is told)
    database: Database,
    pin: Pin,
    wanted: JournalFilter,
    granularity: Granularity,
    *,
    by: Sequence[Grouping] | None = None,
    progress: Callable[[Rendered], None] = lambda _rendered: None,
) -> AsyncIterator[bytes]:
    """The generic CSV in pieces of some `PIECE_BYTES`, the header first.

    The same pin and filter give the same bytes. `by` makes lines of journal groups, of
    the granularity's days or months, in the place of journals. `progress` is told which
    more movements, or groups, are done; a journal's movements come together.
    """
    yield generic.HEADER
    if by is not None:
        grouped = GroupedBy(in_order(by), granularity)
        async for groups in stream_groups(database, pin, wanted, grouped):
            for piece in _pieces(generic.render_groups(groups, pin.decimals)):
                yield piece
            progress(groups)
        return
    slices = stream_movements(database, pin, wanted)
    if granularity is Granularity.DAILY:
        async for movements in slices:
            for piece in _pieces(generic.render_daily(movements, pin.decimals)):
                yield piece
            progress(movements)
        return
    last_day = wanted.last_day(pin)
    open_journal: list[ExportMovement] = []
    async for movements in slices:
        # A journal's line sums its movements, and the next slice may hold more of them.
        every = open_journal + movements
        whole = [one for one in every if one.journal != every[-1].journal]
        open_journal = every[len(whole) :]
        for piece in _pieces(generic.render_monthly(whole, pin.currency, last_day)):
            yield piece
        progress(movements)
    yield b"".join(generic.render_monthly(open_journal, pin.currency, last_day))


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
