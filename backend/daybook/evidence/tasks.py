"""The recurring chore for evidence: removing files that never became evidence."""

import asyncio
import logging

from daybook.clock import real_now
from daybook.db.engine import Database
from daybook.evidence.files import forget_incoming, remove_file
from daybook.evidence.queries import incoming_before, is_attached
from daybook.evidence.rules import ABANDONED_AFTER, StoredName
from daybook.jobs.rules import LITTER, Chore
from daybook.ledger.commands import lock_organisation
from daybook.settings import Settings
from daybook.storage.places import evidence_storage
from daybook.storage.rules import Storage

logger = logging.getLogger(__name__)


def evidence_chores(database: Database, settings: Settings) -> list[Chore]:
    """The chore that removes files whose sender died before they were attached."""
    storage = evidence_storage(database, settings)

    async def tidy() -> None:
        async with database.runtime.reads() as session:
            abandoned = await incoming_before(session, real_now() - ABANDONED_AFTER)
        for stored in abandoned:
            await _tidy_one(database, storage, stored)

    return [Chore(LITTER, tidy)]


async def _tidy_one(database: Database, storage: Storage, stored: StoredName) -> None:
    """Remove an abandoned file, unless it was attached after all.

    A file is published and its row committed while the organisation is locked: nobody
    is between the two when it is locked here.
    """
    async with database.writes() as session:
        await lock_organisation(session, stored.organisation_id)
        if not await is_attached(session, stored):
            try:
                await asyncio.to_thread(remove_file, storage, stored)
            except OSError as error:
                logger.warning("a file that is no evidence stays for now: %s", error)
                return
    await forget_incoming(database.runtime, stored)
