"""What a tie-out finds: the rows that explain differences."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

from daybook.calendar import Month
from daybook.closing.rules import ROWS_MAX, FindingKind
from daybook.exports.queries import ListedRecord
from daybook.ledger.rules import Role


class TieOutFinding(NamedTuple):
    """A row that explains a difference; ids and numbers are Daybook's own.

    `amount` is what it adds to the difference of the account and month, on the
    account's normal side.
    """

    kind: FindingKind
    message: str
    target: str = ""
    role: Role | None = None
    month: Month | None = None
    customer_id: int | None = None
    product_id: int | None = None
    document_id: int | None = None
    journal: int | None = None
    amount: int | None = None
    file: ListedRecord | None = None


@dataclass(slots=True)
class Findings:
    """The findings so far: the first of each kind and target, and counts of all."""

    kept: list[TieOutFinding] = field(default_factory=list)
    counts: dict[FindingKind, int] = field(default_factory=lambda: defaultdict(int))
    _of_target: dict[tuple[FindingKind, str], int] = field(
        default_factory=lambda: defaultdict(int)
    )

    def add(self, finding: TieOutFinding) -> None:
        """Count a finding, and keep it if it is one of the first."""
        self.counts[finding.kind] += 1
        self._of_target[finding.kind, finding.target] += 1
        if self._of_target[finding.kind, finding.target] <= ROWS_MAX:
            self.kept.append(finding)
