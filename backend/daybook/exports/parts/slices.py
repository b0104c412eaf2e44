"""Renders slices of a file's journals, whichever process does."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Self

from daybook.exports.facts import read_facts
from daybook.exports.formats.contract import FileFacts
from daybook.exports.parts.orders import FileOrder
from daybook.exports.reading.movement_reader import MovementReader
from daybook.exports.reading.units import journal_units
from daybook.exports.writing.streaming import finished_pieces
from daybook.exports.writing.tallies import Tally


class SliceRenderer:
    """Renders slices of a file, in any order."""

    def __init__(
        self, order: FileOrder, facts: FileFacts, movements: MovementReader
    ) -> None:
        self._spec, self._facts, self._movements = order.spec, facts, movements
        self._renderer = order.spec.file_format.renderer(facts)

    @classmethod
    async def of(cls, order: FileOrder) -> Self:
        """A renderer that knows the file's facts."""
        facts = await read_facts(*order)
        return cls(order, facts, await MovementReader.of(*order))

    async def render(
        self, numbers: Sequence[int], tally: Tally
    ) -> AsyncIterator[bytes]:
        """A slice in pieces, as it is in the file; `tally` counts it."""
        spec, file_format = self._spec, self._spec.file_format
        journals = await self._movements.read(numbers)
        for units in journal_units(journals, spec, spec.pin.currency):
            texts = self._renderer.render(units)
            for piece in finished_pieces(texts, spec.compression):
                yield piece
            tally.add(file_format.totals(units), units)

    def take_kept(self) -> Any:
        """What the footer needs of the slices since this was called last, as JSON."""
        kept = self._renderer.kept()
        self._renderer = self._spec.file_format.renderer(self._facts)
        return kept
