"""The result of the operation `SettingsPage`."""

from dataclasses import dataclass
from datetime import date, datetime

from daybook_web.kit.formats import count
from daybook_web.kit.lock_review import ChangingLedger
from daybook_web.kit.results import Result


@dataclass(frozen=True, slots=True)
class AccountRole(Result):
    """One of the four accounts."""

    role: str


@dataclass(frozen=True, slots=True)
class NamedAccount(Result):
    """The name of an account, or of its sub-account for a product or a category."""

    role: str
    product_id: str | None
    category: str | None
    name: str
    code: str | None


@dataclass(frozen=True, slots=True)
class AttachmentCount(Result):
    """How many files are evidence of something."""

    total_count: int


@dataclass(frozen=True, slots=True)
class RecordedLock(Result):
    """A change of the ledger's lock, and why it was made."""

    id: str
    recorded_at: datetime
    made_by: str | None
    reason: str
    attachments: AttachmentCount

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
class LedgerSettings(Result):
    """A ledger's lock, defaults and names of accounts."""

    currency: str
    lock_method: str
    locked_through: date | None
    first_open_day: date | None
    default_method: str
    default_strategy: str
    recognizes_breakage: bool
    undated_lines: str
    accounts: tuple[AccountRole, ...]
    account_names: tuple[NamedAccount, ...]
    locks: RecordedLocks


@dataclass(frozen=True, slots=True)
class ProductMethod(Result):
    """A product with a method of its own."""

    external_id: str
    name: str
    method: str


@dataclass(frozen=True, slots=True)
class Products(Result):
    """The first products with a method of their own, and how many there are."""

    total_count: int
    nodes: tuple[ProductMethod, ...]


@dataclass(frozen=True, slots=True)
class ActivityLine(Result):
    """Something that ran; the numbers are decimal strings of any size."""

    kind: str
    started_at: datetime
    duration_ms: str
    is_failed: bool
    message: str
    made_by: str | None
    document_count: str
    movement_count: str


@dataclass(frozen=True, slots=True)
class ActivityLog(Result):
    """The latest lines of the activity log."""

    nodes: tuple[ActivityLine, ...]


@dataclass(frozen=True, slots=True)
class Subject(Result):
    """What an audit record is about, for people."""

    name: str


@dataclass(frozen=True, slots=True)
class Change(Result):
    """A value that was changed."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Recordings(Result):
    """The last recording that a record covers in a ledger."""

    currency: str
    last: str


@dataclass(frozen=True, slots=True)
class AuditRecord(Result):
    """A record of the audit trail, in words."""

    number: str
    recorded_at: datetime
    made_by: str | None
    who: str
    action: str
    action_name: str
    subject: Subject
    sentence: str
    changes: tuple[Change, ...]
    reason: str | None
    recordings: tuple[Recordings, ...]


@dataclass(frozen=True, slots=True)
class AuditTrail(Result):
    """The latest records of the audit trail."""

    nodes: tuple[AuditRecord, ...]


@dataclass(frozen=True, slots=True)
class Clock(Result):
    """The server's clock, and the times that it is compared with."""

    now: datetime
    state: str
    last_recorded_at: datetime | None
    database_now: datetime | None


@dataclass(frozen=True, slots=True)
class SystemStatus(Result):
    """The state of the installation."""

    clock: Clock


@dataclass(frozen=True, slots=True)
class OpenRequest(Result):
    """A request that waits for another person."""

    number: int
    made_by: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class FourEyes(Result):
    """Whether another person has to approve, and an open request to end that."""

    is_on: bool
    since: datetime | None
    set_by: str | None
    request: OpenRequest | None


@dataclass(frozen=True, slots=True)
class SettingsPage(Result):
    """All that the page shows; the last two are loaded when a form needs them."""

    ledgers: tuple[LedgerSettings, ...]
    four_eyes: FourEyes
    products: Products
    activity: ActivityLog
    audit_trail: AuditTrail
    ledger: ChangingLedger | None = None
    system_status: SystemStatus | None = None


@dataclass(frozen=True, slots=True)
class SetLock(Result):
    """The payload of the mutation; no recording if nothing was changed."""

    recording: str | None
