"""Texts that differ in nothing but case or spaces. Pure.

    key_of       equal for all spellings of a text
    folded       what the database compares: spaces left out, A–Z as a–z
    foldings_of  the folded forms that another spelling of a text may have

Neither SQLite nor PostgreSQL with the collation `C` knows the case of letters other
than A–Z, so these are looked for in lower case, in capitals and with initial capitals.
"""

from string import ascii_lowercase, ascii_uppercase

SPACES = (" ", "\N{NO-BREAK SPACE}")
_TO_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)


def key_of(text: str) -> str:
    """Equal for texts that differ only in case or spaces."""
    return _without_spaces(text).casefold()


def folded(text: str) -> str:
    """A text without spaces, and with the letters A–Z as a–z."""
    return _without_spaces(text).translate(_TO_LOWER)


def foldings_of(text: str) -> set[str]:
    """The folded forms of the usual spellings of a text."""
    if text.isascii():
        return {folded(text)}
    return {folded(each) for each in (text, text.lower(), text.upper(), text.title())}


def _without_spaces(text: str) -> str:
    for space in SPACES:
        text = text.replace(space, "")
    return text
