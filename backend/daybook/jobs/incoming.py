"""The chore that removes files whose process died before a row named them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import NamedTuple, TypeAlias

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.clock import real_now
from daybook.db.engine import Database
from daybook.jobs.rules import LITTER, Chore
from daybook.ledger.commands import lock_organisation
from daybook.storage.incoming import IncomingRow, forget_incoming, incoming_before
from daybook.storage.rules import Storage, StoredName

logger = logging.getLogger(__name__)

IsNamed: TypeAlias = Callable[[AsyncSession, StoredName], Awaitable[bool]]


class IncomingKind(NamedTuple):
    """A kind of files: what they are for people, their table, and when a file is left.

    `is_named` tells whether a committed row names a file.
    """

    words: str
    table: type[IncomingRow]
    is_named: IsNamed
    abandoned_after: timedelta


def incoming_chore(database: Database, storage: Storage, kind: IncomingKind) -> Chore:
    """The chore of a kind of files."""

    async def tidy() -> None:
        moment = real_now() - kind.abandoned_after
        async with database.runtime.reads() as session:
            abandoned = await incoming_before(session, kind.table, moment)
        for stored in abandoned:
            await _tidy_file(database, storage, kind, stored)

    return Chore(f"tidy {kind.words}", LITTER, tidy)


async def _tidy_file(
    database: Database, storage: Storage, kind: IncomingKind, stored: StoredName
) -> None:
    """Remove an abandoned file, unless it was named after all.

    A file is published and its row committed while the organisation is locked: nobody
    is between the two when it is locked here.
    """
    async with database.writes() as session:
        await lock_organisation(session, stored.organisation_id)
        if not await kind.is_named(session, stored):
            try:
                await asyncio.to_thread(storage.remove, stored.storage_key)
            except OSError as error:
                logger.warning("an abandoned file stays for now: %s", error)
                return
    await forget_incoming(database.runtime, kind.table, stored)
