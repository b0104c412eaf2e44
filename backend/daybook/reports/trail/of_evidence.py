"""What was done with attached files, in words. Pure."""

from collections.abc import Mapping

from daybook.audit.rules import Action, Record
from daybook.numbers import counted
from daybook.reports.trail.changes import Details, Tell, Told
from daybook.reports.trail.names import subject_name

DIGITS_SHOWN = 12
"""How many digits of a file's hash tell it apart."""


def tell_attached(record: Record, details: Details) -> Told:
    """A file that was attached, with its size and the start of its hash."""
    described = f", {details['description']}" if "description" in details else ""
    return Told(
        f"Attached {details['file']} to {_subject(record, details)}{described}"
        f" ({counted(details['bytes'], 'byte')}, SHA-256"
        f" {details['sha256'][:DIGITS_SHOWN]}…)"
    )


def tell_removed(record: Record, details: Details) -> Told:
    """A file that is listed no more; it is kept."""
    subject = _subject(record, details)
    words = f"Removed {details['file']} from {subject}; the file is kept"
    return Told(words, (), details["reason"])


def _subject(record: Record, details: Details) -> str:
    """What the file is about: a ledger's are changes of its lock."""
    lock = details.get("lock")
    if lock is None:
        name = subject_name(record.subject_kind, record.subject_id)
        return f"{name[0].lower()}{name[1:]}"
    return f"the lock of {record.subject_id} of recording {lock['recording']:,}"


TELLING: Mapping[Action, Tell] = {
    Action.ATTACH_EVIDENCE: tell_attached,
    Action.REMOVE_EVIDENCE: tell_removed,
}
