"""The result of an import: counts by kind, and notices."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from daybook.activity.rules import RunCounts
from daybook.calendar import Day
from daybook.documents.effects import LedgerEffect
from daybook.documents.named_documents import kind_words
from daybook.documents.notices.wording import notices_in_words
from daybook.documents.renamings import Renamings
from daybook.documents.rules import Document
from daybook.errors import Notice, NoticeCode
from daybook.ledger.posting import Posted
from daybook.ledger.rules import SourceKind
from daybook.money import grouped_text

NOTICES_MAX = 1_000
"""How many notices of a code are kept; further ones are only counted."""
CHANGES_MAX = 1_000
"""How many changed documents are kept; further ones are only counted."""
LISTED_MAX = 20
"""How many new and changed documents are kept to be listed."""
NAMED_MAX = 5
"""How many changed documents a line names."""


class ChangedDocument(NamedTuple):
    """A recorded document that an import revised, or voided (`after` is None).

    `id` is the sender's own, and `number` the document's as it was sent now; the totals
    are minor units of the currency.
    """

    kind: SourceKind
    id: str
    number: str
    currency: str
    before: int
    after: int | None

    @property
    def done(self) -> str:
        """What was done with it: `revised` or `voided`."""
        return "voided" if self.after is None else "revised"

    def words(self) -> str:
        """The document and its totals: `invoice A2 (2,400.00 → 600.00 GBP)`."""
        total = grouped_text(self.before, self.currency)
        if self.after not in {None, self.before}:
            total += f" → {grouped_text(self.after or 0, self.currency)}"
        same = " as before" if self.after == self.before else ""
        return f"{kind_words(self.kind)} {self.id} ({total} {self.currency}{same})"


class ListedDocument(NamedTuple):
    """A document that an import records, revises or voids, as it is listed.

    `before` and `after` are its totals in minor units; `before` is None for a new one,
    and `after` for one that is voided.
    """

    kind: SourceKind
    number: str
    customer: str
    currency: str
    accounting_date: Day
    before: int | None
    after: int | None


def named_words(names: Sequence[str], count: int, way_out: str = "") -> str:
    """The first names, and how many of `count` there are besides.

    `way_out` says where to read of those.
    """
    shown = list(names[:NAMED_MAX])
    if count > len(shown):
        shown.append(f"{count - len(shown):,} more{way_out}")
    return ", ".join(shown)


@dataclass(slots=True)
class ImportResult:
    """What an import did. Documents are counted by kind.

    `notices` are for the sender to look at, up to `NOTICES_MAX` of each code;
    `notice_counts` counts all of them. They are about what was recorded: an unchanged
    document has none but VOID_HERE. `revenue_taken` is what credit notes without an
    invoice take at once, by currency. `changes` are the revised and voided documents,
    up to `CHANGES_MAX`, which `changes_by_ledger` counts; `listed` are the first
    `LISTED_MAX` of all that are new, revised or voided. `renamings` are the customers
    and products that get another name or category. `unknown_voids` are voided
    documents that were never recorded. `recordings` are the numbers of its first and
    last recording, by currency. `effects` are by currency, too, and empty unless they
    were asked for. `audit_record` is the number of the audit trail's last record: the
    import's own, or the one that a dry run saw. `stands` says, of an action that
    changed nothing, what stands already.
    """

    recorded: Counter[SourceKind] = field(default_factory=Counter)
    revised: Counter[SourceKind] = field(default_factory=Counter)
    voided: Counter[SourceKind] = field(default_factory=Counter)
    changes: list[ChangedDocument] = field(default_factory=list, compare=False)
    listed: list[ListedDocument] = field(default_factory=list, compare=False)
    renamings: Renamings = field(default_factory=Renamings, compare=False)
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
    changes_by_ledger: dict[str, Counter[str]] = field(
        default_factory=dict, compare=False
    )
    effects: Mapping[str, LedgerEffect] = field(default_factory=dict)
    audit_record: int = field(default=0, compare=False)
    stands: str = field(default="", compare=False)

    def add_recording(self, currency: str, number: int) -> None:
        """Add a recording of a ledger, later than the ones added before."""
        first, _ = self.recordings.get(currency, (number, number))
        self.recordings[currency] = (first, number)

    def add_change(self, change: ChangedDocument) -> None:
        """Count a revised or voided document, and keep it up to `CHANGES_MAX`."""
        counts = self.voided if change.after is None else self.revised
        counts[change.kind] += 1
        changed = self.changes_by_ledger.setdefault(change.currency, Counter())
        changed[change.done] += 1
        if len(self.changes) < CHANGES_MAX:
            self.changes.append(change)

    def add_listed(
        self, document: Document, before: int | None, after: int | None
    ) -> None:
        """Keep a document with its totals, if it is one of the first."""
        if len(self.listed) < LISTED_MAX:
            self.listed.append(
                ListedDocument(
                    kind=document.kind,
                    number=document.number,
                    customer=document.customer.name,
                    currency=document.currency,
                    accounting_date=document.accounting_date,
                    before=before,
                    after=after,
                )
            )

    def changes_in_words(
        self, currency: str | None = None, way_out: str = ""
    ) -> dict[str, str]:
        """The documents of a ledger, or of all, that were `revised` and `voided`.

        `way_out` says where to read of those that aren't named.
        """
        lines = {}
        for done in ("revised", "voided"):
            count = sum(
                counts[done]
                for ledger, counts in self.changes_by_ledger.items()
                if currency in {None, ledger}
            )
            names = [
                change.words()
                for change in self.changes
                if change.done == done and currency in {None, change.currency}
            ]
            if count:
                lines[done] = named_words(names, count, way_out)
        return lines

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
        """What was done, to which documents, and how many notices there were.

        It is by the ledgers' currencies. Notices about no ledger are counted in the
        first one.
        """
        counts = {currency: Counter[NoticeCode]() for currency in self.recordings}
        for currency, found in self.notices_by_ledger.items():
            if counts:
                counts[currency or min(counts)] += found
        return {
            currency: "; ".join(
                [
                    what,
                    *(
                        f"{done}: {names}"
                        for done, names in self.changes_in_words(currency).items()
                    ),
                    *([notices_in_words(_by_code(found))] if found else []),
                ]
            )
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
