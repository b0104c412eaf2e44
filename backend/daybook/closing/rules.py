"""What a tie-out, the close checks and the checklist say. Pure: no I/O."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from daybook.calendar import Day, Month
from daybook.exports.mapping.forms import Integration
from daybook.exports.mapping.rules import Missing
from daybook.ledger.rules import Role

ROWS_MAX = 50
"""How many rows a check or a kind of finding names; all are counted."""


class BalanceEntry(NamedTuple):
    """A balance to enter: of an account by its role, name or code, or a sub-account's.

    `balance` is on the account's normal side: minor units, or a decimal text. Lines
    with other labels of the same account and day sum up with it.
    """

    account: Role | str
    on: Day
    balance: int | str
    label: str = ""


class EnteredBalance(NamedTuple):
    """A balance of the general ledger as it was entered, on its normal side.

    It `is_replaced` once a later one of its account, day and label was entered.
    """

    number: int
    role: Role
    on: Day
    balance: int
    label: str
    note: str
    recorded_in: int
    made_by: str | None
    made_at: datetime
    is_replaced: bool
    currency: str


class EnteredBalances(NamedTuple):
    """How many balances were entered, and how many stood so already.

    `recording` is empty if nothing changed.
    """

    entered: int
    unchanged: int
    currency: str
    recording: int | None


class FindingKind(Enum):
    """Why the ledger differs from posted files, or these from the general ledger."""

    NOT_EXPORTED = "NOT_EXPORTED"
    """Entries after the last posted file's end: normal."""
    CHANGED = "CHANGED"
    """A journal in a posted file that has other amounts now."""
    DOUBLED = "DOUBLED"
    """Entries that two posted files have."""
    MISSING = "MISSING"
    """Entries on or before a posted file's end that are in none."""
    BALANCE = "BALANCE"
    """A balance of the general ledger that isn't what was posted."""
    ROLLUP = "ROLLUP"
    """Movements that don't sum to the totals that their recordings kept."""


class TieOutMonth(NamedTuple):
    """An account's net change in a month, on its normal side."""

    month: Month
    ledger: int
    posted: int
    not_exported: int

    @property
    def difference(self) -> int:
        """What is missing in the posted files; negative if they have it twice."""
        return self.ledger - self.posted - self.not_exported


class TieOutBalance(NamedTuple):
    """The balance entered for a day, all labels together, and what was posted by then.

    Without a posted file it is compared with the ledger. `since` is the month in which
    the difference arose, if a balance of an earlier month tells.
    """

    entered: tuple[EnteredBalance, ...]
    on: Day
    balance: int
    posted: int
    since: Month | None = None

    @property
    def difference(self) -> int:
        """What the general ledger has beyond what was posted."""
        return self.balance - self.posted


class TieOutAccount(NamedTuple):
    """An account for one target of posted files; empty if no file is posted."""

    role: Role
    target: str
    months: tuple[TieOutMonth, ...]
    balances: tuple[TieOutBalance, ...]

    @property
    def ledger(self) -> int:
        """The account's balance in the ledger."""
        return sum(month.ledger for month in self.months)

    @property
    def posted(self) -> int:
        """What the posted files have of the account."""
        return sum(month.posted for month in self.months)

    @property
    def not_exported(self) -> int:
        """What lies after the last posted file's end."""
        return sum(month.not_exported for month in self.months)

    @property
    def difference(self) -> int:
        """What is changed, missing or doubled in the posted files."""
        return sum(month.difference for month in self.months)


class CloseCheckKind(Enum):
    """What a close check looks for."""

    ENDED_WITH_DEFERRED = "ENDED_WITH_DEFERRED"
    NO_ENTRY_THIS_MONTH = "NO_ENTRY_THIS_MONTH"
    NO_PRODUCT_METHOD = "NO_PRODUCT_METHOD"
    OTHER_PRODUCT_METHOD = "OTHER_PRODUCT_METHOD"
    CHANGED_AFTER_POSTING = "CHANGED_AFTER_POSTING"
    AFTER_CLOSE = "AFTER_CLOSE"
    WAITING_DRAFTS = "WAITING_DRAFTS"


class CloseCheckRow(NamedTuple):
    """A row that a check names; ids and numbers are Daybook's own.

    One that isn't due tells what happened, and there is nothing to do about it.
    """

    message: str
    customer_id: int | None = None
    product_id: int | None = None
    document_id: int | None = None
    journal: int | None = None
    manual_journal: int | None = None
    recurrence: int | None = None
    amount: int | None = None
    is_due: bool = True


@dataclass(frozen=True, slots=True)
class CloseCheck:
    """What a check found: how many rows, and the first of them.

    `settled` are those of all rows that aren't due.
    """

    kind: CloseCheckKind
    count: int
    rows: tuple[CloseCheckRow, ...]
    settled: int = 0

    @property
    def due(self) -> int:
        """How many rows there is something to do about."""
        return self.count - self.settled


class CloseStepKind(Enum):
    """A step of closing a month, in their order."""

    IMPORTS = "IMPORTS"
    PRODUCT_METHODS = "PRODUCT_METHODS"
    MAPPING = "MAPPING"
    MANUAL_JOURNALS = "MANUAL_JOURNALS"
    LOCK = "LOCK"
    EXPORT = "EXPORT"
    TIE_OUT = "TIE_OUT"


def joined(words: str, more: str) -> str:
    """What a step says, and what it says further, if anything."""
    return f"{words}; {more}" if more else words


class CloseStepState(Enum):
    """Whether a step of closing is done."""

    DONE = "DONE"
    DUE = "DUE"
    NOT_NEEDED = "NOT_NEEDED"


class MappingGap(NamedTuple):
    """An account of the month that isn't mapped in a system."""

    integration: Integration
    missing: Missing


class MonthFile(NamedTuple):
    """A file with entries of a month: its record, and the export that made it."""

    record: int
    job: int | None


@dataclass(frozen=True, slots=True)
class CloseStep:
    """A step of closing a month: its state, in words, and what there is to do.

    `gaps` are the first accounts that the step of the mapping counts. `file` is one of
    the month that is made and only waits to be posted; `doubled` is the newest posted
    one whose entries another posted file has, too.
    """

    kind: CloseStepKind
    state: CloseStepState
    words: str
    count: int = 0
    gaps: tuple[MappingGap, ...] = ()
    file: MonthFile | None = None
    doubled: MonthFile | None = None

    @classmethod
    def of(
        cls, kind: CloseStepKind, words: str, count: int = 0, *, is_done: bool | None
    ) -> "CloseStep":
        """A step; `is_done` is None where there is nothing to do."""
        state = {
            True: CloseStepState.DONE,
            False: CloseStepState.DUE,
            None: CloseStepState.NOT_NEEDED,
        }[is_done]
        return cls(kind, state, words, count)
