"""The posting dates that a report shows. Pure."""

from dataclasses import dataclass

from daybook.calendar import (
    FIRST_DAY,
    Day,
    Month,
    day_words,
    first_day_of,
    last_day_of,
    month_in_words,
    month_of,
    range_words,
)


@dataclass(frozen=True, slots=True)
class Period:
    """The posting dates that are shown: a whole month, or a range of days.

    A range may be open at either end.
    """

    start: Day | None
    end: Day | None
    month: Month | None = None

    @classmethod
    def of_month(cls, month: Month) -> "Period":
        """All days of a month."""
        return cls(first_day_of(month), last_day_of(month), month)

    @property
    def is_all_days(self) -> bool:
        """Whether no day is left out: there are none before the first."""
        return self.start == FIRST_DAY and self.end is None

    @property
    def words(self) -> str:
        """The period for people."""
        if self.month is not None:
            return month_in_words(self.month)
        if self.is_all_days:
            return "all days"
        if self.start is not None and self.end is not None:
            return range_words(self.start, self.end)
        if self.start is not None:
            return f"from {day_words(self.start)}"
        assert self.end is not None, "a range has at least one end"
        return f"up to {day_words(self.end)}"

    @property
    def near_month(self) -> Month:
        """The month shown; of a range, the month in which it starts, or else ends."""
        if self.month is not None:
            return self.month
        day = self.start if self.start is not None else self.end
        assert day is not None, "a range has at least one end"
        return month_of(day)

    @property
    def last_month(self) -> Month | None:
        """The month in which it ends; None if it is open there."""
        return None if self.end is None else month_of(self.end)

    def holds(self, month: Month) -> bool:
        """Whether a day of the month is shown."""
        return not (
            (self.start is not None and last_day_of(month) < self.start)
            or (self.end is not None and first_day_of(month) > self.end)
        )
