"""A connection's way to Xero, as its page shows it."""

from dataclasses import dataclass
from datetime import datetime

from daybook.gl.kinds import Kind
from daybook.numbers import counted
from daybook_web.kit.results import Result

STATES = {
    "WAITING": "Waiting",
    "RUNNING": "Fetching",
    "DONE": "Done",
    "FAILED": "Failed",
}


@dataclass(frozen=True, slots=True)
class Sync(Result):
    """The last sync of a connection; counts are text."""

    status: str
    requested_by: str
    changed_at: datetime
    pages: str
    documents: str
    kind: str | None
    page: str
    fetched: str
    message: str | None
    not_before: datetime | None

    @property
    def is_moving(self) -> bool:
        """Whether pages are being fetched, or will be in a moment."""
        return self.status == "RUNNING" or (
            self.status == "WAITING" and self.not_before is None
        )

    @property
    def progress(self) -> str:
        """How far it is: `Journals: page 12, 1,140 documents so far`."""
        if self.kind is None:
            return "It waits for its turn" if self.status == "WAITING" else "One moment"
        words = Kind[self.kind].words.capitalize()
        page, fetched = int(self.page), int(self.fetched)
        if not page:
            return words
        return f"{words}: page {page:,}, {counted(fetched, 'document')} so far"

    @property
    def state(self) -> str:
        """How far it is, for people."""
        return STATES.get(self.status, self.status.capitalize())

    @property
    def counts(self) -> str:
        """What came in so far: `3 documents new or changed, in 12 pages`."""
        documents = counted(int(self.documents), "document")
        return f"{documents} new or changed, in {counted(int(self.pages), 'page')}"


@dataclass(frozen=True, slots=True)
class Live(Result):
    """Whether a connection is connected to Xero, and its last sync."""

    is_available: bool
    is_connected: bool
    organisation: str | None
    connected_at: datetime | None
    connected_by: str | None
    problem: str | None
    next_sync_at: datetime | None
    sync: Sync | None


@dataclass(frozen=True, slots=True)
class ConnectGl(Result):
    """Where an admin goes to connect."""

    address: str


@dataclass(frozen=True, slots=True)
class DisconnectGl(Result):
    """Why a connection that was disconnected here is still one in Xero, if it is."""

    left_in_xero: str | None


@dataclass(frozen=True, slots=True)
class ConnectedConnection(Result):
    """The number of the connection that was connected."""

    number: int


@dataclass(frozen=True, slots=True)
class FinishConnectGl(Result):
    """The payload of coming back from Xero."""

    connection: ConnectedConnection
