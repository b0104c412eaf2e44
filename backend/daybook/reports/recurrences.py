"""Lists of recurrences with the date of their next journal, for sheets."""

from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.adjustments.recurring.made import months_made
from daybook.adjustments.recurring.queries import (
    ALL_RECURRENCES,
    ListedRecurrence,
    count_recurrences,
    find_recurrences,
)
from daybook.adjustments.recurring.rules import RecurrenceStatus, label
from daybook.calendar import Day, month_text
from daybook.paging import Page, PageRequest
from daybook.sheets.columns import Money, Sheet, boolean, date, integer, money, text


class UpcomingRecurrence(NamedTuple):
    """A recurrence and the date of its next journal, if it makes one."""

    its: ListedRecurrence
    next_day: Day | None


RECURRENCES: Sheet[UpcomingRecurrence] = Sheet(
    "recurrences",
    "Recurrences",
    (
        text("number", "No.", lambda row: label(row.its.number)),
        text("status", "Status", lambda row: row.its.status.name),
        integer("version", "Version", lambda row: row.its.version),
        text("ledger", "Ledger", lambda row: row.its.currency),
        money("amount", "Amount", lambda row: Money(row.its.amount, row.its.currency)),
        integer("day_of_month", "Day", lambda row: row.its.schedule.day_of_month),
        text("first", "From", lambda row: month_text(row.its.schedule.first_month)),
        text("until", "Until", lambda row: _until(row.its)),
        boolean("reverses", "Reverses", lambda row: row.its.schedule.reverses),
        date("next_day", "Next", lambda row: row.next_day),
        text("narrative", "Narrative", lambda row: row.its.narrative),
    ),
)


async def find_upcoming(
    session: AsyncSession, organisation_id: int, request: PageRequest
) -> Page[UpcomingRecurrence]:
    """A page of recurrences, newest first; the number is the key."""
    page = await find_recurrences(session, organisation_id, ALL_RECURRENCES, request)
    numbers = [listed.number for listed in page.items]
    made = await months_made(session, organisation_id, numbers)
    rows = []
    for listed in page.items:
        months = listed.schedule.months(made[listed.number])
        month = next(months, None)
        is_active = listed.status is RecurrenceStatus.ACTIVE
        next_day = None
        if is_active and month is not None:
            next_day = listed.schedule.day_in(month)
        rows.append(UpcomingRecurrence(listed, next_day))
    return Page(rows, page.has_next, page.has_previous)


async def count_all(session: AsyncSession, organisation_id: int) -> int:
    """How many recurrences there are."""
    return await count_recurrences(session, organisation_id, ALL_RECURRENCES)


def _until(listed: ListedRecurrence) -> str | None:
    until = listed.schedule.until_month
    return None if until is None else month_text(until)
