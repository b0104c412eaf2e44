"""The recurring chore for inputs: removing files that never became one."""

import asyncio
import logging

from daybook.clock import real_now
from daybook.db.engine import Database
from daybook.gl.files import ABANDONED_AFTER, StoredInput, forget_incoming
from daybook.gl.queries import incoming_before, is_imported
from daybook.jobs.rules import LITTER, Chore
from daybook.ledger.commands import lock_organisation
from daybook.settings import Settings
from daybook.storage.places import gl_inputs_storage
from daybook.storage.rules import Storage

logger = logging.getLogger(__name__)


def gl_chores(database: Database, settings: Settings) -> list[Chore]:
    """The chore that removes files whose import died before its row was written."""
    storage = gl_inputs_storage(database, settings)

    async def tidy() -> None:
        async with database.runtime.reads() as session:
            abandoned = await incoming_before(session, real_now() - ABANDONED_AFTER)
        for stored in abandoned:
            await _tidy_one(database, storage, stored)

    return [Chore("tidy inputs of the general ledger", LITTER, tidy)]


async def _tidy_one(database: Database, storage: Storage, stored: StoredInput) -> None:
    """Remove an abandoned file, unless its row was written after all."""
    async with database.writes() as session:
        await lock_organisation(session, stored.organisation_id)
        if not await is_imported(session, stored):
            try:
                await asyncio.to_thread(storage.remove, stored.storage_key)
            except OSError as error:
                logger.warning("a file that is no input stays for now: %s", error)
                return
    await forget_incoming(database.runtime, stored)
