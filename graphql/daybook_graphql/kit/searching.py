"""Text to search for, checked."""

from daybook.reports.journals.filter_kinds import Text, Unfit
from daybook_graphql.kit.errors import ErrorCode, failure


def search_text(search: str | None, name: str = "search") -> str | None:
    """A text to search for; raises INVALID_VALUE for what no name can contain."""
    if search is None:
        return None
    try:
        return Text().read(search)
    except Unfit as why:
        raise failure(ErrorCode.INVALID_VALUE, f"{name}: {why}", name) from None
