"""The results of the close's operations."""

from dataclasses import dataclass
from datetime import date, datetime

from daybook_web.kit.results import (
    Account,
    AccountTotal,
    Money,
    PageInfo,
    Party,
    Result,
)
from daybook_web.reports.results import JournalNumber, ReportDocument


@dataclass(frozen=True, slots=True)
class CloseLedger(Result):
    """A ledger, and how far it is locked."""

    currency: str
    locked_through: date | None
    first_open_day: date | None


@dataclass(frozen=True, slots=True)
class CloseStep(Result):
    """A step of the close."""

    kind: str
    state: str
    words: str


@dataclass(frozen=True, slots=True)
class ManualNumber(Result):
    """A manual journal that a check names."""

    number: int


@dataclass(frozen=True, slots=True)
class CloseCheckRow(Result):
    """Something to look at before the close."""

    message: str
    customer: Party | None
    product: Party | None
    document: ReportDocument | None
    journal: JournalNumber | None
    manual_journal: ManualNumber | None
    amount: Money | None


@dataclass(frozen=True, slots=True)
class CloseCheck(Result):
    """A check, how many rows it found, and the first of them."""

    kind: str
    count: int
    rows: tuple[CloseCheckRow, ...]


@dataclass(frozen=True, slots=True)
class Checklist(Result):
    """The steps and checks of a month."""

    steps: tuple[CloseStep, ...]
    checks: tuple[CloseCheck, ...]


@dataclass(frozen=True, slots=True)
class Totals(Result):
    """What accounts received and gave."""

    totals: tuple[AccountTotal, ...]


@dataclass(frozen=True, slots=True)
class ClosePage(Result):
    """The result of the operation."""

    ledgers: tuple[CloseLedger, ...]
    close_checklist: Checklist | None = None
    in_month: Totals | None = None
    by_end: Totals | None = None


@dataclass(frozen=True, slots=True)
class EnteredBalance(Result):
    """A balance of the general ledger that was entered."""

    account: Account
    on: date
    balance: Money
    label: str
    note: str
    by: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class EnteredBalances(Result):
    """A page of balances, newest first."""

    total_count: int
    nodes: tuple[EnteredBalance, ...]
    page_info: PageInfo


@dataclass(frozen=True, slots=True)
class BalanceLedger(Result):
    """A ledger with the names of its accounts."""

    currency: str
    accounts: tuple[Account, ...]


@dataclass(frozen=True, slots=True)
class BalancesPage(Result):
    """The result of the operation."""

    ledgers: tuple[BalanceLedger, ...]
    entered_balances: EnteredBalances | None = None


@dataclass(frozen=True, slots=True)
class Entered(Result):
    """How many balances a form entered, and how many stood so already."""

    entered_count: int
    unchanged_count: int
