"""Links of pages, and those to the pages on either side of a list."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from daybook_web.kit.results import PageInfo


@dataclass(frozen=True, slots=True)
class Link:
    """A text that leads somewhere."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Pager:
    """The addresses of the pages before and after, where there are any."""

    previous: str | None
    next: str | None

    @classmethod
    def of(cls, info: PageInfo, url: Callable[..., str]) -> "Pager | None":
        """The pages around one of a list; None if it is the only one.

        `url` gives the address of the page `before` or `after` a cursor.
        """
        if not (info.has_previous_page or info.has_next_page):
            return None
        return cls(
            url(before=info.start_cursor or "") if info.has_previous_page else None,
            url(after=info.end_cursor or "") if info.has_next_page else None,
        )


def document_url(document_id: str, **parameters: str) -> str:
    """The address of a document's page; `back` is the page that it leads back to."""
    query = urlencode({name: text for name, text in parameters.items() if text})
    return f"/documents/{document_id}{'?' * bool(query)}{query}"
