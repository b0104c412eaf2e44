"""The present: one place to ask for it, and the rules for a clock that went wrong.

A recording is never earlier than the last one, so a clock that was ahead once would
hide all that comes later from reports as of a day in between: such a write is refused
until somebody has said what is right.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from daybook.calendar import Day, date_of, day_of
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.settings import Settings

TOLERANCE = timedelta(minutes=5)
"""By so much two clocks that are right may differ."""
SILENCE_MAX = timedelta(days=400)
"""After so long without a recording, the clock is the likelier one to be wrong."""


class ClockState(StrEnum):
    """What a clock is found to be; the name is what the API says."""

    FINE = "FINE"
    BEHIND = "BEHIND"
    ACCEPTED = "ACCEPTED"
    JUMPED = "JUMPED"
    AHEAD = "AHEAD"

    @property
    def is_refused(self) -> bool:
        """Whether a writer with such a clock is refused."""
        return self not in {ClockState.FINE, ClockState.ACCEPTED}


@dataclass(frozen=True, slots=True)
class Clock:
    """How a program tells the time: `fixed` is the present of `DAYBOOK_NOW`.

    One that is confirmed may be ahead of what was recorded; a fixed one always is.
    """

    fixed: datetime | None = None
    is_confirmed: bool = False


@dataclass(frozen=True, slots=True)
class ClockReading:
    """A clock beside what it is compared with, all in UTC.

    `last` is the time of the organisation's last recording or audit record, `accepted`
    up to which a clock that is behind was accepted, `database` a server's own present.
    """

    present: datetime
    last: datetime | None = None
    accepted: datetime | None = None
    database: datetime | None = None

    def state(self, *, is_confirmed: bool = False) -> ClockState:
        """What the clock is; a confirmed one is never too far ahead."""
        if self.last is not None and self.present <= self.last:
            if self.last - self.present <= TOLERANCE:
                return ClockState.FINE
            is_accepted = self.accepted is not None and self.accepted >= self.last
            return ClockState.ACCEPTED if is_accepted else ClockState.BEHIND
        if is_confirmed:
            return ClockState.FINE
        if self.database is not None and self.present - self.database > TOLERANCE:
            return ClockState.AHEAD
        if self.last is not None and self.present - self.last > SILENCE_MAX:
            return ClockState.JUMPED
        return ClockState.FINE

    def recorded_at(self) -> datetime:
        """The time of what is recorded now: never before the last."""
        return self.present if self.last is None else max(self.present, self.last)

    def words(self, state: ClockState) -> str:
        """What a state means, with the times, and what to do about it."""
        present, last = moment_text(self.present), ""
        if self.last is not None:
            last = moment_text(self.last)
        match state:
            case ClockState.FINE:
                return f"the clock says {present}, which fits what was recorded"
            case ClockState.ACCEPTED:
                return (
                    f"the clock says {present}, before the last recording at {last}:"
                    f" that was accepted, and until {last} everything is recorded at"
                    " that time; as-of days in between are not reliable"
                )
            case ClockState.BEHIND:
                return (
                    f"the clock says {present}, before the last recording at {last}:"
                    " set the clock right, or, if it is right, go on with"
                    " `daybook clock accept --reason …`"
                )
            case ClockState.JUMPED:
                return (
                    f"the clock says {present}, more than {SILENCE_MAX.days} days after"
                    f" the last recording at {last}: set the clock right, or, if it is"
                    " right, say so with `daybook clock accept --reason …` or with"
                    " --confirm-clock at a command"
                )
            case ClockState.AHEAD:
                assert self.database is not None, "it is ahead of something"
                return (
                    f"the clock says {present}, ahead of the database server's"
                    f" {moment_text(self.database)}: set right whichever is wrong; a"
                    " command with --confirm-clock goes on with this machine's"
                )


class ClockRefused(Rejected):
    """A writer's clock can't be right; nothing was recorded."""

    def __init__(self, reading: ClockReading, state: ClockState) -> None:
        self.reading, self.state = reading, state
        super().__init__([Problem(ProblemCode.CLOCK, reading.words(state))])


def now(settings: Settings) -> datetime:
    """The present in UTC, or the fixed one of `DAYBOOK_NOW`."""
    return settings.now or datetime.now(UTC)


def real_now() -> datetime:
    """The present by this machine's clock, whatever `DAYBOOK_NOW` says.

    Sessions and keys end by it: a fixed present would let them live for ever.
    """
    return datetime.now(UTC)


def today(settings: Settings, time_zone: str) -> Day:
    """The calendar day it is now in a time zone."""
    return day_at(now(settings), time_zone)


def day_at(moment: datetime, time_zone: str) -> Day:
    """The calendar day that a moment belongs to in a time zone."""
    return day_of(moment.astimezone(ZoneInfo(time_zone)).date())


def end_of(day: Day, time_zone: str) -> datetime:
    """The moment, in UTC, at which a day is over in a time zone."""
    midnight = datetime.combine(date_of(day + 1), time(), ZoneInfo(time_zone))
    return midnight.astimezone(UTC)


def moment_text(moment: datetime) -> str:
    """A moment for people: `2026-01-31 12:00:00 UTC`."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
