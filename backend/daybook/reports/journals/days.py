"""A journal day by day, equal days as one row. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from daybook.calendar import Day
from daybook.ledger.rules import (
    AccountPair,
    Movement,
    Role,
    SourceKind,
    net_change,
    shares,
)
from daybook.reports.journals.narratives import VOIDED, Occasion

ROUNDED = "The last day takes the rest"


class Run(NamedTuple):
    """Days on which the same amounts moved for the same reason.

    `each` is what a day moved between each pair of accounts, `pairs` what all of them
    did. All of them are posted, or all are scheduled.
    """

    first: Day
    last: Day
    what: str
    each: Mapping[AccountPair, int]
    pairs: Mapping[AccountPair, int]
    is_posted: bool

    @property
    def days(self) -> int:
        """How many days they are."""
        return self.last - self.first + 1


def runs_of_days(parts: Iterable[tuple[Movement, Occasion]], on: Day) -> list[Run]:
    """A journal's days in order, those moved by a lock first; posted through `on`.

    What accounts gain in all rows is what they gain by the movements. A day on which
    all that moved for a reason was taken back for the same reason has no row.
    """
    by_day: dict[tuple[str, Day], dict[AccountPair, int]] = {}
    rounded: set[tuple[str, Day]] = set()
    for movement, occasion in parts:
        what = _what(movement, occasion)
        pair = movement.debit, movement.credit
        for day, amount in shares(movement):
            pairs = by_day.setdefault((what, day), defaultdict(int))
            pairs[pair] += amount
        if movement.daily and movement.last_share != movement.daily:
            rounded.add((what, movement.last_day))
    runs: list[Run] = []
    for (what, day), pairs in sorted(by_day.items(), key=_in_order):
        told = ROUNDED if (what, day) in rounded and what == OWN else what
        runs = _with_day(runs, day, told, pairs, is_posted=day <= on)
    return sorted(runs, key=lambda run: (run.first, _place(run.what)))


OWN = "The day's own"
_LOCKED, _VOIDED, _BILLED = "Moved by the lock", "Taken back by the void", "Billed"
_CREDITED, _MANUAL = "Credited", "Entered by hand"
_ORDER = (_LOCKED, _VOIDED, _MANUAL, _CREDITED, _BILLED, OWN, ROUNDED)


def _place(what: str) -> int:
    return _ORDER.index(what)


def _in_order(item: tuple[tuple[str, Day], object]) -> tuple[int, Day]:
    (what, day), _ = item
    return _place(what), day


def _what(movement: Movement, occasion: Occasion) -> str:
    """Why a day has an amount."""
    if occasion.moved is not None:
        return _LOCKED
    if occasion.change == VOIDED:
        return _VOIDED
    if occasion.kind == SourceKind.STANDALONE:
        return _MANUAL
    if Role.BILLED in {movement.debit, movement.credit}:
        return _CREDITED if occasion.kind == SourceKind.CREDIT_NOTE else _BILLED
    return OWN


def _with_day(
    runs: list[Run],
    day: Day,
    what: str,
    pairs: Mapping[AccountPair, int],
    *,
    is_posted: bool,
) -> list[Run]:
    """The runs with one day more, which belongs to the last of them if it is alike."""
    gains = _gains(pairs)
    if not any(gains):
        return runs
    if runs:
        last = runs[-1]
        is_alike = last.what == what and last.is_posted == is_posted
        if is_alike and last.last + 1 == day and _gains(last.each) == gains:
            together = {
                pair: last.pairs.get(pair, 0) + pairs.get(pair, 0)
                for pair in {**last.pairs, **pairs}
            }
            runs[-1] = last._replace(last=day, pairs=together)
            return runs
    runs.append(Run(day, day, what, dict(pairs), dict(pairs), is_posted))
    return runs


def _gains(pairs: Mapping[AccountPair, int]) -> tuple[int, ...]:
    return tuple(net_change(pairs, role) for role in Role)
