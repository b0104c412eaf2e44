"""Results of the operations `DocumentsPage` and `DocumentPage`."""

import datetime as dt
from dataclasses import dataclass

from daybook_web.kit.recognized_by_hand import MilestoneRecognition
from daybook_web.kit.results import CurrencyAmount, Money, PageInfo, Party, Result
from daybook_web.kit.saved import SavedFilter


@dataclass(frozen=True, slots=True)
class ListedDocument(Result):
    """A document of the list."""

    id: str
    kind: str
    external_id: str
    reference: str
    customer: Party | None
    date: dt.date
    issued_on: dt.date
    status: str
    total: Money


@dataclass(frozen=True, slots=True)
class ListedDocuments(Result):
    """A page of documents, in the order they were recorded."""

    total_count: int
    page_info: PageInfo
    nodes: tuple[ListedDocument, ...]


@dataclass(frozen=True, slots=True)
class LedgerOfList(Result):
    """A ledger to choose."""

    currency: str


@dataclass(frozen=True, slots=True)
class Named(Result):
    """The customer that the list is narrowed to."""

    name: str


@dataclass(frozen=True, slots=True)
class DocumentsPage(Result):
    """The ledgers, and a page of one's documents if one is selected."""

    ledgers: tuple[LedgerOfList, ...]
    saved_filters: tuple[SavedFilter, ...]
    sources: ListedDocuments | None = None
    named: tuple[Named | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Milestone(Result):
    """A part of a line that is earned when it is reached."""

    external_id: str
    name: str
    amount: Money
    completed_on: dt.date | None
    recognized_by: tuple[MilestoneRecognition, ...]
    open_amount: Money


@dataclass(frozen=True, slots=True)
class DocumentLine(Result):
    """A line; one that credits another has no method of its own."""

    external_id: str
    description: str
    product: Party
    amount: Money
    service_from: dt.date | None
    service_to: dt.date | None
    recognized_on: dt.date | None
    method: str | None
    strategy: str | None
    milestones: tuple[Milestone, ...]


@dataclass(frozen=True, slots=True)
class DocumentVersion(Result):
    """What a recording made of the document."""

    number: int
    recorded_at: dt.datetime
    reason: str
    status: str
    total: Money


@dataclass(frozen=True, slots=True)
class OtherDocument(Result):
    """The billing schedule that an invoice bills, or the invoice of a credit note."""

    id: str
    reference: str


@dataclass(frozen=True, slots=True)
class CreditNote(OtherDocument):
    """A credit note of the invoice."""

    date: dt.date
    status: str
    total: Money


@dataclass(frozen=True, slots=True)
class Gains(Result):
    """What each account gains, on its normal side."""

    billed: Money
    unbilled: Money
    deferred: Money
    recognized: Money


@dataclass(frozen=True, slots=True)
class JournalNode(Result):
    """A journal that came from the document."""

    number: str
    month: dt.date
    product: Party | None


@dataclass(frozen=True, slots=True)
class JournalEdge(Result):
    """A journal, and what the accounts gain in it."""

    gains: Gains
    node: JournalNode


@dataclass(frozen=True, slots=True)
class Journals(Result):
    """The first journals of the document, and the sums of all."""

    total_count: int
    gains: Gains
    edges: tuple[JournalEdge, ...]


@dataclass(frozen=True, slots=True)
class Attachments(Result):
    """How many files are kept as its evidence."""

    total_count: int


@dataclass(frozen=True, slots=True)
class Document(Result):
    """A document; each kind has some of the last four fields."""

    kind: str
    external_id: str
    reference: str
    customer: Party | None
    date: dt.date
    issued_on: dt.date
    status: str
    total: CurrencyAmount
    versions: tuple[DocumentVersion, ...]
    attachments: Attachments
    journals: Journals
    lines: tuple[DocumentLine, ...]
    discount: Money | None = None
    billing_schedule: OtherDocument | None = None
    credit_notes: tuple[CreditNote, ...] = ()
    invoice: OtherDocument | None = None


@dataclass(frozen=True, slots=True)
class DocumentLedger(Result):
    """The lock of a ledger."""

    currency: str
    locked_through: dt.date | None
    first_open_day: dt.date | None


@dataclass(frozen=True, slots=True)
class AccountName(Result):
    """An account by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class VoidAmount(Result):
    """What a void changes between two accounts on some days of a month."""

    first_day: dt.date
    last_day: dt.date
    debit: AccountName
    credit: AccountName
    amount: Money


@dataclass(frozen=True, slots=True)
class AccountChange(Result):
    """What an account gains by all that a void posts, on its normal side."""

    account: AccountName
    net: Money


@dataclass(frozen=True, slots=True)
class VoidFault(Result):
    """What stands against a void."""

    message: str


@dataclass(frozen=True, slots=True)
class VoidPreview(Result):
    """What a void would post, what it would change of later days, or why it can't."""

    posted: tuple[VoidAmount, ...]
    scheduled: tuple[VoidAmount, ...]
    accounts: tuple[AccountChange, ...]
    user_errors: tuple[VoidFault, ...]


@dataclass(frozen=True, slots=True)
class DocumentPage(Result):
    """The document, None if there is no such, and the ledgers.

    What its void would do is there if that was asked for.
    """

    ledgers: tuple[DocumentLedger, ...]
    node: Document | None
    void_preview: VoidPreview | None = None


@dataclass(frozen=True, slots=True)
class ActionDone(Result):
    """What an action on a document came to."""

    changed: bool
    journals: int
    movements: int
