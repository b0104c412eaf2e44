"""The results of the operations of both lists."""

from dataclasses import dataclass
from datetime import date, datetime

from daybook_web.kit.results import PageInfo, Result
from daybook_web.kit.saved import SavedFilter


@dataclass(frozen=True, slots=True)
class Named(Result):
    """A value of a filter, and its name."""

    value: str
    name: str


@dataclass(frozen=True, slots=True)
class PageLedger(Result):
    """A ledger that a form offers."""

    currency: str


@dataclass(frozen=True, slots=True)
class Subject(Result):
    """What something was done to."""

    kind: str
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Change(Result):
    """A value that was changed."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Recordings(Result):
    """A ledger's recordings."""

    currency: str
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class AuditRecord(Result):
    """A record of the audit trail."""

    number: str
    recorded_at: datetime
    who: str
    made_by: str | None
    action: str
    action_name: str
    subject: Subject
    sentence: str
    changes: list[Change]
    reason: str | None
    recordings: list[Recordings]
    changed_after_close: date | None
    details: str
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class AuditRecords(Result):
    """A page of the audit trail."""

    page_info: PageInfo
    nodes: list[AuditRecord]


@dataclass(frozen=True, slots=True)
class Head(Result):
    """The last record of the trail."""

    number: str
    hash: str


@dataclass(frozen=True, slots=True)
class AuditChoices(Result):
    """What the trail can be filtered by."""

    actions: list[Named]
    subject_kinds: list[Named]
    persons: list[str]


@dataclass(frozen=True, slots=True)
class AuditPage(Result):
    """What the trail's page loads."""

    audit_head: Head | None
    audit_choices: AuditChoices
    ledgers: list[PageLedger]
    saved_filters: tuple[SavedFilter, ...]
    audit_trail: AuditRecords | None = None


@dataclass(frozen=True, slots=True)
class Dismissal(Result):
    """That a failed import was dismissed."""

    at: datetime
    who: str
    reason: str


@dataclass(frozen=True, slots=True)
class Run(Result):
    """A line of the activity log."""

    number: str
    kind: str
    started_at: datetime
    duration_ms: str
    is_failed: bool
    is_waiting: bool
    imported_since: str | None
    dismissal: Dismissal | None
    message: str
    who: str
    made_by: str | None
    ledger: PageLedger | None
    document_count: str
    journal_count: str
    movement_count: str
    problem_count: str


@dataclass(frozen=True, slots=True)
class Runs(Result):
    """A page of the activity log."""

    page_info: PageInfo
    nodes: list[Run]


@dataclass(frozen=True, slots=True)
class Persons(Result):
    """Who the log can be filtered by."""

    persons: list[str]


@dataclass(frozen=True, slots=True)
class ActivityPage(Result):
    """What the log's page loads."""

    audit_choices: Persons
    ledgers: list[PageLedger]
    saved_filters: tuple[SavedFilter, ...]
    activity: Runs | None = None


@dataclass(frozen=True, slots=True)
class Newer(Result):
    """A row that came in after the page was loaded."""

    number: str


@dataclass(frozen=True, slots=True)
class NewRows(Result):
    """Such rows."""

    nodes: list[Newer]


@dataclass(frozen=True, slots=True)
class AuditNews(Result):
    """Such records of the trail."""

    audit_trail: NewRows


@dataclass(frozen=True, slots=True)
class ActivityNews(Result):
    """Such lines of the log."""

    activity: NewRows
