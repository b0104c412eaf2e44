"""What a user has in all of their organisations: their account."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.access.models import Membership, User
from daybook.access.queries import (
    ListedOrganisation,
    invitations_of,
    organisations_of,
)


class UserAccount(NamedTuple):
    """A user, the organisations that they belong to, and those that invite them."""

    name: str
    """What the organisation calls them that they are in."""
    email: str
    has_password: bool
    is_verified: bool
    """Whether a provider has vouched for the address."""
    organisations: Sequence[ListedOrganisation]
    """In the order in which they joined."""
    invitations: Sequence[ListedOrganisation]


async def account_of(
    session: AsyncSession, organisation_id: int, user_id: int
) -> UserAccount:
    """A user's account, as it is read in one of their organisations."""
    user = await session.get_one(User, user_id)
    membership = await session.get(Membership, (organisation_id, user_id))
    given_name = membership.name if membership else None
    return UserAccount(
        name=user.name if given_name is None else given_name,
        email=user.email,
        has_password=user.password_hash is not None,
        is_verified=user.verified_at is not None,
        organisations=await organisations_of(session, user_id),
        invitations=await invitations_of(session, user_id),
    )
