"""The rates of a conversion, and which documents have none.

A document's rate is that of the accounting date with which it was first recorded: a
revision changes neither it nor what was converted before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, select, union
from sqlalchemy.orm import aliased

from daybook.calendar import Day, day_text
from daybook.db.engine import ReadSession
from daybook.documents.models import DocumentVersion, StoredDocument
from daybook.documents.named_documents import kind_words
from daybook.exports.conversion.exchange import Exchange
from daybook.fx.queries import load_rates
from daybook.fx.rules import EURO, NoRate, Rates, decimals_in_use
from daybook.ledger.models import Journal
from daybook.ledger.pins import Pin
from daybook.ledger.rules import SourceKind
from daybook.recognition.models import Schedule
from daybook.recognition.rules import Classification
from daybook.reports.former_names import document_number
from daybook.reports.journals.conditions import select_movements
from daybook.reports.journals.filters import JournalFilter

NAMED_MAX = 3
"""How many documents without a rate a message names."""


class Exchanges(dict[Day, Exchange]):
    """A ledger's exchanges into a currency by the day of their rate."""

    def __init__(self, pin: Pin, currency: str, rates: Rates) -> None:
        super().__init__()
        self.pin, self.currency, self.rates = pin, currency, rates
        self._decimals = decimals_in_use(currency)

    @classmethod
    async def of(
        cls,
        session: ReadSession,
        pin: Pin,
        currency: str,
        *,
        refresh: int | None = None,
    ) -> "Exchanges":
        """Exchanges at the rates known now; days after the pin's have the latest.

        With `refresh`, later refreshes of rates don't count.
        Raises Rejected for a currency that isn't in use or has no rates at all.
        """
        currencies = (currency, pin.currency)
        rates = await load_rates(session, currencies, today=pin.today, refresh=refresh)
        for name in currencies:
            if name != EURO and currency != pin.currency and name not in rates.quoted:
                rates.published(name, pin.today)  # which says so
        return cls(pin, currency, rates)

    def __missing__(self, day: Day) -> Exchange:
        """The exchange of a day, found on first use; raises NoRate."""
        rate = self.rates.rate(self.pin.currency, self.currency, day)
        exchange = self[day] = Exchange.at(
            rate.value, self.pin.decimals, self._decimals
        )
        return exchange

    def reason_against(self, day: Day) -> str:
        """Why nothing should be converted at a day's rate; empty if it may be."""
        try:
            self[day]
        except NoRate as missing:
            return missing.problems[0].message
        if self.currency == self.pin.currency:
            return ""
        return self.rates.unsettled_words(self.pin.currency, self.currency, day)


class UnratedDocument(NamedTuple):
    """A document without a rate of its own."""

    kind: int
    number: str
    day: Day

    @property
    def words(self) -> str:
        """The document, and its day."""
        kind = kind_words(SourceKind(self.kind))
        return f"{kind} {self.number} of {day_text(self.day)}"


@dataclass(frozen=True, slots=True)
class Unrated:
    """How many documents have no rate yet; the first `NAMED_MAX`, by day and number.

    `reason` says why the first one has none.
    """

    count: int = 0
    named: Sequence[UnratedDocument] = ()
    reason: str = ""

    @property
    def words(self) -> str:
        """The first documents, and how many more there are."""
        words = ", ".join(document.words for document in self.named)
        more = self.count - len(self.named)
        return f"{words} and {more:,} more" if more else words


async def find_unrated(
    session: ReadSession, exchanges: Exchanges, journal_filter: JournalFilter
) -> Unrated:
    """The documents of a selection whose dates have no rate, or one that may change.

    Files that are made before and after a document's rate is published would have other
    shares of one total, and its deferred revenue would not end at zero.
    """
    pin = exchanges.pin
    documents = _rating_documents(pin, journal_filter).subquery()
    day = _first_accounting_date()
    rated = (
        select(day, func.count())
        .join(documents, documents.c.id == StoredDocument.id)
        .where(StoredDocument.ledger_id == pin.ledger_id)
    )
    reasons: dict[Day, str] = {}
    count = 0
    for wanted, on_day in await session.execute(rated.group_by(day).order_by(day)):
        reason = exchanges.reason_against(wanted)
        if reason:
            reasons[wanted] = reason
            count += on_day
    if not reasons:
        return Unrated()
    columns = (StoredDocument.kind, document_number(pin), day)
    first_days = list(reasons)[:NAMED_MAX]  # each has a document
    unrated = (
        rated.with_only_columns(*columns)
        .where(day.in_(first_days))
        .order_by(day, *columns[:2])
        .limit(NAMED_MAX)
    )
    rows = await session.execute(unrated)
    named = [UnratedDocument(*row) for row in rows]
    return Unrated(count, named, reasons[first_days[0]])


def _first_accounting_date() -> ColumnElement[int]:
    """The accounting date with which a document was first recorded."""
    first = (
        select(DocumentVersion.accounting_date)
        .where(
            DocumentVersion.ledger_id == StoredDocument.ledger_id,
            DocumentVersion.document_id == StoredDocument.id,
        )
        .order_by(DocumentVersion.until)
        .limit(1)
        .correlate(StoredDocument)
        .scalar_subquery()
    )
    return func.coalesce(first, StoredDocument.accounting_date)


def _rating_documents(pin: Pin, journal_filter: JournalFilter) -> Any:
    """The documents whose dates may give the rates of a selection.

    Those of the families, the invoices of billing schedules, and manual journals.
    """
    root, line = aliased(Schedule), aliased(Schedule)
    begun = _selected(pin, journal_filter, root.document_id).join(
        root, _is_schedule(root, func.coalesce(Schedule.family_id, Schedule.id))
    )
    invoiced = (
        _selected(pin, journal_filter, line.document_id)
        .join(root, _is_schedule(root, Schedule.family_id))
        .join(line, _is_schedule(line, func.coalesce(Schedule.credits_id, Schedule.id)))
        .where(root.classification == int(Classification.ACCRUAL))
    )
    manual = _selected(pin, journal_filter, Journal.document_id).where(
        Journal.source == int(SourceKind.STANDALONE)
    )
    return union(begun, invoiced, manual)


def _selected(
    pin: Pin, journal_filter: JournalFilter, document_id: Any
) -> Select[*tuple[Any, ...]]:
    return select_movements(
        pin, journal_filter, document_id.label("id"), has_amount=False
    )


def _is_schedule(schedule: Any, id_: Any) -> ColumnElement[bool]:
    return and_(schedule.ledger_id == Schedule.ledger_id, schedule.id == id_)
