"""The time of a recording: this program's clock, never before the last recording.

The organisation's row holds the time of its last recording or audit record. Every
writer of one takes its time from here, after it locked the organisation.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.clock import ClockReading, ClockRefused, ClockState
from daybook.db.engine import Database, WriteSession, clock_of, is_postgresql, waited
from daybook.ledger.models import ClockAcceptance, Organisation


async def next_time(
    session: WriteSession,
    organisation: Organisation,
    now: datetime,
    *,
    is_accepted: bool = False,
) -> datetime:
    """The time of the next recording, kept as the organisation's last time.

    A second call with the same `now` returns the same time: an audit record has the
    time of the recordings that it lists. Raises ClockRefused where the clock can't be
    right, unless this transaction accepts it.
    """
    reading = ClockReading(now, organisation.recorded_at)
    if not is_accepted:
        await _check(session, organisation, reading)
    organisation.recorded_at = reading.recorded_at()
    return organisation.recorded_at


async def _check(
    session: WriteSession, organisation: Organisation, reading: ClockReading
) -> None:
    """Raise ClockRefused where a reading can't be right; reads nothing on SQLite.

    On SQLite, program and database share one clock.
    """
    is_confirmed = clock_of(session).is_confirmed
    now = reading.present
    if reading.last is None or now > reading.last:
        # Only a time later than the last one can be ahead of the database's clock.
        if not is_confirmed and is_postgresql(session):
            reading = replace(reading, database=await _database_now(session))
        state = reading.state(is_confirmed=is_confirmed)
    else:
        # A writer that waited for another's import read the clock before it waited.
        arrived = replace(reading, present=now + waited(session))
        state = arrived.state(is_confirmed=True)
        if state is ClockState.BEHIND:
            accepted = await _accepted(session, organisation.id)
            reading = replace(reading, accepted=accepted)
            state = reading.state()
    if state.is_refused:
        raise ClockRefused(reading, state)


async def clock_readings(
    session: AsyncSession, present: datetime, organisation_id: int | None = None
) -> list[ClockReading]:
    """A clock beside the last time of each organisation, or of the one given."""
    accepted = (
        select(func.max(ClockAcceptance.last_recorded_at))
        .where(ClockAcceptance.organisation_id == Organisation.id)
        .scalar_subquery()
    )
    statement = select(Organisation.recorded_at, accepted)
    if organisation_id is not None:
        statement = statement.where(Organisation.id == organisation_id)
    database = await _database_now(session) if is_postgresql(session) else None
    return [
        ClockReading(present, *row, database)
        for row in await session.execute(statement)
    ]


async def is_clock_refused(database: Database, present: datetime) -> bool:
    """Whether the present time makes any organisation refuse its writers."""
    is_confirmed = database.clock.is_confirmed
    async with database.reads() as session:
        readings = await clock_readings(session, present)
    return any(
        reading.state(is_confirmed=is_confirmed).is_refused for reading in readings
    )


async def _accepted(session: AsyncSession, organisation_id: int) -> datetime | None:
    """The last recorded time for which a clock that is behind was accepted."""
    last: datetime | None = await session.scalar(
        select(func.max(ClockAcceptance.last_recorded_at)).where(
            ClockAcceptance.organisation_id == organisation_id
        )
    )
    return last


async def _database_now(session: AsyncSession) -> datetime:
    """A PostgreSQL server's present time, which goes on during a transaction."""
    present: datetime | None = await session.scalar(select(func.clock_timestamp()))
    assert present is not None, "a server knows the time"
    return present
