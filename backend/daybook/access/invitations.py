"""Saying yes or no to an invitation, and the first word of a provider for somebody.

An organisation's admin holds the links that they make, and so whatever somebody set who
came by one: a password, a session. None of that may open another organisation. Who was
never vouched for by a provider therefore joins another one by its own link only, and
all that was set before ends.
"""

from dataclasses import dataclass
from datetime import datetime

from daybook.access.changing import PersonChange, changing_person
from daybook.access.models import User
from daybook.access.rules import ROLES, Invitee, Permission, Role
from daybook.audit.rules import Action
from daybook.db.engine import Database


class NotProved(Exception):
    """Nothing shows that it is the person themselves who says so."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who brings a link: what its maker had, and whether they are signed in already."""

    link_number: int
    """The user's number when the link was made."""
    permissions: Permission | None
    """What its maker had to hand on; None where that is not known."""
    is_operators: bool
    signed_in_number: int | None
    """The user's number when their session began; None for who is not signed in."""


async def accept_by_link(
    database: Database,
    organisation_id: int,
    *,
    user_id: int,
    bearer: Bearer,
    now: datetime,
) -> int | None:
    """Let somebody into an organisation by its link; their invitation is accepted.

    Gives from which number on sessions hold; None where the link lets nobody in any
    more. Who comes by the link alone may be whoever made it: raises NotProved where
    that could open more than this organisation, and else all ends that was set before.
    """
    async with changing_person(database, user_id, now) as person:
        its = person.memberships.get(organisation_id) if person else None
        if person is None or its is None:
            return None
        user = person.user
        if bearer.link_number != user.sign_ins_from or not _covers(bearer, its.role):
            return None
        is_alone = bearer.signed_in_number != user.sign_ins_from
        if (
            is_alone
            and not bearer.is_operators
            and _is_guarded(person, organisation_id)
        ):
            raise NotProved
        is_new = its.accepted_at is None
        if is_new:
            await _accept(person, organisation_id, now)
        if is_alone or (is_new and user.verified_at is None):
            await person.end_credentials()
        return user.sign_ins_from


async def accept_invitation(
    database: Database, organisation_id: int, invitee: Invitee, *, now: datetime
) -> bool:
    """Make an invitation a membership, since the person who is signed in says yes.

    Says whether they belong to the organisation now. Raises NotProved for who was never
    vouched for by a provider, or has been signed out meanwhile.
    """
    async with changing_person(database, invitee.user_id, now) as person:
        its = person.memberships.get(organisation_id) if person else None
        if person is None or its is None:
            return False
        if not _is_proved(person.user, invitee):
            raise NotProved
        if its.accepted_at is None:
            await _accept(person, organisation_id, now)
        return True


async def decline_invitation(
    database: Database, organisation_id: int, invitee: Invitee, *, now: datetime
) -> bool:
    """Take an invitation away, since the person who is signed in says no.

    Says whether there was one. Raises NotProved for who was signed out meanwhile.
    """
    async with changing_person(database, invitee.user_id, now) as person:
        its = person.memberships.get(organisation_id) if person else None
        if person is None or its is None or its.accepted_at is not None:
            return False
        if person.user.sign_ins_from != invitee.sign_ins_from:
            raise NotProved
        role = Role(its.role).name
        await person.session.delete(its)
        await person.tell(organisation_id, Action.DECLINE_INVITATION, role=role)
        return True


async def verify_user(database: Database, user_id: int, now: datetime) -> int | None:
    """Note that a provider vouched for somebody; gives from which number sessions hold.

    The first time, all ends that was set before: whoever had a link could have set it.
    None for nobody.
    """
    async with database.reads() as session:
        known = await session.get(User, user_id)
    if known is not None and known.verified_at is not None:
        return known.sign_ins_from
    async with changing_person(database, user_id, now) as person:
        if person is None:
            return None
        if person.user.verified_at is None:
            person.user.verified_at = now
            for organisation_id in person.memberships:
                await person.tell(organisation_id, Action.VERIFY_ADDRESS)
            await person.end_credentials()
        return person.user.sign_ins_from


async def _accept(person: PersonChange, organisation_id: int, now: datetime) -> None:
    its = person.memberships[organisation_id]
    its.accepted_at = now
    role = Role(its.role).name
    await person.tell(organisation_id, Action.ACCEPT_INVITATION, role=role)


def _covers(bearer: Bearer, role: int) -> bool:
    """Whether who made the link could still make it, now that the role is this."""
    return bearer.permissions is None or ROLES[Role(role)] in bearer.permissions


def _is_guarded(person: PersonChange, organisation_id: int) -> bool:
    """Whether somebody is more than this one organisation's member."""
    elsewhere = any(
        one.accepted_at is not None
        for its, one in person.memberships.items()
        if its != organisation_id
    )
    return elsewhere or person.user.verified_at is not None


def _is_proved(user: User, invitee: Invitee) -> bool:
    is_still = user.sign_ins_from == invitee.sign_ins_from
    return is_still and user.verified_at is not None
