"""The present time, and the rules for a clock that is wrong.

A recording is never earlier than the last one. If a clock was ahead once, everything
recorded later would therefore be missing in reports as of a day in between. Writes with
such a clock are refused until somebody accepts it or sets it right.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from daybook.calendar import Day, date_of, day_of
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.settings import Settings

TOLERANCE = timedelta(minutes=5)
"""How much two right clocks may differ."""
SILENCE_MAX = timedelta(days=400)
"""A longer time without recordings more likely means that the clock is wrong."""


class ClockState(StrEnum):
    """The state of a clock; the API uses the same names."""

    FINE = "FINE"
    BEHIND = "BEHIND"
    ACCEPTED = "ACCEPTED"
    JUMPED = "JUMPED"
    AHEAD = "AHEAD"

    @property
    def is_refused(self) -> bool:
        """Whether writes with such a clock are refused."""
        return self not in {ClockState.FINE, ClockState.ACCEPTED}


@dataclass(frozen=True, slots=True)
class Clock:
    """A program's clock: `fixed` is the present of `DAYBOOK_NOW`.

    A confirmed clock may be far ahead of the recordings; a fixed one is confirmed.
    """

    fixed: datetime | None = None
    is_confirmed: bool = False


@dataclass(frozen=True, slots=True)
class ClockReading:
    """A clock's time and the times that it is compared with, all in UTC.

    `last` is the time of the organisation's last recording or audit record. `accepted`
    is the latest such time for which a clock that is behind was accepted. `database` is
    the database server's present.
    """

    present: datetime
    last: datetime | None = None
    accepted: datetime | None = None
    database: datetime | None = None

    def state(self, *, is_confirmed: bool = False) -> ClockState:
        """The clock's state; a confirmed clock is never too far ahead."""
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
        """The time of a recording that is made now, never before the last one."""
        return self.present if self.last is None else max(self.present, self.last)

    def words(self, state: ClockState) -> str:
        """A state in words, with the times and what to do."""
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
                    f" {moment_text(self.database)}: set the wrong one right; a command"
                    " with --confirm-clock uses this machine's"
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
    """The present by this machine's clock, even if `DAYBOOK_NOW` is set.

    Sessions and keys expire by it: with a fixed present they would never expire.
    """
    return datetime.now(UTC)


def today(settings: Settings, time_zone: str) -> Day:
    """The present calendar day in a time zone."""
    return day_at(now(settings), time_zone)


def day_at(moment: datetime, time_zone: str) -> Day:
    """The calendar day that a moment belongs to in a time zone."""
    return day_of(moment.astimezone(ZoneInfo(time_zone)).date())


def end_of(day: Day, time_zone: str) -> datetime:
    """The moment, in UTC, at which a day ends in a time zone."""
    midnight = datetime.combine(date_of(day + 1), time(), ZoneInfo(time_zone))
    return midnight.astimezone(UTC)


def moment_text(moment: datetime) -> str:
    """A moment for people, in UTC: `2026-01-31 12:00:00 UTC`."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def moment_words(moment: datetime, time_zone: str) -> str:
    """A moment for people in a time zone, which is named: `31 Jan 2026, 12:00 GMT`."""
    local = moment.astimezone(ZoneInfo(time_zone))
    return f"{local.day} {local:%b %Y, %H:%M} {_zone_words(local)}"


AMBIGUOUS_ZONES = frozenset({"CDT", "CST", "IST", "PST"})
"""Letters that stand for other hours elsewhere, such as Ireland's in India."""


def _zone_words(local: datetime) -> str:
    """A zone's letters at a time, or how far it is from UTC: `GMT`, `UTC+5:30`."""
    name, offset = local.tzname() or "", local.utcoffset() or timedelta()
    if name.isalpha() and name not in AMBIGUOUS_ZONES:
        return name
    minutes = round(offset.total_seconds() / 60)
    if minutes == 0:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    sign = "\N{MINUS SIGN}" if minutes < 0 else "+"
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")
