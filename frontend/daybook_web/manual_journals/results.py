"""The results of the operations of the list and of a manual journal's page."""

import datetime as dt
from dataclasses import dataclass

from daybook_web.kit.results import (
    DEBIT,
    Account,
    Money,
    NewestAttachments,
    PageInfo,
    Party,
    PostedFile,
    Result,
)
from daybook_web.kit.saved import SavedFilter


@dataclass(frozen=True, slots=True)
class InCurrency(Result):
    """A ledger, which is named by its currency."""

    currency: str


@dataclass(frozen=True, slots=True)
class OpenLedger(InCurrency):
    """A ledger, and the day after the last locked one."""

    first_open_day: dt.date | None


@dataclass(frozen=True, slots=True)
class AdjustedJournal(Result):
    """The journal that a manual one adjusts."""

    number: str


@dataclass(frozen=True, slots=True)
class Listed(Result):
    """A manual journal of a list."""

    number: int
    ledger: InCurrency
    status: str
    kind: str
    date: dt.date
    narrative: str
    customer: Party | None
    adjusts: AdjustedJournal | None
    debits: Money
    makers: tuple[str, ...]
    created_at: dt.datetime
    actions: tuple[str, ...] = ()
    refusal: str | None = None

    @property
    def waits_for_reader(self) -> bool:
        """Whether its reader may decide about it, where that was asked for."""
        return "APPROVE" in self.actions


@dataclass(frozen=True, slots=True)
class Waiting(Result):
    """The first manual journals that wait, and how many there are."""

    total_count: int
    nodes: tuple[Listed, ...]


@dataclass(frozen=True, slots=True)
class Listing(Result):
    """A page of the list."""

    total_count: int
    page_info: PageInfo
    nodes: tuple[Listed, ...]


@dataclass(frozen=True, slots=True)
class RequestedValue(Result):
    """A value that a requested change changes."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ChangeRequest(Result):
    """A change that another person has to approve."""

    id: str
    number: int
    ledger: InCurrency | None
    words: str
    values: tuple[RequestedValue, ...]
    reason: str | None
    made_by: str
    made_at: dt.datetime
    can_decide: bool
    refusal: str | None


@dataclass(frozen=True, slots=True)
class ChangeRequests(Result):
    """The first changes that wait, and how many there are."""

    total_count: int
    nodes: tuple[ChangeRequest, ...]


@dataclass(frozen=True, slots=True)
class Counts(Result):
    """How many manual journals there are of each kind, and what waits."""

    waiting_for_me: int
    changes_waiting_for_me: int
    drafts: int
    submitted: int
    posted: int
    rejected: int


@dataclass(frozen=True, slots=True)
class WaitingRecurrence(Result):
    """A recurring manual journal that waits."""

    number: int
    status: str
    ledger: InCurrency
    kind: str
    narrative: str
    next_dates: tuple[dt.date, ...]
    debits: Money
    makers: tuple[str, ...]
    created_at: dt.datetime


@dataclass(frozen=True, slots=True)
class WaitingRecurrences(Result):
    """The first of them, and how many there are."""

    total_count: int
    nodes: tuple[WaitingRecurrence, ...]


@dataclass(frozen=True, slots=True)
class RecurrenceCounts(Result):
    """How many recurring manual journals wait for the reader."""

    waiting_for_me: int


@dataclass(frozen=True, slots=True)
class ManualJournalsPage(Result):
    """The list, and what waits where no filter is set."""

    ledgers: tuple[InCurrency, ...]
    saved_filters: tuple[SavedFilter, ...]
    manual_journal_counts: Counts
    recurring_manual_journal_counts: RecurrenceCounts
    manual_journals: Listing
    mine: Waiting | None = None
    others: Waiting | None = None
    recurrences: WaitingRecurrences | None = None
    change_requests: ChangeRequests | None = None


@dataclass(frozen=True, slots=True)
class Line(Result):
    """A line as it was entered, or as it follows from the adjusted journal."""

    account: Account
    account_name: str
    direction: str
    amount: Money
    description: str
    customer: Party | None
    product: Party | None
    has_own_customer: bool
    has_own_product: bool
    is_derived: bool

    @property
    def debit(self) -> Money | None:
        """The amount of a debit; None for a credit."""
        return self.amount if self.direction == DEBIT else None

    @property
    def credit(self) -> Money | None:
        """The amount of a credit; None for a debit."""
        return None if self.direction == DEBIT else self.amount


@dataclass(frozen=True, slots=True)
class Step(Result):
    """What somebody did, and why."""

    kind: str
    at: dt.datetime
    by: str | None
    version: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class Balance(Result):
    """What changes on an account, and its balance before and after that."""

    account: Account
    before: Money
    change: Money
    after: Money


@dataclass(frozen=True, slots=True)
class AccountChange(Result):
    """What changes on an account or on a sub-account of it."""

    account: Account
    name: str
    change: Money


@dataclass(frozen=True, slots=True)
class Effect(Result):
    """What a manual journal does to balances, a month's report and posted files."""

    date: dt.date
    first_open_day: dt.date | None
    balances: tuple[Balance, ...]
    changes: tuple[AccountChange, ...]
    month: dt.date
    recognized_before: Money
    recognized_change: Money
    recognized_after: Money
    posted_exports: tuple[PostedFile, ...]


@dataclass(frozen=True, slots=True)
class SystemJournal(AdjustedJournal):
    """The adjusted journal, with what it does in words."""

    narrative: str
    type: str


@dataclass(frozen=True, slots=True)
class PostedJournal(Result):
    """A journal that was posted."""

    number: str
    narrative: str
    total: Money


@dataclass(frozen=True, slots=True)
class MadeBy(Result):
    """The recurring manual journal that made one."""

    number: int


@dataclass(frozen=True, slots=True)
class ReversalRequest(Result):
    """A request to reverse a manual journal that waits for another person."""

    number: int
    made_by: str
    made_at: dt.datetime


@dataclass(frozen=True, slots=True)
class ManualJournal(Result):
    """A manual journal, whole."""

    id: str
    number: int
    ledger: OpenLedger
    status: str
    version: int
    kind: str
    date: dt.date
    reverses_on: dt.date | None
    narrative: str
    customer: Party | None
    product: Party | None
    adjusts: SystemJournal | None
    mode: str | None
    lines: tuple[Line, ...]
    debits: Money
    credits: Money
    steps: tuple[Step, ...]
    journals: tuple[PostedJournal, ...]
    actions: tuple[str, ...]
    refusal: str | None
    recurrence: MadeBy | None
    recurrence_words: str | None
    attachments: NewestAttachments
    effect: Effect | None
    reversal_request: ReversalRequest | None


@dataclass(frozen=True, slots=True)
class FourEyes(Result):
    """Whether another person has to approve."""

    is_on: bool


@dataclass(frozen=True, slots=True)
class ManualJournalPage(Result):
    """The manual journal; None if there is no such."""

    manual_journal: ManualJournal | None
    four_eyes: FourEyes


@dataclass(frozen=True, slots=True)
class ChangedJournal(Result):
    """What has changed of a draft while its form is open."""

    number: int
    version: int
    actions: tuple[str, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class ManualJournalNews(Result):
    """The draft as it is now."""

    manual_journal: ChangedJournal | None
