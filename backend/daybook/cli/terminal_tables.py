"""Tables that fit a terminal of any width: text may be cut, a number never is.

Numbers are in the columns that are aligned right. Where they leave too little room for
the texts, these stand above them; and where not even the numbers fit side by side, each
has a line of its own.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.box import SIMPLE_HEAD
from rich.console import (
    Console,
    ConsoleOptions,
    OverflowMethod,
    RenderableType,
    RenderResult,
)
from rich.measure import Measurement
from rich.table import Column, Table
from rich.text import Text

WIDEST = 100_000
"""Wider than any table, so that it is measured as it is."""
EDGES, BETWEEN = 2, 3
"""What the table itself takes: at both its edges, and between two columns."""
TEXT_LEAST = 10
"""How much of a text is shown beside numbers; with less room, it stands above them."""
MOMENT = len("2025-06-15 12:00:00")
INDENT = 2
"""How far numbers are set in below their text."""
JOINT = " · "
"""What separates texts that stand above numbers."""


def plain_table(*columns: str, wraps: bool = False) -> "TerminalTable":
    """A table for the terminal: one line per cell, long names cut to the width.

    With `wraps`, long cells take several lines, and nothing is cut.
    """
    table = TerminalTable(box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        overflow: OverflowMethod = "fold" if wraps else "ellipsis"
        table.add_column(column, no_wrap=not wraps, overflow=overflow)
    return table


class _Numbers(NamedTuple):
    """The columns of numbers below their texts, and how wide the terminal is."""

    titles: Sequence[Text]
    taken: Sequence[int]
    width: int

    def below(
        self, console: Console, texts: Sequence[Text], numbers: Sequence[Text]
    ) -> Iterator[Text]:
        """The lines of a row, or of the titles."""
        names = Text(JOINT).join(text for text in texts if text)
        if texts and not texts[0]:  # it goes on with the row above
            names = Text(" " * INDENT) + names
        for line in names.wrap(console, self.width, overflow="fold", no_wrap=False):
            line.rstrip()
            yield line
        if INDENT + sum(self.taken) + BETWEEN * (len(self.taken) - 1) <= self.width:
            if any(numbers):
                yield _line(numbers, self.taken)
            return
        widths = max(map(len, self.titles)), max(self.taken)
        for title, number in zip(self.titles, numbers, strict=True):
            if number and number != title:
                name = title + " " * (widths[0] - title.cell_len)
                yield _line((name, number), widths)


class TerminalTable(Table):
    """A table that chooses its layout by the width that it is printed in."""

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> RenderResult:
        """The table; or below the names of their columns, texts above their numbers."""
        numbers = [column for column in self.columns if _is_number(column)]
        if numbers:
            texts = [column for column in self.columns if not _is_number(column)]
            unlimited = options.update_width(WIDEST)
            taken = [_natural(console, unlimited, column) for column in numbers]
            wanted = [_natural(console, unlimited, column) for column in texts]
            own = EDGES + BETWEEN * (len(self.columns) - 1)
            room = options.max_width - own - sum(taken)
            least = [*map(_least, texts, wanted)]
            if room < sum(least):
                titles = [Text(str(column.header)) for column in numbers]
                stack = _Numbers(titles, taken, options.max_width)
                yield from self._stacked(console, options, stack)
                return
            widths = [*taken, *_shared(least, wanted, room)]
            for column, width in zip((*numbers, *texts), widths, strict=True):
                column.width = width
        yield from super().__rich_console__(console, options)

    def _stacked(
        self, console: Console, options: ConsoleOptions, numbers: _Numbers
    ) -> Iterator[Text]:
        """Texts, then below them their numbers: side by side if there is room."""
        rule = Text("─" * numbers.width)
        headers = [Text(str(column.header)) for column in self.columns]
        yield Text()
        yield from numbers.below(console, *_divided(self.columns, headers))
        yield rule
        contents = [
            [_text(console, options, cell) for cell in column.cells]
            for column in self.columns
        ]
        for row, cells in zip(self.rows, zip(*contents, strict=True), strict=True):
            for line in numbers.below(console, *_divided(self.columns, cells)):
                line.stylize(console.get_style(row.style or "none"))
                yield line
            if row.end_section:
                yield rule
        yield Text()


def _text(console: Console, options: ConsoleOptions, cell: RenderableType) -> Text:
    if isinstance(cell, Text):
        return cell.copy()
    return console.render_str(str(cell), markup=options.markup, highlight=False)


def _is_number(column: Column) -> bool:
    return column.justify == "right"


def _natural(console: Console, unlimited: ConsoleOptions, column: Column) -> int:
    """How wide a column is if nothing of it is cut."""
    cells = (column.header, *column.cells)
    return max(Measurement.get(console, unlimited, cell).maximum for cell in cells)


def _least(column: Column, wanted: int) -> int:
    """How narrow a text may be: days, moments and numbers among texts are whole."""
    cells = [str(cell) for cell in column.cells]
    is_whole = all(cell[:1].isdigit() for cell in cells if cell)
    return wanted if is_whole and wanted <= MOMENT else min(wanted, TEXT_LEAST)


def _shared(least: Sequence[int], wanted: Sequence[int], room: int) -> list[int]:
    """The widths of texts: short ones are whole, long ones share what is left."""
    widths = [*least]
    room -= sum(least)
    for done, index in enumerate(sorted(range(len(wanted)), key=wanted.__getitem__)):
        more = min(wanted[index] - least[index], room // (len(wanted) - done))
        widths[index] += more
        room -= more
    return widths


def _divided(
    columns: Sequence[Column], cells: Sequence[Text]
) -> tuple[list[Text], list[Text]]:
    """The texts and the numbers of a row."""
    pairs = [*zip(columns, cells, strict=True)]
    texts = [cell for column, cell in pairs if not _is_number(column)]
    return texts, [cell for column, cell in pairs if _is_number(column)]


def _line(cells: Sequence[Text], widths: Sequence[int]) -> Text:
    """Cells side by side, aligned right, below their text."""
    line = Text(" " * INDENT)
    for index, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        line.append(" " * (BETWEEN if index else 0) + " " * (width - cell.cell_len))
        line.append_text(cell)
    line.rstrip()
    return line
