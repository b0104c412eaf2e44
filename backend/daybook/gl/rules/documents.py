"""What synthetic journals are made of: documents, payments, schedules, budgets.

Amounts are minor units of the document's currency.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from daybook.calendar import Day, Month

SALES, PURCHASES = "ACCREC", "ACCPAY"
SALES_CREDIT, PURCHASES_CREDIT = "ACCRECCREDIT", "ACCPAYCREDIT"
INCLUSIVE = "INCLUSIVE"


class DocumentLine(NamedTuple):
    """A line of a document; `amount` has its tax in it where those are inclusive."""

    amount: int
    tax: int
    account_code: str
    description: str = ""
    tax_type: str = ""
    tracking: str = ""


class Payment(NamedTuple):
    """A payment of a document, or a credit that was applied to it."""

    id: str
    day: Day
    amount: int


@dataclass(frozen=True, slots=True)
class Document:
    """An invoice, bill or credit note of a connection, as it was read last.

    `booked_rate` is Xero's CurrencyRate, units of the document's currency per unit of
    the base currency; None if it has none.
    """

    id: str
    type: str
    number: str
    status: str
    day: Day
    currency: str
    total: int
    total_tax: int = 0
    reference: str = ""
    contact_id: str = ""
    contact_name: str = ""
    line_amounts: str = "Exclusive"
    booked_rate: Fraction | None = None
    lines: Sequence[DocumentLine] = ()
    payments: Sequence[Payment] = ()
    credits: Sequence[Payment] = ()

    @property
    def sign(self) -> int:
        """1 where the contact owes (invoice, credit of a bill), -1 where we owe."""
        return 1 if self.type in {SALES, PURCHASES_CREDIT} else -1

    @property
    def is_of_sales(self) -> bool:
        """Whether accounts receivable has it, and not accounts payable."""
        return self.type in {SALES, SALES_CREDIT}


class Unit(StrEnum):
    """What a schedule of a repeating invoice counts in."""

    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"


class Schedule(NamedTuple):
    """When a repeating invoice is due: every `period` units from `next_day` on.

    `start_day` is the day it began with; `end_day` is the last one, None without end.
    """

    unit: Unit
    period: int
    start_day: Day
    next_day: Day
    end_day: Day | None = None


class RepeatingInvoice(NamedTuple):
    """A template of invoices; its document's day and number say nothing."""

    document: Document
    schedule: Schedule


class BudgetAmount(NamedTuple):
    """An account's budget of a month, in minor units of base; positive is usual."""

    account_id: str
    account_code: str
    month: Month
    amount: int


@dataclass(frozen=True, slots=True)
class Budget:
    """A budget of a connection."""

    id: str
    description: str
    amounts: Sequence[BudgetAmount] = field(default=())
