"""The figures of the form: its sums, and what the manual journal does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from daybook.money import grouped_text
from daybook_web.kit.forms import Problem
from daybook_web.kit.rendering import View
from daybook_web.manual_journals.arithmetic import is_plain
from daybook_web.manual_journals.effects import EffectPart, good_to_know
from daybook_web.manual_journals.entry import SIDES, Entry, Figures
from daybook_web.manual_journals.form_results import (
    FormLedger,
    ManualJournalForm,
    Preview,
    SavedJournal,
)
from daybook_web.manual_journals.query import PATH


@dataclass(frozen=True, slots=True)
class SumRow:
    """What the amounts of a line come to, where a sum was typed."""

    number: int
    debit_is: str
    credit_is: str


@dataclass(frozen=True, slots=True)
class FiguresPart:
    """The sums below the lines, and where their difference may go."""

    verdict: str
    is_balanced: bool
    debits: str
    credits: str
    place: int
    put: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What the form is made of, whatever led to it.

    `key` lets a new draft be sent twice; `focus` is the id of the field to go on with.
    """

    found: ManualJournalForm
    ledger: FormLedger
    entry: Entry
    key: str
    preview: Preview | None = None
    missing: Sequence[str] = ()
    problems: Sequence[Problem] = ()
    notice: str = ""
    focus: str = ""

    @property
    def saved(self) -> SavedJournal | None:
        """The draft that is edited; None for a new one."""
        return self.found.manual_journal


@dataclass(frozen=True, slots=True)
class FiguresView(View):
    """The parts of the form that follow from what is typed; the fields stay."""

    page: ClassVar[str] = "manual_journals/_figures.html"

    action: str
    has_lines: bool
    rows: Sequence[SumRow]
    figures: FiguresPart
    currency: str
    customer_name: str
    product_name: str
    effect: EffectPart | None
    missing: Sequence[str]
    notes: Sequence[str]

    @classmethod
    def of(cls, shown: Shown) -> "FiguresView":
        """The figures of what is typed."""
        names = names_of(shown)
        return cls(
            action=action_of(shown.saved),
            has_lines=not shown.entry.is_reversal,
            rows=sum_rows(shown.entry),
            figures=figures_of(shown.entry),
            currency=shown.ledger.currency,
            customer_name=names.get(f"customer {shown.entry.customer}", ""),
            product_name=names.get(f"product {shown.entry.product}", ""),
            effect=effect_of(shown),
            missing=shown.missing,
            notes=notes_of(shown),
        )


def sum_rows(entry: Entry) -> list[SumRow]:
    """What the amounts of each line come to; empty for a plain number."""
    amounts = entry.amounts()

    def result(number: int, side: str, typed: str) -> str:
        minor = amounts.get(f"line-{number}-{side}")
        if minor is None or is_plain(typed):
            return ""
        return f"= {grouped_text(minor, entry.ledger)}"

    return [
        SumRow(number, *(result(number, side, getattr(line, side)) for side in SIDES))
        for number, line in enumerate(entry.lines, 1)
    ]


def figures_of(entry: Entry) -> FiguresPart:
    """The sums and what they lack."""
    figures, currency = Figures.of(entry), entry.ledger
    more = grouped_text(abs(figures.difference), currency)
    verdict, put = "Balanced", ""
    if figures.difference:
        side = "Debits" if figures.difference > 0 else "Credits"
        verdict = f"{side} are {more} more"
        is_new = figures.place > len(entry.lines)
        place = "a new line" if is_new else f"line {figures.place}"
        put = f"Put it in {place}"
    elif not figures.debits:
        verdict = "No amounts yet"
    return FiguresPart(
        verdict=verdict,
        is_balanced=verdict == "Balanced",
        debits=grouped_text(figures.debits, currency),
        credits=grouped_text(figures.credits, currency),
        place=figures.place,
        put=put,
    )


def names_of(shown: Shown) -> Mapping[str, str]:
    """The names of the customers and products that the page knows, by kind and id."""
    lines = shown.preview.lines if shown.preview else ()
    names = {}
    for holder in (shown.saved, shown.found.adjusted, *lines):
        for kind in ("customer", "product"):
            party = getattr(holder, kind, None)
            if party is not None:
                names[f"{kind} {party.external_id}"] = party.name
    return names


def effect_of(shown: Shown) -> EffectPart | None:
    """What it does, as far as that is known."""
    if shown.preview is None or shown.preview.effect is None:
        return None
    return EffectPart.of(shown.preview.effect)


def notes_of(shown: Shown) -> list[str]:
    """What is good to know before it is posted."""
    if shown.preview is None or shown.preview.effect is None:
        return []
    return good_to_know(shown.preview.effect, is_waiting=shown.found.four_eyes.is_on)


def action_of(saved: SavedJournal | None) -> str:
    """Where the form of a draft, or of a new one, is sent."""
    return f"{PATH}/{saved.number}/edit" if saved else f"{PATH}/new"
