"""The query `systemStatus`: clock, database, storage, queue."""

import asyncio
from enum import Enum
from importlib.metadata import version

import strawberry

from daybook.clock import ClockReading, ClockState
from daybook.exports.models import ExportJob
from daybook.jobs.queries import queue_of
from daybook.ledger.clocks import clock_readings
from daybook.storage.places import exports_storage, is_bucket, place_of
from daybook.storage.rules import Storage
from daybook_graphql.context import Context, Info
from daybook_graphql.kit.permissions import ADMINISTER, READ, needs
from daybook_graphql.kit.scalars import BigInt, DateTime, moment_or_none

field, value = strawberry.field, strawberry.enum_value


@strawberry.enum(description="What keeps the ledgers.")
class DatabaseKind(Enum):
    SQLITE = value("SQLITE", description="A file on the server's machine.")
    POSTGRESQL = value("POSTGRESQL", description="A PostgreSQL server.")


@strawberry.enum(
    name="ClockState",
    description="Whether the clock fits what was recorded. Expect more values.",
)
class ClockStateValue(Enum):
    FINE = value("FINE", description="It does.")
    BEHIND = value(
        "BEHIND",
        description="It is more than five minutes before the last recording: a writer"
        " is refused.",
    )
    ACCEPTED = value(
        "ACCEPTED",
        description="It is before the last recording, and an operator accepted that:"
        " until `acceptedUntil` everything is recorded at that time, and as-of days in"
        " between are not reliable.",
    )
    JUMPED = value(
        "JUMPED",
        description="It is more than 400 days after the last recording: a writer is"
        " refused.",
    )
    AHEAD = value(
        "AHEAD",
        description="It is more than five minutes ahead of the database server's: a"
        " writer is refused.",
    )


@strawberry.type(description="What time it is for Daybook.")
class ClockStatus:
    now: DateTime = field(description="The present.")
    is_fixed: bool = field(
        description="Whether the present is set, for a demo or a reproduction."
    )
    state: ClockStateValue = field(
        description="Whether it fits what the organisation recorded."
    )
    message: str = field(
        description="The state in words, with the times and what to do about it."
    )
    last_recorded_at: DateTime | None = field(
        description="When the organisation last recorded something; null before that."
    )
    accepted_until: DateTime | None = field(
        description="Until when everything is recorded at that last time, where a clock"
        " before it was accepted; otherwise null."
    )
    database_now: DateTime | None = field(
        description="What a PostgreSQL server's own clock says; null on SQLite."
    )


@strawberry.enum(description="What kind of place files are kept in.")
class StorageKind(Enum):
    FOLDER = value("FOLDER", description="A folder of the server.")
    BUCKET = value("BUCKET", description="A bucket of an object storage.")


@strawberry.type(description="Where exports' files are kept.")
class StorageStatus:
    kind: StorageKind = field(description="What kind of place it is.")
    place: str | None = field(
        description="The folder's path on the server, or the bucket's address; never"
        " with credentials. Null for who may not `ADMINISTER`."
    )
    is_writable: bool = field(description="Whether files can be written there.")
    free_bytes: BigInt | None = field(
        description="How much fits in yet; null where that is not known."
    )


@strawberry.type(description="The organisation's exports that are not made yet.")
class QueueStatus:
    waiting: int = field(description="How many wait for their turn.")
    running: int = field(description="How many are being made.")
    oldest_waiting_since: DateTime | None = field(
        description="Since when the first of them waits; null where none does."
    )


@strawberry.type(description="How the installation does.")
class SystemStatus:
    version: str = field(description="Daybook's version.")
    database: DatabaseKind = field(description="What keeps the ledgers.")
    clock: ClockStatus = field(description="What time it is.")
    storage: StorageStatus = field(description="Where exports' files are kept.")
    queue: QueueStatus = field(description="Exports that are not made yet.")


@strawberry.type
class SystemQueries:
    @strawberry.field(
        description="How the installation does: clock, database, storage, queue.",
        metadata=needs(READ),
    )
    async def system_status(self, info: Info) -> SystemStatus:
        context = info.context
        is_sqlite = context.database.is_sqlite
        storage = exports_storage(context.database, context.settings)
        return SystemStatus(
            version=version("daybook-ledger"),
            database=DatabaseKind.SQLITE if is_sqlite else DatabaseKind.POSTGRESQL,
            clock=await _clock(context),
            storage=await asyncio.to_thread(
                _storage, storage, may_know=context.caller.may(ADMINISTER)
            ),
            queue=await _queue(context),
        )


async def _clock(context: Context) -> ClockStatus:
    async with context.database.pinned_reads() as session:
        readings = await clock_readings(session, context.now, context.organisation_id)
    reading = readings[0] if readings else ClockReading(context.now)
    state = reading.state(is_confirmed=context.database.clock.is_confirmed)
    is_accepted = state is ClockState.ACCEPTED
    return ClockStatus(
        now=DateTime(context.now),
        is_fixed=context.settings.now is not None,
        state=ClockStateValue[state.name],
        message=reading.words(state),
        last_recorded_at=moment_or_none(reading.last),
        accepted_until=moment_or_none(reading.last if is_accepted else None),
        database_now=moment_or_none(reading.database),
    )


def _storage(storage: Storage, *, may_know: bool) -> StorageStatus:
    """What a storage does; who `may_know` is told the place itself."""
    is_writable, free = storage.room()
    return StorageStatus(
        kind=StorageKind.BUCKET if is_bucket(storage) else StorageKind.FOLDER,
        place=place_of(storage) if may_know else None,
        is_writable=is_writable,
        free_bytes=None if free is None else BigInt(free),
    )


async def _queue(context: Context) -> QueueStatus:
    async with context.database.runtime.reads() as session:
        queue = await queue_of(session, ExportJob, context.organisation_id)
    return QueueStatus(
        waiting=queue.waiting,
        running=queue.running,
        oldest_waiting_since=moment_or_none(queue.oldest_waiting_since),
    )
