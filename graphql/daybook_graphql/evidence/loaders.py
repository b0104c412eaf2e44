"""The loader of how many attachments there are."""

from collections.abc import Sequence

from daybook.evidence.queries import AttachmentFilter, count_each
from daybook_graphql.context import Context, loader


@loader(cache=False)
async def attachment_counts(
    context: Context, filters: list[AttachmentFilter]
) -> Sequence[int]:
    """How many attachments each of the filters selects."""
    async with context.database.pinned_reads() as session:
        counts = await count_each(session, context.organisation_id, filters)
    return [counts[only] for only in filters]
