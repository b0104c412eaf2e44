"""A journal as each recording left it. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from daybook.ledger.rules import AccountPair
from daybook.reports.journals.queries import JournalMovementDetails


class Left(NamedTuple):
    """What a recording left of a journal: the amounts between each pair of accounts."""

    recording: int
    pairs: Mapping[AccountPair, int]


def left_by_recordings(movements: Iterable[JournalMovementDetails]) -> list[Left]:
    """A journal after each recording that changed it, the first one first.

    `movements` are all that were recorded, superseded ones included.
    """
    changes: dict[int, dict[AccountPair, int]] = defaultdict(lambda: defaultdict(int))
    for details in movements:
        movement = details.movement
        pair = movement.debit, movement.credit
        changes[details.recorded_in][pair] += movement.amount
        if details.superseded_in is not None:
            changes[details.superseded_in][pair] -= movement.amount
    left: list[Left] = []
    pairs: dict[AccountPair, int] = {}
    for recording, changed in sorted(changes.items()):
        pairs = {
            pair: amount
            for pair in {**pairs, **changed}
            if (amount := pairs.get(pair, 0) + changed.get(pair, 0))
        }
        left.append(Left(recording, pairs))
    return left
