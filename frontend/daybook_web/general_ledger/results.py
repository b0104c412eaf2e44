"""What the operations of the pages of connections answer."""

from dataclasses import dataclass
from datetime import date, datetime

from daybook.numbers import counted
from daybook_web.general_ledger.live import Live
from daybook_web.kit.results import Result

CONNECTIONS = "/general-ledger/connections"
JOURNALS = "JOURNALS"


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

    @property
    def page_url(self) -> str:
        """The address of its page, and of the forms there."""
        return f"{CONNECTIONS}/{self.number}"

    @property
    def missing(self) -> int:
        """How many journals are missing between the first and the last."""
        return int(self.missing_journal_count)

    @property
    def other_kinds(self) -> str:
        """What else came in: `accounts, contacts`."""
        found = [its.words.lower() for its in self.inputs if its.kind != JOURNALS]
        return ", ".join(found)

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
class ShownConnection(Result):
    """A connection with its settings and what came in."""

    id: str
    number: int
    name: str
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
    live: Live

    @property
    def page_url(self) -> str:
        """The address of its page, and of the forms there."""
        return f"{CONNECTIONS}/{self.number}"

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
    ledgers: tuple[Ledger, ...]


@dataclass(frozen=True, slots=True)
class AddedConnection(Result):
    """The number of a new connection."""

    number: int


@dataclass(frozen=True, slots=True)
class AddGlConnection(Result):
    """The mutation's payload."""

    connection: AddedConnection
