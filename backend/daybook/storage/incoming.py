"""Files on their way into a storage: a row names each before it exists.

By that row chores find the file if its process dies (`daybook.jobs.incoming`). They
touch no file that isn't named so: with a restored or copied database they would take
what is kept for litter.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TypeVar

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from daybook.clock import real_now
from daybook.db.base import Number, PlainText, RuntimeBase, UtcDateTime
from daybook.db.engine import Store
from daybook.storage.rules import Storage, StoredName

WRITER = "coming"
"""The only writer's name, since each file has a key of its own."""


class IncomingRow(RuntimeBase):
    """A file that is about to be kept; the moment is by the machine's clock."""

    __abstract__ = True

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    key: Mapped[str] = mapped_column(PlainText, primary_key=True)
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)


class IncomingFile:
    """A file that is received aside, then published, then named by a committed row.

    Its methods block on the storage: call them in a thread.
    """

    def __init__(self, storage: Storage, stored: StoredName) -> None:
        self.storage, self.stored = storage, stored
        self.is_published = False
        self.is_named = False
        """Whether a committed row names the file; its caller sets it."""

    def publish(self) -> None:
        """Give the file its key, for good."""
        key = self.stored.storage_key
        if not self.storage.publish(key, WRITER):
            raise FileNotFoundError(f"{key} was removed while it was received")
        self.is_published = True

    def discard(self) -> None:
        """Remove what was received, unless it is published."""
        self.storage.discard(self.stored.storage_key, WRITER)


FileType = TypeVar("FileType", bound=IncomingFile)


@asynccontextmanager
async def incoming(
    store: Store, table: type[IncomingRow], file: FileType
) -> AsyncIterator[FileType]:
    """A new file, which is removed unless a row names it in the meantime.

    Whether a transaction that failed was committed isn't known: then the file stays
    until chores look, as it does if the process dies.
    """
    async with store.writes() as session:
        session.add(table(**file.stored._asdict(), begun_at=real_now()))
    try:
        yield file
    finally:
        await asyncio.shield(_leave(store, table, file))


async def _leave(store: Store, table: type[IncomingRow], file: IncomingFile) -> None:
    if file.is_published and not file.is_named:
        return
    if not file.is_published:
        try:
            await asyncio.to_thread(file.discard)
        except OSError:  # what stopped the file is raised; chores remove what is left
            return
    await forget_incoming(store, table, file.stored)


async def forget_incoming(
    store: Store, table: type[IncomingRow], stored: StoredName
) -> None:
    """Forget that a file was on its way."""
    async with store.writes() as session:
        await session.execute(
            delete(table).where(
                table.organisation_id == stored.organisation_id,
                table.key == stored.key,
            )
        )


async def incoming_before(
    session: AsyncSession, table: type[IncomingRow], moment: datetime
) -> list[StoredName]:
    """The files that have been on their way since before a moment."""
    rows = await session.execute(
        select(table.organisation_id, table.key).where(table.begun_at < moment)
    )
    return [StoredName(*row) for row in rows]
