"""What happened while a page is open, in words: for the corner and the header."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from daybook.exports.lately import ChangedExport
from daybook.ledger.models import Recording
from daybook.reports.trail.names import person_name
from daybook_web.kit.formats import count, dated
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import View

EXPORTS = "/exports"
"""The list of exports; an export's own page is below it."""
NOTICES_MAX = 5
"""How many exports are told one by one that ended together."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What became of an export, and where to go on."""

    words: str
    link: Link
    is_download: bool = False


@dataclass(frozen=True, slots=True)
class LiveView(View):
    """What changes outside of a page's own content; None and empty change nothing."""

    page: ClassVar[str] = "kit/_live.html"

    words: str = ""
    """Who changed the page's ledger, and why."""
    waiting: int | None = None
    """How much waits for the reader."""
    notices: Sequence[Notice] = ()
    ready: int | None = None
    """How many of the reader's files are ready that nobody has fetched."""
    exports_url: str = EXPORTS

    def is_empty(self) -> bool:
        """Whether there is nothing to say."""
        unsaid = self.waiting is None and self.ready is None
        return unsaid and not (self.words or self.notices)


def news_words(recordings: Sequence[Recording], reader: str) -> str:
    """Who made recordings, the newest first, and why; empty for the reader's own."""
    others = list(
        dict.fromkeys(
            (its.made_by, its.reason) for its in recordings if its.made_by != reader
        )
    )
    if not others:
        return ""
    made_by, reason = others[0]
    by = "" if made_by is None else f" by {person_name(made_by)}"
    more = len(others) - 1
    also = f", and {count(more, 'other change', 'other changes')}" if more else ""
    return f"Changed{by}: {dated(reason)}{also}"


def notices_of(ended: Sequence[ChangedExport]) -> list[Notice]:
    """Exports that are ready or failed, one by one, and how many more there are."""
    notices = [_notice(export) for export in ended[:NOTICES_MAX]]
    more = len(ended) - len(notices)
    if more:
        words = f"{count(more, 'other export has', 'other exports have')} ended."
        notices.append(Notice(words, Link("See all", EXPORTS)))
    return notices


def _notice(export: ChangedExport) -> Notice:
    url = f"{EXPORTS}/{export.number}"
    if export.is_ready:
        lines = count(export.rows, "line", "lines")
        words = f"{export.file_name} is ready: {lines}."
        file = f"{url}/{export.file_name}"
        return Notice(words, Link("Download", file), is_download=True)
    words = f"{export.file_name} failed: {export.failure}"
    return Notice(words, Link("See the export", url))
