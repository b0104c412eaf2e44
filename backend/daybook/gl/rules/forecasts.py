"""FORECAST INVOICE journals: what repeating invoices will make."""

from calendar import monthrange
from collections.abc import Iterable, Iterator
from datetime import date

from daybook.calendar import Day, date_of, day_of
from daybook.gl.rules.basis import Basis
from daybook.gl.rules.documents import RepeatingInvoice, Schedule, Unit
from daybook.gl.rules.invoicing import Invoiced, journal_of
from daybook.gl.rules.journal_types import JournalType
from daybook.gl.rules.lines import SyntheticLine

FORECAST_YEARS = 3
DELETED = "DELETED"


def forecast_lines(
    repeating: Iterable[RepeatingInvoice], basis: Basis
) -> Iterator[SyntheticLine]:
    """A journal for each occurrence from today on, of at most three years.

    A foreign one is at the ECB's rate of its day, of a future day at the latest.
    """
    for invoice in repeating:
        document = invoice.document
        if document.status == DELETED:
            continue
        for day in occurrences(invoice.schedule, basis.today):
            rate = basis.rate(document.currency, day)
            due = Invoiced(document, JournalType.FORECAST_INVOICE, day, rate)
            yield from journal_of(due, basis)


def occurrences(schedule: Schedule, today: Day) -> Iterator[Day]:
    """The days from `today` on that a schedule is due, up to its end or three years.

    Months are counted from the next day, so that a 31st comes back after a short month.
    """
    last = years_later(today, FORECAST_YEARS)
    if schedule.end_day is not None:
        last = min(last, schedule.end_day)
    step = max(schedule.period, 1)
    count = 0
    while (day := _occurrence(schedule, step * count)) <= last:
        if day >= today:
            yield day
        count += 1


def years_later(day: Day, years: int) -> Day:
    """The same day of a later year; 28 February for a 29th that it hasn't."""
    value = date_of(day)
    return _clamped(value.year + years, value.month, value.day)


def _occurrence(schedule: Schedule, units: int) -> Day:
    """The day that lies so many units after the next one."""
    if schedule.unit is Unit.WEEKLY:
        return schedule.next_day + 7 * units
    next_date, start = date_of(schedule.next_day), date_of(schedule.start_day)
    # A schedule that began on a 31st may be due next on a shorter month's last day.
    day_of_month = next_date.day
    if _clamped(next_date.year, next_date.month, start.day) == schedule.next_day:
        day_of_month = start.day
    year, month = divmod(next_date.year * 12 + next_date.month - 1 + units, 12)
    return _clamped(year, month + 1, day_of_month)


def _clamped(year: int, month: int, day_of_month: int) -> Day:
    """A day of a month, or the month's last one."""
    return day_of(date(year, month, min(day_of_month, monthrange(year, month)[1])))
