"""The recurring chore for exports: reminding of files that are about to expire."""

from daybook import clock
from daybook.db.engine import Database
from daybook.exports.events import announce_expiring
from daybook.jobs.rules import LITTER, Chore
from daybook.settings import Settings


def export_chores(database: Database, settings: Settings) -> list[Chore]:
    """The chore that writes events of files that expire within a day."""

    async def remind() -> None:
        await announce_expiring(database.runtime, now=clock.now(settings))

    return [Chore("remind of expiring exports", LITTER, remind)]
