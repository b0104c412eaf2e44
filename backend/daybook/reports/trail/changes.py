"""What a record says in words: a sentence, a reason, values before and after. Pure."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from daybook.audit.rules import Record
from daybook.calendar import day_words, parse_day
from daybook.clock import moment_words
from daybook.ledger.rules import name_in_words
from daybook.numbers import counted

NONE = "none"
CHANGES_TOLD = 50
"""How many changes of a record are listed; its details have all."""


class Change(NamedTuple):
    """A value that was changed: its name, and what it was before and is after."""

    name: str
    before: str
    after: str

    def __str__(self) -> str:
        """The change in one line: `Locked through: none → 31 Oct 2026`."""
        return f"{self.name}: {self.before} → {self.after}"


class Told(NamedTuple):
    """A record in words."""

    sentence: str
    changes: tuple[Change, ...] = ()
    reason: str | None = None

    @property
    def changes_text(self) -> str:
        """All changes in one line."""
        return "; ".join(map(str, self.changes))


Details: TypeAlias = Mapping[str, Any]
Tell: TypeAlias = Callable[[Record, Details], Told]
"""Tells a record, whose details were read."""


class Field(NamedTuple):
    """A value of details: its name for people, and how it is spelled."""

    name: str
    spell: Callable[[Any], str]


def spelled(value: object) -> str:
    """A value for people: `none`, `on`, `Straight line`, or the text as it is."""
    if value is None or value == "":
        return NONE
    if isinstance(value, bool):
        return "on" if value else "off"
    text = str(value)
    is_constant = text.isupper() and len(text) > 3 and text.replace("_", "").isalnum()
    return name_in_words(text) if is_constant else text


def plain(value: object) -> str:
    """A value that somebody typed, as it is; `none` for nothing."""
    return NONE if value in {None, ""} else str(value)


def day(value: object) -> str:
    """A stored day for people: `31 Oct 2026`."""
    return NONE if value is None else day_words(parse_day(str(value)))


def moment(value: object) -> str:
    """A stored moment for people: `31 Oct 2026, 12:00 UTC`."""
    return moment_words(datetime.fromisoformat(str(value)), "UTC")


def changed(
    before: Details, after: Details, fields: Mapping[str, Field]
) -> tuple[Change, ...]:
    """The values that differ, in the order of `fields`, then others by their names.

    What is absent and what is empty are both `none`, and don't differ.
    """
    names = [*fields, *sorted({*before, *after} - fields.keys())]
    found = []
    for name in names:
        field = fields.get(name) or Field(_words(name), spelled)
        old, new = field.spell(before.get(name)), field.spell(after.get(name))
        if old != new:
            found.append(Change(field.name, old, new))
    return tuple(found)


def told_of_many(
    sentence: str, changes: Sequence[Change], reason: str | None = None
) -> Told:
    """A record of any number of changes: the first, and how many more there are."""
    more = len(changes) - CHANGES_TOLD
    if more > 0:
        sentence += f", with {counted(more, 'further change')}"
    return Told(sentence, tuple(changes[:CHANGES_TOLD]), reason)


def _words(name: str) -> str:
    """A stored name in words: `closedThrough` is `Closed through`."""
    split = "".join(f" {c.lower()}" if c.isupper() else c for c in name)
    return split.replace("_", " ").strip().capitalize()


def listed(items: list[str]) -> str:
    """Items in a sentence: `a, b and c`."""
    *most, last = items
    return f"{', '.join(most)} and {last}" if most else last
