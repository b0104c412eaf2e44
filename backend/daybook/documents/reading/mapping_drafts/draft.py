"""A draft of a mapping: entries that are decided, and those that are open."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from daybook.documents.reading.mapping_drafts.samples import Sample
from daybook.documents.reading.mixed_forms import WAY_OUT


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

    def lines(self, name: str, texts: Collection[str]) -> list[int]:
        """The lines of the rows that have one of the texts in a field's column."""
        rows = zip(self.sample.lines, self.cells(name), strict=True)
        return [line for line, cell in rows if cell in texts]


def in_forms(groups: Iterable[tuple[str, Sequence[int]]]) -> str:
    """Forms with the rows that have them, for a comment, and what to do about it."""
    groups = list(groups)
    words = [
        f"{form} on {len(lines):,} {'row' if len(lines) == 1 else 'rows'}"
        f" ({'line' if len(lines) == 1 else 'lines'} {first(lines)})"
        for form, lines in groups
    ]
    return f"{len(groups)} forms: {', '.join(words)}; {WAY_OUT}"


def first(lines: Sequence[int], most: int = 5) -> str:
    """The first lines, for a comment: `2, 3, …`."""
    return ", ".join(map(str, lines[:most])) + (", …" if len(lines) > most else "")


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
