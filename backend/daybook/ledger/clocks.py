"""When something is recorded: by this program's clock, and never before the last.

The organisation's row holds the time of its last recording or audit record. Whoever
writes one asks for its time here, once the organisation is locked.
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
    """The time of what is recorded next; from now on it is the organisation's last.

    Asked again with the same present, it is the same: an audit record has the time of
    the recordings that it tells of. Raises ClockRefused where the clock can't be right,
    unless this transaction is what accepts it.
    """
    reading = ClockReading(now, organisation.recorded_at)
    if not is_accepted:
        await _check(session, organisation, reading)
    organisation.recorded_at = reading.recorded_at()
    return organisation.recorded_at


async def _check(
    session: WriteSession, organisation: Organisation, reading: ClockReading
) -> None:
    """Raise ClockRefused where a reading can't be right; no statement on SQLite."""
    is_confirmed = clock_of(session).is_confirmed
    now = reading.present
    if reading.last is None or now > reading.last:
        # Only a time that goes on can be ahead.
        if not is_confirmed and is_postgresql(session):
            reading = replace(reading, database=await _database_now(session))
        state = reading.state(is_confirmed=is_confirmed)
    else:
        # A writer who waited for another's import had the time of before it.
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
    """A clock beside what each organisation recorded, or the one that is named."""
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
    """Whether any organisation's writers are refused by what time it is now."""
    is_confirmed = database.clock.is_confirmed
    async with database.reads() as session:
        readings = await clock_readings(session, present)
    return any(one.state(is_confirmed=is_confirmed).is_refused for one in readings)


async def _accepted(session: AsyncSession, organisation_id: int) -> datetime | None:
    """Up to which time a clock that is behind was accepted."""
    last: datetime | None = await session.scalar(
        select(func.max(ClockAcceptance.last_recorded_at)).where(
            ClockAcceptance.organisation_id == organisation_id
        )
    )
    return last


async def _database_now(session: AsyncSession) -> datetime:
    """What time it is for a PostgreSQL server, also late in a transaction."""
    present: datetime | None = await session.scalar(select(func.clock_timestamp()))
    assert present is not None, "a server knows the time"
    return present
