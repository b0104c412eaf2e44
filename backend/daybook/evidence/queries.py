"""Reading attachments and their removals, and the files that are on their way."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.audit.rules import SubjectKind
from daybook.db.keyset import one_page
from daybook.db.lists import rows_in_lists
from daybook.evidence.models import Attachment, RemovedAttachment
from daybook.evidence.rules import EvidenceSubject
from daybook.paging import Page, PageRequest
from daybook.sheets.columns import Sheet, integer, text, timestamp
from daybook.storage.rules import StoredName


class ListedAttachment(NamedTuple):
    """An attachment, and how it was removed, if it was."""

    attachment: Attachment
    removed: RemovedAttachment | None = None

    @property
    def subject(self) -> EvidenceSubject:
        """What it is evidence of."""
        kind = SubjectKind(self.attachment.subject_kind)
        return EvidenceSubject(kind, self.attachment.subject_id)


class AttachmentFilter(NamedTuple):
    """Attachments of one subject, or of all; those that were removed only if asked."""

    subject: EvidenceSubject | None = None
    with_removed: bool = False


EVERY_PRESENT = AttachmentFilter()
"""All of an organisation's attachments that were not removed."""

ATTACHMENTS: Sheet[ListedAttachment] = Sheet(
    "attachments",
    "Attachments",
    (
        integer("number", "No.", lambda listed: listed.attachment.number),
        text("subject_kind", "About", lambda listed: listed.attachment.subject_kind),
        text("subject_id", "Its id", lambda listed: listed.attachment.subject_id),
        text("file", "File", lambda listed: listed.attachment.file_name),
        text("media_type", "Type", lambda listed: listed.attachment.media_type),
        integer("bytes", "Bytes", lambda listed: listed.attachment.file_bytes),
        text("sha256", "SHA-256", lambda listed: listed.attachment.file_sha256.hex()),
        text("description", "Description", lambda its: its.attachment.description),
        timestamp("attached_at", "When (UTC)", lambda its: its.attachment.attached_at),
        text("attached_by", "Who", lambda listed: listed.attachment.attached_by),
        integer("audit_record", "Audit record", lambda its: its.attachment.record),
        timestamp(
            "removed_at",
            "Removed (UTC)",
            lambda its: None if its.removed is None else its.removed.removed_at,
        ),
        text(
            "removed_by",
            "Removed by",
            lambda its: None if its.removed is None else its.removed.removed_by,
        ),
        text(
            "reason",
            "Why removed",
            lambda its: None if its.removed is None else its.removed.reason,
        ),
    ),
)


async def find_attachments(
    session: AsyncSession,
    organisation_id: int,
    request: PageRequest,
    only: AttachmentFilter = EVERY_PRESENT,
) -> Page[ListedAttachment]:
    """An organisation's attachments, newest first; keyed by number."""
    statement = _listed(organisation_id).where(*_conditions(only))
    rows = await session.execute(
        one_page(statement, Attachment.number, request, is_descending=True)
    )
    return Page.of([ListedAttachment(*row) for row in rows], request)


async def count_attachments(
    session: AsyncSession,
    organisation_id: int,
    only: AttachmentFilter = EVERY_PRESENT,
) -> int:
    """How many attachments `find_attachments` lists in all."""
    rows = _listed(organisation_id).where(*_conditions(only)).subquery()
    return await session.scalar(select(func.count()).select_from(rows)) or 0


async def count_each(
    session: AsyncSession, organisation_id: int, filters: Iterable[AttachmentFilter]
) -> dict[AttachmentFilter, int]:
    """How many attachments each of the filters selects.

    Those of single subjects are counted together, by one or two statements.
    """
    counts = dict.fromkeys(filters, 0)
    for with_removed in (False, True):
        ids = {
            only.subject.id
            for only in counts
            if only.subject is not None and only.with_removed is with_removed
        }
        every = AttachmentFilter(with_removed=with_removed)
        statement = (
            select(Attachment.subject_kind, Attachment.subject_id, func.count())
            .outerjoin(RemovedAttachment, _removes())
            .where(Attachment.organisation_id == organisation_id, *_conditions(every))
            .group_by(Attachment.subject_kind, Attachment.subject_id)
        )
        rows = await rows_in_lists(session, statement, Attachment.subject_id.in_, ids)
        for kind, id_, count in rows:
            subject = EvidenceSubject(SubjectKind(kind), id_)
            only = AttachmentFilter(subject, with_removed)
            if only in counts:
                counts[only] = count
        if every in counts:
            counts[every] = await count_attachments(session, organisation_id, every)
    return counts


async def attachments_by_number(
    session: AsyncSession, organisation_id: int, numbers: Iterable[int]
) -> list[ListedAttachment]:
    """The organisation's attachments with these numbers, also removed ones."""
    statement = _listed(organisation_id)
    rows = await rows_in_lists(session, statement, Attachment.number.in_, numbers)
    return [ListedAttachment(*row) for row in rows]


async def get_attachment(
    session: AsyncSession, organisation_id: int, number: int
) -> ListedAttachment | None:
    """The organisation's attachment with a number, also a removed one."""
    found = await attachments_by_number(session, organisation_id, [number])
    return found[0] if found else None


async def same_attachment(
    session: AsyncSession,
    organisation_id: int,
    subject: EvidenceSubject,
    sha256: bytes,
) -> ListedAttachment | None:
    """A subject's attachment with this content that was not removed."""
    only = AttachmentFilter(subject)
    found = await session.execute(
        _listed(organisation_id)
        .where(*_conditions(only), Attachment.file_sha256 == sha256)
        .limit(1)
    )
    row = found.one_or_none()
    return None if row is None else ListedAttachment(*row)


async def bytes_attached(session: AsyncSession, organisation_id: int) -> int:
    """How many bytes an organisation's files have, with those of removed ones."""
    size = await session.scalar(
        select(func.sum(Attachment.file_bytes)).where(
            Attachment.organisation_id == organisation_id
        )
    )
    return int(size or 0)


async def is_attached(session: AsyncSession, stored: StoredName) -> bool:
    """Whether an attachment names a file."""
    found = await session.scalar(
        select(Attachment.number).where(
            Attachment.organisation_id == stored.organisation_id,
            Attachment.file_key == stored.key,
        )
    )
    return found is not None


def _listed(organisation_id: int) -> Select[Attachment, RemovedAttachment | None]:
    return (
        select(Attachment, RemovedAttachment)
        .outerjoin(RemovedAttachment, _removes())
        .where(Attachment.organisation_id == organisation_id)
    )


def _removes() -> ColumnElement[bool]:
    """Whether a removal is that of an attachment."""
    return and_(
        RemovedAttachment.organisation_id == Attachment.organisation_id,
        RemovedAttachment.attachment == Attachment.number,
    )


def _conditions(only: AttachmentFilter) -> list[ColumnElement[bool]]:
    conditions: list[Any] = []
    if only.subject is not None:
        conditions += [
            Attachment.subject_kind == only.subject.kind.value,
            Attachment.subject_id == only.subject.id,
        ]
    if not only.with_removed:
        conditions.append(RemovedAttachment.attachment.is_(None))
    return conditions
