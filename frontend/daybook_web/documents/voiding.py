"""What voiding a document does, in words and amounts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from daybook.calendar import FIRST_DAY, day_text
from daybook_web.documents.results import (
    AccountChange,
    Document,
    DocumentLedger,
    VoidAmount,
    VoidPreview,
)
from daybook_web.journals.query import ReportQuery
from daybook_web.kit.formats import day, money, sentence
from daybook_web.kit.links import Link, document_url
from daybook_web.kit.recognized_by_hand import summed
from daybook_web.kit.results import Money

FIRST_DAY_TEXT = day_text(FIRST_DAY)


@dataclass(frozen=True, slots=True)
class VoidPanel:
    """What a void does. `first` are the credit notes to be voided before.

    `posted` and `scheduled` are its amounts by month and accounts, none of them
    negative, and `sums` what it posts in all. `refusals` say why it can't be voided
    now.
    """

    words: Sequence[str]
    first: Sequence[Link]
    refusals: Sequence[str]
    posted: Sequence["VoidRow"]
    scheduled: Sequence["VoidRow"]
    sums: str
    reason: str
    """What was typed as the reason."""


@dataclass(frozen=True, slots=True)
class VoidRow:
    """An amount of a void, and the journals that it takes back or drops."""

    amount: VoidAmount
    url: str


def can_be_voided(document: Document) -> bool:
    """Whether it is in force, and is no billing schedule: that is cancelled."""
    return document.status == "FINAL" and document.kind != "BILLING_SCHEDULE"


def void_panel(
    document: Document,
    ledger: DocumentLedger,
    preview: VoidPreview,
    *,
    back: str,
    reason: str,
) -> VoidPanel:
    """What a void of the document does, with the ledger locked as it is.

    `reason` is what was typed into its form.
    """
    words = _taken_back(document, ledger, preview.posted)
    if document.invoice is not None:
        words.append(f"Invoice {document.invoice.reference} goes on as if uncredited.")
    words += _by_hand(document)
    words.append("Sent again under its own id, it stays void.")
    standing = [note for note in document.credit_notes if note.status == "FINAL"]
    return VoidPanel(
        words,
        [Link(note.reference, document_url(note.id, back=back)) for note in standing],
        [sentence(fault.message) for fault in preview.user_errors],
        [_posted(document, ledger, amount) for amount in preview.posted],
        [
            VoidRow(_scheduled(document, amount), _journals(document, amount))
            for amount in preview.scheduled
        ],
        _sums(preview.accounts),
        reason,
    )


def _taken_back(
    document: Document, ledger: DocumentLedger, posted: Sequence[VoidAmount]
) -> list[str]:
    """On which days what it posted is taken back; nothing if it posted nothing."""
    if not posted:
        return []
    locked, first_open = ledger.locked_through, ledger.first_open_day
    if locked is None or first_open is None or _first_day(document) > locked:
        return ["What it posted is taken back on the same days."]
    taken_back = f"it is taken back on {day(first_open)}."
    words = [f"What it posted through {day(locked)} is locked: {taken_back}"]
    if any(amount.last_day > first_open for amount in posted):
        words.append("What it posted later is taken back on the same days.")
    return words


def _by_hand(document: Document) -> list[str]:
    """What manual journals recognized of its milestones, and a void leaves."""
    parts = [
        part
        for line in document.lines
        for milestone in line.milestones
        for part in milestone.recognized_by
    ]
    amount = summed(parts)
    if amount is None:
        return []
    labels = " and ".join(dict.fromkeys(part.journal.text for part in parts))
    stays = f"{money(amount)} that {labels} recognized of it by hand stays recognized"
    return [f"{stays}: reverse {labels}, too."]


def _posted(document: Document, ledger: DocumentLedger, amount: VoidAmount) -> VoidRow:
    """What is posted, beside what it takes back: on the first open day, all before."""
    is_moved = ledger.locked_through and amount.first_day == ledger.first_open_day
    first = FIRST_DAY_TEXT if is_moved else ""
    return VoidRow(amount, _journals(document, amount, first))


def _journals(document: Document, amount: VoidAmount, first: str = "") -> str:
    """The report of the document's journals on the days of an amount."""
    query = ReportQuery().with_values(
        **{
            "currency": document.total.currency,
            "from": first or amount.first_day.isoformat(),
            "to": amount.last_day.isoformat(),
            document.kind.lower(): document.external_id,
        }
    )
    return query.url()


def _scheduled(document: Document, amount: VoidAmount) -> VoidAmount:
    """What goes away of an invoice; of a credit note, what changes of its invoice.

    Positive as what is posted: less from one account to another is more back.
    """
    change = amount.amount
    minor = -change.minor if document.invoice is None else change.minor
    shown = replace(amount, amount=Money.of(abs(minor), change.decimals))
    if minor < 0:
        return replace(shown, debit=amount.credit, credit=amount.debit)
    return shown


def _first_day(document: Document) -> date:
    """The first day that it may have posted on."""
    begins = [line.service_from for line in document.lines if line.service_from]
    return min([document.date, *begins])


def _sums(accounts: Iterable[AccountChange]) -> str:
    """What accounts gain: each account by its name, with its sign."""
    told = [f"{its.account.name} {money(its.net)}" for its in accounts if its.net.minor]
    return ", ".join(told)
