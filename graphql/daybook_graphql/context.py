"""What the resolvers of one operation share: whose data, which moment, and sessions.

A session belongs to the resolver that opens it and is never shared: fields resolve at
the same time, a session does not.
"""

import asyncio
from asyncio import Lock, Timeout
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import TypeAlias

import strawberry
from starlette.requests import HTTPConnection
from strawberry.dataloader import DataLoader

from daybook.access.rules import Caller
from daybook.calendar import Day, Month
from daybook.clock import day_at, now, today
from daybook.db.engine import Database, ReadSession
from daybook.exports.queries import ListedRecord, records_of_jobs
from daybook.ledger.pins import Pin
from daybook.ledger.queries import (
    account_names,
    pin_ledgers,
    pin_present,
    settings_at,
    time_zone_of,
)
from daybook.ledger.rules import AccountNames, LedgerSettings
from daybook.recognition.rules import Method
from daybook.reports.journals.totals import months_with_journals
from daybook.reports.parties import methods_of_products
from daybook.settings import Settings
from daybook_graphql.journals.loaders import JournalLoaders
from daybook_graphql.transport.caller_limits import Who, who_is
from daybook_graphql.transport.callers import Credentials, Door

Months: TypeAlias = tuple[Month, Month]


class Context:
    """One per operation, of the caller who asks.

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
        self.months: DataLoader[Pin, Months | None] = DataLoader(self._load_months)
        self.ledger_settings: DataLoader[Pin, LedgerSettings] = DataLoader(
            self._load_settings
        )
        self.journals = JournalLoaders(database)
        self.product_methods: DataLoader[str, Method | None] = DataLoader(
            self._load_methods
        )
        self.account_names: DataLoader[Pin, AccountNames] = DataLoader(self._load_names)
        # Not kept: a subscription asks again, and then there may be one.
        self.export_records: DataLoader[tuple[int, bytes], ListedRecord | None] = (
            DataLoader(self._load_export_records, cache=False)
        )
        self.limit: Timeout | None = None
        """Ends the operation that is executed, once a query has taken too long."""
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

    def anew(self) -> "Context":
        """The same caller's, in which nothing is known yet."""
        return Context(
            self.database, self.settings, self.caller, is_trusted=self.is_trusted
        )

    async def renewed(self) -> "Context":
        """For another operation of whoever it is now."""
        return self.anew()

    async def until_shut_out(self) -> None:
        """Wait until the caller may do something else than now; maybe for ever."""
        await asyncio.Event().wait()

    async def count(self) -> None:
        """Count something that the caller does; raises TooMany."""

    def begin(self, *, is_subscription: bool) -> None:
        """Begin the operation; raises TooMany for a caller who has too many running."""

    def end(self) -> None:
        """The operation is over."""

    @property
    def now(self) -> datetime:
        """The present."""
        return now(self.settings)

    async def today(self) -> Day:
        """The day it is now for the organisation."""
        async with self.database.pinned_reads() as session:
            return await self._today(session)

    async def day_of(self, moment: datetime) -> Day:
        """The day that a moment belongs to for the organisation."""
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
        """The ledgers pinned anew, for a mutation's answer: with what it recorded."""
        async with self._lock:
            self._pins.clear()
        return await self.pins()

    async def pin_at(self, pin: Pin, as_of: Day | None) -> Pin:
        """The same ledger pinned to another day; the same pin where there is none."""
        if as_of is None:
            return pin
        return (await self.pins(as_of))[pin.currency]

    async def _pin_all(self, as_of: Day | None) -> Mapping[str, Pin]:
        if as_of is None:
            today_in = partial(today, self.settings)
            pins = await pin_present(self.database, self.organisation_id, today_in)
            return {one.currency: one for one in pins}
        async with self.database.pinned_reads() as session:
            the_day = await self._today(session)
            pins = await pin_ledgers(session, self.organisation_id, the_day, as_of)
        found = {one.currency: one for one in pins}
        if as_of >= the_day:
            # A day that isn't over is the present, and there is one present only.
            return self._pins.setdefault(None, found)
        return found

    async def _today(self, session: ReadSession) -> Day:
        return today(self.settings, await time_zone_of(session, self.organisation_id))

    async def _load_months(self, pins: list[Pin]) -> Sequence[Months | None]:
        async with self.database.pinned_reads() as session:
            return [await months_with_journals(session, pin) for pin in pins]

    async def _load_settings(self, pins: list[Pin]) -> Sequence[LedgerSettings]:
        async with self.database.pinned_reads() as session:
            return [await settings_at(session, pin) for pin in pins]

    async def _load_methods(self, products: list[str]) -> Sequence[Method | None]:
        async with self.database.pinned_reads() as session:
            found = await methods_of_products(session, self.organisation_id, products)
        return [found.get(one) for one in products]

    async def _load_names(self, pins: list[Pin]) -> Sequence[AccountNames]:
        async with self.database.pinned_reads() as session:
            return [await account_names(session, pin) for pin in pins]

    async def _load_export_records(
        self, jobs: list[tuple[int, bytes]]
    ) -> Sequence[ListedRecord | None]:
        async with self.database.pinned_reads() as session:
            found = await records_of_jobs(session, self.organisation_id, jobs)
        return [found.get(one) for one in jobs]


class RemoteContext(Context):
    """Of somebody who called over the network, and may be shut out meanwhile."""

    connection_params: Mapping[str, object] = MappingProxyType({})
    """The payload of a socket's first message, which Strawberry puts here."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        caller: Caller,
        *,
        door: Door,
        presented: Credentials,
        connection: HTTPConnection,
        is_trusted: bool = False,
    ) -> None:
        super().__init__(database, settings, caller, is_trusted=is_trusted)
        self.door = door
        self.presented = presented
        self.connection = connection
        self.held = ExitStack()
        """What counts for the caller until the socket, or the operation, is over."""

    async def present(self, credentials: Credentials) -> None:
        """Let the caller in by other credentials than the request's."""
        self.presented = credentials
        self.caller = await self.door.caller(credentials)

    async def renewed(self) -> "RemoteContext":
        """For another operation of whoever presents the same now."""
        return RemoteContext(
            self.database,
            self.settings,
            await self.door.caller(self.presented),
            door=self.door,
            presented=self.presented,
            connection=self.connection,
            is_trusted=self.is_trusted,
        )

    async def until_shut_out(self) -> None:
        await self.door.until_changed(self.presented, self.caller)

    def hold_socket(self) -> None:
        """Count the socket for its caller, as long as it is open; raises TooMany."""
        self.held.close()
        self.held.enter_context(self.door.limits.socket(self._who))

    async def count(self) -> None:
        await self.door.limits.count(self._who)

    def begin(self, *, is_subscription: bool) -> None:
        end_request = getattr(self.connection.state, "end_request", None)
        if is_subscription:
            self.held.enter_context(self.door.limits.subscription(self._who))
            if end_request is not None:
                # It may last for an hour, and has a limit of its own. Its stream may
                # never be read, but the request ends.
                end_request()
                self.connection.state.held.callback(self.held.close)
        elif end_request is None:  # over a socket
            self.held.enter_context(self.door.limits.request(self._who))

    def end(self) -> None:
        self.held.close()

    @property
    def _who(self) -> Who:
        return who_is(self.caller, self.connection)


Info: TypeAlias = strawberry.Info[Context, None]
