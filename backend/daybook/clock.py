"""The present: one place to ask for it, so that a fixed one reaches everything."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from daybook.calendar import Day, date_of, day_of
from daybook.settings import Settings


def now(settings: Settings) -> datetime:
    """The present in UTC, or the fixed one of `DAYBOOK_NOW`."""
    return settings.now or datetime.now(UTC)


def real_now() -> datetime:
    """The present by this machine's clock, whatever `DAYBOOK_NOW` says.

    Sessions and keys end by it: a fixed present would let them live for ever.
    """
    return datetime.now(UTC)


def today(settings: Settings, time_zone: str = "UTC") -> Day:
    """The calendar day it is now in a time zone."""
    return day_at(now(settings), time_zone)


def day_at(moment: datetime, time_zone: str) -> Day:
    """The calendar day that a moment belongs to in a time zone."""
    return day_of(moment.astimezone(ZoneInfo(time_zone)).date())


def end_of(day: Day, time_zone: str) -> datetime:
    """The moment, in UTC, at which a day is over in a time zone."""
    midnight = datetime.combine(date_of(day + 1), time(), ZoneInfo(time_zone))
    return midnight.astimezone(UTC)
