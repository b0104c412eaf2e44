"""Accepting and declining invitations, and the first time a provider vouches for one.

An admin knows the links that they made, and so could have set the password or session
of a user who came by one. None of that may open another organisation. A user for whom
no provider has vouched can therefore join another organisation only by its own link,
and all their earlier credentials end.
"""

from dataclasses import dataclass
from datetime import datetime

from daybook.access.changing import PersonChange, person_change
from daybook.access.models import User
from daybook.access.rules import ROLES, Invitee, MemberRole, Permission
from daybook.audit.rules import Action
from daybook.db.engine import Database


class NotProved(Exception):
    """Nothing proves that the person themselves answers the invitation."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """The bearer of a link: what its maker could grant, and the bearer's own session.

    The numbers are the user's `sign_ins_from` at the time.
    """

    link_number: int
    """The user's number when the link was made."""
    permissions: Permission | None
    """The permissions of the link's maker; None if they are not known."""
    is_operators: bool
    signed_in_number: int | None
    """The user's number when their session began; None if they are not signed in."""


async def accept_by_link(
    database: Database,
    organisation_id: int,
    *,
    user_id: int,
    bearer: Bearer,
    now: datetime,
) -> int | None:
    """Let a user into an organisation by its link, and accept their invitation.

    Returns the user's `sign_ins_from`; None if the link has ended. A bearer who isn't
    signed in may be the link's maker: raises NotProved if that could open more than
    this organisation; otherwise all earlier credentials end.
    """
    async with person_change(database, user_id, now) as person:
        membership = person.memberships.get(organisation_id) if person else None
        if person is None or membership is None:
            return None
        user = person.user
        is_current = bearer.link_number == user.sign_ins_from
        if not is_current or not _covers(bearer, membership.role):
            return None
        is_alone = bearer.signed_in_number != user.sign_ins_from
        if (
            is_alone
            and not bearer.is_operators
            and _is_guarded(person, organisation_id)
        ):
            raise NotProved
        is_new = membership.accepted_at is None
        if is_new:
            await _accept(person, organisation_id, now)
        if is_alone or (is_new and user.verified_at is None):
            await person.end_credentials()
        return user.sign_ins_from


async def accept_invitation(
    database: Database, organisation_id: int, invitee: Invitee, *, now: datetime
) -> bool:
    """Accept an invitation for the person who is signed in.

    Returns whether they belong to the organisation now. Raises NotProved if no provider
    has vouched for them, or they have been signed out meanwhile.
    """
    async with person_change(database, invitee.user_id, now) as person:
        membership = person.memberships.get(organisation_id) if person else None
        if person is None or membership is None:
            return False
        if not _is_proved(person.user, invitee):
            raise NotProved
        if membership.accepted_at is None:
            await _accept(person, organisation_id, now)
        return True


async def decline_invitation(
    database: Database, organisation_id: int, invitee: Invitee, *, now: datetime
) -> bool:
    """Decline an invitation for the person who is signed in.

    Returns whether there was one. Raises NotProved if they have been signed out
    meanwhile.
    """
    async with person_change(database, invitee.user_id, now) as person:
        membership = person.memberships.get(organisation_id) if person else None
        if person is None or membership is None or membership.accepted_at is not None:
            return False
        if person.user.sign_ins_from != invitee.sign_ins_from:
            raise NotProved
        role = MemberRole(membership.role).name
        await person.session.delete(membership)
        await person.record(organisation_id, Action.DECLINE_INVITATION, role=role)
        return True


async def verify_user(database: Database, user_id: int, now: datetime) -> int | None:
    """Note that a provider vouched for a user; return their `sign_ins_from`.

    The first time, all earlier credentials end: anybody with a link could have set
    them. None if there is no such user.
    """
    async with database.reads() as session:
        known = await session.get(User, user_id)
    if known is not None and known.verified_at is not None:
        return known.sign_ins_from
    async with person_change(database, user_id, now) as person:
        if person is None:
            return None
        if person.user.verified_at is None:
            person.user.verified_at = now
            for organisation_id in person.memberships:
                await person.record(organisation_id, Action.VERIFY_ADDRESS)
            await person.end_credentials()
        return person.user.sign_ins_from


async def _accept(person: PersonChange, organisation_id: int, now: datetime) -> None:
    membership = person.memberships[organisation_id]
    membership.accepted_at = now
    role = MemberRole(membership.role).name
    await person.record(organisation_id, Action.ACCEPT_INVITATION, role=role)


def _covers(bearer: Bearer, role: int) -> bool:
    """Whether the link's maker could still make it for a member with this role."""
    return bearer.permissions is None or ROLES[MemberRole(role)] in bearer.permissions


def _is_guarded(person: PersonChange, organisation_id: int) -> bool:
    """Whether a user is also a member elsewhere, or a provider vouched for them."""
    elsewhere = any(
        membership.accepted_at is not None
        for id_, membership in person.memberships.items()
        if id_ != organisation_id
    )
    return elsewhere or person.user.verified_at is not None


def _is_proved(user: User, invitee: Invitee) -> bool:
    is_still = user.sign_ins_from == invitee.sign_ins_from
    return is_still and user.verified_at is not None
