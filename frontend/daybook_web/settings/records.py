"""Lines of the activity log and records of the audit trail, for people."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from daybook_web.kit.formats import MINUS, count, day
from daybook_web.settings.lock_review import change_sentence
from daybook_web.settings.results import (
    NOT_GIVEN,
    ActivityLine,
    AuditRecord,
    Details,
)

SAVED = {
    "lock": "The lock is saved.",
    "same-lock": "The lock was set so already: nothing was changed.",
    "defaults": "The settings are saved.",
    "product": "The product's method is saved.",
    "account": "The account's name is saved.",
}
"""What the page says after each form, by the form's name."""

_NAMES = {"undatedLines": "undated lines"}
"""Details' names in words."""
_NEGATIVE = re.compile(r"(?<=\w )-(?=\d[\d,]*(?:\.\d+)?[,)])")
"""The sign of an amount in the log's list of amounts: `(Deferred -100.00, …)`."""


@dataclass(frozen=True, slots=True)
class RecordRow:
    """An audit record with its details in words."""

    number: str
    at: datetime
    by: str
    action: str
    about: str
    details: str


def activity_of(line: ActivityLine) -> ActivityLine:
    """A line of the activity log, with the minus signs of its amounts as elsewhere."""
    if line.kind != "LOCK":
        return line
    return replace(line, message=_NEGATIVE.sub(MINUS, line.message))


def record_of(record: AuditRecord) -> RecordRow:
    """An audit record with its details in words."""
    subject = record.subject
    return RecordRow(
        number=record.number,
        at=record.recorded_at,
        by=record.made_by or "",
        action=_words(record.action),
        about=f"{_words(subject.kind)} {subject.id}".strip(),
        details=_details(record.details),
    )


def saved_words(
    saved: Mapping[str, str], records: Iterable[AuditRecord], currency: str
) -> str:
    """What the page says of the form that led to it, if one did.

    After a change of the lock it says what the change did, if its record is shown.
    """
    words = SAVED.get(saved.get("saved", ""), "")
    if saved.get("saved") != "lock" or "recording" not in saved:
        return words
    for record in records:
        made = record.details.recordings.get(currency)
        if (
            record.action == "SET_LOCK"
            and made is not None
            and str(made.recording) == saved["recording"]
        ):
            done = change_sentence(record.details)
            return f"{words} It {done}." if done else words
    return words


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _details(details: Details) -> str:
    """What was changed, from what to what; other details by name."""
    before, after = details.before, details.after
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        if "lockMethod" in after:
            return _lock_details(details, before, after)
        changes = [
            f"{_NAMES.get(name, name)}: {_spelled(before.get(name))} →"
            f" {_spelled(after[name])}"
            for name in after
            if after[name] != before.get(name)
        ]
        return ", ".join([*(["ledger made"] if details.made else []), *changes])
    if before is not NOT_GIVEN:
        return f"{_spelled(before)} → {_spelled(after)}"
    if details.reason is not None:
        return _spelled(details.reason)
    return ", ".join(
        f"{count(made.documents, 'document', 'documents')} in {currency}"
        for currency, made in details.recordings.items()
        if made.documents is not None
    )


def _lock_details(
    details: Details, before: Mapping[str, object], after: Mapping[str, object]
) -> str:
    """A change of a lock: from what to what, what that opened or closed, and why."""
    parts = [f"{_lock_state(before)} → {_lock_state(after)}"]
    if done := change_sentence(details):
        parts.append(done)
    if details.reason is not None:
        parts.append(f"reason: {details.reason}")
    return "; ".join(parts)


def _lock_state(lock: Mapping[str, object]) -> str:
    if lock["lockMethod"] == "ACCOUNTING_DATE":
        return "by accounting date"
    through = lock["lockedThrough"]
    if through is None:
        return "unlocked"
    return f"locked through {day(date.fromisoformat(str(through)))}"


def _spelled(value: object) -> str:
    if value in {None, ""}:
        return "none"
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)
