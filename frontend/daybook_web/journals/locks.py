"""How far the ledger of a report is locked, beside its period. Pure."""

from dataclasses import dataclass
from datetime import date

from daybook.calendar import date_of, day_of, day_words, first_day_of
from daybook_web.journals.periods import Period
from daybook_web.journals.results import ListedLedger
from daybook_web.kit.formats import day_of_year

BY_DATE = "CUSTOM_DATE"


@dataclass(frozen=True, slots=True)
class Lock:
    """Whether the period is locked: a word, and more of it where there is room."""

    is_locked: bool
    word: str
    more: str = ""


def lock_of(ledger: ListedLedger, period: Period) -> Lock:
    """What the lock of a ledger means for a period."""
    if ledger.lock_method != BY_DATE:
        return Lock(is_locked=True, word="Locked", more="by document")
    if ledger.locked_through is None:
        return Lock(is_locked=False, word="Open")
    through = day_of(ledger.locked_through)
    if period.start is not None and period.start > through:
        assert ledger.first_open_day is not None, "a day is locked"
        opens = ledger.first_open_day
        return Lock(is_locked=False, word="Open", more=f"from {_day(opens, period)}")
    more = f"through {_day(ledger.locked_through, period)}"
    is_whole = period.end is not None and period.end <= through
    word = "Locked" if is_whole else "Partly locked"
    return Lock(is_locked=True, word=word, more=more)


def _day(value: date, period: Period) -> str:
    """A day for people, without the year where it is the period's."""
    near = date_of(first_day_of(period.near_month))
    return day_of_year(value) if value.year == near.year else day_words(day_of(value))
