"""What the page of a journal shows."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode

from daybook.adjustments.rules import label
from daybook.calendar import day_of, month_of
from daybook.ledger.pins import Pin
from daybook_web.journal_detail.address import Address
from daybook_web.journal_detail.audit import Audit, audit_of
from daybook_web.journal_detail.badges import (
    badges_of,
    movement_badges,
    scheduled_from,
)
from daybook_web.journal_detail.days import (
    DaysChart,
    DaysTable,
    days_chart,
    days_table,
)
from daybook_web.journal_detail.history import History, history_of
from daybook_web.journal_detail.news import news_url
from daybook_web.journal_detail.place import Place, place_of
from daybook_web.journal_detail.results import (
    Adjustment,
    DocumentLine,
    DocumentVersion,
    Journal,
    JournalDetail,
    Movement,
)
from daybook_web.journal_detail.telling import Told, told
from daybook_web.journals.journal_addresses import journal_url
from daybook_web.journals.query import ReportQuery
from daybook_web.journals.query_problems import problems_of
from daybook_web.kit.formats import (
    ADJUSTMENT_MODES,
    day,
    manual_kind,
    manual_status,
    source,
)
from daybook_web.kit.links import Link, document_url
from daybook_web.kit.live import events_url
from daybook_web.kit.marks import Mark
from daybook_web.kit.parts import Part
from daybook_web.kit.rendering import View


@dataclass(frozen=True, slots=True)
class AdjustmentRow:
    """A manual journal that adjusts the journal, for people."""

    link: Link
    kind: str
    status: str
    date: dt.date
    narrative: str


@dataclass(frozen=True, slots=True)
class MovementCard:
    """A movement with its badges."""

    movement: Movement
    badges: Sequence[Mark]


@dataclass(frozen=True, slots=True)
class JournalView(View):
    """A journal, and the report to go back to."""

    page: ClassVar[str] = "journal_detail/journal_detail.html"

    title: str
    journal: Journal
    back: Link
    back_to: ReportQuery
    place: Place | None
    badges: Sequence[Mark]
    told: Told
    movements: Part[MovementCard]
    lines: Part[DocumentLine]
    versions: Part[DocumentVersion]
    """Both are the document's; without one there are none."""
    days: DaysTable
    chart: DaysChart | None
    history: History
    audit: Audit
    past: str
    """As of when the journal is shown, if not as it is now."""
    present_url: str
    manual: Link | None
    adjustments: Sequence[AdjustmentRow]
    adjusting: Sequence[Link]
    of_document: Link | None
    """All journals of the document, in whichever month."""
    document_url: str
    """The page of the document; empty without one, as that of its evidence."""
    evidence_url: str
    events_url: str
    """Where the page listens to its ledger; empty for a past journal."""
    news_url: str
    printed: Sequence[str]
    """What a print says of it beside the organisation."""
    at: dt.datetime
    """When it was read."""

    @classmethod
    def of(
        cls,
        journal: Journal,
        found: JournalDetail,
        address: Address,
        read: tuple[Pin, dt.datetime],
    ) -> "JournalView":
        """The journal at a pin, with links that keep the report's filters.

        It was `read` at the pin and the moment.
        """
        pin, at = read
        report = address.report
        back_to = _left_report(journal, report)
        recordings, beside = journal.recordings, journal.neighbours
        if found.present is not None:
            recordings = found.present.recordings
            beside = beside or found.present.neighbours
        document = journal.document
        lines = () if document is None else document.lines
        versions = () if document is None else document.versions
        return cls(
            title=f"Journal {journal.number}, {journal.ledger.currency}",
            journal=journal,
            back=Link(_list_words(back_to), back_to.url()),
            back_to=back_to,
            place=place_of(beside, report),
            badges=badges_of(journal),
            told=told(journal),
            movements=address.part("movements", _cards(journal)),
            lines=address.part("lines", lines),
            versions=address.part("versions", versions),
            days=days_table(journal),
            chart=days_chart(journal),
            history=history_of(journal, recordings, address),
            audit=audit_of(journal),
            past=_past(address),
            present_url=address.after("").url(),
            manual=_manual(journal),
            adjustments=[_adjustment(found) for found in journal.adjusted_by],
            adjusting=_adjusting(journal),
            of_document=_of_document(journal, report),
            document_url=_document_url(journal, address),
            evidence_url=_evidence_url(journal, address),
            events_url="" if address.is_of_the_past else events_url(pin),
            news_url=news_url(address, pin),
            printed=_printed(journal, _past(address)),
            at=at,
        )


def _printed(journal: Journal, past: str) -> list[str]:
    """The ledger, the journal, and as of when it is shown if not now."""
    facts = [f"{journal.ledger.currency} ledger", f"Journal {journal.number}"]
    return [*facts, *([f"As known {past}"] if past else [])]


def _list_words(report: ReportQuery) -> str:
    """What the list is called: `Journals, October 2026, USD`."""
    if not report.has_period or problems_of(report):
        return f"Journals, {report['currency']}"
    return f"Journals, {report.period().words}, {report['currency']}"


def _past(address: Address) -> str:
    """As of when the journal is shown, in words; empty for the present one."""
    if address.recording:
        return f"after recording {address.recording}"
    as_of = address.report["as_of"]
    return f"at the end of {day(dt.date.fromisoformat(as_of))}" if as_of else ""


def _cards(journal: Journal) -> list[MovementCard]:
    """The movements, those of the newest version first."""
    versions = 0 if journal.document is None else len(journal.document.versions)
    scheduled = scheduled_from(journal)
    newest = sorted(journal.movements, key=lambda each: each.recorded_at, reverse=True)
    return [
        MovementCard(
            movement,
            movement_badges(movement, versions=versions, scheduled_from=scheduled),
        )
        for movement in newest
    ]


def _manual(journal: Journal) -> Link | None:
    """The manual journal that posted it."""
    if journal.manual_journal is None:
        return None
    number = journal.manual_journal.number
    return Link(label(number), f"/manual-journals/{number}")


def _of_document(journal: Journal, report: ReportQuery) -> Link | None:
    """All journals of the document, as known when the journal is shown."""
    document, ledger = journal.document, journal.ledger
    if document is None:
        return None
    begins = ledger.first_month or document.date
    named = {"from": begins.isoformat(), document.kind.lower(): document.external_id}
    query = ReportQuery().with_values(
        currency=ledger.currency, as_of=report["as_of"], **named
    )
    return Link(f"All of this {source(document.kind).lower()}", query.url())


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


def _document_url(journal: Journal, address: Address) -> str:
    if journal.document is None:
        return ""
    back = journal_url(address.report, journal.number)
    return document_url(journal.document.id, back=back)


def _evidence_url(journal: Journal, address: Address) -> str:
    if journal.document is None:
        return ""
    query = urlencode({"back": journal_url(address.report, journal.number)})
    return f"/evidence/{journal.document.id}?{query}"


def _left_report(journal: Journal, report: ReportQuery) -> ReportQuery:
    """The report as the reader left it, or else the one of the journal's month."""
    if [name for name, _ in report.pairs() if name not in {"currency", "as_of"}]:
        return report
    return report.in_month(month_of(day_of(journal.month)))
