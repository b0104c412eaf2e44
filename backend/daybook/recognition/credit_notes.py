"""Credit notes by REVERSAL, and the replacing of a schedule that they need. Pure.

Domain rule 6. Two steps: `reverse` says what a credit takes and what its parent's days
become; `replace_days` turns old days and new days into rows to supersede and rows to
append, so that nothing which was posted is touched.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

from daybook.calendar import Day
from daybook.ledger.rules import (
    Movement,
    Role,
    cut,
    movement,
    movements_of_days,
    net_by_day,
)
from daybook.recognition.rules import (
    Terms,
    deferred_from,
    first_deferred_day,
    reduced,
)

Key = TypeVar("Key")


class Reversal(NamedTuple):
    """A credit's own movements, and its parent's days out of Deferred from now on."""

    own: list[Movement]
    parent: list[Movement]


class Replacement(NamedTuple, Generic[Key]):
    """Which stored movements end with this recording, and which are appended."""

    superseded: list[Key]
    appended: list[Movement]


def effective_day(accounting_date: Day, parent_accounting_date: Day) -> Day:
    """The day c on which a credit note takes effect."""
    return max(accounting_date, parent_accounting_date)


def reverse(
    credit: int,
    effective: Day,
    terms: Terms,
    accounting_date: Day,
    parent: Sequence[Movement],
) -> Reversal:
    """Credit so much of a schedule on a day: Deferred first, then Recognized.

    `terms` and `accounting_date` are the schedule's, and `parent` is what it moves out
    of Deferred at present (and back, where earlier credits made differences); days
    before the effective one stay as they are. A credit of nothing changes nothing.
    """
    assert credit >= 0, "a credit is not negative"
    if credit == 0:
        return Reversal([], list(parent))
    deferred = deferred_from(list(parent), effective)
    from_deferred = min(credit, deferred)
    from_recognized = credit - from_deferred
    on = (effective, effective)
    own = [
        movement(Role.DEFERRED, Role.BILLED, from_deferred, from_deferred, *on),
        movement(Role.RECOGNIZED, Role.BILLED, from_recognized, from_recognized, *on),
    ]
    kept = [cut(one, one.first_day, effective - 1) for one in parent]
    remaining_from = max(effective, first_deferred_day(terms, accounting_date))
    left = reduced(terms, deferred - from_deferred, remaining_from)
    return Reversal([one for one in own if one], [*(one for one in kept if one), *left])


def replace_days(
    stored: Sequence[tuple[Key, Movement]],
    planned: Sequence[Movement],
    recorded_on: Day,
) -> Replacement[Key]:
    """Turn stored movements of one pair of accounts into the planned ones.

    Up to the day of recording the difference is appended; later days are superseded and
    appended anew. What is the same in both is left alone. Both sides move out of
    Deferred into Recognized, or back.
    """
    if not stored:
        return Replacement([], list(planned))
    new = Counter(planned)
    old: list[tuple[Key, Movement]] = []
    for key, one in stored:
        if new[one]:
            new[one] -= 1
        else:
            old.append((key, one))
    added = list(new.elements())
    later = [(key, one) for key, one in old if one.last_day > recorded_on]
    kept = [cut(one, one.first_day, recorded_on) for _, one in later]
    anew = [cut(one, recorded_on + 1, one.last_day) for one in added]
    return Replacement(
        superseded=[key for key, _ in later],
        appended=[
            *(one for one in kept if one),
            *_difference(added, [one for _, one in old], recorded_on),
            *(one for one in anew if one),
        ],
    )


def _difference(
    new: Sequence[Movement], old: Sequence[Movement], last_day: Day
) -> list[Movement]:
    """New less old for each day up to `last_day`."""
    pair = (Role.DEFERRED, Role.RECOGNIZED)
    by_day = net_by_day(new, *pair)
    for day, amount in net_by_day(old, *pair).items():
        by_day[day] = by_day.get(day, 0) - amount
    until = {day: amount for day, amount in by_day.items() if day <= last_day}
    return movements_of_days(until, *pair)
