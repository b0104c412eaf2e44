"""What a movement says to a person who reads the journal. Pure."""

from typing import NamedTuple

from daybook.calendar import Day, day_words, range_words
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
    pair = (debit, credit)
    if pair in _BILLING:
        phrase = _BILLING[pair]
    elif subject.first_day is None or subject.last_day is None:
        phrase = _EARNING[pair]
    elif subject.first_day == subject.last_day:
        phrase = f"{_EARNING[pair]} on {day_words(subject.first_day)}"
    else:
        period = range_words(subject.first_day, subject.last_day)
        phrase = f"{_EARNING[pair]} over {period}"
    return f"{subject.product}: {phrase} ({subject.document})"
