"""The results of the operations `LockPage` and `SetLock`."""

from dataclasses import dataclass
from datetime import date, datetime

from daybook_web.closing.results import CheckedDocument, Totals
from daybook_web.kit.lock_review import ChangingLedger
from daybook_web.kit.recognized_by_hand import MilestoneRecognition
from daybook_web.kit.results import Account, Money, Party, Result
from daybook_web.reports.other_methods import OtherMethodsChecked


@dataclass(frozen=True, slots=True)
class RecordedLock(Result):
    """A change of the ledger's lock, and why it was made."""

    recorded_at: datetime
    made_by: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class RecordedLocks(Result):
    """The last changes of a ledger's lock."""

    nodes: tuple[RecordedLock, ...]


@dataclass(frozen=True, slots=True)
class LockLedger(Result):
    """A ledger, how it is locked, and how its lines are recognized by default."""

    currency: str
    lock_method: str
    locked_through: date | None
    first_open_day: date | None
    default_strategy: str
    accounts: tuple[Account, ...]
    locks: RecordedLocks


@dataclass(frozen=True, slots=True)
class WaitingJournal(Result):
    """A manual journal that isn't posted yet."""

    number: int
    status: str
    date: date
    narrative: str
    debits: Money
    makers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WaitingJournals(Result):
    """The first manual journals that wait, and how many there are."""

    total_count: int
    nodes: tuple[WaitingJournal, ...]


@dataclass(frozen=True, slots=True)
class WaitingRecurrence(Result):
    """A recurring manual journal that isn't in force, and its next date, if any."""

    number: int
    status: str
    narrative: str
    next_dates: tuple[date, ...]
    debits: Money
    makers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WaitingRecurrences(Result):
    """The first recurring manual journals that wait, and how many there are."""

    total_count: int
    nodes: tuple[WaitingRecurrence, ...]


@dataclass(frozen=True, slots=True)
class MilestoneAmount(Result):
    """What a milestone is called, and what is earned once it is reached.

    What manual journals recognized of it isn't in its open amount.
    """

    name: str
    amount: Money
    recognized_by: tuple[MilestoneRecognition, ...]
    open_amount: Money


@dataclass(frozen=True, slots=True)
class OpenMilestone(Result):
    """A milestone that isn't reached yet, and the document that has it."""

    milestone: MilestoneAmount
    dated: date
    document: CheckedDocument
    customer: Party


@dataclass(frozen=True, slots=True)
class OpenMilestones(Result):
    """The first milestones that aren't reached, and how many there are."""

    total_count: int
    nodes: tuple[OpenMilestone, ...]


@dataclass(frozen=True, slots=True)
class LockStep(Result):
    """A step of the close, and whether it is done."""

    kind: str
    state: str
    words: str


@dataclass(frozen=True, slots=True)
class StepsOfMonth(OtherMethodsChecked):
    """The steps of a month's close, and which documents keep another method."""

    steps: tuple[LockStep, ...]


@dataclass(frozen=True, slots=True)
class FourEyes(Result):
    """Whether another person has to approve what opens days."""

    is_on: bool


@dataclass(frozen=True, slots=True)
class Reference(Result):
    """What the target calls a posted file."""

    reference: str


@dataclass(frozen=True, slots=True)
class FileOfDays(Result):
    """A posted file, and the filters that say of which days it is."""

    number: str
    filters: str | None
    posting: Reference


@dataclass(frozen=True, slots=True)
class FilesOfDays(Result):
    """The newest posted files of the ledger."""

    nodes: tuple[FileOfDays, ...]


@dataclass(frozen=True, slots=True)
class LockPage(Result):
    """The result of the operation; without a report, only the ledgers."""

    ledgers: tuple[LockLedger, ...]
    four_eyes: FourEyes
    ledger: ChangingLedger | None = None
    before: Totals | None = None
    after: Totals | None = None
    close_checklist: StepsOfMonth | None = None
    manual_journals: WaitingJournals | None = None
    recurring_manual_journals: WaitingRecurrences | None = None
    open_milestones: OpenMilestones | None = None
    posted: FilesOfDays | None = None


@dataclass(frozen=True, slots=True)
class LockSet(Result):
    """The payload of `SetLock`; no recording if nothing was changed."""

    recording: str | None
