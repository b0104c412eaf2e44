"""What the page of a journal shows: the result of the operation `JournalDetail`."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode

from daybook.adjustments.rules import label
from daybook.calendar import day_of, day_text, month_of
from daybook_web.journals.query import ReportQuery
from daybook_web.kit.formats import (
    ADJUSTMENT_MODES,
    manual_kind,
    manual_status,
    month,
)
from daybook_web.kit.links import Link, Pager
from daybook_web.kit.rendering import View
from daybook_web.kit.results import (
    Account,
    Money,
    NewestAttachments,
    PageInfo,
    Party,
    PostedFile,
    Result,
)


@dataclass(frozen=True, slots=True)
class JournalLedger(Result):
    """The journal's ledger."""

    currency: str


@dataclass(frozen=True, slots=True)
class DocumentLine(Result):
    """A line of the document; one that credits another has no method of its own."""

    external_id: str
    description: str
    product: Party
    amount: Money
    service_from: dt.date | None
    service_to: dt.date | None
    recognized_on: dt.date | None
    method: str | None
    strategy: str | None


@dataclass(frozen=True, slots=True)
class OtherDocument(Result):
    """The billing schedule that an invoice bills, or the invoice of a credit note."""

    reference: str
    external_id: str


@dataclass(frozen=True, slots=True)
class JournalDocument(Result):
    """The document behind the journal; each kind has some of the last three fields."""

    id: str
    kind: str
    external_id: str
    reference: str
    date: dt.date
    issued_on: dt.date
    status: str
    total: Money
    lines: tuple[DocumentLine, ...]
    attachments: NewestAttachments
    discount: Money | None = None
    billing_schedule: OtherDocument | None = None
    invoice: OtherDocument | None = None


@dataclass(frozen=True, slots=True)
class Movement(Result):
    """What moved between two accounts, and why."""

    debit: Account
    credit: Account
    amount: Money
    first_day: dt.date
    last_day: dt.date
    service_from: dt.date | None
    service_to: dt.date | None
    locked_through: dt.date | None
    method: str | None
    recorded_at: dt.datetime
    narrative: str
    explanation: str


@dataclass(frozen=True, slots=True)
class Entry(Result):
    """One day of a movement."""

    date: dt.date
    status: str
    debit: Account
    credit: Account
    amount: Money
    narrative: str


@dataclass(frozen=True, slots=True)
class EntryEdge(Result):
    """A place in the list of entries."""

    node: Entry


@dataclass(frozen=True, slots=True)
class Entries(Result):
    """A page of the journal's daily entries."""

    total_count: int
    page_info: PageInfo
    edges: tuple[EntryEdge, ...]


@dataclass(frozen=True, slots=True)
class ManualNumber(Result):
    """The manual journal that posted a journal."""

    number: int


@dataclass(frozen=True, slots=True)
class Adjustment(Result):
    """A manual journal that adjusts a journal."""

    number: int
    status: str
    kind: str
    date: dt.date
    narrative: str


@dataclass(frozen=True, slots=True)
class Journal(Result):
    """A journal with its movements and a page of its entries."""

    number: str
    month: dt.date
    source: str
    method: str | None
    narrative: str
    fully_recognized: bool
    superseded_count: int
    superseded_after: dt.date | None
    posted_in: tuple[PostedFile, ...]
    posted_in_part: bool
    total: Money
    ledger: JournalLedger
    document: JournalDocument | None
    customer: Party | None
    product: Party | None
    manual_journal: ManualNumber | None
    adjusted_by: tuple[Adjustment, ...]
    movements: tuple[Movement, ...]
    entries: Entries


@dataclass(frozen=True, slots=True)
class JournalDetail(Result):
    """The journal; None if there is no such."""

    journal: Journal | None


@dataclass(frozen=True, slots=True)
class AdjustmentRow:
    """A manual journal that adjusts the journal, for people."""

    link: Link
    kind: str
    status: str
    date: dt.date
    narrative: str


@dataclass(frozen=True, slots=True)
class JournalView(View):
    """A journal with a page of its entries, and the report to go back to."""

    page: ClassVar[str] = "journal_detail/journal_detail.html"
    fragment: ClassVar[str] = "journal_detail/_entries.html"

    title: str
    journal: Journal
    back: Link
    back_to: ReportQuery
    as_of: dt.date | None
    present_url: str
    earlier_url: str
    manual: Link | None
    adjustments: Sequence[AdjustmentRow]
    adjusting: Sequence[Link]
    pager: Pager | None
    is_further_page: bool
    evidence_url: str
    """The page of the document's evidence; empty without a document."""

    @classmethod
    def of(
        cls, journal: Journal, report: ReportQuery, *, is_further_page: bool
    ) -> "JournalView":
        """The journal, with links that keep the report's filters."""
        back_to = _left_report(journal, report)
        text = "Journal report"
        if back_to is not report:
            text = f"Journal report, {month(journal.month)}"
        as_of = report["as_of"]
        return cls(
            title=f"Journal {journal.number}, {journal.ledger.currency}",
            journal=journal,
            back=Link(text, back_to.url()),
            back_to=back_to,
            as_of=dt.date.fromisoformat(as_of) if as_of else None,
            present_url=report.restarted(as_of="").journal_url(journal.number),
            earlier_url=_earlier_url(journal, report),
            manual=_manual(journal),
            adjustments=[_adjustment(found) for found in journal.adjusted_by],
            adjusting=_adjusting(journal),
            pager=_pager(journal, report),
            is_further_page=is_further_page,
            evidence_url=_evidence_url(journal, report),
        )


def _manual(journal: Journal) -> Link | None:
    """The manual journal that posted it."""
    if journal.manual_journal is None:
        return None
    number = journal.manual_journal.number
    return Link(label(number), f"/manual-journals/{number}")


def _adjustment(found: Adjustment) -> AdjustmentRow:
    return AdjustmentRow(
        Link(label(found.number), f"/manual-journals/{found.number}"),
        manual_kind(found.kind),
        manual_status(found.status),
        found.date,
        found.narrative,
    )


def _adjusting(journal: Journal) -> list[Link]:
    """Where a manual journal that adjusts it is written, in each of three ways.

    What a manual journal posted is undone on its own page, and of a journal that was
    superseded nothing is left to adjust.
    """
    if journal.manual_journal is not None or not journal.movements:
        return []
    ledger = journal.ledger.currency
    return [
        Link(
            words,
            "/manual-journals/new?"
            + urlencode({"ledger": ledger, "adjusts": journal.number, "mode": mode}),
        )
        for mode, words in ADJUSTMENT_MODES.items()
    ]


def _pager(journal: Journal, report: ReportQuery) -> Pager | None:
    info, previous, following = journal.entries.page_info, None, None
    if info.has_previous_page:
        previous = report.journal_url(
            journal.number, entries_before=info.start_cursor or ""
        )
    if info.has_next_page:
        following = report.journal_url(
            journal.number, entries_after=info.end_cursor or ""
        )
    return Pager(previous, following) if previous or following else None


def _evidence_url(journal: Journal, report: ReportQuery) -> str:
    if journal.document is None:
        return ""
    query = urlencode({"back": report.journal_url(journal.number)})
    return f"/evidence/{journal.document.id}?{query}"


def _earlier_url(journal: Journal, report: ReportQuery) -> str:
    """The journal as it was before some of its movements were superseded, if any."""
    if journal.superseded_after is None:
        return ""
    day = day_text(day_of(journal.superseded_after))
    return report.restarted(as_of=day).journal_url(journal.number)


def _left_report(journal: Journal, report: ReportQuery) -> ReportQuery:
    """The report as the reader left it, or else the one of the journal's month."""
    if [name for name, _ in report.pairs() if name not in {"currency", "as_of"}]:
        return report
    return report.in_month(month_of(day_of(journal.month)))
