"""What was done with manual journals and recurrences, in words. Pure."""

from collections.abc import Mapping

from daybook.audit.rules import Action, Record
from daybook.numbers import counted
from daybook.reports.trail.changes import (
    NONE,
    Change,
    Details,
    Tell,
    Told,
    day,
    listed,
    told_of_many,
)
from daybook.reports.trail.contents import content_changes, content_words, month
from daybook.reports.trail.names import subject_name

DOCUMENTS_NAMED = 3
CONTENTS_TOLD = 20
"""How many journals of an import are listed; the record's details have more."""


def tell_saved(record: Record, details: Details) -> Told:
    """A version that was saved, and what differs from the one before it."""
    what, version = _name(record), details["version"]
    made = details.get("recurrence")
    if made is not None:
        words = f"Made {what} from {made['number']} for {month(made['month'])}"
        if "reason" in details:
            words += ", which waits as a draft"
    elif details["before"] is None:
        words = f"Wrote {what} in {details['after']['currency']}"
    else:
        words = f"Saved version {version} of {what}"
    changes = content_changes(details["before"], details["after"])
    return told_of_many(words, changes, details.get("reason"))


def tell_submitted(record: Record, details: Details) -> Told:
    """A version that was submitted."""
    return Told(_with_version("Submitted", record, details))


def tell_withdrawn(record: Record, details: Details) -> Told:
    """A submission that was taken back."""
    words = f"Withdrew version {details['version']} of {_name(record)}"
    return Told(words, (Change("Status", "submitted", "draft"),))


def tell_approved(record: Record, details: Details) -> Told:
    """A version that another person approved."""
    approved = (Change("Status", "submitted", "approved"),)
    words = _with_version("Approved", record, details)
    return Told(words, approved, details.get("reason"))


def tell_rejected(record: Record, details: Details) -> Told:
    """A version that another person sent back."""
    words = f"Rejected version {details['version']} of {_name(record)}"
    rejected = (Change("Status", "submitted", "rejected"),)
    return Told(words, rejected, details["reason"])


def tell_posted(record: Record, details: Details) -> Told:
    """A version that was posted, and the documents that it made."""
    posted = _content_words("Posted", record, details["content"])
    return Told(f"{posted} (as {_documents(details)})")


def tell_discarded(record: Record, details: Details) -> Told:
    """A draft that was given up."""
    words = _content_words("Discarded", record, details["before"])
    return Told(words, (), details.get("reason"))


def tell_reversed(record: Record, details: Details) -> Told:
    """A posted journal that was undone, and when that posts."""
    words = _content_words("Reversed", record, details["content"])
    after = reversal_words(details["postsOn"])
    undone = (Change("Status", "posted", after),)
    return Told(f"{words} (by {_documents(details)})", undone, details["reason"])


def reversal_words(posts_on: Details) -> str:
    """When an undo posts: the mirror, and of an accrual its reversal's."""
    words = f"reversed on {day(posts_on['UNDO'])}"
    again = posts_on.get("UNDO_OF_REVERSAL")
    if again is not None:
        words += f", its own reversal taken back on {day(again)}"
    return words


def tell_imported(_record: Record, details: Details) -> Told:
    """A file of manual journals, and the first of them."""
    first, contents = int(details["first"].removeprefix("MJ-")), details["contents"]
    number = details["journals"]
    named = f"{details['first']} to {details['last']}"
    if number == 1:
        named = str(details["first"])
    told = contents[:CONTENTS_TOLD]
    left_out = number - len(told)
    more = f", of which {left_out:,} aren't listed" if left_out else ""
    return Told(
        f"Imported {counted(number, 'manual journal')} from {details['source']},"
        f" {details['done']}: {named}{more}",
        tuple(
            Change(f"MJ-{place}", NONE, content_words(content))
            for place, content in enumerate(told, first)
        ),
    )


def tell_activated(record: Record, details: Details) -> Told:
    """A recurrence that needed no approval."""
    words = _with_version("Activated", record, details)
    active = (Change("Status", "submitted", "active"),)
    return Told(f"{words}; four eyes is off, so nobody approved it", active)


def tell_ended(record: Record, details: Details) -> Told:
    """A recurrence that makes no journals any more."""
    words = _content_words("Ended", record, details["before"])
    return Told(words, (), details.get("reason"))


def _name(record: Record) -> str:
    """`manual journal MJ-7`, `recurring journal R-3`."""
    name = subject_name(record.subject_kind, record.subject_id)
    return f"{name[0].lower()}{name[1:]}"


def _with_version(verb: str, record: Record, details: Details) -> str:
    verb = f"{verb} version {details['version']} of"
    return _content_words(verb, record, details["content"])


def _content_words(verb: str, record: Record, content: Details) -> str:
    return f"{verb} {_name(record)}: {content_words(content)}"


def _documents(details: Details) -> str:
    """The ids of the documents that a step posted."""
    ids = list(details["documents"])
    named = ids[:DOCUMENTS_NAMED]
    if len(ids) > DOCUMENTS_NAMED:
        named.append(f"{len(ids) - DOCUMENTS_NAMED:,} more")
    return listed(named)


TELLING: Mapping[Action, Tell] = {
    Action.SAVE_MANUAL_JOURNAL: tell_saved,
    Action.SUBMIT_MANUAL_JOURNAL: tell_submitted,
    Action.WITHDRAW_MANUAL_JOURNAL: tell_withdrawn,
    Action.APPROVE_MANUAL_JOURNAL: tell_approved,
    Action.REJECT_MANUAL_JOURNAL: tell_rejected,
    Action.POST_MANUAL_JOURNAL: tell_posted,
    Action.DISCARD_MANUAL_JOURNAL: tell_discarded,
    Action.REVERSE_MANUAL_JOURNAL: tell_reversed,
    Action.IMPORT_MANUAL_JOURNALS: tell_imported,
    Action.SAVE_RECURRENCE: tell_saved,
    Action.SUBMIT_RECURRENCE: tell_submitted,
    Action.WITHDRAW_RECURRENCE: tell_withdrawn,
    Action.APPROVE_RECURRENCE: tell_approved,
    Action.REJECT_RECURRENCE: tell_rejected,
    Action.ACTIVATE_RECURRENCE: tell_activated,
    Action.END_RECURRENCE: tell_ended,
}
