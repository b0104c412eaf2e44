"""Replacing stored movements by planned ones: rows to supersede and to append. Pure.

Domain rules 5 and 6: nothing that was posted changes, nothing is posted on a locked
day, and the net of every day doesn't depend on when the change is recorded.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeAlias, TypeVar

from daybook.calendar import Day
from daybook.ledger.rules import (
    CatchUp,
    Cause,
    Movement,
    Role,
    days_between,
    movements_of_days,
    net_by_day,
    signed_movement,
)
from daybook.recognition.ranges import EVERYTHING, Range, within, without
from daybook.recognition.rules import days_from, days_until

Key = TypeVar("Key")

Pair: TypeAlias = tuple[Role, Role]
"""Two accounts, the one with the smaller number first."""

Place: TypeAlias = tuple[Day, Day]
"""A posting date to which a lock moved service days, and the lock's last day."""

_ACCRUED: Pair = (Role.UNBILLED, Role.RECOGNIZED)
"""The accounts of what is earned before it is billed, always on its own days."""


class StoredRow(NamedTuple, Generic[Key]):
    """A movement in force; `catch_up` has its service days if a lock moved it."""

    key: Key
    movement: Movement
    catch_up: CatchUp | None = None
    cause: Cause | None = None

    @property
    def service(self) -> Sequence[Movement]:
        """The movement by service days."""
        return (self.movement,) if self.catch_up is None else self.catch_up.parts

    @property
    def place(self) -> Place | None:
        """Where a lock moved it, if one did."""
        if self.catch_up is None:
            return None
        return self.movement.first_day, self.catch_up.locked_through


class Causes(NamedTuple):
    """Why a recording appends a schedule's movements, where there is a cause.

    `changes` is the cause of differences from what was posted. `expiry` is that of all
    movements between Deferred and Recognized, unless they are such differences.
    """

    changes: Cause | None = None
    expiry: Cause | None = None

    def of_planned(self, pair: Pair) -> Cause | None:
        """The cause of movements that are planned for later days."""
        return self.expiry if pair == _EARNED else None

    def of_changes(self, pair: Pair) -> Cause | None:
        """The cause of differences from what was posted."""
        return self.changes or self.of_planned(pair)


NO_CAUSES = Causes()
_EARNED: Pair = (Role.DEFERRED, Role.RECOGNIZED)


@dataclass(slots=True)
class Replacement(Generic[Key]):
    """The stored movements that a recording supersedes, and those that it appends.

    `causes` and `catch_up_causes` are those of what it appends, place by place.
    """

    superseded: list[Key] = field(default_factory=list)
    appended: list[Movement] = field(default_factory=list)
    catch_ups: list[CatchUp] = field(default_factory=list)
    causes: list[Cause | None] = field(default_factory=list)
    catch_up_causes: list[Cause | None] = field(default_factory=list)

    def append(self, movements: Sequence[Movement], cause: Cause | None) -> None:
        """Append movements that have the same cause, if any."""
        self.appended += movements
        self.causes += [cause] * len(movements)

    def append_catch_up(self, catch_up: CatchUp, cause: Cause | None) -> None:
        """Append a catch-up with its cause, if it has one."""
        self.catch_ups.append(catch_up)
        self.catch_up_causes.append(cause)

    def all_causes(self) -> Sequence[Cause | None]:
        """The causes of movements and then of catch-ups; empty if none has one."""
        causes = [*self.causes, *self.catch_up_causes]
        return causes if any(causes) else ()


def is_billed(row: StoredRow[Key]) -> bool:
    """Whether a row bills: one of its accounts is Billed."""
    return Role.BILLED in {row.movement.debit, row.movement.credit}


def first_posting(
    stored: Iterable[StoredRow[Key]],
    accounting_date: Day,
    invoiced: Iterable[StoredRow[Key]] = (),
) -> Day | None:
    """A schedule's first posting date, if a lock moved its billed leg; else None.

    It is the first day with a net amount on Billed, or the day to which a lock moved
    the accounting date's own entry, if that is earlier; it stays when the lock moves
    back. While nothing of the schedule is billed, the rest of its invoice decides
    (`invoiced`). None means that the accounting date is the first (domain rule 6).
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
    """The first posting date and whether a lock moved it; None if nothing is billed."""
    billed: dict[Day, int] = defaultdict(int)
    moved: set[Day] = set()
    own_places: list[Day] = []
    for row in filter(is_billed, rows):
        debit, _, amount, _, day, _ = row.movement
        billed[day] += amount if debit is Role.BILLED else -amount
        if row.catch_up is not None:
            moved.add(day)
            parts = row.catch_up.parts
            if any(
                part.first_day <= accounting_date <= part.last_day for part in parts
            ):
                own_places.append(day)
    first = [day for day in sorted(billed) if billed[day]][:1]
    # If a service day has several places, the latest counts, as in `_places`.
    places = [*first, *([max(own_places)] if own_places else [])]
    if not places:
        return None
    return min(places), bool(own_places) or not moved.isdisjoint(first)


def replace_movements(  # noqa: PLR0913  (keyword-only, each has its meaning)
    stored: Sequence[StoredRow[Key]],
    planned: Sequence[Movement],
    *,
    recorded_on: Day,
    locked_through: Day | None,
    first_posted_on: Day | None = None,
    causes: Causes = NO_CAUSES,
) -> Replacement[Key]:
    """Turn a schedule's stored movements into the planned ones, by service days.

    Up to the day of recording the difference is appended; later days are superseded and
    replaced; locked days become one entry per pair of accounts on the first open
    day. Movements that are both stored and planned stay. With `first_posted_on`, only
    movements between Unbilled and Recognized post before that day.
    """
    replacement: Replacement[Key] = Replacement()
    if not stored and first_posted_on is None:
        _post_new(replacement, planned, recorded_on, locked_through, causes)
        return replacement
    old: dict[Pair, list[StoredRow[Key]]] = defaultdict(list)
    new = _by_pair(planned)
    for row in stored:
        new.setdefault(pair_of(row.movement), [])
        old[pair_of(row.movement)].append(row)
    for pair, movements in new.items():
        closed_through = None
        if first_posted_on is not None and pair != _ACCRUED:
            closed_through = first_posted_on - 1
        if old[pair]:
            replacer = _PairReplacer(
                *(pair, recorded_on, locked_through, closed_through),
                *(causes, replacement),
            )
            replacer.replace(old[pair], movements)
        else:
            through = max(locked_through or 0, closed_through or 0) or None
            _post_new(replacement, movements, recorded_on, through, causes)
    return replacement


def _post_new(
    replacement: Replacement[Key],
    planned: Sequence[Movement],
    recorded_on: Day,
    locked_through: Day | None,
    causes: Causes,
) -> None:
    """Append all planned movements; the locked days of a pair become one entry.

    Nothing of them was posted before, so a movement that ends by the day of recording
    is a difference as a whole.
    """
    edge = max(recorded_on, locked_through or 0)
    open_days, locked = planned, {}
    if locked_through is not None:
        open_days = days_from(planned, locked_through + 1)
        locked = _by_pair(days_until(planned, locked_through))
    if causes == NO_CAUSES:
        replacement.append(open_days, None)
    else:
        for movement in open_days:
            is_over = movement.last_day <= edge
            cause = causes.of_changes if is_over else causes.of_planned
            replacement.append([movement], cause(pair_of(movement)))
    for pair, parts in locked.items():
        assert locked_through is not None, "only a lock locks days"
        catch_up = catch_up_of(parts, locked_through + 1, locked_through)
        if catch_up is not None:
            replacement.append_catch_up(catch_up, causes.of_changes(pair))


def _by_pair(movements: Iterable[Movement]) -> dict[Pair, list[Movement]]:
    found: dict[Pair, list[Movement]] = {}
    for movement in movements:
        found.setdefault(pair_of(movement), []).append(movement)
    return found


def pair_of(movement: Movement) -> Pair:
    """The accounts of a movement, whichever way it goes."""
    debit, credit = movement.debit, movement.credit
    return (debit, credit) if debit < credit else (credit, debit)


@dataclass(slots=True)
class _PairReplacer(Generic[Key]):
    """Replaces the movements between two accounts.

    Nothing posts up to `locked_through`. Planned days don't post up to `closed_through`
    either, the day before the invoice's first posting.
    """

    pair: Pair
    recorded_on: Day
    locked_through: Day | None
    closed_through: Day | None
    causes: Causes
    replacement: Replacement[Key]

    def replace(
        self, stored: Sequence[StoredRow[Key]], planned: Sequence[Movement]
    ) -> None:
        """Replace the stored rows by the planned movements."""
        old, new = _without_equals(stored, planned)
        if not old and not new:
            return
        edge = self._edge(old)
        self._replace_later(old, new, edge)
        by_day = self._net(days_until(new, edge))
        for row in old:
            for day, amount in self._net(days_until(row.service, edge)).items():
                by_day[day] = by_day.get(day, 0) - amount
        changes = {day: change for day, change in by_day.items() if change}
        self._append(self._places(changes, stored, self._net(planned)))

    def _edge(self, stored: Sequence[StoredRow[Key]]) -> Day:
        """The last day whose changes are appended as differences.

        Days up to it are posted, locked, or in a row that reaches into locked days: if
        that row were superseded, its locked days would have to be posted again.
        """
        lock = self.locked_through or 0
        edge = max(self.recorded_on, lock, self.closed_through or 0)
        for row in stored:
            if row.catch_up is not None or row.movement.first_day <= lock:
                edge = max(edge, *(movement.last_day for movement in row.service))
        return edge

    def _replace_later(
        self, old: Iterable[StoredRow[Key]], new: Sequence[Movement], edge: Day
    ) -> None:
        """Supersede rows with days after the edge, and append those days as planned."""
        later = [row for row in old if row.movement.last_day > edge]
        later = [row for row in later if row.catch_up is None]
        planned = days_from(new, edge + 1)
        ended = [row.movement for row in later]
        if self._net(days_from(ended, edge + 1)) == self._net(planned):
            return
        self.replacement.superseded += [row.key for row in later]
        for row in later:
            self.replacement.append(days_until([row.movement], edge), row.cause)
        self.replacement.append(planned, self.causes.of_planned(self.pair))

    def _places(
        self,
        changes: Mapping[Day, int],
        stored: Sequence[StoredRow[Key]],
        planned: Mapping[Day, int],
    ) -> Iterator[tuple[Place | None, Day, int]]:
        """Each service day's change, with its place where that isn't the day itself.

        A day that an earlier lock moved keeps its place, so that a correction is posted
        with the entry that it corrects. If nothing is planned for a day any more, each
        of its entries is reversed at its own place: several locks may have moved them.
        """
        posted = [(row.place, self._net(row.service)) for row in stored]
        moved: dict[Day, Place] = {}
        for place, days in posted:
            if place is not None:
                moved |= {day: max(place, moved.get(day, place)) for day in days}
        for day, change in changes.items():
            if day in planned:
                place = _later(moved.get(day), _after_closed(day, self.closed_through))
                yield self._open_place(day, place), day, change
                continue
            for place, days in posted:
                if day in days:
                    yield self._open_place(day, place), day, -days[day]

    def _open_place(self, day: Day, place: Place | None) -> Place | None:
        """The place of a day, moved on if the present lock closes it."""
        lock = self.locked_through
        if place is not None and lock is not None and place[0] <= lock:
            return lock + 1, lock
        return _later(place, _after_closed(day, lock))

    def _append(self, changes: Iterable[tuple[Place | None, Day, int]]) -> None:
        """Append differences: on their own days, or where a lock moves them."""
        open_days: dict[Day, int] = {}
        moved: dict[Place, dict[Day, int]] = {}
        for place, day, amount in changes:
            by_day = open_days if place is None else moved.setdefault(place, {})
            by_day[day] = by_day.get(day, 0) + amount
        cause = self.causes.of_changes(self.pair)
        self.replacement.append(movements_of_days(open_days, *self.pair), cause)
        for (posted_on, locked_through), by_day in sorted(moved.items()):
            parts = movements_of_days(by_day, *self.pair)
            catch_up = parts and catch_up_of(parts, posted_on, locked_through)
            if catch_up:
                self.replacement.append_catch_up(catch_up, cause)

    def _net(self, movements: Iterable[Movement]) -> dict[Day, int]:
        net = net_by_day(movements, *self.pair)
        return {day: amount for day, amount in net.items() if amount}


def _after_closed(day: Day, closed_through: Day | None) -> Place | None:
    """The place of a closed day: the first open day, and the last closed one."""
    if closed_through is None or day > closed_through:
        return None
    return closed_through + 1, closed_through


def _later(*places: Place | None) -> Place | None:
    return max((place for place in places if place is not None), default=None)


def early_rows(
    stored: Iterable[StoredRow[Key]], first_posted_on: Day, locked_through: Day | None
) -> list[Movement]:
    """The parts of stored rows that are posted before an invoice's first posting.

    Parts on locked days stay; they and accrued parts are left out.
    """
    rows = [row.movement for row in stored if row.catch_up is None]
    early = days_between(rows, (locked_through or 0) + 1, first_posted_on - 1)
    return [movement for movement in early if not is_accrued(movement)]


def without_days_of(
    planned: Iterable[Movement], taken_back: Sequence[Movement]
) -> list[Movement]:
    """The planned movements without the days taken back between the same accounts."""
    days: dict[Pair, list[Range]] = defaultdict(list)
    for movement in taken_back:
        days[pair_of(movement)].append((movement.first_day, movement.last_day))
    return [
        piece
        for movement in planned
        for piece in within([movement], without([EVERYTHING], days[pair_of(movement)]))
    ]


def is_accrued(movement: Movement) -> bool:
    """Whether a movement is earned before it is billed: Unbilled with Recognized."""
    return pair_of(movement) == _ACCRUED


def catch_up_of(
    parts: Sequence[Movement], posted_on: Day, locked_through: Day
) -> CatchUp | None:
    """One entry for all of these service days, or None if they sum to zero."""
    debit, credit = parts[0].debit, parts[0].credit
    amount = sum(part.amount if part.debit is debit else -part.amount for part in parts)
    moved = signed_movement(debit, credit, amount, amount, posted_on, posted_on)
    return moved and CatchUp(moved, tuple(parts), locked_through)


def _without_equals(
    stored: Iterable[StoredRow[Key]], planned: Iterable[Movement]
) -> tuple[list[StoredRow[Key]], list[Movement]]:
    """Stored rows and planned movements without those that are in both."""
    new = Counter(planned)
    old = []
    for row in stored:
        if row.catch_up is None and new[row.movement]:
            new[row.movement] -= 1
        else:
            old.append(row)
    return old, list(new.elements())
