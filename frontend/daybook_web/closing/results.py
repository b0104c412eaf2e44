"""The results of the close's operations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from daybook_web.closing.lock_saved import LockRecords
from daybook_web.kit.results import (
    Account,
    AccountTotal,
    Money,
    MonthAmount,
    PageInfo,
    Party,
    Result,
)
from daybook_web.reports.results import JournalNumber, ReportDocument


@dataclass(frozen=True, slots=True)
class MappingGap(Result):
    """An account of the month that isn't mapped in a system."""

    integration: str
    role: str
    product_id: str | None
    category: str | None


@dataclass(frozen=True, slots=True)
class MonthFile(Result):
    """A file with entries of the month."""

    number: str
    job_id: str | None


@dataclass(frozen=True, slots=True)
class CloseStep(Result):
    """A step of the close; `count` is of what it counts, such as accounts."""

    kind: str
    state: str
    count: int
    words: str
    mapping_gaps: tuple[MappingGap, ...]
    ready_file: MonthFile | None
    doubled_file: MonthFile | None

    @property
    def is_due(self) -> bool:
        """Whether it is still to be done."""
        return self.state == "DUE"


@dataclass(frozen=True, slots=True)
class Steps(Result):
    """The steps of a month."""

    steps: tuple[CloseStep, ...]


@dataclass(frozen=True, slots=True)
class LockMaker(Result):
    """Who changed a lock."""

    made_by: str | None


@dataclass(frozen=True, slots=True)
class LastLock(Result):
    """The last change of a ledger's lock, if there is one."""

    nodes: tuple[LockMaker, ...]


@dataclass(frozen=True, slots=True)
class CloseLedger(Result):
    """A ledger, how far it is locked, and the steps of its month."""

    currency: str
    locked_through: date | None
    first_open_day: date | None
    close_checklist: Steps | None = None
    locks: LastLock | None = None

    @property
    def steps(self) -> Sequence[CloseStep]:
        """The steps of the month; none where no month was asked for."""
        return () if self.close_checklist is None else self.close_checklist.steps


@dataclass(frozen=True, slots=True)
class ManualNumber(Result):
    """A manual journal, by its number."""

    number: int


@dataclass(frozen=True, slots=True)
class CheckedManual(ManualNumber):
    """A manual journal that a check names."""

    status: str
    date: date


@dataclass(frozen=True, slots=True)
class CheckedRecurrence(Result):
    """A recurring manual journal that a check names, and what its reader may do."""

    number: int
    actions: tuple[str, ...]

    @property
    def waits_for_reader(self) -> bool:
        """Whether the reader may decide about it."""
        return "APPROVE" in self.actions


@dataclass(frozen=True, slots=True)
class CheckedDocument(ReportDocument):
    """A document that a check names."""

    id: str


@dataclass(frozen=True, slots=True)
class CloseCheckRow(Result):
    """Something to look at before the close."""

    message: str
    customer: Party | None
    product: Party | None
    document: CheckedDocument | None
    journal: JournalNumber | None
    manual_journal: CheckedManual | None
    recurring_manual_journal: CheckedRecurrence | None
    amount: Money | None


@dataclass(frozen=True, slots=True)
class CloseCheck(Result):
    """A check, how many rows it found, how many of them are due, and the first."""

    kind: str
    count: int
    due_count: int
    rows: tuple[CloseCheckRow, ...]


@dataclass(frozen=True, slots=True)
class Checks(Result):
    """The checks of a month."""

    checks: tuple[CloseCheck, ...] = ()


@dataclass(frozen=True, slots=True)
class LockEffect(Result):
    """What a lock through the month's end would do, and with how many journals."""

    effect: str
    journal_count: int


@dataclass(frozen=True, slots=True)
class LockableLedger(Result):
    """A ledger, and what locking the month would do."""

    lock_change: LockEffect


@dataclass(frozen=True, slots=True)
class Waiting(Result):
    """How many manual journals of the month wait for the reader, and the newest."""

    total_count: int
    nodes: tuple[ManualNumber, ...]


@dataclass(frozen=True, slots=True)
class PostedFile(Result):
    """A posted file; its format is None if only another version knows it."""

    format: str | None


@dataclass(frozen=True, slots=True)
class PostedFiles(Result):
    """The newest posted file of the ledger, if there is one."""

    nodes: tuple[PostedFile, ...]


@dataclass(frozen=True, slots=True)
class Totals(Result):
    """What accounts received and gave."""

    totals: tuple[AccountTotal, ...]


@dataclass(frozen=True, slots=True)
class Run(Result):
    """What somebody or a job did."""

    number: str
    kind: str
    started_at: datetime
    is_failed: bool
    message: str
    who: str


@dataclass(frozen=True, slots=True)
class Runs(Result):
    """What was done lately, newest first."""

    nodes: tuple[Run, ...] = ()


@dataclass(frozen=True, slots=True)
class ClosePage(Result):
    """The result of the operation."""

    ledgers: tuple[CloseLedger, ...]
    close_checklist: Checks | None = None
    ledger: LockableLedger | None = None
    in_month: Totals | None = None
    in_month_before: Totals | None = None
    by_end: Totals | None = None
    waiting: Waiting | None = None
    posted: PostedFiles | None = None
    activity: Runs | None = None
    locked: LockRecords | None = None

    def steps_of(self, currency: str) -> Sequence[CloseStep]:
        """The steps of a ledger's month; none where there is no such ledger."""
        for ledger in self.ledgers:
            if ledger.currency == currency:
                return ledger.steps
        return ()


@dataclass(frozen=True, slots=True)
class DeferredMonths(Result):
    """What stands on Deferred, and when it is recognized."""

    remaining: Money
    taken_back_later: Money
    months: tuple[MonthAmount, ...]
    unscheduled: Money


@dataclass(frozen=True, slots=True)
class DeferredSums(Result):
    """The sums of the waterfall."""

    totals: DeferredMonths


@dataclass(frozen=True, slots=True)
class CloseWaterfall(Result):
    """The result of the operation."""

    waterfall: DeferredSums


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
    is_replaced: bool


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
class NamedAccount(Result):
    """An account by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class ComparedBalance(Result):
    """A balance beside what is posted; a difference is what was entered beyond that."""

    on: date
    difference: Money


@dataclass(frozen=True, slots=True)
class ComparedAccount(Result):
    """An account's balances; without a target they are compared with the ledger."""

    account: NamedAccount
    target: str | None
    balances: tuple[ComparedBalance, ...]


@dataclass(frozen=True, slots=True)
class Compared(Result):
    """All accounts with their balances."""

    accounts: tuple[ComparedAccount, ...]


@dataclass(frozen=True, slots=True)
class MappedRole(Result):
    """The account of a system that one of the four accounts is mapped to, if it is."""

    role: str
    account: str | None


@dataclass(frozen=True, slots=True)
class MappedSystem(Result):
    """An accounting system, and the accounts that are mapped in it."""

    title: str
    is_enabled: bool
    mappings: tuple[MappedRole, ...]


@dataclass(frozen=True, slots=True)
class BalancesPage(Result):
    """The result of the operation."""

    ledgers: tuple[BalanceLedger, ...]
    entered_balances: EnteredBalances | None = None
    integrations: tuple[MappedSystem, ...] = ()
    tie_out: Compared | None = None


@dataclass(frozen=True, slots=True)
class Entered(Result):
    """How many balances a form entered, and how many stood so already."""

    entered_count: int
    unchanged_count: int
