"""Queries of attachments: of one thing or of all."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from daybook.audit.rules import SubjectKind
from daybook.evidence.queries import (
    AttachmentFilter,
    ListedAttachment,
    attachments_by_number,
    find_attachments,
)
from daybook.evidence.rules import (
    EvidenceSubject,
    lock_subject,
    manual_journal_subject,
)
from daybook.ledger.rules import SourceKind
from daybook.paging import Page
from daybook_graphql.adjustments.types import attachments_of_manual_journal
from daybook_graphql.context import Info
from daybook_graphql.documents.types import attachments_of_document
from daybook_graphql.evidence.ids import AttachmentId, expect_subject
from daybook_graphql.evidence.loaders import attachment_counts
from daybook_graphql.evidence.types import (
    AttachmentConnection,
    AttachmentEdge,
    attachment_of,
)
from daybook_graphql.execution.node_readers import Found, NodeKind, NodeReader
from daybook_graphql.execution.selected import Selected
from daybook_graphql.kit.connections import page_info
from daybook_graphql.kit.paging import (
    After,
    Before,
    First,
    Last,
    PageArguments,
    cursor_of,
    page_request,
)
from daybook_graphql.kit.permissions import READ, needs
from daybook_graphql.ledgers.recorded_locks import WithRemoved, attachments_of_lock

NOTHING_READ: Page[ListedAttachment] = Page([], has_next=False, has_previous=False)


@strawberry.type
class EvidenceQueries:
    @strawberry.field(
        description="Files that are kept as evidence, newest first: of one document,"
        " manual journal or lock, or of all.",
        metadata=needs(READ),
    )
    async def attachments(
        self,
        info: Info,
        subject_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(
                description="Only evidence of this: a document, a manual journal or a"
                " `RecordedLock`."
            ),
        ] = None,
        with_removed: WithRemoved = False,  # noqa: FBT002  (callers name it)
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> AttachmentConnection:
        subject = None
        if subject_id is not None:
            subject = expect_subject(subject_id, "subjectId")
        page = PageArguments(first=first, after=after, last=last, before=before)
        return await _page(info, AttachmentFilter(subject, with_removed), page)


async def _page(
    info: Info, only: AttachmentFilter, page: PageArguments
) -> AttachmentConnection:
    request, selected = page_request(1, **page), Selected.of(info)
    found = NOTHING_READ
    if selected.any_of("edges", "nodes", "pageInfo"):
        async with info.context.database.pinned_reads() as session:
            found = await find_attachments(
                session, info.context.organisation_id, request, only
            )
    total = 0
    if "totalCount" in selected:
        total = await attachment_counts(info.context).load(only)
    nodes = [attachment_of(listed) for listed in found.items]
    edges = [
        AttachmentEdge(node=node, cursor=cursor_of((int(node.number),)))
        for node in nodes
    ]
    return AttachmentConnection(
        edges=edges,
        nodes=nodes,
        page_info=page_info(found, [edge.cursor for edge in edges]),
        total_count=total,
    )


@attachments_of_document.implemented
async def _attachments_of_document(
    info: Info, kind: int, external_id: str, page: PageArguments, *, with_removed: bool
) -> AttachmentConnection:
    """A page of the evidence of a document."""
    subject = EvidenceSubject(SubjectKind[SourceKind(kind).name], external_id)
    return await _page(info, AttachmentFilter(subject, with_removed), page)


@attachments_of_manual_journal.implemented
async def _attachments_of_manual_journal(
    info: Info, number: int, page: PageArguments, *, with_removed: bool
) -> AttachmentConnection:
    """A page of the evidence of a manual journal."""
    only = AttachmentFilter(manual_journal_subject(number), with_removed)
    return await _page(info, only, page)


@attachments_of_lock.implemented
async def _attachments_of_lock(
    info: Info,
    currency: str,
    recording: int,
    page: PageArguments,
    *,
    with_removed: bool,
) -> AttachmentConnection:
    """A page of the evidence of a change of a lock."""
    subject = lock_subject(currency, recording)
    return await _page(info, AttachmentFilter(subject, with_removed), page)


async def _read_attachments(reader: NodeReader, ids: Sequence[AttachmentId]) -> Found:
    numbers = [id_.number for id_ in ids]
    async with reader.reads() as session:
        found = await attachments_by_number(session, reader.organisation_id, numbers)
    return {
        AttachmentId(listed.attachment.number): attachment_of(listed)
        for listed in found
    }


NODES = (NodeKind(AttachmentId, _read_attachments),)
