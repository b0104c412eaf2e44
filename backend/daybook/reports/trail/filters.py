"""What to select of the audit trail and the activity log, read from text. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from enum import Enum
from typing import TypeVar

from daybook.activity.rules import ActivityKind
from daybook.audit.rules import Action, SubjectKind
from daybook.calendar import Day, parse_day
from daybook.errors import Problem, ProblemCode, Rejected, did_you_mean

Choice = TypeVar("Choice", bound=Enum)
YES_NO = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class TrailFilter:
    """Which audit records are selected; an absent value does not narrow.

    `who` is a stored name, or a part of a person's address or name. Days are those of
    the organisation's time zone, both included. `id` needs a `kind`; records about a
    ledger or a document include those of its recordings. `currency` names a ledger.
    """

    who: str | None = None
    action: Action | None = None
    since: Day | None = None
    until: Day | None = None
    kind: SubjectKind | None = None
    id: str | None = None
    currency: str | None = None
    is_after_close: bool = False


@dataclass(frozen=True, slots=True)
class ActivityFilter:
    """Which runs are selected; an absent value does not narrow.

    Days are those on which a run began, in the organisation's time zone.
    """

    who: str | None = None
    kind: ActivityKind | None = None
    since: Day | None = None
    until: Day | None = None
    currency: str | None = None
    is_failed: bool | None = None


TRAIL_NAMES = ("who", "action", "from", "to", "kind", "id", "currency", "after_close")
"""The filters of the trail by their names in addresses, in order."""
ACTIVITY_NAMES = ("who", "kind", "from", "to", "currency", "failed")
"""The filters of the log by their names in addresses, in order."""
EVERY_RECORD = TrailFilter()
EVERY_RUN = ActivityFilter()


def read_trail_filter(texts: Mapping[str, str]) -> TrailFilter:
    """A filter from texts by `TRAIL_NAMES`; empty ones are absent.

    Raises Rejected with all problems, each with the name of its text.
    """
    reading = _Reading(texts)
    read = TrailFilter(
        who=reading.text("who"),
        action=reading.choice("action", Action),
        since=reading.day("from"),
        until=reading.day("to"),
        kind=reading.choice("kind", SubjectKind),
        id=reading.text("id"),
        currency=reading.currency(),
        is_after_close=reading.yes_no("after_close") or False,
    )
    if texts.get("id", "").strip() and not texts.get("kind", "").strip():
        reading.add("kind", "an id needs a kind: ids are unique for each kind only")
    reading.end(read.since, read.until)
    return read


def read_activity_filter(texts: Mapping[str, str]) -> ActivityFilter:
    """A filter from texts by `ACTIVITY_NAMES`, as `read_trail_filter`."""
    reading = _Reading(texts)
    read = ActivityFilter(
        who=reading.text("who"),
        kind=reading.choice("kind", ActivityKind),
        since=reading.day("from"),
        until=reading.day("to"),
        currency=reading.currency(),
        is_failed=reading.yes_no("failed"),
    )
    reading.end(read.since, read.until)
    return read


def narrows(wanted: TrailFilter | ActivityFilter) -> bool:
    """Whether a filter selects anything less than everything."""
    return any(
        getattr(wanted, field.name) not in {None, False} for field in fields(wanted)
    )


class _Reading:
    """Texts that are being read, and what is wrong with them so far."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._problems: list[Problem] = []

    def add(self, name: str, message: str) -> None:
        self._problems.append(Problem(ProblemCode.INVALID_VALUE, message, (name,)))

    def text(self, name: str) -> str | None:
        text = self._texts.get(name, "").strip()
        if text and not text.isprintable():  # such as NUL, which no database takes
            self.add(name, f"{text!r} has characters that no name has")
            return None
        return text or None

    def choice(self, name: str, kind: type[Choice]) -> Choice | None:
        text = self.text(name)
        if text is None:
            return None
        key = text.upper().replace("-", "_").replace(" ", "_")
        if key in kind.__members__:
            return kind[key]
        hint = did_you_mean(key, kind.__members__)
        known = _listed(kind.__members__)
        self.add(name, f"{text!r} is none of {known}{hint}")
        return None

    def day(self, name: str) -> Day | None:
        text = self.text(name)
        try:
            return None if text is None else parse_day(text)
        except ValueError as invalid:
            self.add(name, f"{text!r} is no day: {invalid}")
            return None

    def currency(self) -> str | None:
        text = self.text("currency")
        return None if text is None else text.upper()

    def yes_no(self, name: str) -> bool | None:
        text = self.text(name)
        if text is None:
            return None
        if text not in YES_NO:
            self.add(name, f"{text!r} is neither yes nor no")
        return YES_NO.get(text)

    def end(self, since: Day | None, until: Day | None) -> None:
        """Raise Rejected if anything is wrong."""
        if since is not None and until is not None and since > until:
            self.add("to", "the last day is before the first")
        if self._problems:
            raise Rejected(self._problems)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
