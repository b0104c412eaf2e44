"""Recurring chores for uploads, and for what looking at them leaves."""

import asyncio

from daybook.clock import real_now
from daybook.db.copying import remove_left_copies
from daybook.db.engine import Database
from daybook.jobs.rules import LITTER, SWEEP, Chore
from daybook.settings import Settings
from daybook.storage.places import uploads_storage
from daybook.uploads.commands import expire_uploads
from daybook.uploads.files import remove, stored
from daybook.uploads.queries import with_files


def upload_chores(database: Database, settings: Settings) -> list[Chore]:
    """Chores that delete expired uploads, files without an upload, and copies."""
    storage, store = uploads_storage(database, settings), database.runtime

    async def expire() -> None:
        for upload_id in await expire_uploads(store, now=real_now()):
            await asyncio.to_thread(remove, storage, upload_id)

    async def tidy() -> None:
        # Files are listed before rows are read, since a row is older than its file.
        found = await asyncio.to_thread(stored, storage)
        async with store.reads() as session:
            kept = await with_files(session, found)
        for upload_id in set(found) - kept:
            await asyncio.to_thread(remove, storage, upload_id)
        await asyncio.to_thread(remove_left_copies, database)

    return [
        Chore("expire uploads", SWEEP, expire),
        Chore("tidy uploads", LITTER, tidy),
    ]
