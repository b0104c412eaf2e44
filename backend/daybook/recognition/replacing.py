"""From what is stored and what should be to rows to end and rows to append. Pure.

Domain rules 5 and 6: nothing that was posted is touched, nothing is posted on a locked
day, and the net of every day is the same whenever the change was recorded.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeAlias, TypeVar

from daybook.calendar import Day
from daybook.ledger.rules import (
    CatchUp,
    Movement,
    Role,
    days_between,
    movement,
    movements_of_days,
    net_by_day,
)
from daybook.recognition.ranges import EVERYTHING, Range, within, without
from daybook.recognition.rules import days_from, days_until

Key = TypeVar("Key")

Pair: TypeAlias = tuple[Role, Role]
"""Two accounts, the one with the smaller number first."""


Place: TypeAlias = tuple[Day, Day]
"""A posting date that is not the service day, and the last day of the lock."""

_ACCRUED: Pair = (Role.UNBILLED, Role.RECOGNIZED)
"""What is earned before it is billed: it posts on its own days in any case."""


class StoredRow(NamedTuple, Generic[Key]):
    """A movement in force; `catch_up` says which service days it stands for."""

    key: Key
    movement: Movement
    catch_up: CatchUp | None = None

    @property
    def service(self) -> Sequence[Movement]:
        """The same by service days."""
        return (self.movement,) if self.catch_up is None else self.catch_up.parts

    @property
    def place(self) -> Place | None:
        """Where a lock moved it, if one did."""
        if self.catch_up is None:
            return None
        return self.movement.first_day, self.catch_up.locked_through


@dataclass(slots=True)
class Replacement(Generic[Key]):
    """Which stored movements end with this recording, and what is appended."""

    superseded: list[Key] = field(default_factory=list)
    appended: list[Movement] = field(default_factory=list)
    catch_ups: list[CatchUp] = field(default_factory=list)


def is_billed(row: StoredRow[Key]) -> bool:
    """Whether a row is of a billed leg."""
    return Role.BILLED in {row.movement.debit, row.movement.credit}


def first_posting(
    stored: Iterable[StoredRow[Key]],
    accounting_date: Day,
    invoiced: Iterable[StoredRow[Key]] = (),
) -> Day | None:
    """Where a lock moved a schedule's billed leg, if it did: its first posting date.

    That is the first day on which Billed comes to something, or on which it will, where
    the accounting date's own entry has a place already; it stays there when the lock
    moves back. While nothing of it is billed, it goes by what is billed of its invoice
    (`invoiced`). None where no lock moved it: then the accounting date is the first
    (domain rule 6).
    """
    for rows in (stored, invoiced):
        found = _first_billed(rows, accounting_date)
        if found is not None:
            day, is_moved = found
            return day if is_moved and day > accounting_date else None
    return None


def _first_billed(
    rows: Iterable[StoredRow[Key]], accounting_date: Day
) -> tuple[Day, bool] | None:
    """The day, and whether a lock moved it; None where nothing is billed."""
    billed: dict[Day, int] = defaultdict(int)
    moved: set[Day] = set()
    its_own: list[Day] = []
    for row in filter(is_billed, rows):
        debit, _, amount, _, day, _ = row.movement
        billed[day] += amount if debit is Role.BILLED else -amount
        if row.catch_up is not None:
            moved.add(day)
            parts = row.catch_up.parts
            if any(one.first_day <= accounting_date <= one.last_day for one in parts):
                its_own.append(day)
    first = [day for day in sorted(billed) if billed[day]][:1]
    # A place that was taken twice is the later one's: see `_Pairwise._places`.
    places = [*first, *([max(its_own)] if its_own else [])]
    if not places:
        return None
    return min(places), bool(its_own) or not moved.isdisjoint(first)


def replace_movements(
    stored: Sequence[StoredRow[Key]],
    planned: Sequence[Movement],
    *,
    recorded_on: Day,
    locked_through: Day | None,
    first_posted_on: Day | None = None,
) -> Replacement[Key]:
    """Turn a schedule's stored movements into the planned ones, by service days.

    Up to the day of recording the difference is appended, later days are superseded
    and appended anew, and locked days are one entry per pair of accounts on the first
    open day. What is the same in both is left alone. With `first_posted_on`, nothing
    new posts before that day but what goes from Recognized to Unbilled.
    """
    if not stored and first_posted_on is None:
        return _post_new(planned, locked_through)
    replacement: Replacement[Key] = Replacement()
    old: dict[Pair, list[StoredRow[Key]]] = defaultdict(list)
    new: dict[Pair, list[Movement]] = {}
    for one in planned:
        new.setdefault(pair_of(one), []).append(one)
    for row in stored:
        new.setdefault(pair_of(row.movement), [])
        old[pair_of(row.movement)].append(row)
    for pair, movements in new.items():
        closed_through = None
        if first_posted_on is not None and pair != _ACCRUED:
            closed_through = first_posted_on - 1
        if old[pair]:
            turning = _Pairwise(
                pair, recorded_on, locked_through, closed_through, replacement
            )
            turning.turn(old[pair], movements)
        else:
            through = max(locked_through or 0, closed_through or 0) or None
            new_rows: Replacement[Key] = _post_new(movements, through)
            replacement.appended += new_rows.appended
            replacement.catch_ups += new_rows.catch_ups
    return replacement


def _post_new(
    planned: Sequence[Movement], locked_through: Day | None
) -> Replacement[Key]:
    """What is planned, with the locked days of each pair of accounts in one entry."""
    if locked_through is None:
        return Replacement(appended=list(planned))
    replacement: Replacement[Key] = Replacement(
        appended=days_from(planned, locked_through + 1)
    )
    locked: dict[Pair, list[Movement]] = {}
    for one in days_until(planned, locked_through):
        locked.setdefault(pair_of(one), []).append(one)
    for parts in locked.values():
        catch_up = catch_up_of(parts, locked_through + 1, locked_through)
        if catch_up is not None:
            replacement.catch_ups.append(catch_up)
    return replacement


def pair_of(one: Movement) -> Pair:
    """The accounts of a movement, whichever way it goes."""
    debit, credit = one.debit, one.credit
    return (debit, credit) if debit < credit else (credit, debit)


@dataclass(slots=True)
class _Pairwise(Generic[Key]):
    """The replacing of what one pair of accounts exchanges.

    Nothing is posted up to `locked_through`, and nothing of what is wanted up to
    `closed_through`: the day before the invoice's first posting.
    """

    pair: Pair
    recorded_on: Day
    locked_through: Day | None
    closed_through: Day | None
    replacement: Replacement[Key]

    def turn(
        self, stored: Sequence[StoredRow[Key]], planned: Sequence[Movement]
    ) -> None:
        """Turn the stored rows into the planned movements."""
        old, new = _without_equals(stored, planned)
        if not old and not new:
            return
        edge = self._edge(old)
        self._replace_later(old, new, edge)
        by_day = self._net(days_until(new, edge))
        for row in old:
            for day, amount in self._net(days_until(row.service, edge)).items():
                by_day[day] = by_day.get(day, 0) - amount
        changes = {day: one for day, one in by_day.items() if one}
        self._append(self._places(changes, stored, self._net(planned)))

    def _edge(self, stored: Sequence[StoredRow[Key]]) -> Day:
        """The last day whose changes are appended as differences.

        Up to it something is posted, locked, or stands in a row that reaches into the
        locked days: to end that one would mean to post its locked days again.
        """
        lock = self.locked_through or 0
        edge = max(self.recorded_on, lock, self.closed_through or 0)
        for row in stored:
            if row.catch_up is not None or row.movement.first_day <= lock:
                edge = max(edge, *(one.last_day for one in row.service))
        return edge

    def _replace_later(
        self, old: Iterable[StoredRow[Key]], new: Sequence[Movement], edge: Day
    ) -> None:
        """End rows with days after the edge, and append those days as planned."""
        later = [row for row in old if row.movement.last_day > edge]
        later = [row for row in later if row.catch_up is None]
        planned = days_from(new, edge + 1)
        ended = [row.movement for row in later]
        if self._net(days_from(ended, edge + 1)) == self._net(planned):
            return
        self.replacement.superseded += [row.key for row in later]
        self.replacement.appended += [*days_until(ended, edge), *planned]

    def _places(
        self,
        changes: Mapping[Day, int],
        stored: Sequence[StoredRow[Key]],
        wanted: Mapping[Day, int],
    ) -> Iterator[tuple[Place | None, Day, int]]:
        """Where the change of each service day is posted, if not on itself.

        A day that an earlier lock moved stays where it was posted, so that taking back
        stands beside what is taken back. A day of which nothing is left is mirrored
        entry by entry, each on the date that it has: other locks may have moved them to
        different ones.
        """
        posted = [(row.place, self._net(row.service)) for row in stored]
        moved: dict[Day, Place] = {}
        for place, its_days in posted:
            if place is not None:
                moved |= {day: max(place, moved.get(day, place)) for day in its_days}
        for day, change in changes.items():
            if day in wanted:
                place = _later(moved.get(day), _behind(day, self.closed_through))
                yield self._open(day, place), day, change
                continue
            for place, its_days in posted:
                if day in its_days:
                    yield self._open(day, place), day, -its_days[day]

    def _open(self, day: Day, place: Place | None) -> Place | None:
        """The same place, or where the present lock moves it."""
        lock = self.locked_through
        if place is not None and lock is not None and place[0] <= lock:
            return lock + 1, lock
        return _later(place, _behind(day, lock))

    def _append(self, changes: Iterable[tuple[Place | None, Day, int]]) -> None:
        """Append differences: on their own days, or where a lock moves them."""
        open_days: dict[Day, int] = {}
        moved: dict[Place, dict[Day, int]] = {}
        for place, day, amount in changes:
            some = open_days if place is None else moved.setdefault(place, {})
            some[day] = some.get(day, 0) + amount
        self.replacement.appended += movements_of_days(open_days, *self.pair)
        for (posted_on, locked_through), some in sorted(moved.items()):
            parts = movements_of_days(some, *self.pair)
            catch_up = parts and catch_up_of(parts, posted_on, locked_through)
            if catch_up:
                self.replacement.catch_ups.append(catch_up)

    def _net(self, movements: Iterable[Movement]) -> dict[Day, int]:
        net = net_by_day(movements, *self.pair)
        return {day: amount for day, amount in net.items() if amount}


def _behind(day: Day, closed_through: Day | None) -> Place | None:
    """The first day after a lock that closes a day, and that lock."""
    if closed_through is None or day > closed_through:
        return None
    return closed_through + 1, closed_through


def _later(*places: Place | None) -> Place | None:
    return max((one for one in places if one is not None), default=None)


def early_rows(
    stored: Iterable[StoredRow[Key]], first_posted_on: Day, locked_through: Day | None
) -> list[Movement]:
    """The parts of stored rows that are posted before an invoice's first posting.

    Those on locked days are left out: they stay where they are.
    """
    rows = [row.movement for row in stored if row.catch_up is None]
    early = days_between(rows, (locked_through or 0) + 1, first_posted_on - 1)
    return [one for one in early if not is_accrued(one)]


def without_days_of(
    planned: Iterable[Movement], taken_back: Sequence[Movement]
) -> list[Movement]:
    """What is planned, but for the days of some movements of the same accounts."""
    days: dict[Pair, list[Range]] = defaultdict(list)
    for one in taken_back:
        days[pair_of(one)].append((one.first_day, one.last_day))
    return [
        piece
        for one in planned
        for piece in within([one], without([EVERYTHING], days[pair_of(one)]))
    ]


def is_accrued(one: Movement) -> bool:
    """Whether a movement is of what is earned before it is billed."""
    return pair_of(one) == _ACCRUED


def catch_up_of(
    parts: Sequence[Movement], posted_on: Day, locked_through: Day
) -> CatchUp | None:
    """One entry for all of these service days, or None where they come to nothing."""
    debit, credit = parts[0].debit, parts[0].credit
    amount = sum(one.amount if one.debit is debit else -one.amount for one in parts)
    moved = movement(debit, credit, amount, amount, posted_on, posted_on)
    return moved and CatchUp(moved, tuple(parts), locked_through)


def _without_equals(
    stored: Iterable[StoredRow[Key]], planned: Iterable[Movement]
) -> tuple[list[StoredRow[Key]], list[Movement]]:
    """What is left of both when equal movements are taken off each other."""
    new = Counter(planned)
    old = []
    for row in stored:
        if row.catch_up is None and new[row.movement]:
            new[row.movement] -= 1
        else:
            old.append(row)
    return old, list(new.elements())
