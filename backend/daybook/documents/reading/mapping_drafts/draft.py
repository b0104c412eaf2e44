"""A draft of a mapping: entries that are decided, and those that are open."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from daybook.documents.reading.mapping_drafts.samples import Sample
from daybook.documents.reading.mixed_forms import way_out_of_unclear

_NAMED_MAX, _LISTED_MAX = 5, 1_000
"""So many lines are named in a comment; so many parts of a list are written."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a table: `key = value`, with a comment; open ones need a decision.

    `value` is TOML. An open entry is written as a comment, so that it has no effect.
    """

    key: str
    value: str
    comment: str = ""
    is_open: bool = False


@dataclass(slots=True)
class Draft:
    """What a mapping for a sheet would say, table by table in the order of writing."""

    sample: Sample
    fields: dict[str, str]
    """The columns of fields, as far as their names tell."""
    tables: dict[str, list[Entry]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    all_lines: list[tuple[str, Sequence[int]]] = field(default_factory=list)
    """Lines of which only the first are named, under what they have in common."""

    def add(self, table: str, entry: Entry) -> None:
        """Add an entry to a table, which is made if there is none."""
        self.tables.setdefault(table, []).append(entry)

    @property
    def free_columns(self) -> list[str]:
        """The columns that no field has."""
        taken = {*self.fields.values()}
        names = dict.fromkeys(name for name in self.sample.header if name)
        return [name for name in names if name not in taken]

    @property
    def open_entries(self) -> list[Entry]:
        """What somebody has to decide."""
        return [
            entry
            for entries in self.tables.values()
            for entry in entries
            if entry.is_open
        ]

    def cells(self, name: str) -> list[str]:
        """The cells of a field's column; all empty if it has none."""
        column = self.fields.get(name)
        if column is None:
            return [""] * len(self.sample.rows)
        return self.sample.cells(column)

    def texts(self, name: str) -> list[str]:
        """The different cells of a field's column."""
        column = self.fields.get(name)
        return [] if column is None else self.sample.texts(column)

    def on_lines(self, lines: Sequence[int], what: str) -> str:
        """The first lines, for a comment: `lines 2, 3, …`; the file lists all of them.

        `what` says what the lines have in common.
        """
        if len(lines) > _NAMED_MAX:
            self.all_lines.append((what, lines))
        more = ", …" if len(lines) > _NAMED_MAX else ""
        word = "line" if len(lines) == 1 else "lines"
        return f"{word} {', '.join(map(str, lines[:_NAMED_MAX]))}{more}"

    def in_forms(
        self, column: str, groups: Iterable[tuple[str, Sequence[int]]], end: str = ""
    ) -> str:
        """Forms of a column with the rows that have them, for a comment."""
        groups = list(groups)
        words = [
            f"{form} on {len(lines):,} {'row' if len(lines) == 1 else 'rows'}"
            f" ({self.on_lines(lines, f'{column} {form}')})"
            for form, lines in groups
        ]
        return f"{len(groups)} forms: {', '.join(words)}{end}"

    def unclear_words(
        self, columns: Sequence[str], texts: Sequence[str], what: str
    ) -> str:
        """What to do about texts of columns that several forms read differently."""
        lines = self.lines_in(columns, texts)
        shown = f"{self.on_lines(lines, what)} {some(list(texts))}" if lines else ""
        return way_out_of_unclear(shown, len(lines))

    def lines(self, name: str, texts: Collection[str]) -> list[int]:
        """The lines of the rows that have one of the texts in a field's column."""
        column = self.fields.get(name)
        return [] if column is None else self.lines_in([column], texts)

    def lines_in(self, columns: Sequence[str], texts: Collection[str]) -> list[int]:
        """The lines of the rows that have one of the texts in one of the columns."""
        wanted = {*texts}
        cells = zip(*map(self.sample.cells, columns), strict=True)
        rows = zip(self.sample.lines, cells, strict=True)
        return [line for line, row in rows if not wanted.isdisjoint(row)]


def listed(lines: Sequence[int]) -> str:
    """All lines: `2-4, 7`; of very many parts, the first."""
    parts: list[list[int]] = []
    for line in lines:
        if parts and parts[-1][1] == line - 1:
            parts[-1][1] = line
        else:
            parts.append([line, line])
    shown = [str(start) if start == end else f"{start}-{end}" for start, end in parts]
    more = len(shown) - _LISTED_MAX
    shown[_LISTED_MAX:] = [f"and {more:,} more"] if more > 0 else []
    return ", ".join(shown)


def quoted_toml(text: str) -> str:
    """A text as a basic string of TOML."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    plain = "".join(
        char if char.isprintable() else f"\\u{ord(char):04X}" for char in escaped
    )
    return f'"{plain}"'


def some(texts: list[str], most: int = 3) -> str:
    """The first texts, for a comment: `'a', 'b' and 4 more`."""
    shown = ", ".join(repr(text[:40]) for text in texts[:most])
    return f"{shown} and {len(texts) - most} more" if len(texts) > most else shown
