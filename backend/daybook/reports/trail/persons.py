"""Whom a filter means: an address, or a part of one or of a name."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.access.models import Membership, User
from daybook.audit.models import Person


async def persons_meant(
    session: AsyncSession, organisation_id: int, text: str
) -> list[str]:
    """The stored names that a text means.

    A whole stored name means itself alone; other text, those that contain it, and the
    addresses of members whose name does, in any case. Empty if there are none.
    """
    recorded = await session.scalars(
        select(Person.name).where(Person.organisation_id == organisation_id)
    )
    members = await session.execute(
        select(User.email, Membership.name)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organisation_id == organisation_id)
    )
    words = {name: name for name in recorded}
    words |= {email: f"{email}\n{name}" for email, name in members}
    if text in words:
        return [text]
    wanted = text.casefold()
    return sorted(name for name, its in words.items() if wanted in its.casefold())
