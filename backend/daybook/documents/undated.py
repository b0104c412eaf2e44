"""Lines without the dates they need, in a file that has other problems too.

In a file without other problems, recording reports them, since it knows which documents
are already recorded and what their ledgers accept.
"""

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.documents.queries import known_documents, load_defaults
from daybook.documents.reading import PartlyRead
from daybook.documents.reading.problems import Problems
from daybook.errors import Rejected
from daybook.ledger.rules import UndatedLines


async def rejection_with_undated(
    session: AsyncSession, organisation_id: int, read: PartlyRead
) -> Rejected:
    """All problems of a file, with those that recording would report."""
    problems = Problems()
    problems.extend(read.problems, read.total)
    defaults = await load_defaults(session, organisation_id)
    for documents in read.undated():
        known = await known_documents(
            session, organisation_id, [document.key for document in documents]
        )
        for document in documents:
            before = known.get(document.key)
            is_unchanged = before and before.content_hash == document.content_hash()
            undated_lines = defaults.ledger(document.currency).undated_lines
            if undated_lines is UndatedLines.REFUSE and not is_unchanged:
                problems.extend(document.undated)
    return problems.rejected()
