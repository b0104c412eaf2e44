"""Lines without the dates they need, in a file that has other problems, too.

Recording tells of them otherwise: only there it is known which documents are recorded
already, and what their ledgers take.
"""

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.documents.queries import find_documents, load_defaults
from daybook.documents.reading import PartlyRead
from daybook.documents.reading.problems import Problems
from daybook.errors import Rejected
from daybook.ledger.rules import UndatedLines


async def with_undated(
    session: AsyncSession, organisation_id: int, read: PartlyRead
) -> Rejected:
    """Everything that is wrong with a file: what recording would refuse is added."""
    problems = Problems()
    problems.extend(read.problems, read.total)
    defaults = await load_defaults(session, organisation_id)
    for some in read.undated():
        known = await find_documents(
            session, organisation_id, [one.key for one in some]
        )
        for one in some:
            before = known.get(one.key)
            is_unchanged = before and before.content_hash == one.content_hash()
            takes = defaults.ledger(one.currency).undated_lines
            if takes is UndatedLines.REFUSE and not is_unchanged:
                problems.extend(one.undated)
    return problems.rejected()
