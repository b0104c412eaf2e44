"""What was done to documents and their journals, in words. Pure."""

from collections.abc import Mapping

from daybook.audit.rules import Action, Record
from daybook.documents.notices.wording import notices_in_words
from daybook.numbers import counted
from daybook.reports.trail.changes import NONE, Change, Details, Tell, Told, day, listed
from daybook.reports.trail.names import subject_name

FAMILIES_NAMED = 3
NOUNS = {
    "INVOICE": "invoice",
    "BILLING_SCHEDULE": "billing schedule",
    "CREDIT_NOTE": "credit note",
    "STANDALONE": "manual journal",
}


def tell_import(record: Record, details: Details) -> Told:
    """Which documents were recorded, revised and voided, where, and the notices."""
    parts = [
        f"{verb} {listed([_documents(*counted) for counted in details[verb].items()])}"
        for verb in ("recorded", "revised", "voided")
        if details.get(verb)
    ]
    words = "; ".join(parts) or _recorded(record, details)
    notices = details.get("notices")
    told = f"; {notices_in_words(notices)}" if notices else ""
    where = _in_ledgers(record, details)
    return Told(f"{words[0].upper()}{words[1:]}{where}{told}")


def _documents(kind: str, number: int) -> str:
    return counted(number, NOUNS.get(kind, kind.lower().replace("_", " ")))


def _recorded(record: Record, details: Details) -> str:
    """What an import says that counts no documents by kind."""
    runs = details.get("recordings", {}).values()
    documents = sum(run.get("documents", 0) for run in runs)
    if documents:
        return f"recorded {counted(documents, 'document')}"
    what = subject_name(record.subject_kind, record.subject_id)
    return f"recorded {what[0].lower()}{what[1:]}"


def _in_ledgers(record: Record, details: Details) -> str:
    ledgers = sorted(details.get("recordings", {}))
    if not ledgers or [record.subject_id] == ledgers:
        return ""
    return f" in {listed(ledgers)}"


def tell_void(record: Record, details: Details) -> Told:
    """A document that doesn't count any more."""
    what = subject_name(record.subject_kind, record.subject_id)
    return Told(
        f"Voided {what[0].lower()}{what[1:]}",
        (Change("Status", "in force", "void"),),
        details.get("reason"),
    )


def tell_milestone(record: Record, details: Details) -> Told:
    """The day on which a milestone was reached; earlier records lack the old day."""
    name, line, now = details["milestone"], details["line"], details["completed_on"]
    where = f"milestone {name} of line {line} of invoice {record.subject_id}"
    sentence = (
        f"Opened {where} again" if now is None else f"Completed {where} on {day(now)}"
    )
    if "completed_before" not in details:
        return Told(sentence)
    before = details["completed_before"]
    return Told(sentence, (Change("Completed on", day(before), day(now)),))


def tell_put_right(_record: Record, details: Details) -> Told:
    """Documents whose journals were planned again."""
    families = list(details["families"])
    named = families[:FAMILIES_NAMED]
    if len(families) > FAMILIES_NAMED:
        named.append(f"{len(families) - FAMILIES_NAMED:,} more")
    what = f"Put the journals of {counted(len(families), 'document')} right"
    words = f": {listed(named)}" if named else ""
    return Told(f"{what}{words}", reason=details.get("reason") or NONE)


TELLING: Mapping[Action, Tell] = {
    Action.IMPORT: tell_import,
    Action.VOID_DOCUMENT: tell_void,
    Action.COMPLETE_MILESTONE: tell_milestone,
    Action.PUT_FAMILIES_RIGHT: tell_put_right,
}
