"""What was done with exported files, in words. Pure."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from daybook.audit.rules import Action, Record
from daybook.calendar import parse_day, range_words
from daybook.numbers import counted
from daybook.reports.trail.changes import Change, Details, Tell, Told, day, listed

NOT_POSTED = "not posted"


def tell_export(record: Record, details: Details) -> Told:
    """A file that was made of journals."""
    return Told(
        f"Exported {counted(details['rows'], 'line')} of {details['currency']}"
        f" as {details['file']} (file {record.subject_id})"
        f"{_selected_words(details['filters'])}"
    )


def _selected_words(filters: str) -> str:
    """What a file is of: `, of 1–31 Oct 2025, filtered by customer cus_1`."""
    chosen = parse_qsl(filters, keep_blank_values=True)
    days = {name: value for name, value in chosen if name in {"from", "to"}}
    words = ""
    if len(days) == 2:
        words = f", of {range_words(*map(parse_day, (days['from'], days['to'])))}"
    elif days:
        words = ", of days " + " ".join(f"{name} {day(days[name])}" for name in days)
    others = [f"{name} {value}" for name, value in chosen if name not in days]
    return f"{words}, filtered by {listed(others)}" if others else words


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
