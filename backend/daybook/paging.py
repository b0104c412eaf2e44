"""Pages of lists by keyset: what is asked for, and what was found."""

from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """So many items after a key, or before one (`is_backward`): a keyset page."""

    size: int
    key: tuple[Any, ...] | None = None
    is_backward: bool = False

    def reversed(self) -> "PageRequest":
        """The same page of the list in the opposite order."""
        return replace(self, is_backward=not self.is_backward)


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Items in the list's order, and whether there are more on either side.

    A side that wasn't looked at counts as having more if the request had a key there.
    """

    items: list[Item]
    has_next: bool
    has_previous: bool

    def reversed(self) -> "Page[Item]":
        """The same items in a list of the opposite order."""
        return Page(self.items[::-1], self.has_previous, self.has_next)

    @classmethod
    def of(cls, found: list[Item], request: PageRequest) -> "Page[Item]":
        """Cut what was found in the request's direction, one more than asked for."""
        has_more, has_key = len(found) > request.size, request.key is not None
        items = found[: request.size]
        if request.is_backward:
            return cls(items[::-1], has_next=has_key, has_previous=has_more)
        return cls(items, has_next=has_more, has_previous=has_key)
