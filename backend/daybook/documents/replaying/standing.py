"""A family as a recording found it, with what that recording changed of it. Pure.

It is what the recording had when it planned: the movements that were in force before,
the terms, dates and completions with which it left the family, and its locks.
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
from daybook.ledger.queries import StoredJournal, StoredMovement, Superseded
from daybook.ledger.rules import LedgerSettings, lock_of
from daybook.recognition.families import Family, Member, Owner
from daybook.recognition.planning import ChangedFamily, NewSchedule
from daybook.recognition.plans import effective_day
from daybook.recognition.replacing import StoredRow, first_posting
from daybook.recognition.rules import (
    Classification,
    Terms,
    credited,
    recognize,
    with_amount,
)


class SettingsHistory(NamedTuple):
    """A ledger's settings by the recordings that made them, in order."""

    recordings: Sequence[int]
    settings: Sequence[LedgerSettings]

    def at(self, recording: int) -> LedgerSettings:
        """The settings as a recording left them; at first a new ledger's."""
        found = bisect_right(self.recordings, recording)
        return self.settings[found - 1] if found else LedgerSettings()


@dataclass(slots=True)
class Standing:
    """A family on its way through a recording.

    `new` is its first schedule, where this recording made that; one that stands alone
    has its movements there, and no `changed`. `effective` are the days on which new
    credits take effect, as stored and as they should be, by schedule.
    """

    new: NewSchedule | None = None
    changed: ChangedFamily | None = None
    journals: list[StoredJournal] = field(default_factory=list)
    effective: dict[int, tuple[Day | None, Day]] = field(default_factory=dict)


def touched_in(histories: Histories, family_id: int) -> set[int]:
    """The recordings that changed a family, or whose rows say so."""
    found = set(histories.settlements.get(family_id, ()))
    for one in histories.families[family_id]:
        found.add(one.made_in)
        completions = histories.completions.get(one.stored.id, ())
        found |= {its.recorded_in for its in completions}
        if (voided_in := histories.documents[one.stored.document_id].voided_in) and (
            _is_voided(histories, one, voided_in)
        ):
            found.add(voided_in)
        for row in histories.movements.get(one.stored.id, ()):
            found.add(row.recorded_in)
            if row.superseded_in is not None:
                found.add(row.superseded_in)
    return found


def standing(
    histories: Histories, family_id: int, recording: int, settings: SettingsHistory
) -> Standing:
    """A family at a recording; nothing of it where there was none yet."""
    there = [one for one in histories.families[family_id] if one.made_in <= recording]
    if not there or there[0].stored.id != family_id:
        return Standing()
    one = _Standing(histories, recording, settings.at(recording))
    if len(there) == 1 and _is_alone(there[0], recording):
        return Standing(new=one.alone(there[0]))
    return one.family(family_id, there)


def _is_alone(one: ScheduleHistory, recording: int) -> bool:
    terms = one.stored.terms
    is_planned_with_others = (
        terms.classification is Classification.ACCRUAL or terms.expires_on is not None
    )
    return one.made_in == recording and not is_planned_with_others


def _is_voided(histories: Histories, one: ScheduleHistory, recording: int) -> bool:
    """Whether a void in this recording took a schedule back: it has a line then."""
    if one.stored.terms.classification is Classification.BURNDOWN:
        return True
    return any(
        line.schedule_id == one.stored.id and line.stands_at(recording)
        for line in histories.lines.get(one.stored.document_id, ())
    )


class _Standing:
    """What one recording made of a family."""

    def __init__(
        self, histories: Histories, recording: int, settings: LedgerSettings
    ) -> None:
        self.histories = histories
        self.recording = recording
        self.settings = settings
        self.locks: dict[int, Day | None] = {}
        self.locked_through: Day | None = None
        self.is_touched = False

    def alone(self, one: ScheduleHistory) -> NewSchedule:
        """A schedule that is a family of its own, with its movements."""
        terms, document_id = self._terms(one), one.stored.document_id
        a = self._date(one)
        invoiced: Sequence[StoredRow[Superseded]] = ()
        if self._document(one).versions[0].made_in < self.recording:
            _, billed = rows_by_schedule(self._journals([document_id]))
            invoiced = billed.get(document_id, ())
        return self._new(
            one,
            terms,
            movements=recognize(terms, a),
            first_posted_on=first_posting(invoiced, a) if invoiced else None,
        )

    def family(self, family_id: int, there: Sequence[ScheduleHistory]) -> Standing:
        """A family with all members that it had then."""
        documents = dict.fromkeys(one.stored.document_id for one in there)
        journals = list(self._journals(documents))
        rows, invoiced = rows_by_schedule(journals)
        family: Family[Superseded] = Family(family_id, breakage=self.settings.breakage)
        newest: dict[int, ScheduleHistory] = {}
        since: dict[int, int] = {}
        for one in there:
            root = one.stored.line_root
            since.setdefault(root, one.made_in)
            member = self._member(one, since[root])
            before = family.members.get(root)
            member.stored = [
                *(before.stored if before else []),
                *rows.get(one.stored.id, []),
            ]
            if self._document(one).versions[0].made_in < self.recording:
                member.invoiced = invoiced.get(one.stored.document_id, ())
            family.members[root] = member
            newest[root] = one
        for member_id, one in newest.items():
            self._touch(member_id, one)
        if family.is_accruing:
            self._mark_removed(family, newest)
        first = there[0]
        is_new = first.made_in == self.recording
        return Standing(
            self._new(first, self._terms(first)) if is_new else None,
            self._changed(family),
            journals,
            dict(self._effective(family, newest.values())),
        )

    def _changed(self, family: Family[Superseded]) -> ChangedFamily:
        """The family with its locks; who touches none of it puts all of it right."""
        if self.is_touched:
            return ChangedFamily(family, self.locks, self.locked_through)
        locks = {
            one.id: self._lock(one.accounting_date) for one in family.members.values()
        }
        drops_early = first_early(self.settings, family) is not None
        return ChangedFamily(family, locks, drops_early=drops_early)

    def _member(self, one: ScheduleHistory, since: int) -> Member[Superseded]:
        stored, document = one.stored, self._document(one)
        terms = self._terms(one)
        is_credit = stored.credits_id is not None
        voided_in = document.voided_in
        if voided_in is not None:
            is_now = voided_in == self.recording
            is_over = voided_in < self.recording
            if not (is_over or (is_now and _is_voided(self.histories, one, voided_in))):
                voided_in = None
        its_terms = credited(terms) if is_credit else terms
        return Member(
            *(stored.line_root, stored.id, self._owner(one)),
            its_terms if voided_in is None else with_amount(its_terms, 0),
            self._date(one),
            stored.credits_id,
            terms.recognized_on if is_credit else None,
            stored.treatment,
            recorded_in=since,
            voided_in=voided_in,
        )

    def _touch(self, member_id: int, one: ScheduleHistory) -> None:
        """Note whether this recording changed a member, and under which lock."""
        stored, now = one.stored, self.recording
        is_made, document = one.made_in == now, self._document(one)
        is_voided = document.voided_in == now and _is_voided(self.histories, one, now)
        is_completed = any(
            its.recorded_in == now
            for its in self.histories.completions.get(stored.id, ())
        )
        if not (is_made or is_voided or is_completed):
            return
        version = document.at(now)
        assert version is not None, "a document is there before its schedules"
        self.is_touched = True
        self.locks[member_id] = lock = self._lock(version.accounting_date)
        if lock is not None and (one.joins or not is_made):
            self.locked_through = max(self.locked_through or 0, lock)

    def _mark_removed(
        self, family: Family[Superseded], newest: dict[int, ScheduleHistory]
    ) -> None:
        """Tell lines that a revision left out from those that amount to nothing."""
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
        self, family: Family[Superseded], newest: Iterable[ScheduleHistory]
    ) -> Iterator[tuple[int, tuple[Day | None, Day]]]:
        """When new credits take effect; one that keeps its date keeps that day."""
        for one in newest:
            stored = one.stored
            if stored.credits_id is None or one.is_ended:
                continue
            if one.made_in != self.recording:
                continue
            kept = self._kept_effective(one)
            sold = family.members[stored.credits_id]
            first = family.first_posted_on(sold) or sold.accounting_date
            a = self._date(one)
            day = kept or effective_day(a, first, self._lock(a))
            yield stored.id, (stored.terms.recognized_on, day)

    def _kept_effective(self, one: ScheduleHistory) -> Day | None:
        before = [
            its
            for its in self.histories.families[one.stored.family_id]
            if its.stored.line_root == one.stored.line_root
            and its.made_in < self.recording
        ]
        document = self._document(one)
        then, now = document.at(self.recording - 1), document.at(self.recording)
        if not before or then is None or now is None:
            return None
        is_same = then.accounting_date == now.accounting_date
        return before[-1].stored.terms.recognized_on if is_same else None

    def _new(
        self,
        one: ScheduleHistory,
        terms: Terms,
        **more: object,
    ) -> NewSchedule:
        lock = self._lock(self._date(one))
        return NewSchedule(
            one.stored.id,
            self._owner(one),
            terms,
            locked_through=lock,
            **more,  # type: ignore[arg-type]
        )

    def _owner(self, one: ScheduleHistory) -> Owner:
        """Whose schedule it is; the order tells journals apart, and numbers none."""
        document, product_id = self._document(one), one.stored.product_id
        kind = int(document.kind)
        return Owner(
            *(document.id, document.customer_id, product_id, kind),
            (str(document.customer_id), str(product_id), str(document.id), kind),
        )

    def _terms(self, one: ScheduleHistory) -> Terms:
        """A schedule's terms, with the completions that counted then."""
        stored = one.stored
        if not stored.milestones:
            return stored.terms
        days = {
            its.position: its.completed_on
            for its in self.histories.completions.get(stored.id, ())
            if its.recorded_in <= self.recording
        }
        parts = tuple(
            part._replace(day=days.get(its.position, its.day))
            for its, part in zip(stored.milestones, stored.terms.parts, strict=True)
        )
        return replace(stored.terms, parts=parts)

    def _date(self, one: ScheduleHistory) -> Day:
        """A member's accounting date: a revision's new one goes for what it keeps."""
        document = self._document(one)
        is_given = one.made_in == self.recording and not one.is_ended
        then = document.at(self.recording if is_given else self.recording - 1)
        return (then or document.versions[0]).accounting_date

    def _document(self, one: ScheduleHistory) -> DocumentHistory:
        return self.histories.documents[one.stored.document_id]

    def _lock(self, accounting_date: Day) -> Day | None:
        settings = self.settings
        return lock_of(settings.lock_method, settings.locked_through, accounting_date)

    def _journals(self, document_ids: Iterable[int]) -> Iterator[StoredJournal]:
        """Documents' journals with the movements that were in force before."""
        for document_id in document_ids:
            for one in self.histories.journals.get(document_id, ()):
                journal = StoredJournal(
                    one.number, one.month, one.document_id, one.product_id, one.source
                )
                for row in one.movements:
                    if row.stood_before(self.recording):
                        journal.movements[row.seq] = StoredMovement(
                            row.schedule_id,
                            row.value,
                            self.histories.catch_up_of(row),
                        )
                yield journal
