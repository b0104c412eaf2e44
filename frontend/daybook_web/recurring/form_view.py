"""What the form of a recurring manual journal shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from daybook.adjustments.recurring.rules import label
from daybook.adjustments.rules import LINES_MAX
from daybook.calendar import day_words
from daybook_web.kit.formats import MANUAL_KINDS
from daybook_web.kit.forms import Choice, Problem
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import View
from daybook_web.manual_journals.figures_view import (
    FiguresPart,
    SumRow,
    figures_of,
    sum_rows,
)
from daybook_web.manual_journals.form_results import FormLedger
from daybook_web.manual_journals.form_view import DerivedRow, LineRow
from daybook_web.manual_journals.starting import account_choices
from daybook_web.recurring.entry import RecurrenceEntry, read_recurrence
from daybook_web.recurring.results import (
    RecurringManualJournalForm,
    SavedRecurrence,
)
from daybook_web.recurring.words import PATH, STATUSES

DATES = 6


@dataclass(frozen=True, slots=True)
class Shown:
    """What the form is made of, whatever led to it.

    `key` lets a new draft be sent twice; `focus` is the id of the field to go on with.
    """

    found: RecurringManualJournalForm
    ledger: FormLedger
    entry: RecurrenceEntry
    key: str
    problems: Sequence[Problem] = ()
    focus: str = ""

    @property
    def saved(self) -> SavedRecurrence | None:
        """What is edited; None for a new one."""
        return self.found.recurring_manual_journal


@dataclass(frozen=True, slots=True)
class TypedFields:
    """The fields above the lines, as they were typed; it adjusts no journal."""

    ledger: str
    kind: str
    day_of_month: str
    first_month: str
    until_month: str
    reverses: bool
    customer: str
    product: str
    narrative: str
    adjusts: str = ""
    is_reversal: bool = False

    @classmethod
    def of(cls, entry: RecurrenceEntry) -> "TypedFields":
        """The fields of an entry."""
        journal = entry.journal
        return cls(
            journal.ledger,
            journal.kind,
            entry.day_of_month,
            entry.first_month,
            entry.until_month,
            entry.reverses,
            journal.customer,
            journal.product,
            journal.narrative,
        )


@dataclass(frozen=True, slots=True)
class RecurrenceFiguresView(View):
    """The parts of the form that follow from what is typed; the fields stay."""

    page: ClassVar[str] = "recurring/_figures.html"

    action: str
    rows: Sequence[SumRow]
    figures: FiguresPart
    dates: Sequence[str]

    @classmethod
    def of(cls, shown: Shown) -> "RecurrenceFiguresView":
        """The figures and dates of what is typed."""
        return cls(
            action=_action(shown.saved),
            rows=sum_rows(shown.entry.journal),
            figures=figures_of(shown.entry.journal),
            dates=_dates(shown),
        )


@dataclass(frozen=True, slots=True)
class RecurrenceFormView(View):
    """The form with its lines and the dates that it leads to."""

    page: ClassVar[str] = "recurring/form.html"
    fragment: ClassVar[str] = "recurring/_form.html"

    title: str
    heading: str
    state: str
    back: Link
    action: str
    key: str
    version: int
    entry: TypedFields
    ledgers: Sequence[Choice]
    kinds: Sequence[Choice]
    accounts: Sequence[Choice]
    has_parties: bool
    derived: Sequence[DerivedRow]
    rows: Sequence[LineRow]
    may_add: bool
    figures: FiguresPart
    dates: Sequence[str]
    stops: bool
    needs_approval: bool
    problems: Sequence[Problem]
    focus: str

    @classmethod
    def of(cls, shown: Shown) -> "RecurrenceFormView":
        """The form, with its sums worked out."""
        saved, entry = shown.saved, shown.entry.journal.worked_out()
        heading = label(saved.number) if saved else "New recurring journal"
        currency = shown.ledger.currency
        ends = ("-customer", "-product")
        return cls(
            title=heading,
            heading=heading,
            state=f"{currency} · {STATUSES[saved.status]}, version {saved.version}"
            if saved
            else f"{currency} · not saved yet",
            back=Link(heading, f"{PATH}/{saved.number}")
            if saved
            else Link("Recurring", PATH),
            action=_action(saved),
            key=shown.key,
            version=saved.version if saved else 0,
            entry=TypedFields.of(shown.entry),
            ledgers=[
                Choice(other.currency, other.currency) for other in shown.found.ledgers
            ]
            if saved is None and len(shown.found.ledgers) > 1
            else [],
            kinds=[Choice(value, text) for value, text in MANUAL_KINDS.items()],
            accounts=account_choices(shown.ledger),
            has_parties=entry.has_parties
            or any(problem.field.endswith(ends) for problem in shown.problems),
            derived=(),
            rows=[LineRow(number, line) for number, line in enumerate(entry.lines, 1)],
            may_add=len(entry.lines) < LINES_MAX,
            figures=figures_of(entry),
            dates=_dates(shown),
            stops=saved is not None and saved.status == "ACTIVE",
            needs_approval=shown.found.four_eyes.is_on,
            problems=shown.problems,
            focus=shown.focus,
        )


def _action(saved: SavedRecurrence | None) -> str:
    return f"{PATH}/{saved.number}/edit" if saved else f"{PATH}/new"


def _dates(shown: Shown) -> list[str]:
    return [day_words(day) for day in read_recurrence(shown.entry).next_dates(DATES)]
