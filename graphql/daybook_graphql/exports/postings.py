"""Postings of exported files, as the schema shows them."""

import strawberry

from daybook.exports.models import ExportPosting as StoredPosting
from daybook.exports.models import UndonePosting
from daybook_graphql.kit.scalars import Date, DateTime

field = strawberry.field


@strawberry.type(description="That a posting was undone.")
class PostingUndoing:
    reason: str = field(description="Why.")
    undone_at: DateTime = field(description="When.")
    undone_by: str | None = field(description="By whom, if that is known.")


@strawberry.type(
    description="That a file was loaded into its target. It never changes; it is undone"
    " at most."
)
class ExportPosting:
    posted_on: Date = field(description="The day on which the target took the file.")
    reference: str = field(
        description="What the target calls it, such as the number of its journal."
    )
    marked_at: DateTime = field(description="When it was marked as posted.")
    marked_by: str | None = field(description="By whom, if that is known.")
    undoing: PostingUndoing | None = field(
        description="How it was undone; null while it holds."
    )


def posting_shown(
    posting: StoredPosting, undone: UndonePosting | None = None
) -> ExportPosting:
    """A stored posting as the schema shows it."""
    undoing = None
    if undone is not None:
        undoing = PostingUndoing(
            reason=undone.reason,
            undone_at=DateTime(undone.undone_at),
            undone_by=undone.undone_by,
        )
    return ExportPosting(
        posted_on=Date(posting.posted_on),
        reference=posting.reference,
        marked_at=DateTime(posting.marked_at),
        marked_by=posting.marked_by,
        undoing=undoing,
    )
