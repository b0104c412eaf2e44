"""What the page of an upload shows while a run reads, checks or takes its file."""

from dataclasses import dataclass
from typing import ClassVar

from daybook_web.importing.results import UploadRun
from daybook_web.importing.view import UNNAMED, Upload
from daybook_web.kit.live import upload_events_url
from daybook_web.kit.rendering import View

READ = "read"
"""The parameter of addresses that names a run, by its number."""


@dataclass(frozen=True, slots=True)
class ImportProgressView(View):
    """How far a run is, and the address that shows what comes of it."""

    page: ClassVar[str] = "importing/progress.html"
    fragment: ClassVar[str] = "importing/_progress.html"

    title: str
    address: str
    events_url: str
    discard_url: str
    is_taking: bool
    is_reading: bool
    doing: str
    words: str
    """`34,000 of 100,000 lines`; empty until that is known."""
    done: int
    total: int

    @classmethod
    def of(cls, run: UploadRun, upload: Upload, address: str) -> "ImportProgressView":
        """The page of a run that goes on."""
        is_taking, is_reading = run.work == "TAKE", run.stage == "READING"
        of_what = "lines" if is_reading else "documents"
        doing = "Reading the file"
        if not is_reading:
            doing = "Taking its documents" if is_taking else "Checking its documents"
        return cls(
            title=upload.name or UNNAMED,
            address=address,
            events_url=upload_events_url(upload.key),
            discard_url=upload.url("/discard"),
            is_taking=is_taking,
            is_reading=is_reading,
            doing=doing,
            words=f"{run.done:,} of {run.total:,} {of_what}" if run.total else "",
            done=run.done,
            total=run.total,
        )
