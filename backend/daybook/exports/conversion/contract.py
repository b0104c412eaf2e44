"""What reads an export's rows knows of a conversion: importing it costs nothing."""

from collections.abc import Sequence
from typing import Protocol

from daybook.db.engine import ReadSession
from daybook.exports.conversion.movements import Amounts, Place


class Converting(Protocol):
    """Converts a pinned ledger's movements into one other currency."""

    async def amounts(self, session: ReadSession, places: Sequence[Place]) -> Amounts:
        """The amounts and daily amounts of some movements in force."""
