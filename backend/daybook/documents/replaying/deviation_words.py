"""Misfits in words: which row differs, and what it should be. No I/O."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from daybook.calendar import (
    Day,
    Month,
    date_of,
    day_words,
    first_day_of,
    month_of,
    range_words,
)
from daybook.documents.named_documents import kind_words
from daybook.documents.replaying.comparing import Difference, Place, Value
from daybook.documents.replaying.histories import (
    CatchUpRow,
    DocumentHistory,
    Histories,
    JournalHistory,
    RecordedMovement,
    ScheduleHistory,
)
from daybook.ledger.rules import Cause, SourceKind, stored_name, stored_role
from daybook.money import amount_text
from daybook.recognition.queries import StoredSchedule
from daybook.recognition.rules import Method

_COLUMNS = {
    "schedule_id": "schedule",
    "debit": "debit account",
    "credit": "credit account",
    "amount": "amount",
    "daily": "daily amount",
    "first_day": "first day",
    "last_day": "last day",
    "method": "method",
    "moved": "service days",
    "cause": "cause",
}


@dataclass(slots=True)
class Words:
    """Names the rows of a ledger's documents in messages."""

    currency: str
    histories: Histories

    def difference(self, recording: int, found: Difference) -> str:
        """What is wrong with a movement."""
        if found.row is None:
            assert found.expected is not None, (
                "only an expected movement can be missing"
            )
            where = self._where(recording)
            row = self._elsewhere(recording, found.expected)
            if row is not None:
                changed = f"{row.schedule_id}, should be {found.expected.schedule_id}"
                name = f"{_movement(row[:2])} {where}: schedule {changed}"
                return f"{name}: {self._pair(found.expected)}"
            name = self._missing(found.expected)
            return f"{name} {where} is missing: {self._value(found.expected)}"
        assert found.value is not None, "a stored row has its value"
        name = f"{_movement(found.row[:2])} {self._where(recording)}"
        if found.expected is None:
            return f"{name} is one too many: {self._value(found.value)}"
        changes = "; ".join(self._changes(found.value, found.expected))
        return f"{name}: {changes}: {self._pair(found.expected)}"

    def superseded(self, recording: int, place: Place, *, is_wanted: bool) -> str:
        """A movement that wrongly ended with a recording, or wrongly didn't."""
        row = self._row(place)
        name = f"{_movement(place)} {self._where(row.recorded_in)}"
        if is_wanted:
            ended = row.superseded_in
            now = "stands" if ended is None else f"was superseded by {ended}"
            return f"{name} should be superseded by recording {recording}, and {now}"
        return f"{name} is superseded by recording {recording}, and should stand"

    def settled(self, recording: int, family_id: int, *days: Day | None) -> str:
        """The day on which a family is settled, as stored and as it should be."""
        found, expected = (
            "never" if day is None else f"on {_day(day)}" if day else "at once"
            for day in days
        )
        name = f"{self.family(family_id)} {self._where(recording)}"
        return f"{name} is settled {found}, should be {expected}"

    def settled_alone(self, recording: int, schedule_id: int) -> str:
        """A schedule that is settled on a day of its own, though it joins a family."""
        name = f"schedule {schedule_id} {self._where(recording)}"
        return f"{name} is settled on a day of its own, should be with its family"

    def no_settlement(self, recording: int, family_id: int, *, is_wanted: bool) -> str:
        """A settlement that is missing, or one too many."""
        wrong = "is missing" if is_wanted else "is one too many"
        name = f"the settlement of {self.family(family_id)} {self._where(recording)}"
        return f"{name} {wrong}"

    def effective(
        self, recording: int, schedule_id: int, found: Day | None, expected: Day
    ) -> str:
        """A credit that takes effect on another day than it should."""
        stored = self._schedule_of(schedule_id).stored
        document = document_words(self.histories.documents[stored.document_id])
        name = f"schedule {schedule_id} of {document} {self._where(recording)}"
        day = "no day" if found is None else _day(found)
        return f"{name} takes effect on {day}, should be {_day(expected)}"

    def unplannable(self, recording: int, family_id: int) -> str:
        """A family that no documents can have made."""
        name = f"{self.family(family_id)} {self._where(recording)}"
        return f"{name} can't be planned: no document makes such schedules"

    def no_recording(self, recording: int, family_id: int) -> str:
        """A recording that rows name, but that doesn't exist."""
        ledger = f"the {self.currency} ledger"
        return f"{self.family(family_id)}: {ledger} has no recording {recording}"

    def lines(
        self, recording: int, document: DocumentHistory, key: str, *amounts: int
    ) -> str:
        """A schedule whose amount isn't the net of its lines."""
        found, expected = (amount_text(amount, self.currency) for amount in amounts)
        where = f"{document_words(document)} {self._where(recording)}"
        return (
            f"line {key!r} of {where}: its schedule is {found}, should be {expected} by"
            " the document's lines"
        )

    def discount(self, recording: int, document: DocumentHistory, found: int) -> str:
        """A discount that no document can have."""
        where = f"{document_words(document)} {self._where(recording)}"
        return f"{where}: discount {amount_text(found, self.currency)} is impossible"

    def no_schedule(
        self, recording: int, document: DocumentHistory, line: str, schedule_id: int
    ) -> str:
        """A line whose schedule doesn't exist, or is another document's."""
        where = f"{document_words(document)} {self._where(recording)}"
        return f"line {line!r} of {where} has no schedule {schedule_id}"

    def no_line(
        self, recording: int, document: DocumentHistory, schedule_id: int
    ) -> str:
        """A schedule that no line of its document names."""
        where = f"{document_words(document)} {self._where(recording)}"
        return f"the line of schedule {schedule_id} of {where} is missing"

    def journal(
        self, number: int, stored: Sequence[int], right: Sequence[int | None]
    ) -> str:
        """A journal whose product, month, customer or source isn't its movements'."""
        changes = "; ".join(
            f"{what} {show(value)}, should be {show(should)}"
            for (what, show), value, should in zip(_JOURNAL, stored, right, strict=True)
            if value != should
        )
        return f"journal {number} ({self.currency} ledger): {changes}"

    def stray(self, row: RecordedMovement) -> str:
        """A movement in the wrong journal."""
        name = f"{_movement(row[:2])} {self._where(row.recorded_in)}"
        return f"{name} is in another journal than it should be"

    def gap(self, row: RecordedMovement, seq: int) -> str:
        """A movement after a gap in its journal."""
        name = f"{_movement(row[:2])} {self._where(row.recorded_in)}"
        return f"{name} should be its movement {seq}"

    def empty_journal(self, number: int) -> str:
        """A journal without any movement."""
        return f"journal {number} ({self.currency} ledger) has no movements"

    def family(self, family_id: int) -> str:
        """A family by its first schedule and that one's document."""
        (first, *_) = self.histories.families[family_id]
        document = self.histories.documents[first.stored.document_id]
        return f"schedule {family_id} of {document_words(document)}"

    def document(self, family_id: int) -> str:
        """The document of a family's first schedule."""
        (first, *_) = self.histories.families[family_id]
        return document_words(self.histories.documents[first.stored.document_id])

    def _where(self, recording: int) -> str:
        return f"({self.currency} ledger, recording {recording})"

    def _missing(self, value: Value) -> str:
        """A missing movement, named by the gap in its journal, or by its document."""
        journal = self._journal_of(value)
        if journal is not None:
            there = {row.seq for row in journal.movements}
            gap = next(seq for seq in range(1, len(there) + 2) if seq not in there)
            return _movement((journal.number, gap))
        document = self.histories.documents[self._schedule(value).document_id]
        month = _month_name(month_of(value.first_day))
        return f"a movement of {document_words(document)} for {month}"

    def _elsewhere(self, recording: int, value: Value) -> RecordedMovement | None:
        """The row of a movement that seems missing, as it names a wrong schedule."""
        journal = self._journal_of(value)
        schedules = self.histories.schedules[self._schedule(value).document_id]
        known = {schedule.stored.id for schedule in schedules}
        for row in journal.movements if journal else ():
            is_alike = row[3:10] == value[1:8] and row.recorded_in == recording
            if is_alike and row.schedule_id not in known:
                return row
        return None

    def _journal_of(self, value: Value) -> JournalHistory | None:
        """The journal that a movement belongs in."""
        schedule, month = self._schedule(value), month_of(value.first_day)
        for journal in self.histories.journals.get(schedule.document_id, ()):
            if (journal.product_id, journal.month) == (schedule.product_id, month):
                return journal
        return None

    def _schedule(self, value: Value) -> StoredSchedule:
        return self._schedule_of(value.schedule_id).stored

    def _schedule_of(self, schedule_id: int) -> ScheduleHistory:
        return next(
            schedule
            for schedules in self.histories.families.values()
            for schedule in schedules
            if schedule.stored.id == schedule_id
        )

    def _row(self, place: Place) -> RecordedMovement:
        journal, seq = place
        return next(
            row
            for rows in self.histories.movements.values()
            for row in rows
            if (row.journal, row.seq) == (journal, seq)
        )

    def _changes(self, found: Value, expected: Value) -> Iterator[str]:
        columns = zip(_COLUMNS.items(), found, expected, strict=True)
        for (name, word), value, should in columns:
            if value != should:
                stored, right = self._column(name, value), self._column(name, should)
                yield f"{word} {stored}, should be {right}"

    def _column(self, name: str, value: Any) -> str:
        words: dict[str, Callable[[Any], str]] = {
            "debit": stored_role,
            "credit": stored_role,
            "amount": lambda amount: amount_text(amount, self.currency),
            "daily": lambda amount: amount_text(amount, self.currency),
            "first_day": _day,
            "last_day": _day,
            "method": lambda number: stored_name(Method, number),
            "cause": lambda number: stored_name(Cause, number) if number else "none",
            "moved": self._moved,
        }
        return words.get(name, str)(value)

    def _moved(self, moved: CatchUpRow | None) -> str:
        if moved is None:
            return "its own"
        parts = ", ".join(
            f"{amount_text(amount, self.currency)} for {_days(first, last)}"
            for amount, _, first, last in moved.parts
        )
        days = _days(moved.first_day, moved.last_day)
        return f"{days}, locked through {_day(moved.locked_through)} ({parts})"

    def _value(self, value: Value) -> str:
        return f"{amount_text(value.amount, self.currency)}: {self._pair(value)}"

    def _pair(self, value: Value) -> str:
        days = _days(value.first_day, value.last_day)
        sides = f"Dr {stored_role(value.debit)}, Cr {stored_role(value.credit)}"
        return f"{sides}, {days}"


def _month_name(month: Month) -> str:
    """A month for people, `Jan 2026`; an impossible one by its number."""
    try:
        return f"{date_of(first_day_of(month)):%b %Y}"
    except (OverflowError, ValueError):
        return str(month)


def _movement(place: Place) -> str:
    journal, seq = place
    return f"movement {seq} of journal {journal}"


def document_words(document: DocumentHistory) -> str:
    """A document by its kind and its sender's own id."""
    return f"{kind_words(document.kind)} {document.external_id!r}"


def _day(day: Day) -> str:
    """A day for people; an impossible one by its number."""
    try:
        return day_words(day)
    except (OverflowError, ValueError):
        return str(day)


def _days(first: Day, last: Day) -> str:
    try:
        return range_words(first, last)
    except (OverflowError, ValueError):
        return f"{first} … {last}"


def _source(kind: int) -> str:
    return kind_words(SourceKind(kind)) if kind in set(SourceKind) else str(kind)


_JOURNAL: Sequence[tuple[str, Callable[[Any], str]]] = (
    ("product", str),
    ("month", _month_name),
    ("customer", str),
    ("source", _source),
)
