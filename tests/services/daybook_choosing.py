"""Choosing values: by Hypothesis, which makes failures small, or quickly by a seed."""

from collections.abc import Sequence
from random import Random
from typing import Protocol, TypeVar

from hypothesis import strategies as st

Value = TypeVar("Value")


class Chooser(Protocol):
    """Chooses whatever a history needs."""

    def integer(self, first: int, last: int) -> int:
        """A number from one to another."""

    def integers(self, first: int, last: int, count: int) -> list[int]:
        """So many different numbers, in order."""

    def one_of(self, values: Sequence[Value], /) -> Value:
        """One of some values."""

    def shuffled(self, values: Sequence[Value], /) -> list[Value]:
        """All of them in any order."""


class Draw(Protocol):
    """What a test's `data.draw` is."""

    def __call__(self, strategy: st.SearchStrategy[Value], /) -> Value:
        """A value of the strategy."""


class Drawn:
    """Chooses what Hypothesis draws."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw

    def integer(self, first: int, last: int) -> int:
        """A number from one to another."""
        return self._draw(st.integers(first, last))

    def integers(self, first: int, last: int, count: int) -> list[int]:
        """So many different numbers, in order."""
        numbers = st.integers(first, last)
        chosen = st.lists(numbers, min_size=count, max_size=count, unique=True)
        return sorted(self._draw(chosen))

    def one_of(self, values: Sequence[Value], /) -> Value:
        """One of some values."""
        return self._draw(st.sampled_from(values))

    def shuffled(self, values: Sequence[Value], /) -> list[Value]:
        """All of them in any order."""
        return self._draw(st.permutations(values))


class Seeded:
    """Chooses at random, the same for the same seed."""

    def __init__(self, seed: str) -> None:
        self._random = Random(seed)  # noqa: S311  (no secret)

    def integer(self, first: int, last: int) -> int:
        """A number from one to another."""
        return self._random.randint(first, last)

    def integers(self, first: int, last: int, count: int) -> list[int]:
        """So many different numbers, in order."""
        return sorted(self._random.sample(range(first, last + 1), count))

    def one_of(self, values: Sequence[Value], /) -> Value:
        """One of some values."""
        return self._random.choice(values)

    def shuffled(self, values: Sequence[Value], /) -> list[Value]:
        """All of them in any order."""
        return self._random.sample(values, len(values))
