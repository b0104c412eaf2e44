"""Long lists of which a page shows a part."""

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from daybook.numbers import read_number
from daybook_web.kit.links import Pager

Row = TypeVar("Row")

ROWS_MAX = 50
"""How many rows of a list a page shows."""


class Part(NamedTuple, Generic[Row]):
    """The rows of a list that a page shows, and the way to the others."""

    rows: Sequence[Row]
    total: int
    words: str
    """`51–100 of 2,000`; empty where the rows are all of them."""
    pager: Pager | None


def part_of(rows: Sequence[Row], first: str, url: Callable[[str], str]) -> Part[Row]:
    """The part of a list with its `first` row, which an address counts from 1.

    `url` gives the address of the part that begins with a row; that of the first part
    names none. A text that is no number leads to the first part.
    """
    total = len(rows)
    if total <= ROWS_MAX:
        return Part(rows, total, "", None)
    start = min(_index(first), total - 1)
    start -= start % ROWS_MAX
    end = min(start + ROWS_MAX, total)

    def url_from(index: int) -> str:
        return url(str(index + 1) if index else "")

    pager = Pager(
        url_from(start - ROWS_MAX) if start else None,
        url_from(end) if end < total else None,
    )
    return Part(rows[start:end], total, f"{start + 1:,}–{end:,} of {total:,}", pager)


def _index(first: str) -> int:
    try:
        return read_number(first) - 1
    except ValueError:
        return 0
