"""A step of a recurrence under way: what it writes, and what trail and log say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from daybook.access.people import people_behind
from daybook.adjustments.recurring.models import (
    Recurrence,
    RecurrenceAuthor,
    RecurrenceLine,
    RecurrenceStep,
    StoredRecurrenceVersion,
)
from daybook.adjustments.recurring.queries import recurrence_versions
from daybook.adjustments.recurring.rules import (
    RecurrenceStatus,
    RecurrenceStepKind,
    check_version,
    label,
)
from daybook.adjustments.recurring.versions import RecurrenceVersion
from daybook.adjustments.rules import refused
from daybook.adjustments.versions import number_of
from daybook.audit.rules import Action, Details, Subject, SubjectKind
from daybook.configuration.changing import SettingChange
from daybook.db.digests import written
from daybook.db.keyset import next_number
from daybook.errors import ProblemCode
from daybook.four_eyes.queries import four_eyes_setting
from daybook.ledger.models import Ledger

ACTIONS = {
    RecurrenceStepKind.SAVED: (Action.SAVE_RECURRENCE, "saved"),
    RecurrenceStepKind.SUBMITTED: (Action.SUBMIT_RECURRENCE, "submitted"),
    RecurrenceStepKind.WITHDRAWN: (Action.WITHDRAW_RECURRENCE, "withdrawn"),
    RecurrenceStepKind.APPROVED: (Action.APPROVE_RECURRENCE, "approved"),
    RecurrenceStepKind.REJECTED: (Action.REJECT_RECURRENCE, "rejected"),
    RecurrenceStepKind.ACTIVATED: (Action.ACTIVATE_RECURRENCE, "active"),
    RecurrenceStepKind.ENDED: (Action.END_RECURRENCE, "ended"),
}
"""What the audit trail and the activity log call each step."""


@dataclass(slots=True)
class RecurrenceChange:
    """A change of one recurrence, in a transaction that has locked its organisation."""

    change: SettingChange
    row: Recurrence

    @property
    def status(self) -> RecurrenceStatus:
        """The recurrence's present status."""
        return RecurrenceStatus(self.row.status)

    @property
    def name(self) -> str:
        """What people call it."""
        return label(self.row.number)

    def check_version(self, expected: int) -> None:
        """Raise Rejected where the caller saw another version than the one in force."""
        check_version(self.row.number, self.row.version, expected)

    async def version(self) -> RecurrenceVersion:
        """The version in force, with its lines."""
        session, step = self.change.session, self.row.saved_in
        found = await recurrence_versions(session, self.row.organisation_id, [step])
        return found[step]

    async def begin_step(
        self,
        kind: RecurrenceStepKind,
        *,
        version: int | None = None,
        reason: str | None = None,
        user_id: int | None = None,
    ) -> RecurrenceStep:
        """Add the recurrence's next step; `end_step` appends its audit record."""
        session, organisation_id = self.change.session, self.row.organisation_id
        its = RecurrenceStep
        setting = await four_eyes_setting(session, organisation_id)
        step = RecurrenceStep(
            organisation_id=organisation_id,
            id=await next_number(
                session, its.id, its.organisation_id == organisation_id
            ),
            number=self.row.number,
            kind=int(kind),
            version=self.row.version if version is None else version,
            setting=setting.number,
            made_at=await self.change.time(),
            made_by=self.change.made_by,
            user_id=user_id,
            reason=reason,
        )
        session.add(step)
        await session.flush()
        return step

    async def add_authors(self, step: RecurrenceStep) -> None:
        """Note the persons behind a step, who can't approve the recurrence any more."""
        session, organisation_id = self.change.session, self.row.organisation_id
        people = await people_behind(session, organisation_id, self.change.made_by)
        session.add_all(
            RecurrenceAuthor(
                organisation_id=organisation_id,
                step=step.id,
                user_id=user_id,
                number=self.row.number,
            )
            for user_id in sorted(people)
        )
        await session.flush()

    async def write_version(
        self, step: RecurrenceStep, version: RecurrenceVersion
    ) -> None:
        """Store what a step saved; the recurrence's state names it from then on."""
        session, organisation_id = self.change.session, self.row.organisation_id
        schedule, template = version
        session.add(
            StoredRecurrenceVersion(
                organisation_id=organisation_id,
                step=step.id,
                number=self.row.number,
                version=step.version,
                ledger_id=template.ledger_id,
                kind=int(template.kind),
                narrative=template.narrative,
                customer_id=number_of(template.customer),
                product_id=number_of(template.product),
                **schedule._asdict(),
            )
        )
        await session.flush()
        session.add_all(
            RecurrenceLine(
                organisation_id=organisation_id,
                step=step.id,
                position=line.position,
                role=int(line.role),
                is_debit=line.is_debit,
                amount=line.amount,
                description=line.description,
                customer_id=number_of(line.customer),
                product_id=number_of(line.product),
            )
            for line in template.lines
        )
        await session.flush()
        self.row.version, self.row.saved_in = step.version, step.id

    async def end_step(
        self, step: RecurrenceStep, details: Details, *, words: str = ""
    ) -> None:
        """Set the state after a step, and append its audit record and log line."""
        kind, session = RecurrenceStepKind(step.kind), self.change.session
        self.row.status, self.row.last_step = int(kind.status), step.id
        await session.flush()
        self._note(step.id)
        action, done = ACTIONS[kind]
        message = f"{self.name} {done}{words}"
        if step.reason is not None:
            message += f": {step.reason}"
            details = {**details, "reason": step.reason}
        await self.change.log(
            action,
            Subject(SubjectKind.RECURRENCE, self.name),
            {"version": step.version, **details},
            message=message,
        )

    def _note(self, step: int) -> None:
        """Note the rows of a step for the audit record's digests."""
        models: Sequence[Any] = (
            *(RecurrenceStep, StoredRecurrenceVersion),
            *(RecurrenceLine, RecurrenceAuthor),
        )
        changed = written(self.change.session).changed
        changed.update((0, step, model.__tablename__) for model in models)


async def new_recurrence(change: SettingChange, ledger: Ledger) -> RecurrenceChange:
    """Give the organisation's next number to a recurrence without any step."""
    its, organisation_id = Recurrence, change.organisation.id
    row = Recurrence(
        organisation_id=organisation_id,
        number=await next_number(
            change.session, its.number, its.organisation_id == organisation_id
        ),
        ledger_id=ledger.id,
        status=int(RecurrenceStatus.DRAFT),
        version=0,
        saved_in=0,
        last_step=0,
    )
    change.session.add(row)
    await change.session.flush()
    return RecurrenceChange(change, row)


async def find_recurrence(change: SettingChange, number: int) -> RecurrenceChange:
    """Begin a change of a recurrence; raises Rejected if there is no such."""
    key = (change.organisation.id, number)
    row = await change.session.get(Recurrence, key, populate_existing=True)
    if row is None:
        message = f"there is no recurrence {label(number)}"
        raise refused(ProblemCode.NOT_FOUND, message, "number")
    return RecurrenceChange(change, row)
