"""The result of an import: counts by kind, and notices."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from daybook.activity.rules import RunCounts
from daybook.errors import Notice
from daybook.ledger.posting import Posted
from daybook.ledger.rules import SourceKind

NOTICES_MAX = 1_000
"""How many notices are kept; further ones are only counted."""


@dataclass(slots=True)
class ImportResult:
    """What an import did. Documents are counted by kind.

    `notices` are for the sender to look at, up to `NOTICES_MAX` of the `notices_total`.
    `recordings` are the numbers of its first and last recording, by currency.
    """

    recorded: Counter[SourceKind] = field(default_factory=Counter)
    revised: Counter[SourceKind] = field(default_factory=Counter)
    voided: Counter[SourceKind] = field(default_factory=Counter)
    unchanged: int = 0
    journals: int = 0
    movements: int = 0
    notices: list[Notice] = field(default_factory=list)
    notices_total: int = 0
    recordings: dict[str, tuple[int, int]] = field(default_factory=dict, compare=False)
    added: dict[str, RunCounts] = field(default_factory=dict, compare=False)

    def add_recording(self, currency: str, number: int) -> None:
        """Add a recording of a ledger, later than the ones added before."""
        first, _ = self.recordings.get(currency, (number, number))
        self.recordings[currency] = (first, number)

    def add_posted(self, currency: str, posted: Posted) -> None:
        """Count what was posted into a ledger."""
        self.journals += posted.journals
        self.movements += posted.movements
        before = self.added.get(currency, RunCounts())
        self.added[currency] = before._replace(
            journals=before.journals + posted.journals,
            movements=before.movements + posted.movements,
        )

    def add_notices(self, found: Sequence[Notice]) -> None:
        """Add notices, up to `NOTICES_MAX`."""
        self.notices += found[: NOTICES_MAX - len(self.notices)]
        self.notices_total += len(found)

    def details(self) -> dict[str, object]:
        """Details for the audit record: documents by what was done, and by kind."""
        counted = {
            "recorded": self.recorded,
            "revised": self.revised,
            "voided": self.voided,
        }
        return {
            what: {kind.name: count for kind, count in sorted(counts.items())}
            for what, counts in counted.items()
            if counts
        }
