"""Files that were sent for an import, and neither imported nor discarded."""

from dataclasses import dataclass
from datetime import datetime

from daybook_web.kit.formats import file_size
from daybook_web.kit.results import Result

UNNAMED_FILE = "A file without a name"


@dataclass(frozen=True, slots=True)
class WaitingUpload(Result):
    """A file that was sent, and neither imported nor discarded."""

    upload_id: str
    file_name: str | None
    bytes: str
    sent_at: datetime
    sent_by: str
    expires_at: datetime
    is_complete: bool


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """Such a file as a page lists it; without an `open_url` it is still coming."""

    name: str
    size: str
    sent_at: datetime
    sent_by: str
    expires_at: datetime
    open_url: str
    discard_url: str

    @classmethod
    def of(
        cls, waiting: WaitingUpload, *, open_url: str, discard_url: str
    ) -> "WaitingRow":
        """A file with the addresses that open and discard it."""
        return cls(
            name=waiting.file_name or UNNAMED_FILE,
            size=file_size(waiting.bytes),
            sent_at=waiting.sent_at,
            sent_by=waiting.sent_by,
            expires_at=waiting.expires_at,
            open_url=open_url if waiting.is_complete else "",
            discard_url=discard_url,
        )
