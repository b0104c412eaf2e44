"""Which days of a ledger have been closed. Pure.

A day has been closed once its month was over while a lock for the whole ledger covered
it; it stays so whatever becomes of the lock.
"""

from collections.abc import Sequence
from typing import NamedTuple

from daybook.calendar import Day, first_day_of, month_of


class HeldLock(NamedTuple):
    """A ledger's lock, if it was a date, and the day on which it was set."""

    through: Day | None
    since: Day


def closed_through(locks: Sequence[HeldLock], today: Day) -> Day | None:
    """The last day that has been closed; `locks` are in the order they were set."""
    ends = [*(lock.since for lock in locks[1:]), today]
    closed = [
        min(lock.through, first_day_of(month_of(end)) - 1)
        for lock, end in zip(locks, ends, strict=False)
        if lock.through is not None
    ]
    return max(closed, default=None)
