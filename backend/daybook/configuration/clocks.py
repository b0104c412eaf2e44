"""Accepting a clock that doesn't fit what was recorded."""

from datetime import datetime

from daybook.activity.rules import ActivityKind
from daybook.audit.rules import Action, Subject, SubjectKind
from daybook.clock import ClockReading, ClockRefused, ClockState
from daybook.configuration.changing import Changing, changing
from daybook.configuration.rules import checked_reason
from daybook.db.engine import Database
from daybook.ledger.clocks import clock_readings
from daybook.ledger.models import ClockAcceptance


async def accept_clock(
    database: Database,
    organisation_id: int,
    *,
    reason: str,
    now: datetime,
    made_by: str | None,
) -> tuple[ClockState, ClockReading]:
    """Go on with a clock that is behind, or far after, the last recording.

    Behind it, everything is recorded at that last time until the clock has passed it.
    Gives what the clock was found to be; where that is no reason to refuse, nothing is
    changed. Raises Rejected without a reason, and for a clock ahead of the database's,
    for that can't be right later on either.
    """
    change = changing(
        database, organisation_id, ActivityKind.SETTINGS, now=now, made_by=made_by
    )
    async with change as one:
        reason = checked_reason(reason)
        (reading,) = await clock_readings(one.session, now, organisation_id)
        state = reading.state(is_confirmed=database.clock.fixed is not None)
        if state.is_refused:
            await _accept(one, reading, state, reason)
        return state, reading


async def _accept(
    one: Changing, reading: ClockReading, state: ClockState, reason: str
) -> None:
    last = reading.last
    if state is ClockState.AHEAD or last is None:
        raise ClockRefused(reading, state)
    one.session.add(
        ClockAcceptance(
            organisation_id=one.organisation.id,
            record=one.organisation.audit_records + 1,
            accepted_at=reading.present,
            last_recorded_at=last,
            reason=reason,
            made_by=one.made_by,
        )
    )
    recorded_at = await one.time(is_accepted=True)
    await one.tell(
        Action.ACCEPT_CLOCK,
        Subject(SubjectKind.ORGANISATION, ""),
        {
            "clock": reading.present.isoformat(),
            "lastRecordedAt": last.isoformat(),
            "recordedAt": recorded_at.isoformat(),
            "reason": reason,
        },
        message=f"clock accepted: {reason}",
    )
