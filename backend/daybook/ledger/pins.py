"""What a reader holds on to: a ledger at one recording, and the trail's last record."""

from typing import NamedTuple

from daybook.calendar import Day


class AuditHead(NamedTuple):
    """The last record of an organisation's audit trail.

    Whoever keeps its hash can tell the chain again, and all records before it hold.
    """

    record: int
    hash: bytes


class Pin(NamedTuple):
    """One ledger at one recording: everything read by it is of one moment.

    `today` divides what is posted from what is scheduled, where a filter doesn't say:
    the as-of day, or the present one if that is earlier. `renamings` is that of the
    recording; `is_renamed` says whether customers or products were renamed after it, so
    that their names must be looked up as they were. `audit_head` is the organisation's
    when it was pinned, also where that is to a day that is over.
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
