"""Plans some families again, recording by recording, and compares. No I/O."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from daybook.documents.replaying.comparing import (
    Written,
    first_difference,
    planned_by_family,
)
from daybook.documents.replaying.deviation_words import Words, document_words
from daybook.documents.replaying.family_states import (
    FamilyState,
    SettingsHistory,
    family_at,
    touched_in,
)
from daybook.documents.replaying.histories import Histories, RecordedMovement
from daybook.documents.replaying.identities import disagreements
from daybook.documents.replaying.moments import Moment
from daybook.ledger.posting import PostingStart
from daybook.recognition.planning import Changes, plan_run
from daybook.recognition.plans import Overdrawn

IMPOSSIBLE = (
    *(ArithmeticError, AssertionError, LookupError, TypeError, ValueError),
    Overdrawn,
)
"""What planning raises for schedules that no document can have made: its assertions
rely on what the reader of documents checks, which an edited table has not passed."""

NO_JOURNAL = 2**60
"""A replayed recording numbers its new journals after this, unlike any stored one."""


class Deviation(NamedTuple):
    """The first row that differs from the rules, and the recording that wrote it.

    The recording is None if a row can't be read.
    """

    recording: int | None
    reason: str


class EarlierFamily(NamedTuple):
    """A family that another version of the rules recorded otherwise."""

    document: str
    reason: str


@dataclass(slots=True)
class Slice:
    """Some families to be replayed; `earlier` collects those of other rules.

    Causes are compared from the recording `first_cause` on.
    """

    ledger_id: int
    words: Words
    histories: Histories
    settings: SettingsHistory
    recordings: range
    first_cause: int
    touched: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    earlier: dict[str, EarlierFamily] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Find the families that each recording touched."""
        for family_id in self.histories.families:
            for recording in touched_in(self.histories, family_id):
                if recording in self.recordings:
                    self.touched[recording].add(family_id)

    def needed(self) -> set[int]:
        """The recordings whose moments a replay needs."""
        versions = {
            version.made_in
            for document in self.histories.documents.values()
            for version in document.versions
        }
        return set(self.touched) | (
            {recording for recording in versions if recording in self.recordings}
        )

    def replay(self, moments: Mapping[int, Moment]) -> Deviation | None:
        """Replay all recordings in order; return the first mismatch."""
        rows = _Rows.of(self.histories)
        family_of = {
            schedule.stored.id: family_id
            for family_id, schedules in self.histories.families.items()
            for schedule in schedules
        }
        for recording in sorted(self.touched):
            families = sorted(self.touched[recording])
            moment = moments.get(recording)
            if moment is None:
                reason = self.words.no_recording(recording, families[0])
                return Deviation(recording, reason)
            replayed = _Recording(self, recording, moment, family_of, rows)
            for family_id, reason in replayed.misfits(families):
                if moment.is_by_these_rules:
                    return Deviation(recording, reason)
                self._list_earlier(self.words.document(family_id), reason)
        return self._misfit_of_documents(moments)

    def _misfit_of_documents(self, moments: Mapping[int, Moment]) -> Deviation | None:
        """The first disagreement of documents, schedules and journals."""
        for disagreement in disagreements(self.histories, self.words):
            moment = moments.get(disagreement.recording)
            if moment is None:  # its recording is not replayed
                continue
            if moment.is_by_these_rules:
                return Deviation(disagreement.recording, disagreement.reason)
            document = self.histories.documents[disagreement.document_id]
            self._list_earlier(document_words(document), disagreement.reason)
        return None

    def _list_earlier(self, document: str, reason: str) -> None:
        self.earlier.setdefault(document, EarlierFamily(document, reason))


@dataclass(slots=True)
class _Rows:
    """Movements by the recordings that wrote and ended them, and by family."""

    written: dict[int, dict[int, list[RecordedMovement]]]
    ended: dict[int, dict[int, list[RecordedMovement]]]

    @classmethod
    def of(cls, histories: Histories) -> "_Rows":
        found = cls(
            defaultdict(lambda: defaultdict(list)),
            defaultdict(lambda: defaultdict(list)),
        )
        for family_id in histories.families:
            for row in histories.family_rows(family_id):
                found.written[row.recorded_in][family_id].append(row)
                if row.superseded_in is not None:
                    found.ended[row.superseded_in][family_id].append(row)
        return found


@dataclass(slots=True)
class _Recording:
    """One recording that is planned again."""

    slice: Slice
    number: int
    moment: Moment
    family_of: Mapping[int, int]
    rows: _Rows

    def misfits(self, families: Collection[int]) -> Iterator[tuple[int, str]]:
        """Families that differ from what they should be, and why."""
        states: dict[int, FamilyState] = {}
        for family_id in families:
            with suppress(*IMPOSSIBLE):
                states[family_id] = family_at(
                    *(self.slice.histories, family_id, self.number),
                    self.slice.settings,
                )
        planned = self._plan(states)
        if planned is None:
            # One of them can't be planned: planned alone, each shows whether it can.
            planned = {}
            for family_id, family in list(states.items()):
                alone = self._plan({family_id: family})
                if alone is None:
                    del states[family_id]
                else:
                    planned |= alone
        for family_id in families:
            reason: str | None = self.slice.words.unplannable(self.number, family_id)
            if family_id in states:
                planned_rows = planned.get(family_id, Written())
                reason = self._misfit(family_id, states[family_id], planned_rows)
            if reason is not None:
                yield family_id, reason

    def _plan(self, states: Mapping[int, FamilyState]) -> dict[int, Written] | None:
        """What the recording writes of some families; None if it can't be planned."""
        every = states.values()
        changes = Changes(
            new=[family.new for family in every if family.new is not None],
            families=[family.changed for family in every if family.changed is not None],
            existing=[journal for family in every for journal in family.journals],
        )
        start = PostingStart(self.slice.ledger_id, self.number, NO_JOURNAL)
        try:
            run = plan_run(start, changes, recorded_on=self.moment.recorded_on)
        except IMPOSSIBLE:
            return None
        has_causes = self.number >= self.slice.first_cause
        return planned_by_family(run, self.family_of, has_causes=has_causes)

    def _misfit(
        self, family_id: int, family: FamilyState, planned_rows: Written
    ) -> str | None:
        """The first row of a family that differs from what it should be."""
        words, histories, number = self.slice.words, self.slice.histories, self.number
        for schedule_id, (found, day) in family.effective.items():
            if found != day:
                return words.effective(number, schedule_id, found, day)
        written = self.rows.written[number][family_id]
        difference = first_difference(histories, planned_rows.movements, written)
        if difference is not None:
            return words.difference(number, difference)
        ended = {row[:2] for row in self.rows.ended[number][family_id]}
        for place in sorted(planned_rows.superseded ^ ended):
            is_wanted = place in planned_rows.superseded
            return words.superseded(number, place, is_wanted=is_wanted)
        return self._misfit_of_settlement(family_id, family, planned_rows)

    def _misfit_of_settlement(
        self, family_id: int, family: FamilyState, planned_rows: Written
    ) -> str | None:
        words, histories, number = self.slice.words, self.slice.histories, self.number
        first, *joined = histories.families[family_id]
        for schedule in joined:
            if schedule.made_in == number and schedule.settled_on is not None:
                return words.settled_alone(number, schedule.stored.id)
        settled = histories.settlements.get(family_id, {})
        stored = [settled[number]] if number in settled else []
        if len(stored) != len(planned_rows.settled):
            is_wanted = not stored
            return words.no_settlement(number, family_id, is_wanted=is_wanted)
        if family.new is not None:
            stored = [first.settled_on]
            planned_rows.settled = [family.new.settled_on]
        if stored == planned_rows.settled:
            return None
        return words.settled(number, family_id, *stored, *planned_rows.settled)
