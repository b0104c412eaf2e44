"""A month's name, and the month that a close begins with. Pure."""

from daybook.calendar import Day, Month, date_of, day_of, first_day_of, month_of
from daybook_web.closing.lock_results import LockLedger
from daybook_web.closing.results import CloseLedger
from daybook_web.kit.formats import month


def month_words(value: Month) -> str:
    """A month for people: `October 2026`."""
    return month(date_of(first_day_of(value)))


def default_month(ledger: CloseLedger | LockLedger, today: Day) -> Month:
    """The first month that isn't locked whole, up to the present one.

    A ledger without a lock begins with the month before the present one.
    """
    this_month = month_of(today)
    if ledger.first_open_day is None:
        return this_month - 1
    return min(month_of(day_of(ledger.first_open_day)), this_month)


def month_to_close(ledger: CloseLedger, today: Day) -> Month:
    """The same, up to the last month that is over.

    Once that is locked, it is still to be exported, posted and tied out.
    """
    return min(default_month(ledger, today), month_of(today) - 1)
