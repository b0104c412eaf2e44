"""Text to search for, checked."""

from daybook_graphql.errors import ErrorCode, failure

SEARCH_MAX = 200
"""Nobody types more, and a database's patterns have an end."""


def search_text(search: str | None, name: str = "search") -> str | None:
    """A text to search for; raises INVALID_VALUE for what no name can contain."""
    if search is None:
        return None
    if len(search) > SEARCH_MAX:
        message = f"{name}: at most {SEARCH_MAX} characters"
        raise failure(ErrorCode.INVALID_VALUE, message, name)
    if "\x00" in search:
        message = f"{name}: a NUL character is in no name"
        raise failure(ErrorCode.INVALID_VALUE, message, name)
    return search
