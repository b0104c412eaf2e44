"""What a movement says to a person who reads the journal. Pure."""

from functools import lru_cache
from typing import NamedTuple

from daybook.calendar import (
    Day,
    Month,
    date_of,
    day_words,
    first_day_of,
    range_words,
)
from daybook.ledger.rules import Role


class Subject(NamedTuple):
    """What a narrative is about: one movement's product, document and period."""

    product: str
    document: str
    first_day: Day | None
    last_day: Day | None


_BILLING = {
    (Role.BILLED, Role.DEFERRED): "billed in advance and deferred",
    (Role.BILLED, Role.UNBILLED): "billed what was earned before",
    (Role.BILLED, Role.RECOGNIZED): "billed and recognized",
    (Role.DEFERRED, Role.BILLED): "credited, out of Deferred Revenue",
    (Role.UNBILLED, Role.BILLED): "credited, what was taken back before",
    (Role.RECOGNIZED, Role.BILLED): "credited, out of Recognized Revenue",
}

_EARNING = {
    (Role.DEFERRED, Role.RECOGNIZED): "recognized",
    (Role.UNBILLED, Role.RECOGNIZED): "earned before billing",
    (Role.RECOGNIZED, Role.DEFERRED): "recognition taken back",
    (Role.RECOGNIZED, Role.UNBILLED): "taken back before the credit",
}


def narrative(debit: Role, credit: Role, subject: Subject) -> str:
    """One line that says why this amount moves: `Platform: recognized over … (INV-1)`.

    The same for all days of a movement, so that rendering it once is enough.
    """
    phrase = _phrase(debit, credit, subject.first_day, subject.last_day)
    return f"{subject.product}: {phrase} ({subject.document})"


@lru_cache(maxsize=8_192)
def _phrase(
    debit: Role, credit: Role, first_day: Day | None, last_day: Day | None
) -> str:
    """Cached, since exports tell the same of many movements."""
    pair = (debit, credit)
    if pair in _BILLING:
        return _BILLING[pair]
    if first_day is None or last_day is None:
        return _EARNING[pair]
    if first_day == last_day:
        return f"{_EARNING[pair]} on {day_words(first_day)}"
    return f"{_EARNING[pair]} over {range_words(first_day, last_day)}"


def journal_narrative(product: str, month: Month, document: str) -> str:
    """One line for a whole journal: `Platform: October 2025 (INV-1)`."""
    return f"{product}: {_month_words(month)} ({document})"


@lru_cache(maxsize=1_200)
def _month_words(month: Month) -> str:
    """Cached, since exports tell the same of many journals."""
    return f"{date_of(first_day_of(month)):%B %Y}"
