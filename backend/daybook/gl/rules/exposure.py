"""FX EXPOSURE journals: what changes of rates do to open foreign invoices.

All rates are the ECB's. With F the open amount after a day's payments, r the day's rate
and r₀ that of the invoice's day, an invoice's gain so far is U = V(F, r) - V(F, r₀),
where V is the rounded value in base. The rows of a day sum to the change of U, so the
rows of any range sum to U at its end less U before it, to the cent.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from daybook.calendar import Day
from daybook.connections.rules import AccountRole
from daybook.fx.rules import rate_text
from daybook.gl.rules.basis import Basis
from daybook.gl.rules.chart import Account, Chart
from daybook.gl.rules.documents import Document, Payment
from daybook.gl.rules.journal_types import ExposureKind, JournalType
from daybook.gl.rules.lines import SyntheticLine
from daybook.money import grouped_text

OPEN_OR_PAID = frozenset({"AUTHORISED", "PAID"})


class Position(NamedTuple):
    """What is open of a document from a day on, until its next position.

    `open_amount` is in minor units of the document's currency, with the sign of a
    receivable; `valuation` (at the day's rate) and `gain` (since the invoice's day) are
    in base, positive for what is good for us.
    """

    document_id: str
    currency: str
    day: Day
    open_amount: int
    valuation: int
    gain: int


@dataclass(frozen=True, slots=True)
class _Accounts:
    receivable: Account
    payable: Account
    unrealised: Account
    realised: Account


def exposure_lines(
    documents: Iterable[Document], basis: Basis, is_booked: Callable[[Payment], bool]
) -> Iterator[SyntheticLine | Position]:
    """The rows of each foreign document up to today, and its positions.

    Realised gains are left out of payments that `is_booked` in the actual journals.
    Without the accounts that they post to there are none.
    """
    accounts = _accounts(basis.chart)
    if accounts is None:
        return
    for document in documents:
        if document.currency != basis.base and document.status in OPEN_OR_PAID:
            yield from _Exposure(document, accounts, basis).rows(is_booked)


def _accounts(chart: Chart) -> _Accounts | None:
    found = [
        chart.of_role(role)
        for role in (
            AccountRole.RECEIVABLE,
            AccountRole.PAYABLE,
            AccountRole.UNREALISED,
            AccountRole.REALISED,
        )
    ]
    receivable, payable, unrealised, realised = found
    if receivable and payable and unrealised and realised:
        return _Accounts(receivable, payable, unrealised, realised)
    return None


class _Exposure:
    """One document's rows."""

    def __init__(self, document: Document, accounts: _Accounts, basis: Basis) -> None:
        self._document = document
        self._accounts = accounts
        self._basis = basis

    def rows(
        self, is_booked: Callable[[Payment], bool]
    ) -> Iterator[SyntheticLine | Position]:
        """Day by day, until nothing is open."""
        document = self._document
        first = before = document.day
        payments = _by_day(document.payments, first)
        reductions = _by_day((*document.payments, *document.credits), first)
        open_amount = document.total - _sum(reductions.pop(first, ()))
        paid = _sum(payments.pop(first, ()))
        gain = 0
        yield self._position(first, open_amount, gain)
        for day in self._days(reductions):
            open_amount -= _sum(reductions.get(day, ()))
            value = self._value(open_amount, day)
            unrealised = value - self._value(open_amount, before)
            new_gain = value - self._value(open_amount, first)
            reversal = new_gain - gain - unrealised
            words = self._words(open_amount, day, before)
            yield from self._pair(ExposureKind.UNREALISED, day, unrealised, words)
            yield from self._pair(ExposureKind.REVERSAL, day, reversal, words)
            for payment in payments.get(day, ()):
                at_first = self._value(paid + payment.amount, first)
                at_first -= self._value(paid, first)
                paid += payment.amount
                if not is_booked(payment):
                    realised = self._value(payment.amount, day) - at_first
                    words = self._words(payment.amount, day, before)
                    yield from self._realised(day, realised, words, payment)
            before, gain = day, new_gain
            yield self._position(day, open_amount, gain)
            if not open_amount and day >= max(reductions, default=day):
                return

    def _days(self, reductions: Iterable[Day]) -> list[Day]:
        """The days after the document's on which something happens to it."""
        first, today = self._document.day + 1, self._basis.today
        new_rates = self._basis.rate_days(self._document.currency, first, today)
        return sorted(day for day in {*new_rates, *reductions} if day <= today)

    def _value(self, amount: int, day: Day) -> int:
        """An amount in base at a day's rate."""
        currency = self._document.currency
        return self._basis.value(amount, currency, self._basis.rate(currency, day))

    def _realised(
        self, day: Day, change: int, description: str, payment: Payment
    ) -> Iterator[SyntheticLine]:
        """The gain of a payment, whose row has it as its source."""
        for line in self._pair(ExposureKind.REALISED, day, change, description):
            source_type = f"{line.source_type}PAYMENT"
            yield line._replace(source_id=payment.id, source_type=source_type)

    def _pair(
        self, kind: ExposureKind, day: Day, change: int, description: str
    ) -> Iterator[SyntheticLine]:
        """A change of value on the account of what is open, against the gains."""
        if not change:
            return
        document, accounts = self._document, self._accounts
        gain = document.sign * change
        control = accounts.receivable if document.is_of_sales else accounts.payable
        is_realised = kind is ExposureKind.REALISED
        gains = accounts.realised if is_realised else accounts.unrealised
        for account, net in ((control, -gain), (gains, gain)):
            yield SyntheticLine(
                type=JournalType.FX_EXPOSURE,
                kind=kind,
                day=day,
                group="",
                account_id=account.id,
                account_code=account.code,
                net=net,
                gross=net,
                rate_day=document.day,
                currency=document.currency,
                description=description,
                reference=document.number or document.reference,
                source_id=document.id,
                source_type=document.type,
                contact_id=document.contact_id,
                contact_name=document.contact_name,
            )

    def _position(self, day: Day, amount: int, gain: int) -> Position:
        document = self._document
        return Position(
            document.id,
            document.currency,
            day,
            document.sign * amount,
            document.sign * self._value(amount, day),
            document.sign * gain,
        )

    def _words(self, amount: int, day: Day, before: Day) -> str:
        """What was valued, at which rates of which days."""
        document, rate_words = self._document, self._basis.rate_words
        currency = document.currency
        words = (
            f"{currency} {grouped_text(amount, currency)}"
            f" at {rate_words(currency, day)}, before {rate_words(currency, before)};"
            f" invoice {rate_words(currency, document.day)}"
        )
        if not document.booked_rate:
            return words
        return f"{words}; booked {rate_text(1 / document.booked_rate)}"


def _by_day(payments: Iterable[Payment], first_day: Day) -> dict[Day, list[Payment]]:
    """Payments by their days; one from before the document counts on its day."""
    found: dict[Day, list[Payment]] = defaultdict(list)
    for payment in payments:
        found[max(payment.day, first_day)].append(payment)
    return dict(found)


def _sum(payments: Iterable[Payment]) -> int:
    return sum(payment.amount for payment in payments)
