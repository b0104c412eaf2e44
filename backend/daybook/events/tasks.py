"""The recurring chore for outgoing events: removing old ones."""

from daybook import clock
from daybook.db.engine import Database
from daybook.events.commands import remove_old_events
from daybook.jobs.rules import LITTER, Chore
from daybook.settings import Settings


def event_chores(database: Database, settings: Settings) -> list[Chore]:
    """The chore that removes old events which all consumers have read."""

    async def remove() -> None:
        await remove_old_events(database.runtime, now=clock.now(settings))

    return [Chore("remove old events", LITTER, remove)]
