"""`/settings/storage`: where files are kept, and how the installation does."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from daybook_web.kit.rendering import View
from daybook_web.kit.results import Result
from daybook_web.settings.page import Sent, SettingsPage

DATABASES = {"SQLITE": "SQLite", "POSTGRESQL": "PostgreSQL"}
KINDS = {"FOLDER": "A folder of the server", "BUCKET": "A bucket"}
GIB = 2**30


@dataclass(frozen=True, slots=True)
class ServerClock(Result):
    """Whether the clock fits what was recorded, in words."""

    state: str
    message: str


@dataclass(frozen=True, slots=True)
class StorageStatus(Result):
    """Where exports' files are kept."""

    kind: str
    place: str | None
    is_writable: bool
    free_bytes: int | None

    @property
    def kind_name(self) -> str:
        """What kind of place it is, for people."""
        return KINDS.get(self.kind, self.kind.capitalize())

    @property
    def free(self) -> str:
        """How much fits in yet."""
        if self.free_bytes is None:
            return "not known"
        return f"{self.free_bytes / GIB:,.1f} GiB"


@dataclass(frozen=True, slots=True)
class QueueStatus(Result):
    """The organisation's exports that are not made yet."""

    waiting: int
    running: int
    oldest_waiting_since: datetime | None


@dataclass(frozen=True, slots=True)
class InstallationStatus(Result):
    """How the installation does."""

    version: str
    database: str
    clock: ServerClock
    storage: StorageStatus
    queue: QueueStatus

    @property
    def database_name(self) -> str:
        """What keeps the ledgers, for people."""
        return DATABASES.get(self.database, self.database)


@dataclass(frozen=True, slots=True)
class StoragePage(Result):
    """All that the page shows."""

    system_status: InstallationStatus


@dataclass(frozen=True, slots=True)
class StorageView(View):
    """Where files are kept, and how the installation does."""

    page: ClassVar[str] = "settings/storage.html"
    fragment: ClassVar[str] = "settings/_storage.html"

    title: str
    status: InstallationStatus
    page_url: str


class Storage(SettingsPage):
    """One request for the page; an operator changes what it shows, on the server."""

    path = "/settings/storage"

    async def view(self, sent: Sent) -> View:
        """The page."""
        assert not sent.problems, "it has no form"
        found = await self.running.run(StoragePage, {})
        return StorageView("Storage", found.system_status, self.path)
