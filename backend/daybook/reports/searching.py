"""Searching in names and ids: contained text, upper and lower case alike."""

from string import ascii_lowercase, ascii_uppercase

from sqlalchemy import ColumnElement, func
from sqlalchemy.orm import InstrumentedAttribute

# Both databases fold ASCII letters only, and so must the text that they compare with.
_FOLDED = str.maketrans(ascii_uppercase, ascii_lowercase)


def contains(column: InstrumentedAttribute[str], text: str) -> ColumnElement[bool]:
    """Whether a column contains a text; ASCII letters match in either case."""
    folded = text.translate(_FOLDED)
    return func.lower(column).contains(folded, autoescape=True)
