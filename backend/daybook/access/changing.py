"""A change of access under way: it locks organisations, and records in their trails."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from daybook.access.models import Membership, User
from daybook.audit.commands import append_audit_record
from daybook.audit.expecting import recorded_since_refused
from daybook.audit.rules import Action, Subject, SubjectKind
from daybook.db.engine import Database, WriteSession, clock_of
from daybook.ledger.commands import lock_organisation
from daybook.ledger.models import Organisation


@dataclass(frozen=True, slots=True)
class AccessChange:
    """A change in an organisation, which is locked."""

    session: WriteSession
    organisation: Organisation
    now: datetime
    made_by: str

    async def record(
        self, action: Action, subject: Subject, details: Mapping[str, object]
    ) -> None:
        """Append the audit record; a fixed present takes the place of `now`."""
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
async def access_change(
    database: Database, organisation_id: int, now: datetime, made_by: str
) -> AsyncIterator[AccessChange]:
    """A change in an organisation, in one write transaction."""
    with recorded_since_refused():
        async with database.writes() as session:
            organisation = await lock_organisation(session, organisation_id)
            yield AccessChange(session, organisation, now, made_by)


@dataclass(frozen=True, slots=True)
class PersonChange:
    """A change of a user, who is locked with all organisations that know them."""

    session: WriteSession
    user: User
    changes: Mapping[int, AccessChange]
    """By the organisation's id."""
    memberships: Mapping[int, Membership]
    """Invitations too."""

    async def record(
        self, organisation_id: int, action: Action, **details: str
    ) -> None:
        """Append a record about the user to one organisation's trail."""
        subject = subject_of(self.user.email)
        await self.changes[organisation_id].record(action, subject, details)

    async def end_credentials(self) -> None:
        """End the user's password, sessions and links; record it where they belong."""
        had_password = self.user.password_hash is not None
        self.user.password_hash = None
        self.user.sign_ins_from += 1
        for organisation_id, membership in self.memberships.items():
            if had_password and membership.accepted_at is not None:
                await self.record(organisation_id, Action.FORGET_PASSWORD)


@asynccontextmanager
async def person_change(
    database: Database, user_id: int, now: datetime
) -> AsyncIterator[PersonChange | None]:
    """A change of somebody by themselves, in one write transaction; None for nobody.

    Organisations are locked in their order and before the person, so that no two
    writers wait for each other.
    """
    async with database.writes() as session:
        before = await _memberships(session, user_id)
        locked = {id_: await lock_organisation(session, id_) for id_ in before}
        user = await lock_user(session, user_id)
        if user is None:
            yield None
            return
        memberships = await _memberships(session, user_id)
        for id_ in memberships.keys() - locked.keys():  # joined in between
            locked[id_] = await lock_organisation(session, id_)
        changes = {
            id_: AccessChange(session, organisation, now, user.email)
            for id_, organisation in locked.items()
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
    return {membership.organisation_id: membership for membership in found}


async def lock_user(session: WriteSession, user_id: int) -> User | None:
    """Lock a user's row and return its present state; lock organisations before."""
    statement = (
        select(User)
        .where(User.id == user_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(statement)).one_or_none()


def subject_of(email: str) -> Subject:
    """The subject of audit records about a user."""
    return Subject(SubjectKind.USER, email)
