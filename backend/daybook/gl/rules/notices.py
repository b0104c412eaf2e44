"""What a refresh found that people should know, as it is stored and in words. Pure."""

import json
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from daybook.numbers import counted

STORED_MAX = 1_000
"""How many notices a segment keeps."""


class NoticeKind(StrEnum):
    """What a notice is about."""

    CLASH = "CLASH"
    """A code that means another class of accounts in the main connection."""
    GAP = "GAP"
    """Journals between two numbers that didn't come in."""


class Notice(NamedTuple):
    """A notice, and what it is about: `subject` is an account's code, or a range."""

    kind: NoticeKind
    subject: str
    words: str


def clash(code: str, name: str, class_: str, main_name: str, main_class: str) -> Notice:
    """An account whose own name stays, since its code means something else in main."""
    words = (
        f"account {code} is {name} ({class_ or 'of no class'}) here, and {main_name}"
        f" ({main_class}) in the main connection: it keeps its own name"
    )
    return Notice(NoticeKind.CLASH, code, words)


def gap(first: int, last: int) -> Notice:
    """Journals that are missing, from the first to the last."""
    count = last - first + 1
    numbers = str(first) if count == 1 else f"{first} to {last}"
    verb = "is" if count == 1 else "are"
    words = f"{counted(count, 'journal')} {verb} missing: {numbers}"
    return Notice(NoticeKind.GAP, numbers, words)


def notices_text(notices: Iterable[Notice]) -> str:
    """Notices as JSON, to store them."""
    return json.dumps([notice._asdict() for notice in notices][:STORED_MAX])


def notices_of(text: str) -> Sequence[Notice]:
    """The notices of a text by `notices_text`."""
    return [
        Notice(NoticeKind(stored["kind"]), stored["subject"], stored["words"])
        for stored in json.loads(text)
    ]
