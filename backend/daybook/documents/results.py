"""The result of an import: counts by kind, and notices."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from daybook.activity.rules import RunCounts
from daybook.documents.notices.wording import notices_in_words
from daybook.errors import Notice, NoticeCode
from daybook.ledger.posting import Posted
from daybook.ledger.rules import SourceKind

NOTICES_MAX = 1_000
"""How many notices of a code are kept; further ones are only counted."""


@dataclass(slots=True)
class ImportResult:
    """What an import did. Documents are counted by kind.

    `notices` are for the sender to look at, up to `NOTICES_MAX` of each code;
    `notice_counts` counts all of them. They are about what was recorded: an unchanged
    document has none but VOID_HERE. `revenue_taken` is what credit notes without an
    invoice take at once, by currency. `unknown_voids` are voided documents that were
    never recorded. `recordings` are the numbers of its first and last recording, by
    currency.
    """

    recorded: Counter[SourceKind] = field(default_factory=Counter)
    revised: Counter[SourceKind] = field(default_factory=Counter)
    voided: Counter[SourceKind] = field(default_factory=Counter)
    unchanged: int = 0
    unknown_voids: Counter[SourceKind] = field(default_factory=Counter)
    journals: int = 0
    movements: int = 0
    notices: list[Notice] = field(default_factory=list)
    notice_counts: Counter[NoticeCode] = field(default_factory=Counter)
    notices_by_ledger: dict[str | None, Counter[NoticeCode]] = field(
        default_factory=dict, compare=False
    )
    revenue_taken: Counter[str] = field(default_factory=Counter)
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

    @property
    def notices_total(self) -> int:
        """How many notices there are, also those that were not kept."""
        return self.notice_counts.total()

    def add_notices(self, found: Iterable[Notice], currency: str | None = None) -> None:
        """Add notices, up to `NOTICES_MAX` of each code.

        `currency` is the ledger's, of notices about what was recorded in one.
        """
        of_ledger = self.notices_by_ledger.setdefault(currency, Counter())
        for notice in found:
            if self.notice_counts[notice.code] < NOTICES_MAX:
                self.notices.append(notice)
            self.notice_counts[notice.code] += 1
            of_ledger[notice.code] += 1

    def in_ledgers(self, what: str) -> dict[str, str]:
        """What was done and how many notices there were, by the ledgers' currencies.

        Notices about no ledger are counted in the first one.
        """
        counts = {currency: Counter[NoticeCode]() for currency in self.recordings}
        for currency, found in self.notices_by_ledger.items():
            if counts:
                counts[currency or min(counts)] += found
        return {
            currency: f"{what}; {notices_in_words(_by_code(found))}" if found else what
            for currency, found in counts.items()
        }

    def details(self) -> dict[str, object]:
        """Details for the audit record: documents by kind, and notices."""
        counted = {
            "recorded": self.recorded,
            "revised": self.revised,
            "voided": self.voided,
        }
        details: dict[str, object] = {
            what: {kind.name: count for kind, count in sorted(counts.items())}
            for what, counts in counted.items()
            if counts
        }
        if self.notice_counts:
            details["notices"] = _by_code(self.notice_counts)
        return details


def _by_code(counts: Counter[NoticeCode]) -> dict[str, int]:
    return {code.value: count for code, count in sorted(counts.items())}
