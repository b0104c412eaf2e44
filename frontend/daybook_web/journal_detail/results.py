"""The result of the operation `JournalDetail`."""

import datetime as dt
from dataclasses import dataclass

from daybook_web.kit.results import (
    Account,
    Money,
    NewestAttachments,
    Party,
    PostedFile,
    Result,
)


@dataclass(frozen=True, slots=True)
class JournalLedger(Result):
    """The journal's ledger, and its first month with journals."""

    currency: str
    first_month: dt.date | None


@dataclass(frozen=True, slots=True)
class DocumentLine(Result):
    """A line of the document; one that credits another has no method of its own."""

    external_id: str
    description: str
    product: Party
    amount: Money
    service_from: dt.date | None
    service_to: dt.date | None
    recognized_on: dt.date | None
    method: str | None
    strategy: str | None


@dataclass(frozen=True, slots=True)
class OtherDocument(Result):
    """The billing schedule that an invoice bills, or the invoice of a credit note."""

    reference: str
    external_id: str


@dataclass(frozen=True, slots=True)
class DocumentVersion(Result):
    """What a recording made of the document."""

    number: int
    recorded_at: dt.datetime
    status: str
    total: Money


@dataclass(frozen=True, slots=True)
class JournalDocument(Result):
    """The document behind the journal; each kind has some of the last three fields."""

    id: str
    kind: str
    external_id: str
    reference: str
    date: dt.date
    issued_on: dt.date
    status: str
    versions: tuple[DocumentVersion, ...]
    lines: tuple[DocumentLine, ...]
    attachments: NewestAttachments
    discount: Money | None = None
    billing_schedule: OtherDocument | None = None
    invoice: OtherDocument | None = None


@dataclass(frozen=True, slots=True)
class Movement(Result):
    """What moved between two accounts, and why."""

    debit: Account
    credit: Account
    amount: Money
    version: int | None
    first_day: dt.date
    last_day: dt.date
    service_from: dt.date | None
    service_to: dt.date | None
    locked_through: dt.date | None
    recorded_at: dt.datetime
    narrative: str
    explanation: str


@dataclass(frozen=True, slots=True)
class Gains(Result):
    """What each account gains, on its normal side."""

    billed: Money
    unbilled: Money
    deferred: Money
    recognized: Money

    def of(self, role: str) -> Money:
        """What the account of a role gains."""
        found: Money = getattr(self, role.lower())
        return found


@dataclass(frozen=True, slots=True)
class SumLine(Result):
    """What one cause brought."""

    sign: str
    amount: Money
    words: str


@dataclass(frozen=True, slots=True)
class ToldSum(Result):
    """The journal's amount as a sum."""

    account: str
    result: Money
    lines: tuple[SumLine, ...]


@dataclass(frozen=True, slots=True)
class JournalDays(Result):
    """Days on which the same amounts moved for the same reason."""

    first: dt.date
    last: dt.date
    days: int
    what: str
    status: str
    each: Gains
    gains: Gains


@dataclass(frozen=True, slots=True)
class Recording(Result):
    """A recording that changed the journal, and what it left."""

    number: str
    recorded_at: dt.datetime
    reason: str
    made_by: str | None
    document_version: int | None
    gains: Gains


@dataclass(frozen=True, slots=True)
class AuditRecord(Result):
    """A record of the audit trail that covers one of these recordings."""

    number: str
    recorded_at: dt.datetime
    who: str
    action_name: str
    sentence: str
    reason: str | None
    changed_after_close: dt.date | None
    hash: str


@dataclass(frozen=True, slots=True)
class ManualNumber(Result):
    """The manual journal that posted a journal."""

    number: int


@dataclass(frozen=True, slots=True)
class Adjustment(Result):
    """A manual journal that adjusts a journal."""

    number: int
    status: str
    kind: str
    date: dt.date
    narrative: str


@dataclass(frozen=True, slots=True)
class Neighbour(Result):
    """A journal beside this one in a list."""

    number: str


@dataclass(frozen=True, slots=True)
class Neighbours(Result):
    """The journals on either side in the list that the reader came from."""

    total_count: int
    previous: Neighbour | None
    next: Neighbour | None


@dataclass(frozen=True, slots=True)
class Journal(Result):
    """A journal with all that its page shows."""

    number: str
    month: dt.date
    source: str
    method: str | None
    narrative: str
    fully_recognized: bool
    posted_in: tuple[PostedFile, ...]
    posted_in_part: bool
    ledger: JournalLedger
    document: JournalDocument | None
    customer: Party | None
    product: Party | None
    manual_journal: ManualNumber | None
    adjusted_by: tuple[Adjustment, ...]
    movements: tuple[Movement, ...]
    sum: ToldSum
    days: tuple[JournalDays, ...]
    recordings: tuple[Recording, ...]
    audit_records: tuple[AuditRecord, ...]
    neighbours: Neighbours | None = None


@dataclass(frozen=True, slots=True)
class PresentJournal(Result):
    """The journal as it is now."""

    recordings: tuple[Recording, ...]
    neighbours: Neighbours | None = None


@dataclass(frozen=True, slots=True)
class JournalDetail(Result):
    """The journal; None if there is no such."""

    journal: Journal | None
    present: PresentJournal | None = None


@dataclass(frozen=True, slots=True)
class NewestRecording(Result):
    """A recording that changed the journal: by whom, and why."""

    number: str
    reason: str
    made_by: str | None


@dataclass(frozen=True, slots=True)
class RecordedJournal(Result):
    """The recordings that changed the journal, the newest first."""

    recordings: tuple[NewestRecording, ...]


@dataclass(frozen=True, slots=True)
class JournalNews(Result):
    """The result of the operation `JournalNews`; null where there is no journal."""

    journal: RecordedJournal | None
