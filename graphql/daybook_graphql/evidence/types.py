"""Attachments, as the schema shows them."""

from urllib.parse import quote

import strawberry

from daybook.evidence.queries import ListedAttachment
from daybook.evidence.subjects import words_of
from daybook_graphql.evidence.ids import AttachmentId, subject_node
from daybook_graphql.kit.connections import PageInfo
from daybook_graphql.kit.node import Node
from daybook_graphql.kit.scalars import BigInt, DateTime

field = strawberry.field


@strawberry.type(description="That an attachment was removed. Its file is kept.")
class AttachmentRemoval:
    reason: str = field(description="Why.")
    removed_at: DateTime = field(description="When.")
    removed_by: str | None = field(description="By whom, if that is known.")


@strawberry.type(
    description="A file that is kept as evidence of a document, a manual journal or a"
    " lock. It never changes; it is removed at most, and its content is kept even then."
)
class Attachment(Node):
    number: BigInt = field(
        description="Its number: attachments are numbered without gaps."
    )
    subject_id: strawberry.ID = field(
        description="What it is evidence of: the id of a document, a manual journal or"
        " a `RecordedLock`."
    )
    about: str = field(description="The same for people, such as `invoice inv_1`.")
    filename: str = field(description="The file's name.")
    media_type: str = field(description="What the file is by its content.")
    bytes: BigInt = field(description="Its size.")
    sha256: str = field(description="The SHA-256 of its bytes, hexadecimal.")
    description: str | None = field(description="What it shows, if somebody said so.")
    url: str = field(description="Where to get it, from the server's own address.")
    attached_at: DateTime = field(description="When it was attached.")
    attached_by: str | None = field(description="By whom, if that is known.")
    audit_record: BigInt = field(
        description="The number of the audit record of its attachment."
    )
    removal: AttachmentRemoval | None = field(
        description="How it was removed; null while it is evidence."
    )


# Not `Connection[Attachment]`, which lower features can't name without importing it.
@strawberry.type(description="An attachment in a list.")
class AttachmentEdge:
    node: Attachment = field(description="The attachment.")
    cursor: str = field(description="Where it stands in the list.")


@strawberry.type(description="A page of attachments, newest first.")
class AttachmentConnection:
    edges: list[AttachmentEdge] = field(description="The page's attachments.")
    nodes: list[Attachment] = field(description="The same without cursors.")
    page_info: PageInfo = field(description="Whether there is more.")
    total_count: int = field(description="How many there are in all.")


def attachment_of(found: ListedAttachment) -> Attachment:
    """A stored attachment as the schema shows it."""
    its, removed = found.attachment, found.removed
    removal = None
    if removed is not None:
        removal = AttachmentRemoval(
            reason=removed.reason,
            removed_at=DateTime(removed.removed_at),
            removed_by=removed.removed_by,
        )
    return Attachment(
        node_id=AttachmentId(its.number),
        number=BigInt(its.number),
        subject_id=subject_node(found.subject),
        about=words_of(found.subject),
        filename=its.file_name,
        media_type=its.media_type,
        bytes=BigInt(its.file_bytes),
        sha256=its.file_sha256.hex(),
        description=its.description,
        url=f"/attachments/{its.number}/{quote(its.file_name)}",
        attached_at=DateTime(its.attached_at),
        attached_by=its.attached_by,
        audit_record=BigInt(its.record),
        removal=removal,
    )
