"""What a tie-out finds: the rows that explain differences."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

from daybook.calendar import Month
from daybook.closing.rules import ROWS_MAX, FindingKind
from daybook.exports.queries import ListedRecord
from daybook.ledger.rules import Role

TargetMonth = tuple[str, Month]
"""A target of posted files, and a month."""


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
    newest: ListedRecord | None = None
    """The other file that has what is doubled: the one that counts."""


@dataclass(slots=True)
class Findings:
    """The findings so far: the first of each kind and target, and counts of all."""

    kept: list[TieOutFinding] = field(default_factory=list)
    counts: dict[FindingKind, int] = field(default_factory=lambda: defaultdict(int))
    doubled: dict[TargetMonth, dict[int, ListedRecord]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    """The files, by number, that have entries of a month which others have too."""
    lacking: set[TargetMonth] = field(default_factory=set)
    """Where journals are changed, or missing in the files."""
    _of_target: dict[tuple[FindingKind, str], int] = field(
        default_factory=lambda: defaultdict(int)
    )

    def add(self, finding: TieOutFinding) -> None:
        """Count a finding, and keep it if it is one of the first."""
        self.counts[finding.kind] += 1
        if finding.month is not None:
            self._add_place(finding, (finding.target, finding.month))
        self._of_target[finding.kind, finding.target] += 1
        if self._of_target[finding.kind, finding.target] <= ROWS_MAX:
            self.kept.append(finding)

    def _add_place(self, finding: TieOutFinding, place: TargetMonth) -> None:
        if finding.kind is FindingKind.DOUBLED:
            for listed in filter(None, (finding.file, finding.newest)):
                self.doubled[place][listed.record.number] = listed
        elif finding.kind in {FindingKind.CHANGED, FindingKind.MISSING}:
            self.lacking.add(place)
