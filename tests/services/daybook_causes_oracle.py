"""Why movements were made, derived from what recordings voided and revised.

Domain rule 8: the cause decides the column of a roll-forward first: a void, then a
revision's difference up to its recording, then breakage. What is planned anew for later
days has no cause, and a piece of a superseded movement keeps that movement's.
"""

from collections import defaultdict
from enum import IntEnum
from itertools import pairwise

from daybook.calendar import Day
from daybook.ledger.rules import Movement, Role
from daybook.recognition.rules import Classification
from daybook_revenue_rows import Row, Schedule, Stored, Version

Group = tuple[int, int, frozenset[Role]]
"""A recording, a line and a pair of accounts."""


class Why(IntEnum):
    """A cause, by the number that is stored."""

    VOID = 1
    REVISION = 2
    BREAKAGE = 3


class Causes:
    """The cause of each movement of a ledger, by journal and place."""

    def __init__(self, stored: Stored) -> None:
        self._stored = stored
        self._made_in = _made_in(stored)
        self._touched: dict[tuple[int, int], Why] = {}
        """By recording and family: what the recording did to it."""
        for versions in stored.versions.values():
            for before, after in pairwise(versions):
                self._note(before, after)
        self._appended: dict[Group, list[Row]] = defaultdict(list)
        self._ended: dict[Group, list[Row]] = defaultdict(list)
        for row in stored.rows:
            if row.schedule is not None:
                self._appended[_group(row, row.recorded_in)].append(row)
                if row.superseded_in is not None:
                    self._ended[_group(row, row.superseded_in)].append(row)
        self.found: dict[tuple[int, int], Why | None] = {}
        for group in sorted(self._appended, key=lambda its: its[:2]):
            self._decide(group)

    def of(self, row: Row) -> Why | None:
        """A movement's cause."""
        return self.found.get((row.journal, row.seq))

    def _note(self, before: Version, after: Version) -> None:
        """Note the families that a revision or a void touches."""
        is_void = after.is_void
        for schedule in self._stored.schedules.values():
            if schedule.document_id != after.document_id:
                continue
            place = (after.made_in, schedule.family)
            if is_void:
                if self._is_current(schedule, before):
                    self._touched[place] = Why.VOID
            elif not schedule.is_first and self._made_in[schedule.id] == after.made_in:
                earlier = _previous(self._stored, schedule)
                dates = {before.accounting_date, after.accounting_date}
                # Milestones that are reached, or no longer, are no revision.
                if schedule.terms != earlier.terms or len(dates) > 1:
                    self._touched.setdefault(place, Why.REVISION)

    def _is_current(self, schedule: Schedule, version: Version) -> bool:
        """Whether a schedule was a line's at a version of its document."""
        lines = self._stored.lines[version.document_id]
        last = max(number for number in lines if number <= version.made_in)
        if schedule.id in lines[last]:
            return True
        is_burn_down = schedule.classification == Classification.BURNDOWN
        newest = max(
            other.id
            for other in self._stored.schedules.values()
            if other.line == schedule.line
            and self._made_in[other.id] <= version.made_in
        )
        return is_burn_down and schedule.id == newest and schedule.amount != 0

    def _decide(self, group: Group) -> None:
        """Give each appended row of a group its cause."""
        recording, line, _ = group
        schedule = self._stored.schedules[line]
        touched = self._touched.get((recording, schedule.family))
        if self._made_in[line] == recording:
            touched = None
        low, high = self._edges(group)
        pieces = _pieces(self._ended[group])
        for row in self._appended[group]:
            why = None
            kept = pieces.get(_start(row.movement), [])
            of = next((its for its in kept if _is_piece(row, its, low)), None)
            if of is not None:
                kept.remove(of)
                why = self.of(of)
            elif touched is not None:
                why = self._of_difference(row, touched, low, high)
            if why is None and _is_breakage(row):
                why = Why.BREAKAGE
            self.found[row.journal, row.seq] = why

    @staticmethod
    def _of_difference(row: Row, touched: Why, low: Day, high: Day) -> Why | None:
        """A difference has the cause, what is planned for later days has none."""
        movement = row.movement
        if row.is_moved or movement.last_day <= low:
            return touched
        if movement.last_day > high:
            return None
        # Rules 5 and 6 leave open how far beyond the recording a lock takes them.
        return Why(row.cause) if row.cause == touched else None

    def _edges(self, group: Group) -> tuple[Day, Day]:
        """The least and the greatest day up to which changes are differences.

        It is the day of recording, without locks. Locks, and rows that reach into
        locked days, move it on.
        """
        recording, line, accounts = group
        recorded_on = self._stored.recorded_on[recording]
        before = [
            row
            for row in self._stored.rows
            if row.schedule is not None and row.is_in_force(recording - 1)
        ]
        lock = self._lock_before(recording)
        family = self._stored.schedules[line].family
        high = max(recorded_on, lock)
        for row in before:
            assert row.schedule is not None
            if row.schedule.family == family and row.is_moved:
                # Where a lock moved what was billed, nothing else posts earlier.
                high = max(high, row.movement.last_day - 1)
        for row in before:
            assert row.schedule is not None
            is_its = row.schedule.line == line and _accounts(row) == accounts
            if is_its and (row.is_moved or row.movement.first_day <= lock):
                high = max(high, *(part.last_day for part in row.service))
        return recorded_on, high

    def _lock_before(self, recording: int) -> Day:
        """The last day that any document's lock may have been at a recording."""
        locks = [(0, 0), *sorted(self._stored.locks.items())]
        lock = [through for number, through in locks if number <= recording][-1]
        if lock is not None:
            return lock
        dates = [
            version.accounting_date
            for versions in self._stored.versions.values()
            for version in versions
        ]
        return max(dates) - 1


def _made_in(stored: Stored) -> dict[int, int]:
    """The recording that made each schedule.

    Schedules are numbered in the order of their recordings. A version's lines name
    most; the others are of lines that are gone, and of burn-downs on several grants.
    """
    named: dict[int, int] = {}
    first_row: dict[int, int] = {}
    for by_recording in stored.lines.values():
        for recording, ids in sorted(by_recording.items()):
            for id_ in ids:
                named.setdefault(id_, recording)
    for row in stored.rows:
        if row.schedule is not None:
            id_ = row.schedule.id
            first_row[id_] = min(row.recorded_in, first_row.get(id_, row.recorded_in))
    made: dict[int, int] = {}
    last = 0
    for id_, schedule in sorted(stored.schedules.items()):
        made[id_] = named.get(id_) or min(_candidates(stored, schedule, last))
        assert made[id_] <= first_row.get(id_, made[id_])
        last = max(last, made[id_])
    return made


def _candidates(stored: Stored, schedule: Schedule, last: int) -> list[int]:
    """The versions of a document that may have made a schedule, at the earliest."""
    by_recording = stored.lines[schedule.document_id]
    after = 0
    if not schedule.is_first:
        before = _previous(stored, schedule).id
        after = max(
            (recording for recording, ids in by_recording.items() if before in ids),
            default=0,
        )
    versions = stored.versions[schedule.document_id]
    return [
        version.made_in
        for version in versions
        if version.made_in >= last and version.made_in > after
    ]


def _previous(stored: Stored, schedule: Schedule) -> Schedule:
    ids = [
        other.id
        for other in stored.schedules.values()
        if other.line == schedule.line and other.id < schedule.id
    ]
    return stored.schedules[max(ids)]


def _group(row: Row, recording: int) -> Group:
    assert row.schedule is not None
    return recording, row.schedule.line, _accounts(row)


def _accounts(row: Row) -> frozenset[Role]:
    return frozenset((row.movement.debit, row.movement.credit))


def _start(movement: Movement) -> tuple[Role, Role, Day, int]:
    return movement.debit, movement.credit, movement.first_day, movement.daily


def _pieces(ended: list[Row]) -> dict[tuple[Role, Role, Day, int], list[Row]]:
    """Superseded rows, by what a piece of one has of it."""
    pieces: dict[tuple[Role, Role, Day, int], list[Row]] = defaultdict(list)
    for row in ended:
        pieces[_start(row.movement)].append(row)
    return pieces


def _is_piece(row: Row, of: Row, low: Day) -> bool:
    """Whether a row is the beginning of a superseded one, up to the edge or beyond."""
    its, whole = row.movement, of.movement
    days = its.last_day - its.first_day + 1
    is_cut = low <= its.last_day < whole.last_day and its.amount == its.daily * days
    return is_cut and not row.is_moved and row.journal == of.journal


def _is_breakage(row: Row) -> bool:
    """Whether an expired grant is recognized."""
    assert row.schedule is not None
    is_prepaid = row.schedule.classification == Classification.PREPAYMENT
    return is_prepaid and _accounts(row) == {Role.DEFERRED, Role.RECOGNIZED}
