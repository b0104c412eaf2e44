"""The result of the operation `ReportPage`."""

from dataclasses import dataclass
from datetime import date

from daybook_web.kit.results import (
    AccountTotal,
    LedgerAccount,
    Money,
    MonthAmount,
    PageInfo,
    Party,
    PostedFile,
    Result,
)

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
class DocumentName(Result):
    """How a document is called, and what has become of it."""

    kind: str
    reference: str
    status: str

    @property
    def is_void(self) -> bool:
        """Whether it was voided."""
        return self.status == "VOIDED"


@dataclass(frozen=True, slots=True)
class Selected(Result):
    """What journals move on the selected days, and what of it is posted."""

    total: Money
    posted: Money
    totals: tuple[AccountTotal, ...]

    @property
    def gains(self) -> list[Money]:
        """What each account gained on its normal side, by `ROLES`."""
        gains = {total.account.role: total.gain for total in self.totals}
        nothing = Money.of(0, self.total.decimals)
        return [gains.get(role, nothing) for role in ROLES]

    @property
    def state(self) -> str | None:
        """Whether it is posted or scheduled, or partly each; None if it is nothing."""
        if self.total.minor == 0:
            return None
        if self.posted == self.total:
            return "posted"
        return "partly" if self.posted.minor else "scheduled"


@dataclass(frozen=True, slots=True)
class ListedJournal(Result):
    """A journal of the report; a manual one may have neither customer nor product."""

    number: str
    source: str
    posted_in: tuple[PostedFile, ...]
    posted_in_part: bool
    document: DocumentName | None
    customer: Party | None
    product: Party | None


@dataclass(frozen=True, slots=True)
class JournalEdge(Selected):
    """A journal with its amounts on the selected days."""

    node: ListedJournal


@dataclass(frozen=True, slots=True)
class JournalGroup(Selected):
    """The journals of a month or a day that have some of their parties in common."""

    key: str
    period: str
    document: DocumentName | None
    customer: Party | None
    product: Party | None


@dataclass(frozen=True, slots=True)
class GroupEdge(Result):
    """A place in the list of groups."""

    node: JournalGroup


@dataclass(frozen=True, slots=True)
class Listing(Result):
    """A page of a list, with the totals of all its pages."""

    total_count: int
    totals: tuple[AccountTotal, ...]
    page_info: PageInfo


@dataclass(frozen=True, slots=True)
class JournalListing(Listing):
    """A page of journals."""

    edges: tuple[JournalEdge, ...]


@dataclass(frozen=True, slots=True)
class GroupListing(Listing):
    """A page of groups of journals."""

    edges: tuple[GroupEdge, ...]


@dataclass(frozen=True, slots=True)
class Recognized(Result):
    """A ledger's recognized revenue."""

    recognized_by_month: tuple[MonthAmount, ...]


@dataclass(frozen=True, slots=True)
class ReportPage(Result):
    """The ledgers, and the chart and the list of one of them where they are loaded."""

    ledgers: tuple[ReportLedger, ...]
    ledger: Recognized | None = None
    journals: JournalListing | None = None
    journal_groups: GroupListing | None = None

    @property
    def listing(self) -> JournalListing | GroupListing | None:
        """The journals or the groups; None where neither is loaded."""
        return self.journals or self.journal_groups
