"""A selection of journals as a stream of bytes, whatever its size."""

import gc
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence

from daybook.db.engine import Database
from daybook.exports.formats import DEFAULT, Format
from daybook.exports.formats.contract import FileFacts
from daybook.exports.rules import Granularity, Totals
from daybook.exports.sides import read_accounts
from daybook.exports.units import read_units
from daybook.ledger.pins import Pin
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Grouping

GC_THRESHOLD = 50_000
PIECE_BYTES = 2**18
"""The size of a piece: joining is fastest within the processor's cache."""


def collect_seldom() -> None:
    """Let the garbage collector run less often in a process that only renders.

    Rows come and go by the thousand and form no cycles: at its usual pace the collector
    would take a tenth of the time to look for some.
    """
    gc.set_threshold(GC_THRESHOLD)


async def render_file(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    pin: Pin,
    journal_filter: JournalFilter,
    granularity: Granularity,
    *,
    by: Sequence[Grouping] | None = None,
    file_format: Format = DEFAULT,
    progress: Callable[[Totals], None] | None = None,
) -> AsyncIterator[bytes]:
    """The file in pieces of about `PIECE_BYTES`, the header first.

    The same pin and filter give the same bytes. With `by`, lines are of journal groups,
    by day or by month, instead of journals. `progress` is called with the totals of
    each rendered slice.
    """
    async with database.reads() as session:
        has_codes = (await read_accounts(session, pin)).xero is not None
    facts = FileFacts(pin.currency, pin.decimals, has_codes=has_codes)
    renderer = file_format.renderer(facts)
    yield renderer.header()
    async for units in read_units(database, pin, journal_filter, granularity, by):
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
