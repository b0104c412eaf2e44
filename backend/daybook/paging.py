"""Keyset pages of lists: requests, and the pages that were found."""

from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Up to `size` items after a key, or before it (`is_backward`)."""

    size: int
    key: tuple[Any, ...] | None = None
    is_backward: bool = False

    def reversed(self) -> "PageRequest":
        """The same page of the list in the opposite order."""
        return replace(self, is_backward=not self.is_backward)


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Items in the list's order, and whether there are more on either side.

    The side on which the request's key lies isn't read: it has more if there is a key.
    """

    items: list[Item]
    has_next: bool
    has_previous: bool

    def reversed(self) -> "Page[Item]":
        """The same items in a list of the opposite order."""
        return Page(self.items[::-1], self.has_previous, self.has_next)

    @classmethod
    def of(cls, found: list[Item], request: PageRequest) -> "Page[Item]":
        """Make a page of rows that were read with a limit of `size + 1`.

        They are in the request's direction; the extra row shows whether there are more.
        """
        has_more, has_key = len(found) > request.size, request.key is not None
        items = found[: request.size]
        if request.is_backward:
            return cls(items[::-1], has_next=has_key, has_previous=has_more)
        return cls(items, has_next=has_more, has_previous=has_key)
