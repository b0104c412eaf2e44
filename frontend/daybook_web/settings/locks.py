"""`/settings/locks`: how a ledger is locked, and each change of that."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from urllib.parse import quote

from daybook_web.kit.formats import count, day
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import View
from daybook_web.kit.results import Result
from daybook_web.settings.ledgers import LedgerPage
from daybook_web.settings.page import Sent

LOCKS = 20
"""How many changes the page shows."""


@dataclass(frozen=True, slots=True)
class EvidenceCount(Result):
    """How many files are evidence of something."""

    total_count: int


@dataclass(frozen=True, slots=True)
class RecordedLock(Result):
    """A change of the ledger's lock, and why it was made."""

    id: str
    recorded_at: datetime
    made_by: str | None
    reason: str
    attachments: EvidenceCount

    @property
    def files(self) -> str:
        """How many files are evidence of it, in words."""
        number = self.attachments.total_count
        return count(number, "file", "files") if number else "No file yet"


@dataclass(frozen=True, slots=True)
class RecordedLocks(Result):
    """The last changes of a ledger's lock."""

    nodes: tuple[RecordedLock, ...]


@dataclass(frozen=True, slots=True)
class LockedLedger(Result):
    """How a ledger is locked, and was."""

    currency: str
    lock_method: str
    locked_through: date | None
    first_open_day: date | None
    locks: RecordedLocks

    @property
    def sentence(self) -> str:
        """How it is locked, for people."""
        if self.lock_method == "ACCOUNTING_DATE":
            return "Each document is locked up to the day before its accounting date."
        if self.locked_through is None or self.first_open_day is None:
            return "No day is locked."
        through, first = day(self.locked_through), day(self.first_open_day)
        return f"Locked through {through}; the first open day is {first}."


@dataclass(frozen=True, slots=True)
class LocksPage(Result):
    """All that the page shows."""

    ledgers: tuple[LockedLedger, ...]


@dataclass(frozen=True, slots=True)
class LocksView(View):
    """How a ledger is locked, and was."""

    page: ClassVar[str] = "settings/locks.html"
    fragment: ClassVar[str] = "settings/_locks.html"

    title: str
    ledgers: Sequence[Link]
    ledger: LockedLedger
    page_url: str
    back: str
    """The page as a parameter of the address that leads back to it."""


class Locks(LedgerPage):
    """One request for the page; the lock is set at `/close/lock`."""

    path = "/settings/locks"
    title = "Period locks"

    async def view(self, sent: Sent) -> View:
        """The page of a ledger."""
        assert not sent.problems, "it has no form"
        found = await self.running.run(LocksPage, {"locks": LOCKS})
        ledger = self.chosen(found.ledgers)
        page_url = f"{self.path}?currency={ledger.currency}"
        return LocksView(
            title=f"{self.title}, {ledger.currency}",
            ledgers=self.links(found.ledgers),
            ledger=ledger,
            page_url=page_url,
            back=quote(page_url, safe=""),
        )
