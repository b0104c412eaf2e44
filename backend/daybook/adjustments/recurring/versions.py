"""A version of a recurrence, its instances, and its content for the trail. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from daybook.adjustments.recurring.rules import Schedule
from daybook.adjustments.versions import Version, content_of
from daybook.calendar import Month, month_text


class RecurrenceVersion(NamedTuple):
    """What a step saved: when instances are made, and the first month's journal.

    The template's number, version, step, time and author are the recurrence's.
    """

    schedule: Schedule
    template: Version

    def instance(self, month: Month) -> Version:
        """A month's journal, without number and step."""
        return self.template._replace(
            number=0,
            version=0,
            step=0,
            day=self.schedule.day_in(month),
            reverses_on=self.schedule.reversal_in(month),
            saved_at=None,
            saved_by=None,
        )


def recurrence_content(version: RecurrenceVersion) -> Mapping[str, object]:
    """Everything that was entered: months and amounts as text."""
    schedule, until = version.schedule, version.schedule.until_month
    content = dict(content_of(version.template))
    for name in ("date", "adjusts", "mode", "reversesOn"):
        del content[name]
    return {
        **content,
        "dayOfMonth": schedule.day_of_month,
        "firstMonth": month_text(schedule.first_month),
        "untilMonth": None if until is None else month_text(until),
        "reversesNextMonth": schedule.reverses,
    }
