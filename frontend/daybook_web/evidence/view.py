"""What the page of evidence shows: the result of the operation `EvidencePage`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from urllib.parse import urlencode

from markupsafe import Markup

from daybook.adjustments.rules import label
from daybook_graphql.kit.ids import decode
from daybook_graphql.ledgers.ids import RecordedLockId
from daybook_web.kit.formats import dated, source
from daybook_web.kit.forms import Problem
from daybook_web.kit.links import Link, Pager, document_url
from daybook_web.kit.rendering import View
from daybook_web.kit.results import Attachment, PageInfo, Result
from daybook_web.kit.times import moment

SAVED = {
    "attached": "The file is attached.",
    "removed": "The file is removed. Its content is kept.",
}
"""What the page says after each form."""


@dataclass(frozen=True, slots=True)
class Subject(Result):
    """What the evidence is of: a document, a manual journal, or a change of a lock."""

    id: str
    kind: str | None = None
    reference: str | None = None
    external_id: str | None = None
    recorded_at: datetime | None = None
    made_by: str | None = None
    reason: str | None = None
    number: int | None = None
    narrative: str | None = None

    @property
    def heading(self) -> str:
        """The subject's name: `invoice INV-7`."""
        if self.number is not None:
            return f"manual journal {label(self.number)}"
        if self.kind is not None:
            return f"{source(self.kind).lower()} {self.reference}"
        return f"the lock of the {self.lock.currency} ledger"

    @property
    def lock(self) -> RecordedLockId:
        """The change of a lock that it is, if it is neither of the others."""
        lock = decode(self.id)
        assert isinstance(lock, RecordedLockId), "it is a document or a lock"
        return lock

    @property
    def note(self) -> str:
        """What tells it from others of the same name."""
        if self.number is not None:
            return self.narrative or ""
        if self.kind is not None:
            return f"Document id {self.external_id}"
        assert self.recorded_at is not None, "a lock was set at some time"
        assert self.reason is not None, "and for some reason"
        by = f" by {self.made_by}" if self.made_by else ""
        return Markup("{}, {}{}").format(
            dated(self.reason), moment(self.recorded_at), by
        )

    @property
    def page(self) -> Link:
        """Where to go on if no other page led here."""
        if self.number is not None:
            return Link(label(self.number), f"/manual-journals/{self.number}")
        if self.kind is not None:
            words = f"{source(self.kind)} {self.reference}"
            return Link(words, document_url(self.id))
        return Link("Period locks", f"/settings/locks?currency={self.lock.currency}")


@dataclass(frozen=True, slots=True)
class Removal(Result):
    """That an attachment was removed."""

    reason: str
    removed_at: datetime
    removed_by: str | None


@dataclass(frozen=True, slots=True)
class ListedAttachment(Attachment):
    """A file that is evidence, or was until it was removed."""

    id: str
    removal: Removal | None

    @property
    def reason_field(self) -> str:
        """The id of the field for why it is removed."""
        return f"reason-{self.number}"


@dataclass(frozen=True, slots=True)
class Attachments(Result):
    """A page of attachments."""

    total_count: int
    page_info: PageInfo
    nodes: tuple[ListedAttachment, ...]


@dataclass(frozen=True, slots=True)
class EvidencePage(Result):
    """The subject, None if there is no such, and its evidence."""

    node: Subject | None
    attachments: Attachments


@dataclass(frozen=True, slots=True)
class EvidenceView(View):
    """The evidence of something, and what was typed into a form."""

    page: ClassVar[str] = "evidence/evidence.html"

    title: str
    subject: Subject
    attachments: Attachments
    attach_url: str
    remove_url: str
    back: Link
    may_change: bool
    description: str
    removing: str
    """The number of the attachment whose removal was refused."""
    saved: str
    problems: Sequence[Problem]
    pager: Pager | None


def evidence_url(subject_id: str, form: str = "", **more: str) -> str:
    """The address of a subject's evidence, or of one of the page's forms."""
    query = urlencode({name: value for name, value in more.items() if value})
    return f"/evidence/{subject_id}{form}{'?' * bool(query)}{query}"


def pager_of(subject_id: str, shown: Attachments, back: str) -> Pager | None:
    """Links to the pages of evidence before and after one."""
    return Pager.of(
        shown.page_info, lambda **page: evidence_url(subject_id, **page, back=back)
    )
