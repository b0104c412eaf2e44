"""Searching in names and ids: contained text, upper and lower case alike."""

from string import ascii_lowercase, ascii_uppercase

from sqlalchemy import ColumnElement, false, func
from sqlalchemy.orm import InstrumentedAttribute

# Both databases fold ASCII letters only, and so must the text that they compare with.
_FOLDED = str.maketrans(ascii_uppercase, ascii_lowercase)


def can_be_stored(text: str) -> bool:
    """Whether a text can be in a database at all; none may even be asked for others.

    PostgreSQL holds no NUL, and half of a surrogate pair is no character.
    """
    return not any(one == "\0" or "\ud800" <= one <= "\udfff" for one in text)


def contains(
    column: ColumnElement[str] | InstrumentedAttribute[str], text: str
) -> ColumnElement[bool]:
    """Whether a column contains a text; ASCII letters match in either case."""
    if not can_be_stored(text):
        return false()
    folded = text.translate(_FOLDED)
    return func.lower(column).contains(folded, autoescape=True)
