"""What is typed into the form of a recurring manual journal, and its API's input."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from daybook.adjustments.recurring.checking import problems_of
from daybook.adjustments.recurring.rules import Schedule
from daybook.calendar import (
    Day,
    day_of,
    day_text,
    first_day_of,
    month_of,
    month_text,
    parse_month,
)
from daybook_web.kit.forms import Problem
from daybook_web.manual_journals.entry import Entry
from daybook_web.manual_journals.form_results import FormLedger, JournalContent
from daybook_web.manual_journals.reading import Reading, read_entry
from daybook_web.manual_journals.starting import (
    account_choices,
    own_id_of,
    saved_entry,
    typed_line,
)
from daybook_web.recurring.results import SavedRecurrence

FIELDS = {
    "dayOfMonth": "day_of_month",
    "firstMonth": "first_month",
    "untilMonth": "until_month",
}
"""The form's own fields by the input's; all others are those of a manual journal."""
WRAPPERS = {"input", "recurrence"}
ANY_DAY = "2000-01-01"
"""A recurrence has no date of its own, and a manual journal's fields have one."""


@dataclass(frozen=True, slots=True)
class RecurrenceEntry:
    """The form's fields, as they were typed: those of a manual journal, and when."""

    journal: Entry
    day_of_month: str = "31"
    first_month: str = ""
    until_month: str = ""
    reverses: bool = False

    @classmethod
    def of(cls, form: Mapping[str, str]) -> "RecurrenceEntry":
        """The fields of a form that was sent."""
        return cls(
            _alone(Entry.of(form)),
            form.get("day_of_month", "").strip(),
            form.get("first_month", "").strip(),
            form.get("until_month", "").strip(),
            form.get("reverses") == "yes",
        )

    @classmethod
    def repeating(cls, journal: Entry, day: Day) -> "RecurrenceEntry":
        """A journal's fields, to be repeated from the next month on."""
        first, last = first_day_of(month_of(day)), first_day_of(month_of(day) + 1) - 1
        return cls(
            _alone(journal),
            "31" if day == last else str(day - first + 1),
            month_text(month_of(day) + 1),
            reverses=bool(journal.reverses_on),
        )


@dataclass(frozen=True, slots=True)
class RecurrenceReading:
    """The API's input, unless something can't be read; then the problems say what."""

    variables: dict[str, Any] | None
    problems: list[Problem]
    journal: Reading
    schedule: Schedule | None

    def field_of(self, path: Sequence[str]) -> str:
        """The form's field that a problem's path leads to; empty if there is none."""
        rest = [part for part in path if part not in WRAPPERS]
        if rest and rest[0] in FIELDS:
            return FIELDS[rest[0]]
        return self.journal.field_of(rest)

    def next_dates(self, count: int) -> list[Day]:
        """The first dates of a schedule that can be read and is right."""
        if self.schedule is None or list(problems_of(self.schedule)):
            return []
        months = islice(self.schedule.months(), count)
        return [self.schedule.day_in(month) for month in months]


def read_recurrence(entry: RecurrenceEntry) -> RecurrenceReading:
    """Read all fields, and find all that is unreadable at once."""
    journal = read_entry(replace(entry.journal, date=ANY_DAY, reverses_on=""))
    problems = list(_problems(entry))
    schedule = None if problems else _schedule(entry)
    problems += journal.problems
    if schedule is None or journal.variables is None:
        return RecurrenceReading(None, problems, journal, schedule)
    names = ("ledgerId", "kind", "narrative", "customerId", "productId", "lines")
    until = schedule.until_month
    variables = {
        **{name: journal.variables[name] for name in names},
        "dayOfMonth": schedule.day_of_month,
        "firstMonth": day_text(first_day_of(schedule.first_month)),
        "untilMonth": None if until is None else day_text(first_day_of(until)),
        "reversesNextMonth": schedule.reverses,
    }
    return RecurrenceReading(variables, problems, journal, schedule)


def new_recurrence_entry(ledger: FormLedger, today: Day) -> RecurrenceEntry:
    """An empty form: on the last day of this month and those to come."""
    return RecurrenceEntry(
        Entry(ledger=ledger.currency, kind="MANUAL_RECOGNITION"),
        first_month=month_text(month_of(today)),
    )


def copied_entry(saved: JournalContent, ledger: FormLedger) -> RecurrenceEntry:
    """A manual journal to be repeated."""
    return RecurrenceEntry.repeating(saved_entry(saved, ledger), day_of(saved.date))


def saved_recurrence_entry(
    saved: SavedRecurrence, ledger: FormLedger
) -> RecurrenceEntry:
    """The fields of a recurring manual journal as it was saved."""
    choices = account_choices(ledger)
    lines = tuple(typed_line(line, ledger.currency, choices) for line in saved.lines)
    until = saved.until_month
    return RecurrenceEntry(
        Entry(
            ledger=ledger.currency,
            kind=saved.kind,
            narrative=saved.narrative,
            customer=own_id_of(saved.customer),
            product=own_id_of(saved.product),
            lines=lines or Entry().lines,
        ),
        str(saved.day_of_month),
        month_text(month_of(day_of(saved.first_month))),
        "" if until is None else month_text(month_of(day_of(until))),
        reverses=saved.reverses_next_month,
    )


def _alone(journal: Entry) -> Entry:
    """A journal's fields without the journal that it adjusts, which isn't repeated."""
    return replace(journal, adjusts="", mode=Entry().mode, date="", reverses_on="")


def _problems(entry: RecurrenceEntry) -> Iterable[Problem]:
    text = entry.day_of_month
    if not (text.isascii() and text.isdigit() and len(text) < 3):
        yield Problem("day_of_month", "a day of the month is between 1 and 31")
    if not entry.first_month:
        yield Problem("first_month", "the first month is missing")
    for field in ("first_month", "until_month"):
        text = getattr(entry, field)
        if text and not _is_month(text):
            yield Problem(field, f"“{text}” is not a month such as 2026-10")


def _schedule(entry: RecurrenceEntry) -> Schedule:
    until = entry.until_month
    return Schedule(
        int(entry.day_of_month),
        parse_month(entry.first_month),
        parse_month(until) if until else None,
        entry.reverses,
    )


def _is_month(text: str) -> bool:
    try:
        parse_month(text)
    except ValueError:
        return False
    return True
