"""Marks: what a journal differs by from others, with a word, an icon and a colour."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Mark(NamedTuple):
    """A mark: the style of its badge, the name of its icon, and its words."""

    style: str
    icon: str
    words: str


MARKS: Mapping[str, Mark] = {
    "MOVED": Mark("lock", "lock", "Moved"),
    "CREDIT_NOTE": Mark("credit", "back-arrow", "Credit note"),
    "REVISED": Mark("revised", "turn", "Revised"),
    "VOIDED": Mark("voided", "struck", "Voided"),
    "PARTLY_SCHEDULED": Mark("scheduled", "clock", "Partly scheduled"),
    "MANUAL": Mark("manual", "pencil", "Manual"),
}
"""By the API's names, in its order."""


def mark_words(names: Iterable[str]) -> str:
    """The words of marks, for a sentence."""
    return ", ".join(MARKS[name].words for name in names)
