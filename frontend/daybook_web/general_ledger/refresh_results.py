"""What operations answer of refreshes, and of a connection's part of the dataset."""

from dataclasses import dataclass
from datetime import datetime

from daybook.numbers import counted
from daybook_web.general_ledger.live import Live
from daybook_web.kit.results import Result

CONNECTIONS = "/general-ledger/connections"
TYPES = {
    "ACTUAL": "Actual",
    "DRAFT_INVOICE": "Draft invoices",
    "FORECAST_INVOICE": "Forecast invoices",
    "FX_EXPOSURE": "FX exposure",
    "FORECAST_BUDGET": "Forecast budget",
}
"""The types of journals for people."""
STATES = {
    "QUEUED": "Waits",
    "RUNNING": "Being made",
    "READY": "Ready",
    "FAILED": "Failed",
    "CANCELLED": "Cancelled",
    "EXPIRED": "Expired",
}
CLASH = "CLASH"


@dataclass(frozen=True, slots=True)
class Progress(Result):
    """How far a refresh is; its counts are text."""

    done: str
    total: str
    percent: float

    @property
    def words(self) -> str:
        """`34,000 of 100,000 lines`; empty until that is known."""
        total = int(self.total)
        return f"{int(self.done):,} of {counted(total, 'line')}" if total else ""


@dataclass(frozen=True, slots=True)
class Failure(Result):
    """Why a refresh made nothing."""

    message: str


@dataclass(frozen=True, slots=True)
class Refresh(Result):
    """A refresh of the history."""

    id: str
    number: int
    status: str
    progress: Progress
    failure: Failure | None
    again_of: int | None
    requested_by: str
    created_at: datetime
    finished_at: datetime | None

    @property
    def is_moving(self) -> bool:
        """Whether it waits or is being made."""
        return self.status in {"QUEUED", "RUNNING"}

    @property
    def has_failed(self) -> bool:
        """Whether it came to nothing."""
        return self.status == "FAILED"

    @property
    def state(self) -> str:
        """Where it stands, for people."""
        return STATES.get(self.status, self.status)

    @property
    def words(self) -> str:
        """What came of it: its lines, or why there are none."""
        if self.failure is not None:
            return f"{self.failure.message[:1].upper()}{self.failure.message[1:]}"
        lines = counted(int(self.progress.total), "line")
        if self.status != "READY":
            return self.progress.words
        if self.again_of is not None:
            return f"{lines}, the same as refresh {self.again_of}"
        return lines


@dataclass(frozen=True, slots=True)
class Refreshes(Result):
    """The last refreshes of a connection, newest first."""

    total_count: int
    nodes: tuple[Refresh, ...]

    @property
    def moving(self) -> list[Refresh]:
        """Those that wait or are being made."""
        return [refresh for refresh in self.nodes if refresh.is_moving]

    @property
    def failed(self) -> Refresh | None:
        """The last one, if it came to nothing."""
        newest = self.nodes[0] if self.nodes else None
        return newest if newest is not None and newest.has_failed else None

    @property
    def earlier(self) -> int:
        """How many there are before those that are listed."""
        return self.total_count - len(self.nodes)


@dataclass(frozen=True, slots=True)
class LineCount(Result):
    """How many lines of a type there are; the count is text."""

    type: str
    lines: str

    @property
    def words(self) -> str:
        """The type for people."""
        return TYPES.get(self.type, self.type)


@dataclass(frozen=True, slots=True)
class Segment(Result):
    """A connection's part of the dataset."""

    reporting_currency: str
    data_current_as_of: datetime
    lines: str
    lines_by_type: tuple[LineCount, ...]
    made_at: datetime
    made_by: str | None


@dataclass(frozen=True, slots=True)
class Clash(Result):
    """A code that means another class of accounts in the main connection."""

    code: str
    name: str
    account_class: str
    main_name: str
    main_class: str

    @property
    def own(self) -> str:
        """The account for people: `Deposits (asset)`."""
        return _account(self.name, self.account_class)

    @property
    def of_main(self) -> str:
        """The main connection's account for people."""
        return _account(self.main_name, self.main_class)


@dataclass(frozen=True, slots=True)
class Notice(Result):
    """Something that people should know."""

    kind: str
    message: str

    @property
    def words(self) -> str:
        """The notice as a sentence."""
        return f"{self.message[:1].upper()}{self.message[1:]}."


@dataclass(frozen=True, slots=True)
class RefreshedConnection(Result):
    """A connection with its part of the dataset."""

    id: str
    number: int
    name: str
    is_behind: bool
    segment: Segment | None
    clashes: tuple[Clash, ...]
    notices: tuple[Notice, ...]
    live: Live

    @property
    def page_url(self) -> str:
        """The address of its page, and of the forms there."""
        return f"{CONNECTIONS}/{self.number}"

    @property
    def refreshes_url(self) -> str:
        """The address of what its page loads again while a refresh goes on."""
        return f"{self.page_url}/refreshes"

    @property
    def has_inputs(self) -> bool:
        """Whether there is something to refresh."""
        return self.is_behind or self.segment is not None

    @property
    def other_notices(self) -> list[Notice]:
        """The notices but for clashes, which have a table, unless none is known."""
        is_told = bool(self.clashes)
        return [its for its in self.notices if its.kind != CLASH or not is_told]


@dataclass(frozen=True, slots=True)
class GlConnectionRefreshes(Result):
    """The result of the operation; the node is None if it was removed."""

    node: RefreshedConnection | None
    gl_refreshes: Refreshes


def _account(name: str, class_: str) -> str:
    return f"{name} ({class_.lower() or 'no class'})"
