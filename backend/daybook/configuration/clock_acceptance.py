"""Accepting a clock that doesn't fit the recordings."""

from datetime import datetime

from daybook.activity.rules import ActivityKind
from daybook.audit.rules import Action, Subject, SubjectKind
from daybook.clock import ClockReading, ClockRefused, ClockState
from daybook.configuration.changing import SettingChange, setting_change
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
    """Accept a clock that is behind the last recording, or far ahead of it.

    With a clock behind, everything is recorded at the last recording's time until the
    clock has passed it. Returns the clock's state; nothing changes if that needs no
    acceptance. Raises Rejected without a reason, and for a clock ahead of the database
    server's, which has to be set right.
    """
    changing = setting_change(
        database, organisation_id, ActivityKind.SETTINGS, now=now, made_by=made_by
    )
    async with changing as change:
        reason = checked_reason(reason)
        (reading,) = await clock_readings(change.session, now, organisation_id)
        state = reading.state(is_confirmed=database.clock.fixed is not None)
        if state.is_refused:
            await _accept(change, reading, state, reason)
        return state, reading


async def _accept(
    change: SettingChange, reading: ClockReading, state: ClockState, reason: str
) -> None:
    last = reading.last
    if state is ClockState.AHEAD or last is None:
        raise ClockRefused(reading, state)
    change.session.add(
        ClockAcceptance(
            organisation_id=change.organisation.id,
            record=change.organisation.audit_records + 1,
            accepted_at=reading.present,
            last_recorded_at=last,
            reason=reason,
            made_by=change.made_by,
        )
    )
    recorded_at = await change.time(is_accepted=True)
    await change.log(
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
