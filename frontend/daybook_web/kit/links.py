"""Links of pages, and those to the pages on either side of a list."""

from dataclasses import dataclass


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
