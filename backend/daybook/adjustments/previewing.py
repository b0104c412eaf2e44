"""What an entered manual journal would be, and all that stands against posting it."""

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.adjustments.adjusted import check_adjusted
from daybook.adjustments.checking import check_complete
from daybook.adjustments.drafting import Draft, draft_of, load_known
from daybook.adjustments.posting import check_days
from daybook.adjustments.rules import EnteredJournal
from daybook.errors import Problem, Rejected, check_all
from daybook.ledger.models import Ledger


async def preview_draft(
    session: AsyncSession, ledger: Ledger, entered: EnteredJournal
) -> Draft:
    """What an entered journal would be if it were submitted now; nothing is written.

    The version has its derived lines even where it couldn't be posted or saved.
    """
    known = await load_known(session, ledger, [entered])
    version, storing = draft_of(ledger, entered, known)
    problems: list[Problem] = [*storing]
    try:
        check_all(lambda: check_complete(version), lambda: check_days(ledger, version))
    except Rejected as rejected:
        problems += rejected.problems
    if not storing:
        try:
            await check_adjusted(session, ledger, version)
        except Rejected as rejected:
            problems += rejected.problems
    return Draft(version, _without_doubles(problems))


def _without_doubles(problems: list[Problem]) -> list[Problem]:
    """Each problem once: what can't be saved can't be posted, either."""
    return list(dict.fromkeys(problems))
