"""What reads an export's rows knows of a conversion: importing it costs nothing."""

from collections.abc import Sequence
from typing import Protocol, TypeAlias

from daybook.db.engine import ReadSession

RowKey: TypeAlias = tuple[int, int]
"""A journal's number, and a movement's `seq` there."""

Amounts: TypeAlias = dict[RowKey, tuple[int, int]]
"""The converted amount and daily amount of movements; an amount of zero is no line."""


class Converting(Protocol):
    """Converts a pinned ledger's movements into one other currency."""

    async def amounts(self, session: ReadSession, numbers: Sequence[int]) -> Amounts:
        """The amounts and daily amounts of all movements in force of some journals."""
