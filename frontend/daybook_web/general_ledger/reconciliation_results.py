"""What the operation of the reconciliation answers."""

from dataclasses import dataclass
from datetime import date, datetime

from daybook_web.general_ledger.results import Ledger
from daybook_web.kit.results import Money, PageInfo, Result


@dataclass(frozen=True, slots=True)
class AccountAmount(Result):
    """What an account gets: a credit is positive."""

    account_code: str
    amount: Money

    @property
    def side(self) -> str:
        """Debit or credit, shortly."""
        return "Dr" if self.amount.minor < 0 else "Cr"

    @property
    def absolute(self) -> Money:
        """The amount on its side."""
        return Money(self.amount.amount.removeprefix("-"))


@dataclass(frozen=True, slots=True)
class Booked(Result):
    """A journal that came back."""

    day: date
    amounts: tuple[AccountAmount, ...]


@dataclass(frozen=True, slots=True)
class Match(Result):
    """A journal of a posted file, and what was booked for it."""

    state: str
    number: str
    day: date
    record_number: str
    journal_number: str | None
    words: str
    exported: tuple[AccountAmount, ...]
    booked: tuple[Booked, ...]


@dataclass(frozen=True, slots=True)
class Matches(Result):
    """A page of them."""

    page_info: PageInfo
    nodes: tuple[Match, ...]


@dataclass(frozen=True, slots=True)
class StateTotal(Result):
    """The journals in a state."""

    state: str
    journals: int
    exported: Money
    booked: Money


@dataclass(frozen=True, slots=True)
class Taking(Result):
    """The connection that takes the exports."""

    number: int
    name: str


@dataclass(frozen=True, slots=True)
class Reconciliation(Result):
    """How a ledger's exports came back."""

    currency: str
    file_numbers: tuple[str, ...]
    other_file_numbers: tuple[str, ...]
    data_time: datetime | None
    last_journal: str | None
    connection: Taking | None
    totals: tuple[StateTotal, ...]
    matches: Matches


@dataclass(frozen=True, slots=True)
class TakingLedgers(Result):
    """The ledgers whose exports a connection takes."""

    takes_exports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GlReconciliationPage(Result):
    """The result of the page's operation; without a ledger, nothing is compared."""

    ledgers: tuple[Ledger, ...]
    gl_connections: tuple[TakingLedgers, ...]
    gl_reconciliation: Reconciliation | None = None
