"""What an entered schedule must meet; every problem is named. Pure."""

from collections.abc import Iterator

from daybook.adjustments.recurring.rules import LAST_MONTH, Schedule
from daybook.calendar import FIRST_DAY, month_of, month_text
from daybook.errors import Problem, ProblemCode

FIRST_MONTH = month_of(FIRST_DAY)


def problems_of(schedule: Schedule) -> Iterator[Problem]:
    """Everything that is wrong with a schedule."""
    if not 1 <= schedule.day_of_month <= 31:
        message = (
            "a day of the month is between 1 and 31; in a shorter month it is the last"
        )
        yield Problem(ProblemCode.INVALID_VALUE, message, ("dayOfMonth",))
    first, until = schedule.first_month, schedule.until_month
    for month, field in ((first, "firstMonth"), (until, "untilMonth")):
        if month is not None and not FIRST_MONTH <= month <= LAST_MONTH:
            message = "a month is between 2000-01 and 2099-12"
            yield Problem(ProblemCode.INVALID_DATE, message, (field,))
            return
    if until is not None and until < first:
        message = (
            f"the last month, {month_text(until)}, is before the first,"
            f" {month_text(first)}: give a later one, or none to go on"
        )
        yield Problem(ProblemCode.INVALID_DATE, message, ("untilMonth",))
    elif schedule.reverses and (until or first) == LAST_MONTH:
        message = "a journal of 2099-12 can't reverse itself: no later day is possible"
        field = "firstMonth" if until is None else "untilMonth"
        yield Problem(ProblemCode.INVALID_DATE, message, (field,))
