"""The results of the operations of the report's page and its parts."""

from dataclasses import dataclass
from datetime import date

from daybook_web.kit.results import (
    AccountTotal,
    LedgerAccount,
    Money,
    PageInfo,
    Party,
    PostedFile,
    Result,
)
from daybook_web.kit.saved import SavedFilter

ROLES = ("BILLED", "UNBILLED", "DEFERRED", "RECOGNIZED")
"""The accounts, in the order of the columns."""


@dataclass(frozen=True, slots=True)
class ReportLedger(Result):
    """A ledger, with the first days of its first and its last month with journals."""

    currency: str
    first_month: date | None
    last_month: date | None
    accounts: tuple[LedgerAccount, ...]


@dataclass(frozen=True, slots=True)
class DocumentState(Result):
    """What kind of document it is, and what has become of it."""

    kind: str
    status: str

    @property
    def is_void(self) -> bool:
        """Whether it was voided."""
        return self.status == "VOIDED"


@dataclass(frozen=True, slots=True)
class GroupDocument(DocumentState):
    """The document of a group."""

    external_id: str


@dataclass(frozen=True, slots=True)
class Gains(Result):
    """What each account gains on its normal side: the first two sum to the others."""

    billed: Money
    unbilled: Money
    deferred: Money
    recognized: Money

    def of(self, role: str) -> Money:
        """What an account gains, by its role."""
        gains = (self.billed, self.unbilled, self.deferred, self.recognized)
        return dict(zip(ROLES, gains, strict=True))[role]

    def __getitem__(self, name: str) -> Money:
        """What an account gains, by the name of its field: templates ask for items."""
        found: Money = getattr(self, name)
        return found


@dataclass(frozen=True, slots=True)
class Selected(Result):
    """What journals move on the selected days, and what of it is scheduled."""

    gains: Gains
    scheduled_gains: Gains


@dataclass(frozen=True, slots=True)
class ListedJournal(Result):
    """A journal of the report; a manual one may have neither customer nor product.

    `reference` is the document's, or of a manual one its own, such as MJ-1.
    """

    number: str
    month: date
    source: str
    posted_in: tuple[PostedFile, ...]
    posted_in_part: bool
    reference: str
    document: DocumentState | None
    customer: Party | None
    product: Party | None


@dataclass(frozen=True, slots=True)
class JournalEdge(Selected):
    """A journal with its amounts on the selected days, and what it differs by."""

    state: str
    marks: tuple[str, ...]
    node: ListedJournal


@dataclass(frozen=True, slots=True)
class JournalGroup(Selected):
    """The journals of a month or a day that have some of their parties in common."""

    key: str
    period: date
    state: str
    reference: str | None
    document: GroupDocument | None
    customer: Party | None
    product: Party | None


@dataclass(frozen=True, slots=True)
class GroupEdge(Result):
    """A place in the list of groups."""

    node: JournalGroup


@dataclass(frozen=True, slots=True)
class Listing(Selected):
    """A page of a list, with the totals of all its pages."""

    total_count: int
    totals: tuple[AccountTotal, ...]
    control_total: Money
    page_info: PageInfo

    def moves(self, role: str) -> bool:
        """Whether an account receives or gives anything."""
        return any(
            total.debit.minor or total.credit.minor
            for total in self.totals
            if total.account.role == role
        )


@dataclass(frozen=True, slots=True)
class JournalListing(Listing):
    """A page of journals."""

    edges: tuple[JournalEdge, ...]


@dataclass(frozen=True, slots=True)
class GroupListing(Listing):
    """A page of groups of journals."""

    edges: tuple[GroupEdge, ...]


@dataclass(frozen=True, slots=True)
class ListedLedger(Result):
    """The lock of the ledger of a list."""

    lock_method: str
    locked_through: date | None
    first_open_day: date | None


@dataclass(frozen=True, slots=True)
class MonthFigures(Result):
    """What Recognized gains in a month, which is named by its first day."""

    month: date
    posted: Money
    scheduled: Money


@dataclass(frozen=True, slots=True)
class JournalSums(Result):
    """Balances and months; None is what would take long, and is loaded late."""

    balances: Gains | None
    balances_on: date
    months: tuple[MonthFigures, ...] | None

    @property
    def are_whole(self) -> bool:
        """Whether nothing is left to be loaded late."""
        return self.balances is not None and self.months is not None


@dataclass(frozen=True, slots=True)
class JournalCounts(Result):
    """How many journals there are, and with each mark; None for what isn't counted."""

    all: int | None
    moved: int | None
    credit_notes: int | None
    revised: int | None
    voided: int | None
    partly_scheduled: int | None
    manual: int | None


@dataclass(frozen=True, slots=True)
class CountedFigures(Result):
    """Counts beside a list."""

    counts: JournalCounts


@dataclass(frozen=True, slots=True)
class ReportCounts(Result):
    """The counts that take long to make."""

    journal_figures: CountedFigures


@dataclass(frozen=True, slots=True)
class PageFigures(JournalSums):
    """The figures of a page: its groups are of journals too, which are counted."""

    counts: JournalCounts


@dataclass(frozen=True, slots=True)
class ReportSums(Result):
    """The sums that take long to read."""

    ledger: ReportLedger | None
    journal_figures: JournalSums


@dataclass(frozen=True, slots=True)
class Named(Result):
    """A customer or a product with its name, or a document with its number."""

    name: str


@dataclass(frozen=True, slots=True)
class ReportPage(Result):
    """The ledgers, and the figures and the list of one where they are loaded.

    `named` are those that filters select, in the order of filters.
    """

    ledgers: tuple[ReportLedger, ...]
    saved_filters: tuple[SavedFilter, ...]
    ledger: ListedLedger | None = None
    named: tuple[Named | None, ...] = ()
    journals: JournalListing | None = None
    journal_groups: GroupListing | None = None
    journal_figures: PageFigures | None = None

    @property
    def listing(self) -> JournalListing | GroupListing | None:
        """The journals or the groups; None where neither is loaded."""
        return self.journals or self.journal_groups
