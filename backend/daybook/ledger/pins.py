"""What pins a reader: a ledger at one recording, and the audit trail's last record."""

from typing import NamedTuple

from daybook.calendar import Day


class AuditHead(NamedTuple):
    """The last record of an organisation's audit trail.

    A reader who keeps its hash can prove later that no record up to it was changed.
    """

    record: int
    hash: bytes


class Pin(NamedTuple):
    """One ledger at one recording: all that is read by one pin is of one moment.

    `today` divides posted from scheduled days where a filter doesn't say: the as-of day
    or the present day, whichever is earlier. `renamings` is the recording's counter;
    `is_renamed` says whether customers or products were renamed after it, so that their
    names must be looked up as they were. `audit_head` is the organisation's head at the
    moment of pinning, even where the pin is to a past day. `is_past` says that it is:
    what was done after the day's end isn't known to it. The present has no end.
    """

    organisation_id: int
    ledger_id: int
    currency: str
    decimals: int
    recording: int
    today: Day
    renamings: int = 0
    is_renamed: bool = False
    audit_head: AuditHead | None = None
    is_past: bool = False


def not_recorded(pin: Pin, recording: int) -> str:
    """The message for a recording after the pin."""
    return (
        f"there is no recording {recording} yet: the {pin.currency} ledger's last one"
        f" is {pin.recording}"
    )


def mark_not_recorded(pin: Pin, mark: int) -> str:
    """The message for a mark after the pin: a copy knows more than the ledger."""
    way_out = "if it was restored from a backup, begin again with 0"
    return f"{not_recorded(pin, mark)}; {way_out}"
