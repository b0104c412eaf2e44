"""Where a file is cut into parts: between units only, as late as the limits allow.

Cutting late makes the fewest parts that the order of units allows. Pure.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from daybook.exports.file_spec import FileSpec
from daybook.exports.rules import Groups, Movements, Totals, Units


class PartLimits(NamedTuple):
    """What a part can hold; None for any number.

    `rows` are those below the header, `bytes` are without it.
    """

    rows: int | None = None
    bytes: int | None = None

    @property
    def is_any(self) -> bool:
        """Whether there is a limit."""
        return self.rows is not None or self.bytes is not None


def part_limits(spec: FileSpec, header_bytes: int = 0) -> PartLimits:
    """The limits of a file's parts: the format's, or fewer rows if that was asked.

    A format for an accounting system keeps its own limits, whatever is asked. A
    compressed file is for programs that read any size.
    """
    limits, asked = spec.file_format.limits, spec.options.max_rows
    if not spec.file_format.is_split:
        return PartLimits()
    if spec.integration is None:
        default = limits.rows if spec.compression is None else None
        return PartLimits(asked or None if asked is not None else default)
    rows = limits.rows
    if asked:
        rows = asked if rows is None else min(asked, rows)
    size = None if limits.bytes is None else limits.bytes - header_bytes
    return PartLimits(rows, size)


@dataclass(slots=True)
class PartCutter:
    """Decides where parts start, unit by unit."""

    limits: PartLimits
    parts: int = 0
    _rows: int = 0
    _bytes: int = 0

    def begins_part(self, rows: int, size: int = 0) -> bool:
        """Whether the next unit, with these rows and bytes, starts a new part."""
        self._rows += rows
        self._bytes += size
        begins = not self.parts or self._is_over()
        if begins:
            self.parts += 1
            self._rows, self._bytes = rows, size
        return begins

    def _is_over(self) -> bool:
        rows, size = self.limits
        return (rows is not None and self._rows > rows) or (
            size is not None and self._bytes > size
        )


def each_unit(units: Units) -> Iterator[Units]:
    """The units of a slice, each as a slice of its own."""
    if isinstance(units, Movements):
        for _, journal in groupby(units.units, attrgetter("journal")):
            yield Movements(list(journal))
    else:
        for group in units.units:
            yield Groups([group])


class Run(NamedTuple):
    """Consecutive units of a part; `begins` says whether they are its first."""

    begins: bool
    units: Units


def runs_of(
    units: Units, cutter: PartCutter, totals: Callable[[Units], Totals]
) -> Iterator[Run]:
    """The units of a slice, cut by their rows, those of a part together.

    A run is rendered faster than its units one by one.
    """
    held: list[Units] = []
    begins = False
    for unit in each_unit(units):
        is_first = cutter.begins_part(totals(unit).rows)
        if is_first and held:
            yield Run(begins, _joined(held))
            held.clear()
        begins = is_first or (begins and bool(held))
        held.append(unit)
    if held:
        yield Run(begins, _joined(held))


def _joined(slices: list[Units]) -> Units:
    """Slices of one kind as a single slice."""
    if isinstance(slices[0], Movements):
        return Movements([unit for slice_ in slices for unit in slice_.units])  # type: ignore[misc]  # all are movements
    return Groups([unit for slice_ in slices for unit in slice_.units])  # type: ignore[misc]  # all are groups


def parts_at_most(rows: int, limit: int | None) -> int:
    """The most parts that a file with this many rows can have.

    Two adjacent parts together exceed the limit, or they would be one part.
    """
    if limit is None or rows <= limit:
        return 1
    return 2 * -(-rows // limit) - 1


PART_DIGITS = 2
"""The fewest digits of a part's number."""


def part_name(stem: str, suffix: str, number: int, parts_most: int) -> str:
    """The name of a part: `journals-GBP-2026-monthly-xero-01.csv`.

    All parts of a file have numbers of as many digits, so names sort in their order.
    """
    digits = max(PART_DIGITS, len(str(parts_most)))
    return f"{stem}-{number:0{digits}}.{suffix}"
