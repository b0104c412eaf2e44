"""Searching in names and ids: contained text, upper and lower case alike."""

from string import ascii_lowercase, ascii_uppercase

from sqlalchemy import ColumnElement, false, func
from sqlalchemy.orm import InstrumentedAttribute

# Both databases fold ASCII letters only, so the text is folded the same way.
_FOLDED = str.maketrans(ascii_uppercase, ascii_lowercase)


def can_be_stored(text: str) -> bool:
    """Whether a database can hold a text; other texts can't even be parameters.

    PostgreSQL holds no NUL, and half of a surrogate pair is not a character.
    """
    return not any(
        character == "\0" or "\ud800" <= character <= "\udfff" for character in text
    )


def contains(
    column: ColumnElement[str] | InstrumentedAttribute[str], text: str
) -> ColumnElement[bool]:
    """Whether a column contains a text; ASCII letters match in either case."""
    if not can_be_stored(text):
        return false()
    folded = text.translate(_FOLDED)
    return func.lower(column).contains(folded, autoescape=True)
