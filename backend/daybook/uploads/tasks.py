"""What has to be done for uploads again and again."""

import asyncio

from daybook.clock import real_now
from daybook.db.engine import Database
from daybook.jobs.rules import LITTER, SWEEP, Chore
from daybook.settings import Settings
from daybook.storage.places import uploads_storage
from daybook.uploads.commands import expire_uploads
from daybook.uploads.files import remove, stored
from daybook.uploads.queries import with_files


def upload_chores(database: Database, settings: Settings) -> list[Chore]:
    """Forget uploads that were kept long enough, and files that nobody asks for."""
    storage, store = uploads_storage(database, settings), database.runtime

    async def expire() -> None:
        for gone in await expire_uploads(store, now=real_now()):
            await asyncio.to_thread(remove, storage, gone)

    async def tidy() -> None:
        # First the files, then the rows: a file has its row before it is there.
        found = await asyncio.to_thread(stored, storage)
        async with store.reads() as session:
            kept = await with_files(session, found)
        for one in set(found) - kept:
            await asyncio.to_thread(remove, storage, one)

    return [Chore(SWEEP, expire), Chore(LITTER, tidy)]
