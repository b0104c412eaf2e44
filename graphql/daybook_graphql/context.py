"""What the resolvers of one operation share: whose data, which moment, and sessions.

A session belongs to the resolver that opens it and is never shared: fields resolve at
the same time, a session does not.
"""

import asyncio
from asyncio import Lock, Timeout
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias, TypeVar

import strawberry
from strawberry.dataloader import DataLoader

from daybook.access.rules import Caller, Permission
from daybook.calendar import Day
from daybook.clock import day_at, now, today
from daybook.db.engine import Database, ReadSession
from daybook.db.live import Progress
from daybook.ledger.pins import Pin
from daybook.ledger.queries import (
    OrganisationMark,
    PresentLedgers,
    mark_of,
    pin_ledgers,
    pin_present,
    time_zone_of,
)
from daybook.settings import Settings
from daybook.uploads.rules import Stage

STRANGER = Caller(organisation_id=0, name="stranger", permissions=Permission(0))
"""An unknown caller: of no organisation, and without permissions."""

Key = TypeVar("Key")
Value = TypeVar("Value")


class Context:
    """One per operation, for its caller.

    `is_trusted` marks operations of our own, which limits on documents don't bind.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        caller: Caller,
        *,
        is_trusted: bool = False,
    ) -> None:
        self.database = database
        self.settings = settings
        self.caller = caller
        self.is_trusted = is_trusted
        self.limit: Timeout | None = None
        """Ends the operation once its query has taken too long."""
        self.on_progress: Callable[[Stage, Progress], None] | None = None
        """Told how far an import of an upload is, also by another thread."""
        self.loaders: dict[object, DataLoader[Any, Any]] = {}
        """The loaders used so far, by the functions that `loader` decorates."""
        self.present: PresentLedgers | None = None
        """The ledgers at the start of a query, where they were read with the caller."""
        self._mark: OrganisationMark | None = None
        self._pins: dict[Day | None, Mapping[str, Pin]] = {}
        self._lock = Lock()

    @property
    def organisation_id(self) -> int:
        """Whose data it is: nothing of another organisation's is ever read."""
        return self.caller.organisation_id

    @property
    def made_by(self) -> str:
        """Who the audit trail names for what a mutation does."""
        return self.caller.name

    def unloaded(self) -> "Context":
        """A context of the same caller in which nothing is loaded yet."""
        return Context(
            self.database, self.settings, self.caller, is_trusted=self.is_trusted
        )

    async def renewed(self) -> "Context":
        """A context for another operation, with the caller as they are now."""
        return self.unloaded()

    @property
    def is_closed_when_shut_out(self) -> bool:
        """Whether the connection is closed, and so says it, when access changes."""
        return False

    async def until_access_changes(self) -> Caller:
        """Wait until the caller's permissions change or end, maybe for ever.

        Returns the caller as they are then.
        """
        await asyncio.Event().wait()
        raise AssertionError("nothing sets the event")

    async def count(self) -> None:
        """Count one message of the caller; raises TooMany."""

    def begin(self, *, is_subscription: bool) -> None:
        """Begin the operation; raises TooMany for a caller who has too many running."""

    def end(self) -> None:
        """The operation is over."""

    @property
    def now(self) -> datetime:
        """The present."""
        return now(self.settings)

    async def today(self) -> Day:
        """Today in the organisation's time zone."""
        for pin in self._pins.get(None, {}).values():
            return pin.today
        if self._mark is not None:
            return today(self.settings, self._mark.time_zone)
        async with self.database.pinned_reads() as session:
            return await self._today(session)

    async def mark(self) -> OrganisationMark:
        """The organisation's last change before anything was read: its pins are later.

        Pins from before are dropped: read with them, a result would be older than the
        mark that it is kept by.
        """
        async with self._lock:
            if self._mark is None:
                self.present = None
                self._pins.clear()
                self._mark = await mark_of(self.database, self.organisation_id)
            return self._mark

    async def day_of(self, moment: datetime) -> Day:
        """The day of a moment in the organisation's time zone."""
        async with self.database.pinned_reads() as session:
            zone = await time_zone_of(session, self.organisation_id)
        return day_at(moment, zone)

    async def pins(self, as_of: Day | None = None) -> Mapping[str, Pin]:
        """The organisation's ledgers by currency, each pinned to a recording.

        That is the last one made by the end of the as-of day, or the last one of all.
        They are pinned once, all in one statement: every field reads the same moment.
        """
        async with self._lock:
            if as_of not in self._pins:
                self._pins[as_of] = await self._pin_all(as_of)
            return self._pins[as_of]

    async def pins_after_a_write(self) -> Mapping[str, Pin]:
        """New pins of the ledgers, which include a mutation's recordings."""
        async with self._lock:
            self.present = None
            self._mark = None
            self._pins.clear()
        return await self.pins()

    async def pin_at(self, pin: Pin, as_of: Day | None) -> Pin:
        """The same ledger pinned to another day; the same pin without one."""
        if as_of is None:
            return pin
        return (await self.pins(as_of))[pin.currency]

    async def _pin_all(self, as_of: Day | None) -> Mapping[str, Pin]:
        if as_of is None:
            today_in = partial(today, self.settings)
            if self.present is not None:
                pins = self.present.pins(today_in)
            else:
                pins = await pin_present(self.database, self.organisation_id, today_in)
            return {pin.currency: pin for pin in pins}
        async with self.database.pinned_reads() as session:
            the_day = await self._today(session)
            pins = await pin_ledgers(session, self.organisation_id, the_day, as_of)
        found = {pin.currency: pin for pin in pins}
        if as_of >= the_day:
            # A day that isn't over is the present, and there is one present only.
            return self._pins.setdefault(None, found)
        return found

    async def _today(self, session: ReadSession) -> Day:
        return today(self.settings, await time_zone_of(session, self.organisation_id))


Info: TypeAlias = strawberry.Info[Context, None]

Batch: TypeAlias = Callable[[Context, list[Key]], Awaitable[Sequence[Value]]]
"""Loads the values of many keys together, in the order of the keys."""


def loader(
    *, cache: bool = True
) -> Callable[[Batch[Key, Value]], Callable[[Context], DataLoader[Key, Value]]]:
    """Declare a batch of values that many resolvers load by their keys.

    The decorated function gives the loader of an operation:
    `await account_names(context).load(pin)`. Without a cache each load reads again.
    """

    def declare(
        batch: Batch[Key, Value],
    ) -> Callable[[Context], DataLoader[Key, Value]]:
        def of_context(context: Context) -> DataLoader[Key, Value]:
            found = context.loaders.get(batch)
            if found is None:
                found = DataLoader(partial(batch, context), cache=cache)
                context.loaders[batch] = found
            return found

        return of_context

    return declare
