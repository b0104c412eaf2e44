"""The result of the operation `SettingsPage`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated

from pydantic import Field, Json

from daybook_web.kit.results import AccountTotal, Result

NOT_GIVEN = object()


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


@dataclass(frozen=True, slots=True)
class LockSetting(Result):
    """How a ledger is locked, or would be."""

    method: str
    locked_through: date | None


@dataclass(frozen=True, slots=True)
class MonthChange(Result):
    """The days of a month that open or close, and what is posted on them."""

    month: date
    first_day: date
    last_day: date
    journal_count: int
    totals: tuple[AccountTotal, ...]


@dataclass(frozen=True, slots=True)
class LockChange(Result):
    """What a change of the lock would open or close."""

    effect: str
    before: LockSetting
    after: LockSetting
    first_day: date | None
    last_day: date | None
    journal_count: int
    totals: tuple[AccountTotal, ...]
    months: tuple[MonthChange, ...]
    needs_confirmation: bool
    needs_reason: bool


@dataclass(frozen=True, slots=True)
class ChangingLedger(Result):
    """The ledger whose lock would change."""

    lock_change: LockChange


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
    """What an audit record is about."""

    kind: str
    id: str | None


@dataclass(frozen=True, slots=True)
class MovedAmount(Result):
    """An amount between two accounts, named by their roles."""

    debit: str
    credit: str
    amount: str


@dataclass(frozen=True, slots=True)
class ChangedDays(Result):
    """Days that a lock closed or opened; without `first`, all days up to `last`."""

    first: Annotated[date | None, Field(alias="from")]
    last: Annotated[date, Field(alias="to")]
    journals: int
    amounts: tuple[MovedAmount, ...]


@dataclass(frozen=True, slots=True)
class Recorded(Result):
    """What was recorded in one ledger."""

    recording: int | None = None
    documents: int | None = None


@dataclass(frozen=True, slots=True)
class Details(Result):
    """The details of an audit record; each action has some of them.

    What changed is a value or several by name, before and after.
    """

    before: object = NOT_GIVEN
    after: object = None
    made: bool = False
    reason: str | None = None
    closed: ChangedDays | None = None
    opened: ChangedDays | None = None
    recordings: Mapping[str, Recorded] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditRecord(Result):
    """A record of the audit trail."""

    number: str
    recorded_at: datetime
    made_by: str | None
    action: str
    subject: Subject
    details: Json[Details]


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
class SettingsPage(Result):
    """All that the page shows; the last two are loaded when a form needs them."""

    ledgers: tuple[LedgerSettings, ...]
    products: Products
    activity: ActivityLog
    audit_trail: AuditTrail
    ledger: ChangingLedger | None = None
    system_status: SystemStatus | None = None


@dataclass(frozen=True, slots=True)
class SetLock(Result):
    """The payload of the mutation; no recording if nothing was changed."""

    recording: str | None
