"""What the files of accounting systems have in common: CSV rows of entries of one date.

All rows of an entry begin alike, with its key and date, and days of a journal whose
lines are equal share the list of lines: so the rest of a row is rendered once for all
of them. Texts are exact, since the systems match names: a formula has no apostrophe.
"""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence

from daybook.exports.formats.contract import FileFacts, Renderer
from daybook.exports.rules import ExportGroup, ExportLine, Groups, Units
from daybook.sheets.cells import exact_cell

LINE_END = "\r\n"


class EntryRenderer(Renderer):
    """Renders entries row by row; a system says how its rows begin and end."""

    columns: Sequence[str]
    """The names of the columns."""

    def __init__(self, facts: FileFacts) -> None:
        self.facts = facts

    def header(self) -> Iterable[bytes]:
        """The names of the columns."""
        return (f"{','.join(self.columns)}{LINE_END}".encode(),)

    def render(self, units: Units) -> Iterator[bytes]:
        """A piece for each entry."""
        assert isinstance(units, Groups), "accounting systems take entries of one date"
        lines: Sequence[ExportLine] | None = None
        ends: list[str] = []
        for entry in units.units:
            if entry.lines is not lines:
                lines = entry.lines
                ends = ["", *(self.end(entry, line) for line in self.ordered(lines))]
            yield self.start(entry).join(ends).encode()

    @abstractmethod
    def start(self, entry: ExportGroup) -> str:
        """What all rows of an entry begin with, and a comma."""

    @abstractmethod
    def end(self, entry: ExportGroup, line: ExportLine) -> str:
        """What a line's row ends with; nothing of the entry's key or date."""

    def ordered(self, lines: Sequence[ExportLine]) -> Iterable[ExportLine]:
        """The lines in the order of the file."""
        return lines


def row_of(cells: Iterable[str]) -> str:
    """Cells as the end of a row."""
    return ",".join(map(exact_cell, cells)) + LINE_END


def title_of(entry: ExportGroup) -> str:
    """An entry's key and what it is about: `48102 Solar Travel: Platform`.

    A manual journal is about what somebody entered as its narrative.
    """
    names = ": ".join(filter(None, (entry.customer_name, entry.product_name)))
    if entry.is_entered:
        names = ""
    about = names or entry.narrative.removeprefix(entry.prefix)
    return f"{entry.prefix}{entry.key} {about}"


def description_of(entry: ExportGroup, line: ExportLine) -> str:
    """What a line is told to be: its own text, or else its entry's."""
    return line.description or entry.narrative


def fields_of(line: ExportLine, names: Sequence[str]) -> dict[str, str]:
    """What a line gets in the system, by the names of the system's fields."""
    assert line.target is not None, "a line without a mapping was refused before"
    return dict(zip(names, line.target.values, strict=True))
