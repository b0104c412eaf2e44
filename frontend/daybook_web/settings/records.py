"""Lines of the activity log and records of the audit trail, for people."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from daybook_web.kit.formats import MINUS
from daybook_web.kit.requests import REQUESTED
from daybook_web.settings.results import ActivityLine, AuditRecord, Recordings

SAVED = {
    "lock": "The lock is saved.",
    "same-lock": "The lock was set so already: nothing was changed.",
    "defaults": "The settings are saved.",
    "product": "The product's method is saved.",
    "account": "The account's name is saved.",
    "four-eyes": "Four eyes is on: another person approves what somebody submits.",
    "requested": REQUESTED,
}
"""What the page says after each form, by the form's name."""

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
    return RecordRow(
        number=record.number,
        at=record.recorded_at,
        by=record.who if record.made_by else "",
        action=record.action_name,
        about=record.subject.name,
        details=_details(record),
    )


def saved_words(
    saved: Mapping[str, str], records: Iterable[AuditRecord], currency: str
) -> str:
    """What the page says of the form that led to it, if one did.

    After a change of the lock it says what that closed or opened, if its record is
    shown.
    """
    words = SAVED.get(saved.get("saved", ""), "")
    if saved.get("saved") != "lock" or "recording" not in saved:
        return words
    recorded = Recordings(currency, saved["recording"])
    for record in records:
        if record.action == "SET_LOCK" and recorded in record.recordings:
            return f"{words} {record.sentence}."
    return words


def _details(record: AuditRecord) -> str:
    """A record in words: what was done, what differs, and why."""
    changes = [f"{its.name}: {its.before} → {its.after}" for its in record.changes]
    reason = [] if record.reason is None else [f"reason: {record.reason}"]
    return "; ".join([record.sentence, *changes, *reason])
