"""What the operations of the pages of connections answer."""

from dataclasses import dataclass
from datetime import date, datetime

from daybook.numbers import counted
from daybook_web.general_ledger.live import Live
from daybook_web.general_ledger.refresh_results import (
    CONNECTIONS,
    Failure,
    RefreshedConnection,
    Refreshes,
)
from daybook_web.kit.results import Result


@dataclass(frozen=True, slots=True)
class Ledger(Result):
    """A ledger, by its currency."""

    currency: str


@dataclass(frozen=True, slots=True)
class ListedInput(Result):
    """What came in of a kind."""

    kind: str
    imported_at: datetime

    @property
    def words(self) -> str:
        """The kind for people: `Bank transactions`."""
        return self.kind.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True)
class ListedSegment(Result):
    """A connection's part of the dataset, as the list shows it."""

    data_current_as_of: datetime


@dataclass(frozen=True, slots=True)
class ListedProgress(Result):
    """How far a refresh is, as the list shows it."""

    percent: float


@dataclass(frozen=True, slots=True)
class ListedRefresh(Result):
    """The last refresh of a connection, as the list shows it."""

    status: str
    progress: ListedProgress
    failure: Failure | None


@dataclass(frozen=True, slots=True)
class ListedConnection(Result):
    """A connection of the list; numbers of journals are text."""

    id: str
    number: int
    name: str
    base_currency: str
    is_main: bool
    takes_exports: tuple[str, ...]
    journal_count: int
    last_journal: str | None
    missing_journal_count: str
    inputs: tuple[ListedInput, ...]
    is_behind: bool
    segment: ListedSegment | None
    refresh: ListedRefresh | None

    @property
    def is_moving(self) -> bool:
        """Whether a refresh of it waits or is being made."""
        return self.refresh is not None and self.refresh.status in {"QUEUED", "RUNNING"}

    @property
    def refreshing(self) -> str:
        """What its last refresh comes to, unless it is ready: `Being made, 40 %`."""
        its = self.refresh
        if its is not None and its.status == "RUNNING":
            return f"Being made, {its.progress.percent:.0f} %"
        if its is not None and its.status == "QUEUED":
            return "Waits to be refreshed"
        if its is not None and its.failure is not None:
            return f"The last refresh failed: {its.failure.message}"
        return "A refresh brings in what is new" if self.is_behind else ""

    @property
    def page_url(self) -> str:
        """The address of its page, and of the forms there."""
        return f"{CONNECTIONS}/{self.number}"

    @property
    def missing(self) -> int:
        """How many journals are missing between the first and the last."""
        return int(self.missing_journal_count)

    @property
    def imported_at(self) -> datetime | None:
        """When something new last came in."""
        return max((its.imported_at for its in self.inputs), default=None)


@dataclass(frozen=True, slots=True)
class Dataset(Result):
    """The settings of the dataset that the connections make."""

    reporting_currency: str | None
    is_reporting_currency_chosen: bool


@dataclass(frozen=True, slots=True)
class GlConnectionsPage(Result):
    """The result of the operation of the list."""

    gl_connections: tuple[ListedConnection, ...]
    gl_dataset: Dataset
    ledgers: tuple[Ledger, ...]


@dataclass(frozen=True, slots=True)
class Roles(Result):
    """The IDs of accounts that were chosen, by what they are for."""

    receivable: str | None
    payable: str | None
    tax: str | None
    realised: str | None
    unrealised: str | None
    revaluation: str | None


@dataclass(frozen=True, slots=True)
class NumberRange(Result):
    """Numbers from one to another."""

    first: str
    last: str

    @property
    def words(self) -> str:
        """The numbers for people: `3`, or `3–8`."""
        return self.first if self.first == self.last else f"{self.first}–{self.last}"


@dataclass(frozen=True, slots=True)
class Input(ListedInput):
    """What came in of a kind, with the numbers of its journals."""

    imports: int
    documents: int
    first_number: str | None
    last_number: str | None
    data_time: datetime | None

    @property
    def counts(self) -> str:
        """How many documents came in by how many imports."""
        imports = counted(self.imports, "import")
        return f"{self.documents:,} in {imports}"

    @property
    def numbers(self) -> str:
        """The first and the last number; empty for kinds without numbers."""
        if self.first_number is None or self.last_number is None:
            return ""
        return NumberRange(self.first_number, self.last_number).words


@dataclass(frozen=True, slots=True)
class Budget(Result):
    """A budget that came in."""

    budget_id: str
    name: str
    first_month: str | None
    last_month: str | None
    counts: bool

    @property
    def words(self) -> str:
        """The budget for people: `Plan, 2026-01 to 2026-12`."""
        name = self.name or self.budget_id
        if self.first_month is None:
            return f"{name}, without amounts"
        return f"{name}, {self.first_month} to {self.last_month}"


@dataclass(frozen=True, slots=True)
class ShownConnection(RefreshedConnection):
    """A connection with its settings, what came in, and what was made of it."""

    base_currency: str
    is_main: bool
    year_end: str
    period_lock: date | None
    year_lock: date | None
    takes_exports: tuple[str, ...]
    accounts: Roles
    budget_id: str | None
    counts_forecasts: bool
    created_at: datetime
    created_by: str | None
    missing_journal_count: str
    missing_journals: tuple[NumberRange, ...]
    inputs: tuple[Input, ...]
    budgets: tuple[Budget, ...]
    live: Live

    @property
    def removal_url(self) -> str:
        """The page that asks before it is removed."""
        return f"{self.page_url}?ask=remove"

    @property
    def missing(self) -> int:
        """How many journals are missing between the first and the last."""
        return int(self.missing_journal_count)

    @property
    def gaps(self) -> str:
        """The missing numbers for people: `3–8, 12`."""
        return ", ".join(its.words for its in self.missing_journals)

    @property
    def gaps_left_out(self) -> bool:
        """Whether there are more gaps than are listed."""
        listed = sum(
            int(its.last) - int(its.first) + 1 for its in self.missing_journals
        )
        return listed < self.missing


@dataclass(frozen=True, slots=True)
class GlConnectionPage(Result):
    """The result of the operation of a page; the node is None if it was removed."""

    node: ShownConnection | None
    gl_refreshes: Refreshes
    ledgers: tuple[Ledger, ...]


@dataclass(frozen=True, slots=True)
class AddedConnection(Result):
    """The number of a new connection."""

    number: int


@dataclass(frozen=True, slots=True)
class AddGlConnection(Result):
    """The mutation's payload."""

    connection: AddedConnection
