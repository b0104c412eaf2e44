"""An organisation's books: what happens, as documents and journals of Xero's API. Pure.

Amounts are in minor units. Journals are numbered in the order of their days, without
gaps, and sum to 0 in the base currency. A payment is booked at its invoice's rate, so
that the accounting system books no currency gains itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from daybook.calendar import Day, day_text
from daybook.demo.general_ledger.charts import (
    BANK,
    FOREIGN_BANK,
    PAYABLE,
    RECEIVABLE,
    TAX,
    account_id,
    tags,
)
from daybook.demo.general_ledger.rates import booked_rate
from daybook.fx.rules import rate_text
from daybook.gl.rules.documents import SALES
from daybook.money import amount_text, divide_half_up

TAX_PERCENT = 20


class Item(NamedTuple):
    """A line of a document in its currency, without its tax."""

    description: str
    account: str
    amount: int
    region: str = ""
    department: str = ""
    has_tax: bool = False

    @property
    def tax(self) -> int:
        """What tax comes to it."""
        return divide_half_up(self.amount * TAX_PERCENT, 100) if self.has_tax else 0


class Paid(NamedTuple):
    """A payment, in the currency of its document."""

    day: Day
    amount: int


class Document(NamedTuple):
    """An invoice or a bill; without a currency it is in the base currency."""

    type: str
    number: str
    day: Day
    contact: str
    items: Sequence[Item]
    currency: str = ""
    paid: Sequence[Paid] = ()
    status: str = "AUTHORISED"

    @property
    def total(self) -> int:
        """What is due, with tax."""
        return sum(item.amount + item.tax for item in self.items)


class _Line(NamedTuple):
    """A line of a journal in base: `net` is a debit where it is positive."""

    account: str
    net: int
    tax: int = 0
    description: str = ""
    tracking: Sequence[Mapping[str, str]] = ()


class _Entry(NamedTuple):
    day: Day
    source_id: str
    source_type: str
    reference: str
    lines: Sequence[_Line]


@dataclass(slots=True)
class Books:
    """The documents of one organisation, by what they are, and its journals."""

    name: str
    base: str
    foreign: str
    contacts: dict[str, str] = field(default_factory=dict)
    invoices: list[dict[str, Any]] = field(default_factory=list)
    payments: list[dict[str, Any]] = field(default_factory=list)
    bank_transactions: list[dict[str, Any]] = field(default_factory=list)
    manual_journals: list[dict[str, Any]] = field(default_factory=list)
    _entries: list[_Entry] = field(default_factory=list)

    def spend(self, day: Day, contact: str, item: Item) -> None:
        """Pay for something from the bank, without a bill."""
        id_ = self._id(f"spend {day} {item.account}")
        self.bank_transactions.append(
            {
                "BankTransactionID": id_,
                "Type": "SPEND",
                "Status": "AUTHORISED",
                "Contact": self.contact(contact),
                "BankAccount": {"AccountID": account_id(BANK)},
                "Date": day_text(day),
                "CurrencyCode": self.base,
                "Total": amount_text(item.amount, self.base),
                "Reference": item.description,
            }
        )
        lines = self._line_of(item, item.amount), _Line(BANK, -item.amount)
        self._entries.append(_Entry(day, id_, "CASHPAID", item.description, lines))

    def take(self, document: Document) -> None:
        """Enter an invoice or a bill with its payments; a draft makes no journal."""
        currency = document.currency or self.base
        rate = booked_rate(self.base, currency, document.day)
        id_ = self._id(document.number)
        page = self.page_of(document, id_)
        self.invoices.append(page)
        if document.status == "DRAFT":
            return
        # Invoices credit what they sell, bills debit what they buy.
        sign = -1 if document.type == SALES else 1
        control = RECEIVABLE if document.type == SALES else PAYABLE
        lines = [
            self._line_of(item, sign * _base(item.amount, rate), sign, rate)
            for item in document.items
        ]
        tax = sum(line.tax for line in lines)
        if tax:
            lines.append(_Line(TAX, tax))
        whole = -sum(line.net for line in lines)
        lines.insert(0, _Line(control, whole))
        self._entries.append(
            _Entry(document.day, id_, document.type, document.number, lines)
        )
        self._pay(document, page, control, whole)

    def book(self, narration: str, day: Day, lines: Sequence[tuple[str, int]]) -> None:
        """Post a manual journal of account codes and amounts, debits positive."""
        id_ = f"manual-journal-{len(self.manual_journals) + 1}"
        self.manual_journals.append(
            {
                "ManualJournalID": id_,
                "Narration": narration,
                "Status": "POSTED",
                "Date": day_text(day),
            }
        )
        posted = [_Line(code, net, description=narration) for code, net in lines]
        self._entries.append(_Entry(day, id_, "MANJOURNAL", "", posted))

    def journals(self) -> Iterator[dict[str, Any]]:
        """All journals, numbered by their days."""
        for number, entry in enumerate(
            sorted(self._entries, key=lambda its: its.day), start=1
        ):
            day = day_text(entry.day)
            yield {
                "JournalID": f"journal-{number}",
                "JournalNumber": number,
                "JournalDate": day,
                "CreatedDateUTC": f"{day}T17:00:00",
                "Reference": entry.reference,
                "SourceID": entry.source_id,
                "SourceType": entry.source_type,
                "JournalLines": [
                    self._journal_line(f"{number}-{at}", line)
                    for at, line in enumerate(entry.lines)
                ],
            }

    def contact(self, name: str) -> dict[str, str]:
        """A contact as documents name it."""
        id_ = self.contacts.setdefault(name, self._id(name))
        return {"ContactID": id_, "Name": name}

    def page_of(self, document: Document, id_: str) -> dict[str, Any]:
        """A document as Xero's API answers it, without its payments."""
        currency = document.currency or self.base
        tax = sum(item.tax for item in document.items)
        return {
            "InvoiceID": id_,
            "Type": document.type,
            "InvoiceNumber": document.number,
            "Status": document.status,
            "Contact": self.contact(document.contact),
            "Date": day_text(document.day),
            "DueDate": day_text(document.day + 30),
            "CurrencyCode": currency,
            "CurrencyRate": rate_text(booked_rate(self.base, currency, document.day)),
            "LineAmountTypes": "Exclusive",
            "SubTotal": amount_text(document.total - tax, currency),
            "TotalTax": amount_text(tax, currency),
            "Total": amount_text(document.total, currency),
            "LineItems": [
                {
                    "Description": item.description,
                    "AccountCode": item.account,
                    "LineAmount": amount_text(item.amount, currency),
                    "TaxAmount": amount_text(item.tax, currency),
                    "TaxType": _tax_type(document.type == SALES, item.tax),
                    "Tracking": tags(item.region, item.department),
                }
                for item in document.items
            ],
        }

    def _pay(
        self, document: Document, page: dict[str, Any], control: str, whole: int
    ) -> None:
        """Enter a document's payments; the last of all clears what is left in base."""
        currency = document.currency or self.base
        bank = FOREIGN_BANK if currency == self.foreign else BANK
        left, open_amount = whole, document.total
        for place, paid in enumerate(document.paid):
            open_amount -= paid.amount
            # `whole` is a debit of receivables, and a credit of payables.
            share = divide_half_up(abs(whole) * paid.amount, document.total)
            base = left if not open_amount else share if whole > 0 else -share
            left -= base
            id_ = self._id(f"{document.number} payment {place}")
            in_bank = paid.amount if bank == FOREIGN_BANK else abs(base)
            payment = {
                "PaymentID": id_,
                "Date": day_text(paid.day),
                "Amount": amount_text(paid.amount, currency),
                "CurrencyRate": page["CurrencyRate"],
            }
            page.setdefault("Payments", []).append(payment)
            self.payments.append(
                {
                    **payment,
                    "PaymentType": f"{document.type}PAYMENT",
                    "Status": "AUTHORISED",
                    "BankAmount": amount_text(
                        in_bank, currency if bank == FOREIGN_BANK else self.base
                    ),
                    "Account": {"AccountID": account_id(bank)},
                    "Invoice": {
                        "InvoiceID": page["InvoiceID"],
                        "Type": document.type,
                        "Contact": page["Contact"],
                    },
                    "Reference": document.number,
                }
            )
            lines = _Line(bank, base), _Line(control, -base)
            self._entries.append(
                _Entry(paid.day, id_, f"{document.type}PAYMENT", document.number, lines)
            )
        page["AmountPaid"] = amount_text(document.total - open_amount, currency)
        if document.paid and not open_amount:
            page["Status"] = "PAID"
            page["FullyPaidOnDate"] = day_text(document.paid[-1].day)

    def _line_of(
        self, item: Item, net: int, sign: int = 1, rate: Fraction = Fraction(1)
    ) -> _Line:
        tax = sign * _base(item.tax, rate)
        tracking = tags(item.region, item.department)
        return _Line(item.account, net, tax, item.description, tracking)

    def _journal_line(self, place: str, line: _Line) -> dict[str, Any]:
        return {
            "JournalLineID": f"line-{place}",
            "AccountID": account_id(line.account),
            "AccountCode": line.account,
            "Description": line.description,
            "NetAmount": amount_text(line.net, self.base),
            "GrossAmount": amount_text(line.net + line.tax, self.base),
            "TaxAmount": amount_text(line.tax, self.base),
            "TaxType": _tax_type(line.net < 0, line.tax),
            "TrackingCategories": line.tracking,
        }

    def _id(self, name: str) -> str:
        """An ID like Xero's, the same for the same name."""
        return str(uuid5(NAMESPACE_URL, f"https://example.com/{self.name}/{name}"))


def _base(amount: int, rate: Fraction) -> int:
    """An amount of a document in base, whose `rate` is units per unit of base."""
    return divide_half_up(amount * rate.denominator, rate.numerator)


def _tax_type(is_sale: bool, tax: int) -> str:  # noqa: FBT001  (what it is about)
    if not tax:
        return "NONE"
    return "OUTPUT2" if is_sale else "INPUT2"
