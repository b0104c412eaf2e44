"""What the resolvers of one operation share: whose data, which moment, and sessions.

A session belongs to the resolver that opens it and is never shared: fields resolve at
the same time, a session does not.
"""

from asyncio import Lock
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

import strawberry
from strawberry.dataloader import DataLoader

from daybook.calendar import Day, Month
from daybook.clock import now, today
from daybook.db.engine import Database, ReadSession
from daybook.ledger.filters import Pin
from daybook.ledger.models import Organisation
from daybook.ledger.queries import find_ledgers, settings_at
from daybook.ledger.rules import LedgerSettings
from daybook.reports.queries import months_with_journals
from daybook.settings import Settings

Months: TypeAlias = tuple[Month, Month]

ORGANISATION_ID = 1
"""Until there is access control, everything belongs to the one organisation."""


class Context:
    """One per operation.

    `made_by` is who the audit trail names for what a mutation does. `is_trusted` marks
    operations of our own, which limits on documents don't bind.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        organisation_id: int = ORGANISATION_ID,
        *,
        made_by: str = "API",
        is_trusted: bool = False,
    ) -> None:
        self.database = database
        self.settings = settings
        self.organisation_id = organisation_id
        self.made_by = made_by
        self.is_trusted = is_trusted
        self.months: DataLoader[Pin, Months | None] = DataLoader(self._load_months)
        self.ledger_settings: DataLoader[Pin, LedgerSettings] = DataLoader(
            self._load_settings
        )
        self._pins: Mapping[str, Pin] | None = None
        self._lock = Lock()

    @property
    def now(self) -> datetime:
        """The present."""
        return now(self.settings)

    async def today(self) -> Day:
        """The day it is now for the organisation."""
        async with self.database.reads() as session:
            return await self._today(session)

    async def pins(self) -> Mapping[str, Pin]:
        """The organisation's ledgers by currency, each pinned to its last recording.

        They are pinned once, all in one statement: every field reads the same moment.
        """
        async with self._lock:
            if self._pins is None:
                self._pins = await self._pin_all()
            return self._pins

    async def pins_after_a_write(self) -> Mapping[str, Pin]:
        """The ledgers pinned anew, for a mutation's answer: with what it recorded."""
        async with self._lock:
            self._pins = None
        return await self.pins()

    async def _pin_all(self) -> Mapping[str, Pin]:
        async with self.database.reads() as session:
            the_day = await self._today(session)
            ledgers = await find_ledgers(session, self.organisation_id)
        return {
            one.currency: Pin(
                *(self.organisation_id, one.id, one.currency, one.decimals),
                *(one.recordings, the_day),
            )
            for one in ledgers
        }

    async def _today(self, session: ReadSession) -> Day:
        organisation = await session.get_one(Organisation, self.organisation_id)
        return today(self.settings, organisation.time_zone)

    async def _load_months(self, pins: list[Pin]) -> Sequence[Months | None]:
        async with self.database.reads() as session:
            return [await months_with_journals(session, pin) for pin in pins]

    async def _load_settings(self, pins: list[Pin]) -> Sequence[LedgerSettings]:
        async with self.database.reads() as session:
            return [await settings_at(session, pin) for pin in pins]


Info: TypeAlias = strawberry.Info[Context, None]
