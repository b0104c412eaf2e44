"""What was done with exported files, in words. Pure."""

from collections.abc import Mapping

from daybook.audit.rules import Action, Record
from daybook.numbers import counted
from daybook.reports.trail.changes import Change, Details, Tell, Told, day, listed

NOT_POSTED = "not posted"


def tell_export(record: Record, details: Details) -> Told:
    """A file that was made of journals."""
    filters = f", filtered by {details['filters']}" if details["filters"] else ""
    return Told(
        f"Exported {counted(details['rows'], 'line')} of {details['currency']}"
        f" as {details['file']} (file {record.subject_id}){filters}"
    )


def tell_posting(record: Record, details: Details) -> Told:
    """A file that was loaded into its target."""
    reference, posted_on = details["reference"], day(details["postedOn"])
    doubled = [
        f"{counted(double['journals'], 'journal')} with file {double['export']}"
        for double in details.get("doubles", ())
    ]
    words = f", sharing {listed(doubled)}" if doubled else ""
    return Told(
        f"Marked file {record.subject_id}, {details['file']}, as posted{words}",
        (Change("Posting", NOT_POSTED, f"{reference} on {posted_on}"),),
    )


def tell_undone_posting(record: Record, details: Details) -> Told:
    """A posting that was taken back."""
    return Told(
        f"Undid the posting of file {record.subject_id}, {details['file']}",
        (Change("Posting", details["reference"], NOT_POSTED),),
        details["reason"],
    )


TELLING: Mapping[Action, Tell] = {
    Action.EXPORT: tell_export,
    Action.POST_EXPORT: tell_posting,
    Action.UNDO_EXPORT_POSTING: tell_undone_posting,
}
