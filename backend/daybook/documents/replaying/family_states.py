"""Families in the state from which a recording planned their movements. No I/O.

That is: the movements in force before the recording; the terms, dates and completions
after it; and its locks.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from daybook.calendar import Day
from daybook.documents.checking import first_early
from daybook.documents.queries import rows_by_schedule
from daybook.documents.replaying.histories import (
    DocumentHistory,
    Histories,
    ScheduleHistory,
)
from daybook.ledger.queries import MovementKey, StoredJournal, StoredMovement, cause_of
from daybook.ledger.rules import Cause, LedgerSettings, lock_of
from daybook.recognition.families import Family, Member, Owner
from daybook.recognition.planning import ChangedFamily, NewSchedule
from daybook.recognition.plans import effective_day
from daybook.recognition.replacing import StoredRow, first_posting
from daybook.recognition.rules import (
    Classification,
    Terms,
    credited,
    only_completes,
    recognize,
    with_amount,
)


class SettingsHistory(NamedTuple):
    """A ledger's settings by the recordings that made them, in order."""

    recordings: Sequence[int]
    settings: Sequence[LedgerSettings]

    def at(self, recording: int) -> LedgerSettings:
        """The settings after a recording; before the first, those of a new ledger."""
        found = bisect_right(self.recordings, recording)
        return self.settings[found - 1] if found else LedgerSettings()


@dataclass(slots=True)
class FamilyState:
    """The values from which a recording planned a family.

    `new` is the family's first schedule, if the recording made it. If that is the only
    schedule, its movements are in `new`, and `changed` is None. `effective` are the
    days on which new credits take effect, as stored and as expected, by schedule.
    """

    new: NewSchedule | None = None
    changed: ChangedFamily | None = None
    journals: list[StoredJournal] = field(default_factory=list)
    effective: dict[int, tuple[Day | None, Day]] = field(default_factory=dict)


def touched_in(histories: Histories, family_id: int) -> set[int]:
    """The recordings that changed a family, or whose rows claim that they did."""
    found = set(histories.settlements.get(family_id, ()))
    for schedule in histories.families[family_id]:
        found.add(schedule.made_in)
        completions = histories.completions.get(schedule.stored.id, ())
        found |= {completion.recorded_in for completion in completions}
        if (
            voided_in := histories.documents[schedule.stored.document_id].voided_in
        ) and (_is_voided(histories, schedule, voided_in)):
            found.add(voided_in)
        for row in histories.movements.get(schedule.stored.id, ()):
            found.add(row.recorded_in)
            if row.superseded_in is not None:
                found.add(row.superseded_in)
    return found


def family_at(
    histories: Histories, family_id: int, recording: int, settings: SettingsHistory
) -> FamilyState:
    """A family's state at a recording; an empty one if it didn't exist yet."""
    schedules = [
        schedule
        for schedule in histories.families[family_id]
        if schedule.made_in <= recording
    ]
    if not schedules or schedules[0].stored.id != family_id:
        return FamilyState()
    builder = _StateBuilder(histories, recording, settings.at(recording))
    if len(schedules) == 1 and _is_alone(schedules[0], recording):
        return FamilyState(new=builder.single(schedules[0]))
    return builder.family(family_id, schedules)


def _is_alone(schedule: ScheduleHistory, recording: int) -> bool:
    terms = schedule.stored.terms
    is_planned_with_others = (
        terms.classification is Classification.ACCRUAL or terms.expires_on is not None
    )
    return schedule.made_in == recording and not is_planned_with_others


def _is_voided(histories: Histories, schedule: ScheduleHistory, recording: int) -> bool:
    """Whether this recording voided a schedule that still had a line then."""
    if schedule.stored.terms.classification is Classification.BURNDOWN:
        return True
    return any(
        line.schedule_id == schedule.stored.id and line.stands_at(recording)
        for line in histories.lines.get(schedule.stored.document_id, ())
    )


class _StateBuilder:
    """Builds the states of families for one recording."""

    def __init__(
        self, histories: Histories, recording: int, settings: LedgerSettings
    ) -> None:
        self.histories = histories
        self.recording = recording
        self.settings = settings
        self.locks: dict[int, Day | None] = {}
        self.locked_through: Day | None = None
        self.is_touched = False
        self.cause: Cause | None = None

    def single(self, schedule: ScheduleHistory) -> NewSchedule:
        """A schedule that is a family of its own, with its movements."""
        terms, document_id = self._terms(schedule), schedule.stored.document_id
        billed_on = self._date(schedule)
        invoiced: Sequence[StoredRow[MovementKey]] = ()
        if self._document(schedule).versions[0].made_in < self.recording:
            _, billed = rows_by_schedule(self._journals([document_id]))
            invoiced = billed.get(document_id, ())
        return self._new(
            schedule,
            terms,
            movements=recognize(terms, billed_on),
            first_posted_on=first_posting(invoiced, billed_on) if invoiced else None,
        )

    def family(
        self, family_id: int, schedules: Sequence[ScheduleHistory]
    ) -> FamilyState:
        """A family with all the members that it had at the recording."""
        documents = dict.fromkeys(schedule.stored.document_id for schedule in schedules)
        journals = list(self._journals(documents))
        rows, invoiced = rows_by_schedule(journals)
        family: Family[MovementKey] = Family(family_id, breakage=self.settings.breakage)
        newest: dict[int, ScheduleHistory] = {}
        since: dict[int, int] = {}
        for schedule in schedules:
            root = schedule.stored.line_root
            since.setdefault(root, schedule.made_in)
            member = self._member(schedule, since[root])
            before = family.members.get(root)
            member.stored = [
                *(before.stored if before else []),
                *rows.get(schedule.stored.id, []),
            ]
            if self._document(schedule).versions[0].made_in < self.recording:
                member.invoiced = invoiced.get(schedule.stored.document_id, ())
            family.members[root] = member
            newest[root] = schedule
        for member_id, schedule in newest.items():
            self._touch(member_id, schedule)
        if family.is_accruing:
            self._mark_removed(family, newest)
        first = schedules[0]
        is_new = first.made_in == self.recording
        return FamilyState(
            self._new(first, self._terms(first)) if is_new else None,
            self._changed(family),
            journals,
            dict(self._effective(family, newest.values())),
        )

    def _changed(self, family: Family[MovementKey]) -> ChangedFamily:
        """The family with its locks.

        A recording that touched none of its members replanned all of them to correct
        the family.
        """
        if self.is_touched:
            return ChangedFamily(
                family, self.locks, self.locked_through, cause=self.cause
            )
        locks = {
            member.id: self._lock(member.accounting_date)
            for member in family.members.values()
        }
        drops_early = first_early(self.settings, family) is not None
        return ChangedFamily(family, locks, drops_early=drops_early)

    def _member(self, schedule: ScheduleHistory, since: int) -> Member[MovementKey]:
        stored, document = schedule.stored, self._document(schedule)
        terms = self._terms(schedule)
        is_credit = stored.credits_id is not None
        voided_in = document.voided_in
        if voided_in is not None:
            is_now = voided_in == self.recording
            is_over = voided_in < self.recording
            if not (
                is_over or (is_now and _is_voided(self.histories, schedule, voided_in))
            ):
                voided_in = None
        member_terms = credited(terms) if is_credit else terms
        if voided_in is not None:
            member_terms = with_amount(member_terms, 0)
        return Member(
            id=stored.line_root,
            schedule_id=stored.id,
            owner=self._owner(schedule),
            terms=member_terms,
            accounting_date=self._date(schedule),
            credits_id=stored.credits_id,
            effective=terms.recognized_on if is_credit else None,
            treatment=stored.treatment,
            recorded_in=since,
            voided_in=voided_in,
        )

    def _touch(self, member_id: int, schedule: ScheduleHistory) -> None:
        """Note whether this recording changed a member, and under which lock."""
        stored, now = schedule.stored, self.recording
        is_made, document = schedule.made_in == now, self._document(schedule)
        is_voided = document.voided_in == now and _is_voided(
            self.histories, schedule, now
        )
        is_completed = any(
            completion.recorded_in == now
            for completion in self.histories.completions.get(stored.id, ())
        )
        if not (is_made or is_voided or is_completed):
            return
        version = document.at(now)
        assert version is not None, "a document exists before its schedules"
        self.is_touched = True
        if is_voided:
            self.cause = Cause.VOID
        elif is_made and self._is_revised(schedule):
            self.cause = self.cause or Cause.REVISION
        self.locks[member_id] = lock = self._lock(version.accounting_date)
        if lock is not None and (schedule.joins or not is_made):
            self.locked_through = max(self.locked_through or 0, lock)

    def _is_revised(self, schedule: ScheduleHistory) -> bool:
        """Whether a new schedule does more to its line than complete milestones."""
        stored, before = schedule.stored, self._earlier(schedule)
        if not before:
            return False
        document, last = self._document(schedule), before[-1].stored
        then, now = document.at(self.recording - 1), document.at(self.recording)
        is_same_day = then and now and then.accounting_date == now.accounting_date
        names = [
            [(milestone.external_id, milestone.name) for milestone in its.milestones]
            for its in (stored, last)
        ]
        return (
            not only_completes(stored.terms, last.terms)
            or names[0] != names[1]
            or not is_same_day
        )

    def _mark_removed(
        self, family: Family[MovementKey], newest: dict[int, ScheduleHistory]
    ) -> None:
        """Mark the members whose lines a revision left out."""
        for member in family.members.values():
            if member.credits_id is not None or member.id == family.id:
                continue
            lines = self.histories.lines.get(newest[member.id].stored.document_id, ())
            if not any(
                line.schedule_id == member.schedule_id
                and line.stands_at(self.recording)
                for line in lines
            ):
                member.removed_by = member.schedule_id

    def _effective(
        self, family: Family[MovementKey], newest: Iterable[ScheduleHistory]
    ) -> Iterator[tuple[int, tuple[Day | None, Day]]]:
        """When new credits take effect.

        A revised credit whose date is unchanged takes effect when it did before.
        """
        for schedule in newest:
            stored = schedule.stored
            if stored.credits_id is None or schedule.is_ended:
                continue
            if schedule.made_in != self.recording:
                continue
            kept = self._kept_effective(schedule)
            sold = family.members[stored.credits_id]
            first = family.first_posted_on(sold) or sold.accounting_date
            credited_on = self._date(schedule)
            lock = self._lock(credited_on)
            day = kept or effective_day(credited_on, first, lock)
            yield stored.id, (stored.terms.recognized_on, day)

    def _kept_effective(self, schedule: ScheduleHistory) -> Day | None:
        before = self._earlier(schedule)
        document = self._document(schedule)
        then, now = document.at(self.recording - 1), document.at(self.recording)
        if not before or then is None or now is None:
            return None
        is_same = then.accounting_date == now.accounting_date
        return before[-1].stored.terms.recognized_on if is_same else None

    def _earlier(self, schedule: ScheduleHistory) -> list[ScheduleHistory]:
        """The schedules that a line had before this recording."""
        return [
            earlier
            for earlier in self.histories.families[schedule.stored.family_id]
            if earlier.stored.line_root == schedule.stored.line_root
            and earlier.made_in < self.recording
        ]

    def _new(
        self,
        schedule: ScheduleHistory,
        terms: Terms,
        **values: object,
    ) -> NewSchedule:
        lock = self._lock(self._date(schedule))
        return NewSchedule(
            schedule.stored.id,
            self._owner(schedule),
            terms,
            locked_through=lock,
            **values,  # type: ignore[arg-type]  # the fields of one class
        )

    def _owner(self, schedule: ScheduleHistory) -> Owner:
        """A schedule's owner; here, its `order` only has to differ between journals."""
        document, product_id = self._document(schedule), schedule.stored.product_id
        kind = int(document.kind)
        return Owner(
            *(document.id, document.customer_id, product_id, kind),
            (str(document.customer_id), str(product_id), str(document.id), kind),
        )

    def _terms(self, schedule: ScheduleHistory) -> Terms:
        """A schedule's terms, with the completions recorded up to the recording."""
        stored = schedule.stored
        if not stored.milestones:
            return stored.terms
        days = {
            completion.position: completion.completed_on
            for completion in self.histories.completions.get(stored.id, ())
            if completion.recorded_in <= self.recording
        }
        parts = tuple(
            part._replace(day=days.get(milestone.position, milestone.day))
            for milestone, part in zip(
                stored.milestones, stored.terms.parts, strict=True
            )
        )
        return replace(stored.terms, parts=parts)

    def _date(self, schedule: ScheduleHistory) -> Day:
        """A member's accounting date at the recording.

        A revision's new date applies only to schedules that the revision makes.
        """
        document = self._document(schedule)
        is_new = schedule.made_in == self.recording and not schedule.is_ended
        then = document.at(self.recording if is_new else self.recording - 1)
        return (then or document.versions[0]).accounting_date

    def _document(self, schedule: ScheduleHistory) -> DocumentHistory:
        return self.histories.documents[schedule.stored.document_id]

    def _lock(self, accounting_date: Day) -> Day | None:
        settings = self.settings
        return lock_of(settings.lock_method, settings.locked_through, accounting_date)

    def _journals(self, document_ids: Iterable[int]) -> Iterator[StoredJournal]:
        """The documents' journals, with the movements in force before the recording."""
        for document_id in document_ids:
            for history in self.histories.journals.get(document_id, ()):
                journal = StoredJournal(
                    history.number,
                    history.month,
                    history.document_id,
                    history.product_id,
                    history.source,
                )
                for row in history.movements:
                    if row.stood_before(self.recording):
                        journal.movements[row.seq] = StoredMovement(
                            row.schedule_id,
                            row.value,
                            self.histories.catch_up_of(row),
                            cause_of(row.cause),
                        )
                yield journal
