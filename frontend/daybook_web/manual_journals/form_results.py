"""The results of the operations of the form, and of what its buttons change."""

import datetime as dt
from dataclasses import dataclass

from daybook_web.kit.results import (
    Account,
    Money,
    NewestAttachments,
    Party,
    Result,
)
from daybook_web.manual_journals.results import (
    AdjustedJournal,
    Effect,
    FourEyes,
    InCurrency,
    Line,
    Step,
)


@dataclass(frozen=True, slots=True)
class NamedAccount(Result):
    """The name of an account, or of its sub-account for a product or a category."""

    role: str
    product_id: str | None
    category: str | None
    name: str


@dataclass(frozen=True, slots=True)
class FormLedger(Result):
    """A ledger that a manual journal may be of."""

    currency: str
    lock_method: str
    first_open_day: dt.date | None
    accounts: tuple[Account, ...]
    account_names: tuple[NamedAccount, ...]


@dataclass(frozen=True, slots=True)
class OwnId(Result):
    """A customer or a product by the sender's own id."""

    external_id: str


@dataclass(frozen=True, slots=True)
class Role(Result):
    """Which of the four accounts it is."""

    role: str


@dataclass(frozen=True, slots=True)
class SavedLine(Result):
    """A line of a draft; derived ones are not entered."""

    account: Role
    direction: str
    amount: Money
    description: str
    customer: OwnId | None
    product: OwnId | None
    has_own_customer: bool
    has_own_product: bool
    is_derived: bool


@dataclass(frozen=True, slots=True)
class JournalContent(Result):
    """What a manual journal says, as a form begins with it."""

    ledger: InCurrency
    kind: str
    date: dt.date
    reverses_on: dt.date | None
    narrative: str
    customer: Party | None
    product: Party | None
    adjusts: AdjustedJournal | None
    mode: str | None
    lines: tuple[SavedLine, ...]


@dataclass(frozen=True, slots=True)
class SavedJournal(JournalContent):
    """A manual journal as its form begins."""

    id: str
    number: int
    status: str
    version: int
    steps: tuple[Step, ...]
    actions: tuple[str, ...]
    attachments: NewestAttachments


@dataclass(frozen=True, slots=True)
class Adjusted(Result):
    """The journal to adjust, and its parties, which the form begins with."""

    number: str
    narrative: str
    type: str
    customer: Party | None
    product: Party | None


@dataclass(frozen=True, slots=True)
class ManualJournalForm(Result):
    """What the form offers, and what it begins with."""

    ledgers: tuple[FormLedger, ...]
    four_eyes: FourEyes
    manual_journal: SavedJournal | None = None
    adjusted: Adjusted | None = None


@dataclass(frozen=True, slots=True)
class UserError(Result):
    """What is wrong with the input; the path names its field."""

    code: str
    message: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview(Result):
    """What a manual journal would do; without an effect where it can't be posted."""

    lines: tuple[Line, ...]
    effect: Effect | None
    user_errors: tuple[UserError, ...]


@dataclass(frozen=True, slots=True)
class PreviewManualJournal(Result):
    """The preview."""

    manual_journal_preview: Preview


@dataclass(frozen=True, slots=True)
class Handle(Result):
    """What a change answers: the manual journal's number and its version."""

    id: str
    number: int
    version: int
    status: str


@dataclass(frozen=True, slots=True)
class Handled(Result):
    """The payload of a mutation of a manual journal."""

    manual_journal: Handle
