"""What the form of a manual journal shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from daybook.adjustments.rules import LINES_MAX, label
from daybook_web.kit.formats import (
    ADJUSTMENT_MODES,
    MANUAL_KINDS,
    MANUAL_STATUSES,
    day,
    money,
)
from daybook_web.kit.forms import Choice, Problem
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import View
from daybook_web.kit.results import NewestAttachments
from daybook_web.manual_journals.effects import EffectPart
from daybook_web.manual_journals.entry import Entry, TypedLine
from daybook_web.manual_journals.figures_view import (
    FiguresPart,
    Shown,
    action_of,
    effect_of,
    figures_of,
    names_of,
    notes_of,
)
from daybook_web.manual_journals.form_results import (
    Adjusted,
    FormLedger,
    SavedJournal,
)
from daybook_web.manual_journals.query import PATH
from daybook_web.manual_journals.results import Line
from daybook_web.manual_journals.starting import account_choices
from daybook_web.manual_journals.steps import StepRow, step_rows


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line's number and fields."""

    number: int
    line: TypedLine


@dataclass(frozen=True, slots=True)
class DerivedRow:
    """A line that follows from the journal that is reversed."""

    account: str
    description: str
    debit: str
    credit: str


@dataclass(frozen=True, slots=True)
class FormView(View):
    """The form with its lines, and what it does."""

    page: ClassVar[str] = "manual_journals/form.html"
    fragment: ClassVar[str] = "manual_journals/_form.html"

    title: str
    heading: str
    state: str
    back: Link
    action: str
    news: str
    key: str
    version: int
    layout: str
    entry: Entry
    ledgers: Sequence[Choice]
    kinds: Sequence[Choice]
    modes: Sequence[Choice]
    accounts: Sequence[Choice]
    first_open: str
    adjusted: str
    adjusted_url: str
    keeps_schedule: bool
    has_parties: bool
    derived: Sequence[DerivedRow]
    rows: Sequence[LineRow]
    may_add: bool
    figures: FiguresPart
    currency: str
    customer_name: str
    product_name: str
    effect: EffectPart | None
    missing: Sequence[str]
    notes: Sequence[str]
    steps: Sequence[StepRow]
    attachments: NewestAttachments | None
    """The files of a saved draft; None for a new one."""
    needs_approval: bool
    may_discard: bool
    problems: Sequence[Problem]
    notice: str
    focus: str

    @classmethod
    def of(cls, shown: Shown) -> "FormView":
        """The form, with its sums worked out."""
        saved, entry = shown.saved, shown.entry.worked_out()
        ledger, adjusted = shown.ledger, shown.found.adjusted
        names = names_of(shown)
        heading = label(saved.number) if saved else "New manual journal"
        shows_parties = entry.has_parties or any(
            problem.field.startswith("line-")
            and problem.field.endswith(("-customer", "-product"))
            for problem in shown.problems
        )
        return cls(
            title=heading,
            heading=heading,
            state=_state(saved, ledger),
            back=_back(shown),
            action=action_of(saved),
            news=f"{PATH}/{saved.number}/news?version={saved.version}" if saved else "",
            key=shown.key,
            version=saved.version if saved else 0,
            layout=layout_of(entry),
            entry=entry,
            ledgers=[
                Choice(other.currency, other.currency) for other in shown.found.ledgers
            ]
            if saved is None and len(shown.found.ledgers) > 1
            else [],
            kinds=[Choice(value, text) for value, text in MANUAL_KINDS.items()],
            modes=[Choice(value, text) for value, text in ADJUSTMENT_MODES.items()],
            accounts=account_choices(ledger),
            first_open=day(ledger.first_open_day) if ledger.first_open_day else "",
            adjusted=_adjusted_words(adjusted),
            adjusted_url=_journal_url(ledger, adjusted) if adjusted else "",
            keeps_schedule=adjusted is not None and adjusted.type != "MANUAL",
            has_parties=shows_parties,
            derived=derived_rows(shown.preview.lines if shown.preview else ()),
            rows=[LineRow(number, line) for number, line in enumerate(entry.lines, 1)],
            may_add=len(entry.lines) < LINES_MAX,
            figures=figures_of(entry),
            currency=ledger.currency,
            customer_name=names.get(f"customer {entry.customer}", ""),
            product_name=names.get(f"product {entry.product}", ""),
            effect=effect_of(shown),
            missing=shown.missing,
            notes=notes_of(shown),
            steps=step_rows(
                saved.steps if saved else (),
                saved.status if saved else "",
                needs_approval=shown.found.four_eyes.is_on,
                on=_day_words(shown),
            ),
            attachments=saved.attachments if saved else None,
            needs_approval=shown.found.four_eyes.is_on,
            may_discard=saved is not None and "DISCARD" in saved.actions,
            problems=shown.problems,
            notice=shown.notice,
            focus=shown.focus,
        )


def layout_of(entry: Entry) -> str:
    """What decides which fields the form has: if it changes, the form is made again."""
    return " ".join((entry.ledger, entry.adjusts or "-", entry.mode))


def derived_rows(lines: Sequence[Line]) -> list[DerivedRow]:
    """The lines of a preview that nobody entered."""
    return [
        DerivedRow(
            line.account_name,
            line.description,
            money(line.debit) if line.debit else "",
            money(line.credit) if line.credit else "",
        )
        for line in lines
        if line.is_derived
    ]


def _state(saved: SavedJournal | None, ledger: FormLedger) -> str:
    if saved is None:
        return "Not saved yet"
    return (
        f"{ledger.currency} · {MANUAL_STATUSES[saved.status]}, version {saved.version}"
    )


def _back(shown: Shown) -> Link:
    saved, adjusted = shown.saved, shown.found.adjusted
    if saved is not None:
        return Link(label(saved.number), f"{PATH}/{saved.number}")
    if adjusted is not None:
        url = _journal_url(shown.ledger, adjusted)
        return Link(f"Journal {adjusted.number}", url)
    return Link("Manual journals", PATH)


def _journal_url(ledger: FormLedger, adjusted: Adjusted) -> str:
    return f"/journals/{ledger.currency}/{adjusted.number}"


def _adjusted_words(adjusted: Adjusted | None) -> str:
    if adjusted is None:
        return ""
    parties = [party.name for party in (adjusted.customer, adjusted.product) if party]
    return ", ".join(parties) or adjusted.narrative


def _day_words(shown: Shown) -> str:
    effect = shown.preview.effect if shown.preview else None
    return day(effect.date) if effect else ""
