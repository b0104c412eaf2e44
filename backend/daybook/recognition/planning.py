"""The recognition run: the changes of one recording as rows to insert. No I/O."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from daybook.calendar import Day
from daybook.db.fast.bulk import Rows, table_rows
from daybook.ledger.posting import PlannedJournals, Posting, PostingStart, plan_journals
from daybook.ledger.queries import MovementKey, StoredJournal
from daybook.ledger.rules import CatchUp, Cause, Movement
from daybook.recognition.families import (
    BY_NOW,
    Family,
    Member,
    Owner,
    planned_movements,
    settled_on,
)
from daybook.recognition.models import (
    CreditGrant,
    MilestoneCompletion,
    Schedule,
    SchedulePart,
    Settlement,
)
from daybook.recognition.replacing import (
    Causes,
    Replacement,
    StoredRow,
    early_rows,
    replace_movements,
    without_days_of,
)
from daybook.recognition.rules import Classification, Part, Terms, Treatment


@dataclass(slots=True)
class NewSchedule:
    """A schedule to record.

    `movements` are those of its terms if it is a family of its own, and None if its
    family is one of `Changes.families`, which plans them. `names` are its milestones'
    ids and names, in the order of the terms' parts. If a revision adds the line,
    `invoiced` are the movements that bill its document, and `first_posted_on` is the
    day to which a lock moved them.
    """

    id: int
    owner: Owner
    terms: Terms
    movements: list[Movement] | None = None
    locked_through: Day | None = None
    credits_id: int | None = None
    family_id: int | None = None
    revises_id: int | None = None
    treatment: Treatment | None = None
    names: Sequence[tuple[str, str]] = ()
    grant: str | None = None
    settled_on: Day | None = None
    invoiced: Sequence[StoredRow[MovementKey]] = ()
    first_posted_on: Day | None = None


@dataclass(slots=True)
class ChangedFamily:
    """A family that a recording changes, with the locks that its movements obey.

    `locks` are of the members that the recording itself adds or changes,
    `locked_through` of all others. With `drops_early`, days posted before the invoice's
    first posting are taken back, for the next recording to post. `cause` is that of
    differences in the movements of members that were there before.
    """

    family: Family[MovementKey]
    locks: dict[int, Day | None] = field(default_factory=dict)
    locked_through: Day | None = None
    drops_early: bool = False
    cause: Cause | None = None

    def causes_of(self, member: Member[MovementKey], recording: int) -> Causes:
        """The causes of what a recording appends to a member."""
        is_new = member.recorded_in in {BY_NOW, recording}
        changes = None if is_new else self.cause
        is_grant = member.terms.classification is Classification.PREPAYMENT
        # A grant is recognized only by its expiry; what it pays, by its burn-downs.
        return Causes(changes, Cause.BREAKAGE if is_grant else None)

    def lock_of(self, member_id: int) -> Day | None:
        """The last locked day for a member's movements."""
        return self.locks.get(member_id, self.locked_through)


@dataclass(slots=True)
class Changes:
    """All changes of one recording to a ledger's schedules."""

    new: list[NewSchedule] = field(default_factory=list)
    families: list[ChangedFamily] = field(default_factory=list)
    completions: list[tuple[int, int, Day | None]] = field(default_factory=list)
    existing: list[StoredJournal] = field(default_factory=list)


@dataclass(slots=True)
class PlannedRun:
    """What a recording appends: first its schedules' tables, then its journals."""

    schedules: list[Rows]
    journals: PlannedJournals


def plan_run(start: PostingStart, changes: Changes, *, recorded_on: Day) -> PlannedRun:
    """Plan the rows of one recording: its schedules, journals and movements.

    Changed days after the day of recording are superseded and replaced; up to it
    only differences are appended, none on a locked day (domain rules 5 and 6).
    """
    postings = [
        _post_alone(schedule)
        for schedule in changes.new
        if schedule.movements is not None
    ]
    new = {schedule.id: schedule for schedule in changes.new}
    superseded: list[MovementKey] = []
    settled: list[tuple[int | None, ...]] = []
    for changed in changes.families:
        in_force: list[Movement] = []
        planned = planned_movements(changed.family)
        for member in changed.family.members.values():
            first_posted_on = changed.family.first_posted_on(member)
            movements, lock = planned.get(member.id, []), changed.lock_of(member.id)
            if changed.drops_early and first_posted_on is not None:
                early = early_rows(member.stored, first_posted_on, lock)
                movements = without_days_of(movements, early)
            replacement = replace_movements(
                member.stored,
                movements,
                recorded_on=recorded_on,
                locked_through=lock,
                first_posted_on=first_posted_on,
                causes=changed.causes_of(member, start.recording),
            )
            superseded += replacement.superseded
            postings.append(
                _posting(
                    *(member.owner, member.schedule_id, member.terms),
                    replacement.appended,
                    replacement.catch_ups,
                    replacement.all_causes(),
                )
            )
            in_force += _left_in_force(member, replacement)
        root = changed.family.id
        if root in new:
            new[root].settled_on = settled_on(in_force)
        else:
            settled.append(
                (start.ledger_id, root, start.recording, settled_on(in_force))
            )
    schedules = [*_schedule_tables(start, changes), table_rows(Settlement, settled)]
    journals = plan_journals(
        start, postings, existing=changes.existing, superseded=superseded
    )
    return PlannedRun(schedules, journals)


def _post_alone(schedule: NewSchedule) -> Posting:
    """The posting of a schedule that is a family of its own; sets its `settled_on`."""
    planned, catch_ups = schedule.movements or [], []
    first_posted_on = schedule.first_posted_on
    if schedule.locked_through is not None or first_posted_on is not None:
        replacement: Replacement[None] = replace_movements(
            [],
            planned,
            recorded_on=0,
            locked_through=schedule.locked_through,
            first_posted_on=first_posted_on,
        )
        planned, catch_ups = replacement.appended, replacement.catch_ups
    if catch_ups or schedule.terms.parts or not planned:
        in_force = [*planned, *(catch_up.movement for catch_up in catch_ups)]
        schedule.settled_on = settled_on(in_force)
    elif schedule.terms.classification is not Classification.PREPAYMENT:
        # Alone and without open parts, it is settled by its last day or its billing.
        schedule.settled_on = max(planned[0].last_day, planned[-1].last_day)
    return _posting(schedule.owner, schedule.id, schedule.terms, planned, catch_ups)


def _posting(  # noqa: PLR0913, PLR0917  (a schedule and what it posts)
    owner: Owner,
    schedule_id: int,
    terms: Terms,
    movements: Sequence[Movement],
    catch_ups: Sequence[CatchUp],
    causes: Sequence[Cause | None] = (),
) -> Posting:
    return Posting(
        document_id=owner.document_id,
        customer_id=owner.customer_id,
        product_id=owner.product_id,
        source=owner.source,
        schedule_id=schedule_id,
        method=int(terms.method),
        order=owner.order,
        movements=movements,
        catch_ups=catch_ups,
        causes=causes,
    )


def _left_in_force(
    member: Member[MovementKey], replacement: Replacement[MovementKey]
) -> Iterator[Movement]:
    """A member's posted movements, once a replacement is written."""
    ended = {
        (movement.journal.number, movement.seq) for movement in replacement.superseded
    }
    for row in member.stored:
        if (row.key.journal.number, row.key.seq) not in ended:
            yield row.movement
    yield from replacement.appended
    for catch_up in replacement.catch_ups:
        yield catch_up.movement


def _schedule_tables(start: PostingStart, changes: Changes) -> Iterator[Rows]:
    """Rows of schedules, their parts, completions and credit grants."""
    new, ledger_id = changes.new, start.ledger_id
    yield table_rows(Schedule, (_schedule_row(ledger_id, schedule) for schedule in new))
    parts = [
        row
        for schedule in new
        if schedule.terms.parts
        for row in _parts(ledger_id, schedule)
    ]
    yield table_rows(SchedulePart, parts)
    completions = [
        *(
            completion
            for schedule in new
            if schedule.names
            for completion in _completed(schedule)
        ),
        *changes.completions,
    ]
    yield table_rows(
        MilestoneCompletion,
        [(ledger_id, *place, start.recording, day) for *place, day in completions],
    )
    grants = [
        (
            *(ledger_id, schedule.revises_id or schedule.id, schedule.grant),
            *(schedule.owner.customer_id, start.recording),
        )
        for schedule in new
        if schedule.grant is not None
    ]
    yield table_rows(CreditGrant, grants)


def _parts(
    ledger_id: int, schedule: NewSchedule
) -> Iterable[tuple[int | str | None, ...]]:
    """Rows of dated usage and milestones; a milestone's day is in its completions."""
    for position, part in enumerate(schedule.terms.parts):
        key = (ledger_id, schedule.id, position, part.amount)
        if schedule.names:
            yield (*key, None, *schedule.names[position])
        else:
            yield (*key, part.day, None, None)


def _completed(schedule: NewSchedule) -> Iterable[tuple[int, int, Day]]:
    parts: Iterable[Part] = schedule.terms.parts
    for position, part in enumerate(parts):
        if part.day is not None:
            yield schedule.id, position, part.day


def _schedule_row(ledger_id: int, schedule: NewSchedule) -> tuple[int | None, ...]:
    terms, owner = schedule.terms, schedule.owner
    return (
        *(ledger_id, schedule.id, owner.document_id, owner.product_id),
        *(terms.amount, int(terms.method), int(terms.timing), int(terms.strategy)),
        *(terms.first_day, terms.last_day, terms.recognized_on, schedule.credits_id),
        *(int(terms.classification), schedule.family_id, schedule.revises_id),
        None if schedule.treatment is None else int(schedule.treatment),
        *(terms.months, terms.cancelled_on, terms.expires_on, schedule.settled_on),
    )
