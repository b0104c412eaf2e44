"""The people behind the names that commands are called with, and their roles."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.access.models import ApiKey, Membership, User
from daybook.access.rules import KEY_NAME, ROLES, MemberRole, Permission
from daybook.db.engine import Database
from daybook.db.lists import scalars_in_lists


async def people_behind(
    session: AsyncSession, organisation_id: int, name: str | None
) -> set[int]:
    """The ids of all users who may stand behind a name, as far as they are known.

    A user's name is their address. A key's name, with `KEY_NAME` before it, stands for
    whoever made the key, or for the makers of the key that made it. Keys may have the
    same name: then it stands for the makers of all of them.
    """
    found: set[int] = set()
    known: set[str] = set()
    names = {name} if name is not None else set()
    while names:
        known |= names
        found |= set(
            await scalars_in_lists(session, select(User.id), User.email.in_, names)
        )
        keys = {
            name.removeprefix(KEY_NAME) for name in names if name.startswith(KEY_NAME)
        }
        makers = await scalars_in_lists(
            session,
            select(ApiKey.created_by).where(ApiKey.organisation_id == organisation_id),
            ApiKey.name.in_,
            keys,
        )
        names = {maker for maker in makers if maker is not None} - known
    return found


async def role_of(
    session: AsyncSession, organisation_id: int, user_id: int
) -> MemberRole | None:
    """A user's present role; None for somebody who isn't a member, or only invited."""
    role = await session.scalar(
        select(Membership.role).where(
            Membership.organisation_id == organisation_id,
            Membership.user_id == user_id,
            Membership.accepted_at.is_not(None),
        )
    )
    return None if role is None else MemberRole(role)


async def address_of(session: AsyncSession, user_id: int) -> str | None:
    """A user's address: their name in the audit trail; None for nobody."""
    address: str | None = await session.scalar(
        select(User.email).where(User.id == user_id)
    )
    return address


async def name_of(database: Database, user_id: int | None) -> str | None:
    """The name by which the audit trail knows a user; None without one."""
    if user_id is None:
        return None
    async with database.reads() as session:
        return await address_of(session, user_id)


async def addresses_of(
    session: AsyncSession, user_ids: Collection[int]
) -> dict[int, str]:
    """Users' addresses by their ids."""
    rows = await session.execute(
        select(User.id, User.email).where(User.id.in_(user_ids))
    )
    return dict(rows.all())


async def approvers_of(session: AsyncSession, organisation_id: int) -> list[str]:
    """The addresses of all members who may approve other people's work."""
    roles = [int(role) for role, may in ROLES.items() if Permission.APPROVE in may]
    found = await session.scalars(
        select(User.email)
        .join(Membership, Membership.user_id == User.id)
        .where(
            Membership.organisation_id == organisation_id,
            Membership.role.in_(roles),
            Membership.accepted_at.is_not(None),
        )
        .order_by(User.email)
    )
    return list(found)
