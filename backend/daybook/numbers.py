"""Numbers of things, and those by which callers name what Daybook numbered.

Nothing has a number of more than 18 digits, and neither database takes one of twenty.
"""

import re
from typing import TypeGuard

NUMBER_MAX = 10**18 - 1
"""The largest number that anything can have."""

_NUMBER = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: `1 entry`, `1,204 rows`."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def agreeing(number: int, verb: str, plural: str) -> str:
    """The form of a verb that fits a number: `waits` for one, `wait` for others."""
    return verb if number == 1 else plural


def read_number(text: str) -> int:
    """The number of a text; raises ValueError for text that is nothing's number."""
    if not _NUMBER.fullmatch(text):
        message = f"{text!r} is not the number of anything"
        raise ValueError(message)
    return int(text)


def is_number(value: object) -> TypeGuard[int]:
    """Whether a value, as of a file that others wrote, may be something's number."""
    return type(value) is int and 0 < value <= NUMBER_MAX
