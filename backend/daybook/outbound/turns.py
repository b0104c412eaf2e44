"""Whose message is sent next, in one process: those that wait take turns. Pure."""

from collections import Counter
from collections.abc import Collection
from itertools import count
from typing import Generic, TypeVar

Key = TypeVar("Key", int, tuple[int, int])
"""An organisation, or an endpoint: its organisation and number."""


class Turns(Generic[Key]):
    """Attempts under way, and whose is begun next.

    The key with the fewest attempts under way comes first, then the one whose last
    start is longest ago. So a key with a thousand messages, or with a slow receiver,
    has at most `at_once_each` of the `at_once` attempts, and one that waits with none
    under way begins before any other begins twice.
    """

    def __init__(self, at_once: int, at_once_each: int) -> None:
        self._at_once, self._at_once_each = at_once, at_once_each
        self._under_way: Counter[Key] = Counter()
        self._last_starts: dict[Key, int] = {}
        self._starts = count(1)

    def next(self, waiting: Collection[Key]) -> Key | None:
        """Which of the keys that wait begins next; None if none may begin now."""
        if self._under_way.total() >= self._at_once:
            return None
        return min(
            (key for key in waiting if self._under_way[key] < self._at_once_each),
            key=lambda key: (self._under_way[key], self._last_starts.get(key, 0), key),
            default=None,
        )

    def begin(self, key: Key) -> None:
        """Note that an attempt begins."""
        self._under_way[key] += 1
        self._last_starts[key] = next(self._starts)

    def end(self, key: Key) -> None:
        """Note that an attempt ended."""
        self._under_way[key] -= 1
