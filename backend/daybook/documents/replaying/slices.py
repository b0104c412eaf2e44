"""Planning some families again, recording by recording, and comparing. Pure."""

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
from daybook.documents.replaying.histories import Histories, MovementRow
from daybook.documents.replaying.identities import disagreements
from daybook.documents.replaying.moments import Moment
from daybook.documents.replaying.standing import (
    SettingsHistory,
    Standing,
    standing,
    touched_in,
)
from daybook.documents.replaying.wording import Words, document_words
from daybook.ledger.posting import At
from daybook.recognition.planning import Changes, plan_run
from daybook.recognition.plans import Overdrawn

IMPOSSIBLE = (
    *(ArithmeticError, AssertionError, LookupError, TypeError, ValueError),
    Overdrawn,
)
"""What planning raises for schedules that no document can have made: its assertions
are about what a document's reader lets pass, and whoever edits a table goes past it."""

NO_JOURNAL = 2**60
"""Journals that a replayed recording makes are numbered behind all that are stored."""


class Misfit(NamedTuple):
    """The first row that isn't as the rules have it, and the recording it is of.

    The recording is None where a row can't be read.
    """

    recording: int | None
    reason: str


class EarlierFamily(NamedTuple):
    """A family that another version of the rules recorded otherwise."""

    document: str
    reason: str


@dataclass(slots=True)
class Slice:
    """Some families on their way; `earlier` are those of another version's rules."""

    ledger_id: int
    words: Words
    histories: Histories
    settings: SettingsHistory
    recordings: range
    touched: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    earlier: dict[str, EarlierFamily] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Find out which families each recording touched."""
        for family_id in self.histories.families:
            for recording in touched_in(self.histories, family_id):
                if recording in self.recordings:
                    self.touched[recording].add(family_id)

    def needed(self) -> set[int]:
        """The recordings whose moments a replay asks for."""
        versions = {
            version.made_in
            for document in self.histories.documents.values()
            for version in document.versions
        }
        return set(self.touched) | ({one for one in versions if one in self.recordings})

    def replay(self, moments: Mapping[int, Moment]) -> Misfit | None:
        """Replay all recordings in order; the first misfit, if there is one."""
        rows = _Rows.of(self.histories)
        family_of = {
            one.stored.id: family_id
            for family_id, its in self.histories.families.items()
            for one in its
        }
        for recording in sorted(self.touched):
            families = sorted(self.touched[recording])
            moment = moments.get(recording)
            if moment is None:
                reason = self.words.no_recording(recording, families[0])
                return Misfit(recording, reason)
            one = _Recording(self, recording, moment, family_of, rows)
            for family_id, reason in one.misfits(families):
                if moment.is_by_these_rules:
                    return Misfit(recording, reason)
                self._list_apart(self.words.document(family_id), reason)
        return self._misfit_of_documents(moments)

    def _misfit_of_documents(self, moments: Mapping[int, Moment]) -> Misfit | None:
        """The first that documents, schedules and journals don't agree in."""
        for one in disagreements(self.histories, self.words):
            moment = moments.get(one.recording)
            if moment is None:  # not one of those that are replayed
                continue
            if moment.is_by_these_rules:
                return Misfit(one.recording, one.reason)
            document = self.histories.documents[one.document_id]
            self._list_apart(document_words(document), one.reason)
        return None

    def _list_apart(self, document: str, reason: str) -> None:
        self.earlier.setdefault(document, EarlierFamily(document, reason))


@dataclass(slots=True)
class _Rows:
    """Movements by the recordings that wrote and ended them, and by family."""

    written: dict[int, dict[int, list[MovementRow]]]
    ended: dict[int, dict[int, list[MovementRow]]]

    @classmethod
    def of(cls, histories: Histories) -> "_Rows":
        found = cls(
            defaultdict(lambda: defaultdict(list)),
            defaultdict(lambda: defaultdict(list)),
        )
        for family_id in histories.families:
            for row in histories.rows_of(family_id):
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
        """Families that are not what they should be, and why."""
        standings: dict[int, Standing] = {}
        for family_id in families:
            with suppress(*IMPOSSIBLE):
                standings[family_id] = standing(
                    *(self.slice.histories, family_id, self.number),
                    self.slice.settings,
                )
        planned = self._plan(standings)
        if planned is None:
            # One of them can't be planned; alone, each shows whether it is that one.
            planned = {}
            for family_id, one in list(standings.items()):
                its = self._plan({family_id: one})
                if its is None:
                    del standings[family_id]
                else:
                    planned |= its
        for family_id in families:
            reason: str | None = self.slice.words.unplannable(self.number, family_id)
            if family_id in standings:
                wanted = planned.get(family_id, Written())
                reason = self._misfit(family_id, standings[family_id], wanted)
            if reason is not None:
                yield family_id, reason

    def _plan(self, standings: Mapping[int, Standing]) -> dict[int, Written] | None:
        """What the recording writes of some families; None if it can't be planned."""
        every = standings.values()
        changes = Changes(
            new=[one.new for one in every if one.new is not None],
            families=[one.changed for one in every if one.changed is not None],
            existing=[journal for one in every for journal in one.journals],
        )
        at = At(self.slice.ledger_id, self.number, NO_JOURNAL)
        try:
            run = plan_run(at, changes, recorded_on=self.moment.recorded_on)
        except IMPOSSIBLE:
            return None
        return planned_by_family(run, self.family_of)

    def _misfit(self, family_id: int, one: Standing, wanted: Written) -> str | None:
        """The first row of a family that is not what it should be."""
        words, histories, number = self.slice.words, self.slice.histories, self.number
        for schedule_id, (found, day) in one.effective.items():
            if found != day:
                return words.effective(number, schedule_id, found, day)
        written = self.rows.written[number][family_id]
        difference = first_difference(histories, wanted.movements, written)
        if difference is not None:
            return words.difference(number, difference)
        ended = {row[:2] for row in self.rows.ended[number][family_id]}
        for place in sorted(wanted.superseded ^ ended):
            is_wanted = place in wanted.superseded
            return words.superseded(number, place, is_wanted=is_wanted)
        return self._misfit_of_settlement(family_id, one, wanted)

    def _misfit_of_settlement(
        self, family_id: int, one: Standing, wanted: Written
    ) -> str | None:
        words, histories, number = self.slice.words, self.slice.histories, self.number
        first, *joined = histories.families[family_id]
        for its in joined:
            if its.made_in == number and its.settled_on is not None:
                return words.settled_alone(number, its.stored.id)
        settled = histories.settlements.get(family_id, {})
        stored = [settled[number]] if number in settled else []
        if len(stored) != len(wanted.settled):
            is_wanted = not stored
            return words.no_settlement(number, family_id, is_wanted=is_wanted)
        if one.new is not None:
            stored = [first.settled_on]
            wanted.settled = [one.new.settled_on]
        if stored == wanted.settled:
            return None
        return words.settled(number, family_id, *stored, *wanted.settled)
