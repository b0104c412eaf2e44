"""A change of access under way: the organisations are locked, and are told of it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from daybook.access.models import Membership, User
from daybook.audit.commands import append_audit_record
from daybook.audit.rules import Action, Subject, SubjectKind
from daybook.db.engine import Database, WriteSession, clock_of
from daybook.ledger.commands import lock_organisation
from daybook.ledger.models import Organisation


@dataclass(frozen=True, slots=True)
class Change:
    """A change in one organisation, which is locked."""

    session: WriteSession
    organisation: Organisation
    now: datetime
    made_by: str

    async def tell(
        self, action: Action, subject: Subject, details: Mapping[str, object]
    ) -> None:
        """Append the audit record; where the present is fixed, that is its time."""
        await append_audit_record(
            self.session,
            self.organisation,
            now=clock_of(self.session).fixed or self.now,
            made_by=self.made_by,
            action=action,
            subject=subject,
            details=details,
        )


@asynccontextmanager
async def changing(
    database: Database, organisation_id: int, now: datetime, made_by: str
) -> AsyncIterator[Change]:
    """A change in an organisation, in one write transaction."""
    async with database.writes() as session:
        organisation = await lock_organisation(session, organisation_id)
        yield Change(session, organisation, now, made_by)


@dataclass(frozen=True, slots=True)
class PersonChange:
    """A change of somebody who is locked, and all organisations that know them too."""

    session: WriteSession
    user: User
    changes: Mapping[int, Change]
    """By the organisation's id."""
    memberships: Mapping[int, Membership]
    """Invitations too."""

    async def tell(self, organisation_id: int, action: Action, **details: str) -> None:
        """Append a record about them to one organisation's trail."""
        subject = subject_of(self.user.email)
        await self.changes[organisation_id].tell(action, subject, details)

    async def end_credentials(self) -> None:
        """End their password, sessions and links, and tell all whom they belong to."""
        had_password = self.user.password_hash is not None
        self.user.password_hash = None
        self.user.sign_ins_from += 1
        for organisation_id, its in self.memberships.items():
            if had_password and its.accepted_at is not None:
                await self.tell(organisation_id, Action.FORGET_PASSWORD)


@asynccontextmanager
async def changing_person(
    database: Database, user_id: int, now: datetime
) -> AsyncIterator[PersonChange | None]:
    """A change of somebody by themselves, in one write transaction; None for nobody.

    Organisations are locked in their order and before the person, so that no two
    writers wait for each other.
    """
    async with database.writes() as session:
        before = await _memberships(session, user_id)
        locked = {one: await lock_organisation(session, one) for one in before}
        user = await lock_user(session, user_id)
        if user is None:
            yield None
            return
        memberships = await _memberships(session, user_id)
        for one in memberships.keys() - locked.keys():  # joined in between
            locked[one] = await lock_organisation(session, one)
        changes = {
            one: Change(session, its, now, user.email) for one, its in locked.items()
        }
        yield PersonChange(session, user, changes, memberships)


async def _memberships(session: WriteSession, user_id: int) -> dict[int, Membership]:
    statement = (
        select(Membership)
        .where(Membership.user_id == user_id)
        .order_by(Membership.organisation_id)
        .execution_options(populate_existing=True)
    )
    found = await session.scalars(statement)
    return {one.organisation_id: one for one in found}


async def lock_user(session: WriteSession, user_id: int) -> User | None:
    """Lock a user's row, once the organisations are locked: give it as it is now."""
    statement = (
        select(User)
        .where(User.id == user_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(statement)).one_or_none()


def subject_of(email: str) -> Subject:
    """A user, as audit records name them."""
    return Subject(SubjectKind.USER, email)
