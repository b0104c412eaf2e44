"""A connection to Xero on this machine, synced as a server does it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from daybook.clock import real_now
from daybook.connections.commands import Author, add_connection
from daybook.connections.rules import ConnectionSettings
from daybook.db.engine import Database
from daybook.gl.kinds import Kind
from daybook.gl.live.connecting import (
    begin_connecting,
    finish_connecting,
    sync_connection,
)
from daybook.gl.live.models import ConnectionTokens, GlSync
from daybook.gl.live.queries import sync_of, waiting_refreshes
from daybook.gl.live.syncing import Syncer
from daybook.gl.live.syncs import claim_sync, request_sync
from daybook.gl.live.tokens import ConnectionKey
from daybook.gl.models import GlImport, GlRefresh
from daybook.settings import Settings
from daybook_factories import ORGANISATION
from daybook_xero_server import Xero, came_back

BACK = "https://daybook.example/general-ledger/xero/callback"
BY = "ann@example.com"
KEY = ConnectionKey(ORGANISATION, 1)


@dataclass
class Desk:
    """A database, Xero, and a program that syncs; its pauses take no time."""

    database: Database
    xero: Xero
    folder: Path
    pauses: list[float] = field(default_factory=list)
    ahead: timedelta = timedelta(0)
    """By how much the program's clock is ahead of the machine's."""

    def settings(self, **values: Any) -> Settings:
        """Its settings: inputs and segments are in folders of their own."""
        folders = {
            "gl_inputs": self.folder / "gl-inputs",
            "gl_segments": self.folder / "gl-segments",
        }
        return self.xero.settings(**{**folders, **values})

    def now(self) -> datetime:
        """The program's present."""
        return real_now() + self.ahead

    async def pause(self, seconds: float) -> None:
        """Note a pause."""
        self.pauses.append(seconds)

    def author(self, by: str = BY, organisation_id: int = ORGANISATION) -> Author:
        """Somebody who acts now."""
        return Author(organisation_id, by, real_now())

    async def add(self, name: str = "Kiwi Ltd", currency: str = "NZD") -> int:
        """A new connection's number; Xero's example organisation is in dollars."""
        settings = ConnectionSettings(name)
        return await add_connection(
            self.database, self.author(), settings, base_currency=currency
        )

    async def sent(self, number: int = 1) -> dict[str, str]:
        """What an admin comes back with who was sent to Xero."""
        address = await begin_connecting(
            self.database, self.settings(), self.author(), number, BACK
        )
        return dict(await asyncio.to_thread(came_back, address))

    async def connect(self, number: int = 1) -> None:
        """Connect a connection to Xero."""
        back = await self.sent(number)
        await finish_connecting(
            self.database, self.settings(), self.author(), back["state"], back["code"]
        )

    async def ask(self, number: int = 1, now: datetime | None = None) -> None:
        """Ask for a sync, now unless it is another time for Xero."""
        if now is None:
            await sync_connection(self.database, self.settings(), self.author(), number)
        else:
            key = ConnectionKey(ORGANISATION, number)
            await request_sync(self.database.runtime, key, by=BY, now=now)

    async def sync(self, **values: Any) -> GlSync:
        """A sync that was asked for, once it ended or waits."""
        await self.ask()
        return await self.go_on(**values)

    async def go_on(self, **values: Any) -> GlSync:
        """The sync that is due, once it ended or waits."""
        syncer = Syncer(self.database, self.settings(**values), self.now, self.pause)
        claimed = await claim_sync(self.database.runtime, KEY, self.now())
        assert claimed is not None, "it is due"
        await syncer.work(claimed)
        return await self.state()

    async def state(self, number: int = 1) -> GlSync:
        """The last sync of a connection."""
        key = ConnectionKey(ORGANISATION, number)
        found = await sync_of(self.database.runtime, key)
        assert found is not None
        return found

    async def tokens(self, number: int = 1) -> ConnectionTokens:
        """What is stored of a connection's tokens."""
        async with self.database.runtime.reads() as session:
            return await session.get_one(ConnectionTokens, (ORGANISATION, number))

    async def imports(self, kind: Kind | None = None) -> Sequence[GlImport]:
        """What came in, of all kinds or of one, oldest first."""
        async with self.database.reads() as session:
            found = await session.scalars(select(GlImport).order_by(GlImport.number))
        return [row for row in found if kind in {None, Kind(row.kind)}]

    async def refreshes(self) -> Sequence[GlRefresh]:
        """The refreshes that wait."""
        return await waiting_refreshes(self.database.runtime, ORGANISATION, [1, 2])
