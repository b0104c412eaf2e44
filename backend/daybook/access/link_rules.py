"""What a sign-in link opens, and whether its bearer may use it. Pure.

An admin knows the links that they made, and so could use them. A link therefore opens
only what its maker could let the person into anyway: its own organisation, and the
invitations of others that the maker administers. An operator's link opens the
invitations of all organisations.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from daybook.access.rules import ROLES, MemberRole, Permission, to_hand_on


@dataclass(frozen=True, slots=True)
class Known:
    """What a user is in an organisation that knows them."""

    role: MemberRole
    is_accepted: bool
    """Whether they belong to it; otherwise they are only invited."""


@dataclass(frozen=True, slots=True)
class Person:
    """The user of a link as they are now, with all organisations that know them."""

    number: int
    """Their `sign_ins_from`."""
    is_verified: bool
    """Whether a provider vouched for their address."""
    known: Mapping[int, Known]

    def belongs(self, *, but: int | None = None) -> bool:
        """Whether they belong to any organisation, one of them aside."""
        return any(known.is_accepted for id_, known in self.known.items() if id_ != but)


@dataclass(frozen=True, slots=True)
class Bearer:
    """The bearer of a link: what its maker could grant, and the bearer's own session.

    The numbers are the user's `sign_ins_from` at the time.
    """

    organisation_id: int
    """The link's own organisation."""
    link_number: int
    """The user's number when the link was made."""
    permissions: Permission | None
    """The permissions of the link's maker; None if they are not known."""
    is_operators: bool
    signed_in_number: int | None
    """The user's number when their session began; None if they are not signed in."""
    maker_id: int | None = None
    """The user who made the link; None for a key's and an operator's."""
    is_of_another: bool = False
    """Whether the bearer is signed in as another user than the link's."""

    def is_signed_in(self, person: Person) -> bool:
        """Whether the bearer is the link's user, by a session that goes on."""
        return self.signed_in_number == person.number

    def must_sign_in(self, person: Person) -> bool:
        """Whether the link alone could open more than its maker may.

        So it is for a user who also belongs to another organisation, and one for whom
        a provider vouched.
        """
        is_guarded = person.is_verified or person.belongs(but=self.organisation_id)
        return is_guarded and not self.is_operators and not self.is_signed_in(person)


def opened_by(
    bearer: Bearer, person: Person, of_maker: Mapping[int, Permission]
) -> list[int]:
    """The organisations that a link opens, its own first; none if it has ended.

    `of_maker` is what its maker may in each organisation now.
    """
    if not _holds(bearer, person):
        return []
    own = bearer.organisation_id
    return sorted(
        (
            id_
            for id_, known in person.known.items()
            if (
                _covers(bearer.permissions, known.role)
                if id_ == own
                else not known.is_accepted
                and (bearer.is_operators or _administers(of_maker.get(id_), known.role))
            )
        ),
        key=lambda id_: (id_ != own, id_),
    )


def _holds(bearer: Bearer, person: Person) -> bool:
    """Whether nothing has ended the link.

    A new password ends it, since its holder may not be its user. Its own invitation
    can still be answered by a user who is signed in, or belongs nowhere, since there is
    nothing else then that the link would open: other organisations end no invitation.
    """
    if bearer.link_number == person.number:
        return True
    own = person.known.get(bearer.organisation_id)
    is_unanswered = own is not None and not own.is_accepted
    return is_unanswered and (bearer.is_signed_in(person) or not person.belongs())


def _covers(permissions: Permission | None, role: MemberRole) -> bool:
    """Whether the link's maker could still make it for a member with this role."""
    return permissions is None or ROLES[role] in to_hand_on(permissions)


def _administers(permissions: Permission | None, role: MemberRole) -> bool:
    needed = ROLES[role] | Permission.ADMINISTER
    return permissions is not None and needed in permissions
