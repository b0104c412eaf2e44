"""What recurrences are called, in words."""

import datetime as dt
from collections.abc import Mapping

from daybook_web.kit.formats import month

PATH = "/manual-journals/recurring"
STATUSES: Mapping[str, str] = {
    "DRAFT": "Draft",
    "SUBMITTED": "Submitted",
    "REJECTED": "Rejected",
    "ACTIVE": "Active",
    "ENDED": "Ended",
}
STYLES: Mapping[str, str] = {
    "DRAFT": "draft",
    "SUBMITTED": "submitted",
    "REJECTED": "rejected",
    "ACTIVE": "posted",
    "ENDED": "discarded",
}
"""The badge of each state: the same as that of manual journals."""
STEPS: Mapping[str, str] = {
    "SAVED": "Saved",
    "SUBMITTED": "Submitted",
    "WITHDRAWN": "Withdrawn",
    "APPROVED": "Approved, with the journals it makes",
    "REJECTED": "Rejected",
    "ACTIVATED": "Active without approval",
    "ENDED": "Ended",
}


def months_words(first: dt.date, until: dt.date | None) -> str:
    """The months of a recurrence: `From Jan 2026, until Dec 2026`."""
    words = f"From {month(first)}"
    return words if until is None else f"{words}, until {month(until)}"


def day_words(day_of_month: int) -> str:
    """The day of the month; the last one for 31."""
    if day_of_month == 31:
        return "On the last day"
    last = ", or the last one" if day_of_month > 28 else ""
    return f"On day {day_of_month}{last}"
