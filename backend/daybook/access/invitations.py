"""Accepting and declining invitations, and the first time a provider vouches for one.

An admin knows the links that they made, and so could have set the password or session
of a user who came by one. None of that may open another organisation. A user for whom
no provider has vouched can therefore join another organisation only by a link that its
own admins or the operator made, and all their earlier credentials end.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.access.changing import PersonChange, person_change
from daybook.access.link_rules import Bearer, Known, Person, opened_by
from daybook.access.models import Membership, User
from daybook.access.rules import ROLES, Invitee, MemberRole, Permission
from daybook.audit.rules import Action
from daybook.db.engine import Database
from daybook.ledger.models import Organisation


class NotProved(Exception):
    """Nothing proves that the person themselves answers the invitation."""


class OfAnother(Exception):
    """The link's bearer is signed in as another user than the one it is for."""

    def __init__(self, email: str) -> None:
        super().__init__(email)
        self.email = email


class Offered(NamedTuple):
    """An organisation that a link opens, and what its user is there."""

    number: int
    name: str
    role: MemberRole
    is_member: bool
    """Whether they belong to it already; otherwise they are invited."""


class Offer(NamedTuple):
    """What a link opens, its own organisation first, and for whom."""

    email: str
    organisations: Sequence[Offered]


class Entered(NamedTuple):
    """What a user accepted by a link."""

    number: int
    """Their `sign_ins_from` now."""
    organisation_id: int
    """Where they go on: the link's own organisation, if they belong to it."""
    accepted: Sequence[int]
    """The organisations whose invitations they accepted."""


async def offer_to(session: AsyncSession, user_id: int, bearer: Bearer) -> Offer | None:
    """What a link offers its bearer, who may be anybody; None if it has ended.

    Raises NotProved and OfAnother as `accept_by_link` does.
    """
    user = await session.get(User, user_id)
    if user is None:
        return None
    rows = await session.execute(
        select(Membership, Organisation.name)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(Membership.user_id == user_id)
    )
    names, memberships = dict[int, str](), dict[int, Membership]()
    for membership, name in rows:
        names[membership.organisation_id] = name
        memberships[membership.organisation_id] = membership
    opened = await _opened(session, user, memberships, bearer)
    return Offer(
        user.email,
        [
            Offered(
                id_,
                names[id_],
                MemberRole(memberships[id_].role),
                memberships[id_].accepted_at is not None,
            )
            for id_ in opened
        ],
    )


async def accept_by_link(
    database: Database,
    *,
    user_id: int,
    bearer: Bearer,
    now: datetime,
    chosen: Collection[int] | None = None,
) -> Entered | None:
    """Let a user in by a link, and accept the invitations that it opens.

    `chosen` are the organisations whose invitations they accept; None for all that the
    link opens. None if the link has ended, or opens nothing that they chose. A bearer
    who isn't signed in may be the link's maker: raises NotProved if that could open
    more than the maker may, and OfAnother for a bearer who is signed in as another
    user; otherwise all earlier credentials end.
    """
    async with person_change(database, user_id, now) as person:
        if person is None:
            return None
        user, memberships = person.user, person.memberships
        opened = await _opened(person.session, user, memberships, bearer)
        invited = [id_ for id_ in opened if memberships[id_].accepted_at is None]
        accepted = [id_ for id_ in invited if chosen is None or id_ in chosen]
        own = bearer.organisation_id
        belongs = own in opened and (own in accepted or own not in invited)
        if not accepted and not belongs:
            return None
        is_alone = bearer.signed_in_number != user.sign_ins_from
        for id_ in accepted:
            await _accept(person, id_, now)
        if is_alone or (accepted and user.verified_at is None):
            await person.end_credentials()
        place = own if belongs else accepted[0]
        return Entered(user.sign_ins_from, place, accepted)


async def _opened(
    session: AsyncSession,
    user: User,
    memberships: Mapping[int, Membership],
    bearer: Bearer,
) -> list[int]:
    """The organisations that a link opens to its bearer, its own first."""
    person = Person(
        user.sign_ins_from,
        user.verified_at is not None,
        {
            id_: Known(MemberRole(its.role), its.accepted_at is not None)
            for id_, its in memberships.items()
        },
    )
    opened = opened_by(bearer, person, await _permissions(session, bearer.maker_id))
    if opened and bearer.must_sign_in(person):
        raise NotProved
    if opened and bearer.is_of_another:
        raise OfAnother(user.email)
    return opened


async def _permissions(
    session: AsyncSession, user_id: int | None
) -> dict[int, Permission]:
    """What a user may at present, by organisation; nothing for nobody."""
    rows = await session.execute(
        select(Membership.organisation_id, Membership.role).where(
            Membership.user_id == user_id, Membership.accepted_at.is_not(None)
        )
    )
    return {row.organisation_id: ROLES[MemberRole(row.role)] for row in rows}


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


def _is_proved(user: User, invitee: Invitee) -> bool:
    is_still = user.sign_ins_from == invitee.sign_ins_from
    return is_still and user.verified_at is not None
