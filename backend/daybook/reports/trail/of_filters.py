"""What was done to filters that an organisation shares, in words. Pure."""

from collections.abc import Mapping

from daybook.audit.rules import Action, Record
from daybook.ledger.rules import name_in_words
from daybook.reports.trail.changes import Change, Details, Tell, Told


def tell_saving(record: Record, details: Details) -> Told:
    """A filter that was shared, or that took the place of another: what it narrows."""
    did = "Replaced" if details["isReplaced"] else "Shared"
    fields = ", ".join(map(name_in_words, details["fields"]))
    return Told(f"{did} {_named(record, details)}: {fields}")


def tell_renaming(record: Record, details: Details) -> Told:
    """A shared filter with another name."""
    change = Change("Name", details["before"], record.subject_id)
    return Told(f"Renamed {_named(record, details)}", (change,))


def tell_deletion(record: Record, details: Details) -> Told:
    """A shared filter that is no more."""
    return Told(f"Deleted {_named(record, details)}")


def _named(record: Record, details: Details) -> str:
    page = name_in_words(details["page"]).lower()
    return f"the filter “{record.subject_id}” of the page {page}"


TELLING: Mapping[Action, Tell] = {
    Action.SAVE_FILTER: tell_saving,
    Action.RENAME_FILTER: tell_renaming,
    Action.DELETE_FILTER: tell_deletion,
}
