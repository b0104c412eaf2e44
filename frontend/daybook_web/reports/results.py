"""The results of the reports' operations."""

from dataclasses import dataclass
from datetime import date, datetime

from daybook_web.kit.results import (
    Account,
    Money,
    MonthAmount,
    PageInfo,
    Party,
    Result,
)
from daybook_web.kit.saved import SavedFilter


@dataclass(frozen=True, slots=True)
class ReportLedger(Result):
    """A ledger that can be chosen."""

    currency: str


@dataclass(frozen=True, slots=True)
class Tie(Result):
    """Two sums that must agree."""

    words: str
    left: Money
    right: Money
    difference: Money
    holds: bool


@dataclass(frozen=True, slots=True)
class CountTie(Result):
    """Two counts that must agree."""

    words: str
    left: int
    right: int
    difference: int
    holds: bool


@dataclass(frozen=True, slots=True)
class ReportDocument(Result):
    """A document that a row is of."""

    kind: str
    reference: str
    external_id: str


@dataclass(frozen=True, slots=True)
class JournalNumber(Result):
    """A journal that a row is of."""

    number: str


@dataclass(frozen=True, slots=True)
class Figures(Result):
    """What a row comes to on the accounts."""

    booked: Money
    unbilled: Money
    recognized: Money
    balance: Money
    remaining: Money


@dataclass(frozen=True, slots=True)
class DeferredRow(Result):
    """A schedule, a credit note or a manual journal."""

    customer: Party | None
    product: Party | None
    document: ReportDocument | None
    journal: JournalNumber | None
    is_manual: bool
    method: str | None
    service_from: date | None
    service_to: date | None
    figures: Figures


@dataclass(frozen=True, slots=True)
class DeferredFamily(Result):
    """A schedule with the credit notes on it."""

    rows: tuple[DeferredRow, ...]
    total: Figures


@dataclass(frozen=True, slots=True)
class DeferredEdge(Result):
    """A place in the list."""

    node: DeferredFamily


@dataclass(frozen=True, slots=True)
class DeferredListing(Result):
    """A page of families, or the totals of all pages."""

    edges: tuple[DeferredEdge, ...] = ()
    page_info: PageInfo | None = None
    totals: Figures | None = None
    other_manual_journals: Figures | None = None
    ties: tuple[Tie, ...] = ()


@dataclass(frozen=True, slots=True)
class DeferredRevenuePage(Result):
    """The result of the operation."""

    ledgers: tuple[ReportLedger, ...]
    saved_filters: tuple[SavedFilter, ...]
    deferred_revenue: DeferredListing | None = None


@dataclass(frozen=True, slots=True)
class WaterfallFigures(Result):
    """What a row comes to, and when it leaves Deferred."""

    booked: Money
    unbilled: Money
    recognized: Money
    remaining: Money
    taken_back_later: Money
    months: tuple[MonthAmount, ...]
    unscheduled: Money


@dataclass(frozen=True, slots=True)
class WaterfallProduct(Result):
    """A product of a customer, or their manual journals."""

    product: Party | None
    is_manual: bool
    figures: WaterfallFigures


@dataclass(frozen=True, slots=True)
class WaterfallCustomer(Result):
    """A customer with their products."""

    customer: Party | None
    figures: WaterfallFigures
    products: tuple[WaterfallProduct, ...]


@dataclass(frozen=True, slots=True)
class WaterfallEdge(Result):
    """A place in the list."""

    node: WaterfallCustomer


@dataclass(frozen=True, slots=True)
class WaterfallListing(Result):
    """A page of customers, or the totals of all pages."""

    edges: tuple[WaterfallEdge, ...] = ()
    page_info: PageInfo | None = None
    totals: WaterfallFigures | None = None
    apart: WaterfallFigures | None = None
    customer_count: int = 0
    ties: tuple[Tie, ...] = ()


@dataclass(frozen=True, slots=True)
class WaterfallPage(Result):
    """The result of the operation."""

    ledgers: tuple[ReportLedger, ...]
    saved_filters: tuple[SavedFilter, ...]
    waterfall: WaterfallListing | None = None


@dataclass(frozen=True, slots=True)
class CohortMonth(Result):
    """What a cohort recognizes in a month: posted up to the day, and scheduled."""

    month: date
    recognized: Money
    scheduled: Money


@dataclass(frozen=True, slots=True)
class Cohort(Result):
    """What was booked in a month, and what becomes of it; no month: by hand."""

    month: date | None
    booked: Money
    unbilled: Money
    recognized: Money
    remaining: Money
    unscheduled: Money
    months: tuple[CohortMonth, ...]


@dataclass(frozen=True, slots=True)
class Cohorts(Result):
    """All cohorts."""

    cohorts: tuple[Cohort, ...]
    total: Cohort
    ties: tuple[Tie, ...]


@dataclass(frozen=True, slots=True)
class CohortsPage(Result):
    """The result of the operation."""

    ledgers: tuple[ReportLedger, ...]
    saved_filters: tuple[SavedFilter, ...]
    cohorts: Cohorts | None = None


@dataclass(frozen=True, slots=True)
class ColumnAmount(Result):
    """What a column adds to the account."""

    column: str
    amount: Money


@dataclass(frozen=True, slots=True)
class RollForwardMonth(Result):
    """A month from its opening balance to its closing one."""

    month: date
    opening: Money
    amounts: tuple[ColumnAmount, ...]
    closing: Money


@dataclass(frozen=True, slots=True)
class Maturity(Result):
    """When what is deferred is due."""

    within_twelve_months: Money
    later: Money
    unscheduled: Money
    taken_back_later: Money


@dataclass(frozen=True, slots=True)
class RollForward(Result):
    """The months, and all of them together."""

    account: Account
    months: tuple[RollForwardMonth, ...]
    total: RollForwardMonth
    recognized_from_opening: Money
    maturity: Maturity
    ties: tuple[Tie, ...]


@dataclass(frozen=True, slots=True)
class RollForwardPage(Result):
    """The result of the operation."""

    ledgers: tuple[ReportLedger, ...]
    saved_filters: tuple[SavedFilter, ...]
    roll_forward: RollForward | None = None


@dataclass(frozen=True, slots=True)
class PopulationEntry(Result):
    """A recorded movement."""

    number: str
    movement: int
    debit: Account
    credit: Account
    amount: Money
    first_day: date
    last_day: date
    source: str
    document: ReportDocument | None
    customer: Party | None
    product: Party | None
    author: str | None
    recorded_at: datetime
    reason: str
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PopulationEdge(Result):
    """A place in the list."""

    node: PopulationEntry


@dataclass(frozen=True, slots=True)
class PopulationCount(Result):
    """How many entries have a flag; without one, all of them."""

    flag: str | None
    entries: int
    amount: Money


@dataclass(frozen=True, slots=True)
class PopulationListing(Result):
    """A page of entries, or the totals of all pages."""

    edges: tuple[PopulationEdge, ...] = ()
    page_info: PageInfo | None = None
    totals: tuple[PopulationCount, ...] = ()
    ties: tuple[Tie, ...] = ()
    count_ties: tuple[CountTie, ...] = ()


@dataclass(frozen=True, slots=True)
class PopulationPage(Result):
    """The result of the operation."""

    ledgers: tuple[ReportLedger, ...]
    saved_filters: tuple[SavedFilter, ...]
    population: PopulationListing | None = None


@dataclass(frozen=True, slots=True)
class TieOutMonth(Result):
    """An account's month beside the posted files."""

    month: date
    ledger: Money
    posted: Money
    not_exported: Money
    difference: Money


@dataclass(frozen=True, slots=True)
class EnteredLine(Result):
    """A balance that was entered, of a day and a label."""

    balance: Money
    label: str


@dataclass(frozen=True, slots=True)
class TieOutBalance(Result):
    """The general ledger's balance of a day, beside what was posted by then."""

    on: date
    balance: Money
    entered: tuple[EnteredLine, ...]
    posted: Money
    difference: Money
    since: date | None


@dataclass(frozen=True, slots=True)
class TieOutAccount(Result):
    """An account beside the files that are posted in a target."""

    account: Account
    target: str
    ledger: Money
    posted: Money
    not_exported: Money
    difference: Money
    months: tuple[TieOutMonth, ...]
    balances: tuple[TieOutBalance, ...]


@dataclass(frozen=True, slots=True)
class FileNumber(Result):
    """An exported file that a finding is about."""

    number: str


@dataclass(frozen=True, slots=True)
class Finding(Result):
    """A difference, and where it is."""

    kind: str
    message: str
    target: str
    account: str | None
    month: date | None
    customer: Party | None
    document: ReportDocument | None
    journal: JournalNumber | None
    amount: Money | None
    file: FileNumber | None


@dataclass(frozen=True, slots=True)
class TieOut(Result):
    """The ledger, the posted files and the general ledger."""

    accounts: tuple[TieOutAccount, ...]
    findings: tuple[Finding, ...]
    finding_count: int
    ties: tuple[Tie, ...]


@dataclass(frozen=True, slots=True)
class TieOutPage(Result):
    """The result of the operation."""

    ledgers: tuple[ReportLedger, ...]
    saved_filters: tuple[SavedFilter, ...]
    tie_out: TieOut | None = None
