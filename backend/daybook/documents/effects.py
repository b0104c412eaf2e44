"""What an import brings to each ledger: its documents' totals, and what they post."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from daybook.calendar import Day
from daybook.documents.rules import Document, DocumentStatus
from daybook.ledger.models import StoredCatchUpPart
from daybook.ledger.posting import PlannedJournals
from daybook.ledger.rules import AccountPair, Role, SourceKind, SpanSide, net_change


@dataclass(slots=True)
class LedgerEffect:
    """What an import brings to a ledger, in minor units of its currency.

    `documents` are those that are new, revised or voided. `invoiced` is what the sum of
    all invoices gains, less discounts, and `credited` what that of all credit notes
    does: a revision counts by its difference, a void with a minus. `recognized` is what
    Recognized gains on days up to today, `deferred` what Deferred gains on all days,
    and `moved` what is posted on another day than it was earned, because of a lock.

    `file_total` is what the file's invoices sum to, less its credit notes. Unlike the
    others it includes documents that are recorded already; void ones it doesn't.
    """

    documents: int = 0
    invoiced: int = 0
    credited: int = 0
    recognized: int = 0
    deferred: int = 0
    moved: int = 0
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
        by_now: dict[AccountPair, int] = defaultdict(int)
        in_all: dict[AccountPair, int] = defaultdict(int)
        for row in planned.spans:
            _, first_day, last_day, _, debit, credit, _, _, side, _, amount, daily = row
            if side == SpanSide.CREDITED:
                continue  # the same movements by their other side's product
            pair = Role(debit), Role(credit)
            in_all[pair] += amount
            if last_day <= self._today:
                by_now[pair] += amount
            elif first_day <= self._today:
                by_now[pair] += daily * (self._today - first_day + 1)
        effect.recognized += net_change(by_now, Role.RECOGNIZED)
        effect.deferred += net_change(in_all, Role.DEFERRED)
        for table in planned.tables:
            if table.model is StoredCatchUpPart:
                amount_at = table.columns.index("amount")
                effect.moved += sum(row[amount_at] for row in table)
