"""The result of the operation `ReportPage`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from daybook_web.kit.results import (
    Account,
    AccountTotal,
    LedgerAccount,
    Money,
    MonthAmount,
    PageInfo,
    Party,
    PostedFile,
    Result,
)


@dataclass(frozen=True, slots=True)
class ReportLedger(Result):
    """A ledger, with the first days of its first and its last month with journals."""

    currency: str
    first_month: date | None
    last_month: date | None
    accounts: tuple[LedgerAccount, ...]


@dataclass(frozen=True, slots=True)
class DocumentName(Result):
    """How a document is called."""

    kind: str
    reference: str


@dataclass(frozen=True, slots=True)
class Moved(Result):
    """What moved from one account to another."""

    debit: Account
    credit: Account
    amount: Money


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
    movements: tuple[Moved, ...]

    @property
    def moved(self) -> list[Moved]:
        """The movements summed by their pair of accounts."""
        return summed(self.movements)


@dataclass(frozen=True, slots=True)
class JournalEdge(Result):
    """A journal with its amounts on the selected days."""

    total: Money
    posted: Money
    scheduled: Money
    node: ListedJournal


@dataclass(frozen=True, slots=True)
class JournalGroup(Result):
    """The journals of a month or a day that have some of their parties in common."""

    key: str
    period: str
    total: Money
    posted: Money
    scheduled: Money
    document: DocumentName | None
    customer: Party | None
    product: Party | None
    pairs: tuple[Moved, ...]


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


def summed(movements: Iterable[Moved]) -> list[Moved]:
    """Movements summed by their pair of accounts, in order of first appearance."""
    sums: dict[tuple[Account, Account], int] = {}
    decimals = 0
    for movement in movements:
        pair = movement.debit, movement.credit
        sums[pair] = sums.get(pair, 0) + movement.amount.minor
        decimals = movement.amount.decimals
    return [
        Moved(debit, credit, Money.of(minor, decimals))
        for (debit, credit), minor in sums.items()
    ]
