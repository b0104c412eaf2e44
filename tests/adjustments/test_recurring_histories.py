"""Random histories of recurrences keep their laws, whoever does what and when."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from daybook.access.rules import MemberRole
from daybook.adjustments.models import ManualStep
from daybook.adjustments.queries import manual_by_number, steps_of
from daybook.adjustments.recurring.commands import (
    RecurrenceState,
    withdraw_recurrence,
)
from daybook.adjustments.recurring.deciding import reject_recurrence
from daybook.adjustments.recurring.instances import Made
from daybook.adjustments.recurring.rules import RecurrenceStatus, Schedule
from daybook.adjustments.rules import Status, StepKind
from daybook.calendar import Day, day_text, month_of, parse_day
from daybook.db.engine import Database
from daybook.reports.audit import verify
from daybook_adjusting import ADA, BOB, EVE, four_eyes, moment, two_people
from daybook_factories import ORGANISATION, invoice, lock, record
from daybook_people import member
from daybook_recurring import agreed, ended, recurring, run, saved, sent

pytestmark = pytest.mark.anyio

EITHER = pytest.mark.either_database

ACTIVE = RecurrenceStatus.ACTIVE


@dataclass
class Known:
    """What a recurrence is, by the rules: kept beside the product."""

    state: RecurrenceState
    schedule: Schedule
    authors: set[str]
    approved: set[int] = field(default_factory=set)
    made: set[int] = field(default_factory=set)


@dataclass
class History:
    """A history under way."""

    database: Database
    random: Random
    approvers: dict[str, int]
    today: Day
    locked: Day = 0
    is_on: bool = False
    known: list[Known] = field(default_factory=list)

    @property
    def on(self) -> str:
        return day_text(self.today)

    async def write(self) -> None:
        """A new recurrence, or another version of one that may have it."""
        by = self.random.choice([ADA, BOB, EVE])
        month = month_of(self.today) + self.random.randint(-3, 1)
        until = self.random.choice([None, month + self.random.randint(0, 6)])
        schedule = Schedule(
            self.random.choice([1, 15, 29, 30, 31]),
            *(month, until, self.random.random() < 0.3),
        )
        entered = recurring(schedule=schedule, narrative=f"By {by} on {self.on}")
        found = self._of(
            RecurrenceStatus.DRAFT, RecurrenceStatus.REJECTED, RecurrenceStatus.ACTIVE
        )
        options: dict[str, Any] = {"by": by, "on": self.on}
        if found is None or self.random.random() < 0.4:
            state = await saved(self.database, entered, **options)
            self.known.append(Known(state, schedule, {by}))
            return
        seen: dict[str, Any] = {
            "number": found.state.number,
            "version": found.state.version,
        }
        found.state = await saved(self.database, entered, **seen, **options)
        found.schedule = schedule
        found.authors.add(by)

    async def submit(self) -> None:
        found = self._of(RecurrenceStatus.DRAFT, RecurrenceStatus.REJECTED)
        if found is not None:
            by = self.random.choice([ADA, BOB])
            found.state = await sent(self.database, found.state, by=by, on=self.on)
            found.authors.add(by)
            due = RecurrenceStatus.SUBMITTED if self.is_on else ACTIVE
            assert found.state.status is due

    async def decide(self) -> None:
        found = self._of(RecurrenceStatus.SUBMITTED)
        if found is None:
            return
        others = [who for who in self.approvers if who not in found.authors]
        if not others:
            return
        approver = self.approvers[self.random.choice(others)]
        if self.random.random() < 0.7:
            found.state = await agreed(self.database, found.state, approver, on=self.on)
            found.approved.add(found.state.version)
            return
        found.state = await reject_recurrence(
            *(self.database, ORGANISATION, found.state.number),
            version=found.state.version,
            reason="Not yet",
            user_id=approver,
            now=moment(self.on),
        )

    async def withdraw(self) -> None:
        found = self._of(RecurrenceStatus.SUBMITTED)
        if found is not None:
            found.state = await withdraw_recurrence(
                *(self.database, ORGANISATION, found.state.number),
                version=found.state.version,
                now=moment(self.on),
                made_by=ADA,
            )

    async def end(self) -> None:
        found = self._of(*RecurrenceStatus)
        if found is not None and self.random.random() < 0.3:
            found.state = await ended(self.database, found.state, on=self.on)

    async def close(self) -> None:
        """Lock some days more, up to yesterday."""
        through = max(self.locked, self.today - self.random.randint(1, 40))
        if through > self.locked:
            await lock(self.database, day_text(through), on=self.on)
            self.locked = through

    async def turn_on(self) -> None:
        if not self.is_on and self.random.random() < 0.5:
            await four_eyes(self.database, on=self.on)
            self.is_on = True

    async def run(self) -> None:
        """Make what is due, and compare it with the rules."""
        due = [
            (known.schedule.day_in(month), known.state.number, month, known)
            for known in self.known
            if known.state.status is ACTIVE
            for month in known.schedule.due(known.made, self.today)
        ]
        due.sort(key=lambda item: item[:3])
        made = await run(self.database, self.on)
        assert [(one.day, one.recurrence, one.month) for one in made] == [
            item[:3] for item in due
        ]
        for one, (_, _, month, known) in zip(made, due, strict=True):
            known.made.add(month)
            assert one.status is self._due_status(one, known)

    def _due_status(self, made: Made, known: Known) -> Status:
        if made.day <= self.locked:
            return Status.DRAFT
        if self.is_on and known.state.version not in known.approved:
            return Status.SUBMITTED
        return Status.POSTED

    def _of(self, *statuses: RecurrenceStatus) -> Known | None:
        found = [known for known in self.known if known.state.status in statuses]
        return self.random.choice(found) if found else None


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(at, marks=EITHER) for at in range(1, 4))]
)
async def test_a_random_history_keeps_the_laws(database: Database, seed: int) -> None:
    ada, bob = await two_people(database)
    eve = await member(
        database,
        email=EVE,
        role=MemberRole.CONTROLLER,
        password=None,
        now=moment("2025-01-02"),
    )
    await record(database, invoice(), on="2025-01-05")
    people = {BOB: bob, EVE: eve}
    random = Random(seed)  # noqa: S311  (a history, not a secret)
    history = History(database, random, people, parse_day("2025-01-10"))
    acts: list[Callable[[], Awaitable[None]]] = [
        *(history.write, history.submit, history.decide, history.run) * 4,
        *(history.withdraw, history.end, history.close, history.turn_on),
    ]

    for _ in range(50):
        await history.random.choice(acts)()
        history.today += history.random.choice([0, 1, 5, 20])
    await history.run()

    assert (await verify(database, ORGANISATION)).mismatch is None
    made = sum(len(known.made) for known in history.known)
    async with database.reads() as session:
        numbers = range(1, made + 1)
        journals = await manual_by_number(session, ORGANISATION, numbers)
        steps = await steps_of(session, ORGANISATION, numbers)
        deciders = await session.scalars(
            select(ManualStep.user_id).where(ManualStep.kind == int(StepKind.APPROVED))
        )
        assert ada not in set(deciders), "an accountant approves nothing"
    assert len(journals) == made
    for journal in journals:
        kinds = [step.kind for step in steps if step.number == journal.number]
        assert (StepKind.POSTED in kinds) == (journal.status is Status.POSTED)
