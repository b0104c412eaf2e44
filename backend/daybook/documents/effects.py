"""What an import brings to each ledger: its documents' totals, and what they post."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from daybook.calendar import Day
from daybook.documents.rules import Document, DocumentStatus
from daybook.ledger.models import JournalMovement, StoredCatchUp
from daybook.ledger.posting import PlannedJournals
from daybook.ledger.rules import AccountPair, Role, SourceKind, SpanSide, net_change

KEY_COLUMNS = 3
"""A movement's ledger, journal and place in it: its row's first columns, and those of
the row of its catch-up."""


@dataclass(slots=True)
class LedgerEffect:
    """What an import brings to a ledger, in minor units of its currency.

    `documents` are those that are new, revised or voided. `invoiced` is what the sum of
    all invoices gains, less discounts, and `credited` what that of all credit notes
    does: a revision counts by its difference, a void with a minus. `recognized` and
    `deferred` are what these accounts gain on days up to today, and `moved` is what
    Recognized gains on other days than it was earned on, because of a lock: on those
    from `moved_from` through `moved_through`, which is one day unless parts stay
    where an earlier lock moved them; None if nothing is moved.

    `file_total` is what the file's invoices sum to, less its credit notes. Unlike the
    others it includes documents that are recorded already; void ones it doesn't.
    """

    documents: int = 0
    invoiced: int = 0
    credited: int = 0
    recognized: int = 0
    deferred: int = 0
    moved: int = 0
    moved_from: Day | None = None
    moved_through: Day | None = None
    file_total: int = 0


class Effects:
    """Collects what an import brings, by the ledgers' currencies."""

    def __init__(self, today: Day) -> None:
        self.by_ledger: dict[str, LedgerEffect] = defaultdict(LedgerEffect)
        self._today = today

    def add_of_file(self, documents: Iterable[Document]) -> None:
        """Add documents of the file to its total, whatever becomes of them."""
        for document in documents:
            if document.status is DocumentStatus.VOIDED:
                continue
            if document.kind is SourceKind.INVOICE:
                self.by_ledger[document.currency].file_total += document.total
            elif document.kind is SourceKind.CREDIT_NOTE:
                self.by_ledger[document.currency].file_total -= document.total

    def add_document(self, kind: SourceKind, currency: str, gain: int) -> None:
        """Count a document, and add what its total gains."""
        effect = self.by_ledger[currency]
        effect.documents += 1
        if kind is SourceKind.INVOICE:
            effect.invoiced += gain
        elif kind is SourceKind.CREDIT_NOTE:
            effect.credited += gain

    def add_posted(self, currency: str, planned: PlannedJournals) -> None:
        """Add what a recording posts, less what it supersedes."""
        effect = self.by_ledger[currency]
        pairs: dict[AccountPair, int] = defaultdict(int)
        for row in planned.spans:
            _, first_day, last_day, _, debit, credit, _, _, side, _, amount, daily = row
            if side == SpanSide.CREDITED:
                continue  # the same movements by their other side's product
            pair = Role(debit), Role(credit)
            if last_day <= self._today:
                pairs[pair] += amount
            elif first_day <= self._today:
                pairs[pair] += daily * (self._today - first_day + 1)
        effect.recognized += net_change(pairs, Role.RECOGNIZED)
        effect.deferred += net_change(pairs, Role.DEFERRED)
        self._add_moved(effect, planned)

    @staticmethod
    def _add_moved(effect: LedgerEffect, planned: PlannedJournals) -> None:
        """Add what Recognized gains by the movements that a lock moved."""
        pairs: dict[AccountPair, int] = defaultdict(int)
        for debit, credit, amount, day in _moved(planned):
            pairs[debit, credit] += amount
            if Role.RECOGNIZED in (debit, credit):
                effect.moved_from = min(effect.moved_from or day, day)
                effect.moved_through = max(effect.moved_through or day, day)
        effect.moved += net_change(pairs, Role.RECOGNIZED)


def _moved(planned: PlannedJournals) -> Iterator[tuple[Role, Role, int, Day]]:
    """The movements that a lock moved: debit, credit, amount and posting date."""
    keys = {
        row[:KEY_COLUMNS]
        for table in planned.tables
        if table.model is StoredCatchUp
        for row in table
    }
    if not keys:
        return
    for table in planned.tables:
        if table.model is JournalMovement:
            for row in table:
                if row[:KEY_COLUMNS] in keys:
                    _, _, _, _, debit, credit, amount, _, day, *_ = row
                    yield Role(debit), Role(credit), amount, day
