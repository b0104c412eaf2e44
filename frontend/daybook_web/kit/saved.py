"""Filters that people saved: a page's chips of them, and what one keeps of an address.

A filter keeps what narrows its page. What belongs to the moment stays as its reader
has it: the ledger, the month or last day that is stepped through; a place in the list
is neither kept nor left. Links are made of the page's own path: they lead nowhere else.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from daybook_web.kit.results import Result

PATH = "/saved-filters"
Pair = tuple[str, str]
"""A parameter and its value."""


@dataclass(frozen=True, slots=True)
class SavedFilter(Result):
    """A filter of a page, as its operation found it."""

    name: str
    query: str
    is_shared: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """What a page's address holds: what a filter keeps, and what is of the moment.

    `page` is the page's name in the API.
    """

    page: str
    path: str
    filter: Sequence[Pair]
    moment: Sequence[Pair] = ()

    @classmethod
    def of(cls, page: str, path: str, pairs: Iterable[Pair], *moment: str) -> "Kept":
        """An address, with the names of its parameters that are of the moment."""
        given = list(pairs)
        return cls(
            page,
            path,
            [pair for pair in given if pair[0] not in moment],
            [pair for pair in given if pair[0] in moment],
        )

    @property
    def query(self) -> str:
        """The filter as it is saved."""
        return urlencode(self.filter)

    @property
    def whole_query(self) -> str:
        """All of the address but its path."""
        return urlencode([*self.moment, *self.filter])

    @property
    def url(self) -> str:
        """The address."""
        return self.with_filter(self.filter)

    def with_filter(self, pairs: Sequence[Pair]) -> str:
        """The page of the same moment with another filter."""
        query = urlencode([*self.moment, *pairs])
        return f"{self.path}?{query}" if query else self.path

    def own_url(self, path: str = "", **parameters: str) -> str:
        """A page about this page's filters."""
        own = {"page": self.page, "query": self.whole_query, **parameters}
        given = {name: text for name, text in own.items() if text}
        return f"{PATH}{path}?{urlencode(given)}"


@dataclass(frozen=True, slots=True)
class SavedChip:
    """A saved filter, and the page that it filters."""

    text: str
    url: str
    is_shared: bool
    is_current: bool


@dataclass(frozen=True, slots=True)
class SavedFilters:
    """The saved filters of a page; `can_save` if what it shows is none of them."""

    kept: Kept
    chips: Sequence[SavedChip]
    can_save: bool

    @classmethod
    def of(
        cls, found: Iterable[SavedFilter], kept: Kept, *, is_valid: bool = True
    ) -> "SavedFilters":
        """The chips; what has problems can't be saved."""
        shown = sorted(set(kept.filter))
        chips = []
        for saved in found:
            pairs = parse_qsl(saved.query)
            chips.append(
                SavedChip(
                    saved.name,
                    kept.with_filter(pairs),
                    saved.is_shared,
                    is_current=sorted(pairs) == shown,
                )
            )
        is_saved = any(chip.is_current for chip in chips)
        return cls(kept, chips, is_valid and bool(shown) and not is_saved)
