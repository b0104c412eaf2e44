"""A step of a manual journal under way: what it writes, and what trail and log say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from daybook.access.people import people_behind
from daybook.adjustments.models import (
    ManualAuthor,
    ManualDocument,
    ManualJournal,
    ManualLine,
    ManualStep,
    ManualVersion,
)
from daybook.adjustments.queries import versions_by_step
from daybook.adjustments.rules import (
    Status,
    StepKind,
    check_version,
    label,
    refused,
)
from daybook.adjustments.versions import Version
from daybook.audit.rules import Action, Details, Subject, SubjectKind
from daybook.configuration.changing import SettingChange
from daybook.db.digests import written
from daybook.db.keyset import next_number
from daybook.errors import ProblemCode
from daybook.ledger.models import Ledger, Recording

ACTIONS = {
    StepKind.DRAFT: (Action.SAVE_MANUAL_JOURNAL, "saved"),
    StepKind.SUBMITTED: (Action.SUBMIT_MANUAL_JOURNAL, "submitted"),
    StepKind.WITHDRAWN: (Action.WITHDRAW_MANUAL_JOURNAL, "withdrawn"),
    StepKind.APPROVED: (Action.APPROVE_MANUAL_JOURNAL, "approved"),
    StepKind.REJECTED: (Action.REJECT_MANUAL_JOURNAL, "rejected"),
    StepKind.POSTED: (Action.POST_MANUAL_JOURNAL, "posted"),
    StepKind.DISCARDED: (Action.DISCARD_MANUAL_JOURNAL, "discarded"),
    StepKind.REVERSED: (Action.REVERSE_MANUAL_JOURNAL, "reversed"),
}
"""What the audit trail and the activity log call each step."""


@dataclass(slots=True)
class JournalChange:
    """A change of one manual journal, whose organisation the transaction has locked.

    Several steps may follow each other in a transaction, each with a record of its own.
    """

    change: SettingChange
    row: ManualJournal

    @property
    def status(self) -> Status:
        """The journal's present status."""
        return Status(self.row.status)

    @property
    def name(self) -> str:
        """What people call it."""
        return label(self.row.number)

    def check_version(self, expected: int) -> None:
        """Raise Rejected where the caller saw another version than the one in force."""
        check_version(self.row.number, self.row.version, expected)

    async def version(self) -> Version:
        """The version in force, with its lines."""
        session, step = self.change.session, self.row.saved_in
        found = await versions_by_step(session, self.row.organisation_id, [step])
        return found[step]

    async def begin_step(
        self,
        kind: StepKind,
        *,
        version: int | None = None,
        reason: str | None = None,
        user_id: int | None = None,
        recording: int | None = None,
    ) -> ManualStep:
        """Add the journal's next step; `end_step` appends its audit record."""
        session, organisation_id = self.change.session, self.row.organisation_id
        step = ManualStep(
            organisation_id=organisation_id,
            id=await next_number(
                session, ManualStep.id, ManualStep.organisation_id == organisation_id
            ),
            number=self.row.number,
            kind=int(kind),
            version=self.row.version if version is None else version,
            made_at=await self.change.time(),
            made_by=self.change.made_by,
            user_id=user_id,
            reason=reason,
            recording=recording,
        )
        session.add(step)
        await session.flush()
        return step

    async def add_authors(self, step: ManualStep) -> None:
        """Note the persons behind a step, who can't approve the journal any more."""
        session, organisation_id = self.change.session, self.row.organisation_id
        people = await people_behind(session, organisation_id, self.change.made_by)
        session.add_all(
            ManualAuthor(
                organisation_id=organisation_id,
                step=step.id,
                user_id=user_id,
                number=self.row.number,
            )
            for user_id in sorted(people)
        )
        await session.flush()

    async def end_step(
        self,
        step: ManualStep,
        details: Details,
        *,
        words: str = "",
        recorded: Sequence[tuple[Ledger, Recording]] = (),
    ) -> None:
        """Set the state after a step, and append its audit record and log line."""
        kind, session = StepKind(step.kind), self.change.session
        status = StepKind.DRAFT if kind is StepKind.WITHDRAWN else kind
        self.row.status, self.row.last_step = int(status), step.id
        await session.flush()
        self._note(step.id)
        action, done = ACTIONS[kind]
        message = f"{self.name} {done}{words}"
        if step.reason is not None:
            message += f": {step.reason}"
            details = {**details, "reason": step.reason}
        await self.change.log(
            action,
            Subject(SubjectKind.MANUAL_JOURNAL, self.name),
            {"version": step.version, **details},
            message=message,
            recorded=recorded,
        )

    def _note(self, step: int) -> None:
        """Note the rows of a step for the audit record's digests."""
        models: Sequence[Any] = (
            *(ManualStep, ManualVersion, ManualLine),
            *(ManualAuthor, ManualDocument),
        )
        changed = written(self.change.session).changed
        changed.update((0, step, model.__tablename__) for model in models)


async def find_journal(change: SettingChange, number: int) -> JournalChange:
    """Begin a change of a manual journal; raises Rejected if there is no such."""
    key = (change.organisation.id, number)
    row = await change.session.get(ManualJournal, key, populate_existing=True)
    if row is None:
        message = f"there is no manual journal {label(number)}"
        raise refused(ProblemCode.NOT_FOUND, message, "number")
    return JournalChange(change, row)


async def lock_ledger(change: SettingChange, ledger_id: int) -> Ledger:
    """Lock the ledger of a manual journal."""
    ledger = await change.session.get_one(Ledger, ledger_id)
    return await change.ledger(ledger.currency)
