"""The results of the operations of recurring manual journals' pages."""

import datetime as dt
from dataclasses import dataclass

from daybook_web.kit.results import Money, PageInfo, Party, Result
from daybook_web.manual_journals.form_results import (
    FormLedger,
    JournalContent,
    SavedLine,
)
from daybook_web.manual_journals.results import FourEyes, InCurrency, Line, Step


@dataclass(frozen=True, slots=True)
class ListedRecurrence(Result):
    """A recurring manual journal of the list."""

    number: int
    ledger: InCurrency
    status: str
    kind: str
    narrative: str
    day_of_month: int
    first_month: dt.date
    until_month: dt.date | None
    reverses_next_month: bool
    debits: Money
    next_dates: tuple[dt.date, ...]
    makers: tuple[str, ...]
    created_at: dt.datetime
    refusal: str | None


@dataclass(frozen=True, slots=True)
class Recurrences(Result):
    """A page of the list."""

    total_count: int
    page_info: PageInfo
    nodes: tuple[ListedRecurrence, ...]


@dataclass(frozen=True, slots=True)
class RecurringManualJournalsPage(Result):
    """The list."""

    recurring_manual_journals: Recurrences


@dataclass(frozen=True, slots=True)
class InstanceStep(Result):
    """A step of a journal that was made; the first says why it waits."""

    kind: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Instance(Result):
    """A journal that was made."""

    number: int
    date: dt.date
    status: str
    narrative: str
    debits: Money
    steps: tuple[InstanceStep, ...]


@dataclass(frozen=True, slots=True)
class Instances(Result):
    """A page of the journals that were made."""

    total_count: int
    page_info: PageInfo
    nodes: tuple[Instance, ...]


@dataclass(frozen=True, slots=True)
class Recurrence(Result):
    """A recurring manual journal, whole."""

    number: int
    ledger: InCurrency
    status: str
    version: int
    kind: str
    narrative: str
    day_of_month: int
    first_month: dt.date
    until_month: dt.date | None
    reverses_next_month: bool
    customer: Party | None
    product: Party | None
    lines: tuple[Line, ...]
    debits: Money
    credits: Money
    next_dates: tuple[dt.date, ...]
    instances: Instances
    steps: tuple[Step, ...]
    approved_by: str | None
    actions: tuple[str, ...]
    refusal: str | None


@dataclass(frozen=True, slots=True)
class RecurringManualJournalPage(Result):
    """The recurring manual journal; None if there is no such."""

    recurring_manual_journal: Recurrence | None
    four_eyes: FourEyes


@dataclass(frozen=True, slots=True)
class SavedRecurrence(Result):
    """A recurring manual journal as its form begins."""

    number: int
    ledger: InCurrency
    status: str
    version: int
    kind: str
    narrative: str
    day_of_month: int
    first_month: dt.date
    until_month: dt.date | None
    reverses_next_month: bool
    customer: Party | None
    product: Party | None
    lines: tuple[SavedLine, ...]
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecurringManualJournalForm(Result):
    """What the form offers, and what it begins with."""

    ledgers: tuple[FormLedger, ...]
    four_eyes: FourEyes
    recurring_manual_journal: SavedRecurrence | None = None
    manual_journal: JournalContent | None = None


@dataclass(frozen=True, slots=True)
class RecurrenceHandle(Result):
    """What a change answers: the number, the version and the state."""

    id: str
    number: int
    version: int
    status: str


@dataclass(frozen=True, slots=True)
class RecurrenceHandled(Result):
    """The payload of a mutation of a recurring manual journal.

    `made` are the numbers of the journals that were made at once.
    """

    recurring_manual_journal: RecurrenceHandle
    made: tuple[int, ...] = ()
