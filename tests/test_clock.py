"""The rules for a clock: when it fits what was recorded, and when it is refused."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.calendar import parse_day
from daybook.clock import (
    AMBIGUOUS_ZONES,
    ClockReading,
    ClockState,
    day_at,
    moment_words,
)

LAST = datetime(2026, 1, 31, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTES = timedelta(minutes=5)
DAYS = timedelta(days=400)
MONTHS = range(1, 13)

FINE, BEHIND, ACCEPTED, JUMPED, AHEAD = ClockState


def state_at(present: datetime, *, is_confirmed: bool = False) -> ClockState:
    return ClockReading(present, LAST).state(is_confirmed=is_confirmed)


@pytest.mark.parametrize(
    ("distance", "state"),
    [
        (timedelta(), FINE),
        (-MINUTES, FINE),
        (-MINUTES - SECOND, BEHIND),
        (-DAYS, BEHIND),
        (SECOND, FINE),
        (DAYS, FINE),
        (DAYS + SECOND, JUMPED),
    ],
)
def test_a_clock_is_compared_with_the_last_recording(
    distance: timedelta, state: ClockState
) -> None:
    assert state_at(LAST + distance) is state


def test_before_the_first_recording_any_clock_is_fine() -> None:
    assert ClockReading(LAST).state() is FINE


@pytest.mark.parametrize(
    ("distance", "state"),
    [(MINUTES, FINE), (MINUTES + SECOND, AHEAD), (-DAYS, FINE)],
)
def test_a_clock_is_compared_with_the_database_servers(
    distance: timedelta, state: ClockState
) -> None:
    present = LAST + timedelta(days=1)

    assert ClockReading(present, LAST, None, present - distance).state() is state
    assert ClockReading(present, database=present - distance).state() is state


def test_a_time_that_does_not_go_on_is_ahead_of_nothing() -> None:
    reading = ClockReading(LAST, LAST, database=LAST - DAYS)

    assert reading.state() is FINE


def test_a_confirmed_clock_may_be_ahead_and_not_behind() -> None:
    ahead = ClockReading(LAST + DAYS * 2, LAST, None, LAST)

    assert ahead.state() is AHEAD
    assert ahead.state(is_confirmed=True) is FINE
    assert state_at(LAST - DAYS, is_confirmed=True) is BEHIND


def test_what_was_accepted_holds_for_its_recording_and_no_later_one() -> None:
    behind = LAST - DAYS

    assert ClockReading(behind, LAST, accepted=LAST).state() is ACCEPTED
    assert ClockReading(behind, LAST + SECOND, accepted=LAST).state() is BEHIND
    assert ClockReading(LAST + SECOND, LAST, accepted=LAST).state() is FINE


@pytest.mark.parametrize("state", [BEHIND, JUMPED, AHEAD])
def test_a_refusal_names_both_times_and_the_way_out(state: ClockState) -> None:
    reading = ClockReading(LAST + DAYS, LAST, None, LAST)

    words = reading.words(state)

    assert "2027-03-07 12:00:00 UTC" in words
    assert "2026-01-31 12:00:00 UTC" in words
    assert "set the clock right" in words or "set the wrong one right" in words
    assert "daybook clock accept" in words or "--confirm-clock" in words


moments = st.datetimes(
    datetime(2000, 1, 1),  # noqa: DTZ001  (the strategy's bounds)
    datetime(2099, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@given(st.lists(st.tuples(moments, st.booleans())))
def test_recorded_times_never_decrease(clocks: list[tuple[datetime, bool]]) -> None:
    last: datetime | None = None
    for present, is_accepted in clocks:
        reading = ClockReading(present, last, last if is_accepted else None)
        state = reading.state(is_confirmed=is_accepted)
        assert state.is_refused <= (not is_accepted)
        if state.is_refused:
            continue
        recorded_at = reading.recorded_at()
        assert recorded_at >= present
        assert (
            recorded_at == present
            or state is not FINE
            or (recorded_at - present <= MINUTES)
        )
        if last is not None:
            assert recorded_at >= last
        last = recorded_at


def test_a_day_is_the_time_zones() -> None:
    moment = datetime(2026, 1, 1, 3, tzinfo=UTC)

    assert day_at(moment, "America/Los_Angeles") == parse_day("2025-12-31")
    assert day_at(moment, "UTC") == parse_day("2026-01-01")


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("UTC", "31 Jan 2026, 12:00 UTC"),
        ("Europe/London", "31 Jan 2026, 12:00 GMT"),
        ("Europe/Berlin", "31 Jan 2026, 13:00 CET"),
        ("America/New_York", "31 Jan 2026, 07:00 EST"),
        ("America/Chicago", "31 Jan 2026, 06:00 UTC\N{MINUS SIGN}6"),
        ("Asia/Kolkata", "31 Jan 2026, 17:30 UTC+5:30"),
        ("Asia/Kathmandu", "31 Jan 2026, 17:45 UTC+5:45"),
        ("Pacific/Kiritimati", "1 Feb 2026, 02:00 UTC+14"),
        ("America/Sao_Paulo", "31 Jan 2026, 09:00 UTC\N{MINUS SIGN}3"),
    ],
)
def test_a_moment_names_its_zone(zone: str, words: str) -> None:
    assert moment_words(LAST, zone) == words


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    first, second = (datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1))

    assert moment_words(first, "Europe/London") == "25 Oct 2026, 01:30 BST"
    assert moment_words(second, "Europe/London") == "25 Oct 2026, 01:30 GMT"


def test_no_letters_stand_for_two_hours() -> None:
    """Of all zones, in each month of two years."""
    months = [datetime(year, m, 1, tzinfo=UTC) for year in (2025, 2026) for m in MONTHS]
    meant = defaultdict[str, set[timedelta | None]](set)
    for zone in available_timezones():
        for month in months:
            local = month.astimezone(ZoneInfo(zone))
            letters = moment_words(month, zone).rsplit(" ", 1)[1]
            meant[letters].add(local.utcoffset())

    assert {name for name, offsets in meant.items() if len(offsets) > 1} == set()
    assert not AMBIGUOUS_ZONES & meant.keys()
