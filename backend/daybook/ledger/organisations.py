"""The organisations of a server, by number and by name."""

from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.ledger.models import Organisation


class NamedOrganisation(NamedTuple):
    """An organisation's number and name; several may have the same name."""

    number: int
    name: str


async def all_organisations(
    session: AsyncSession, limit: int | None = None
) -> list[NamedOrganisation]:
    """The first organisations by number; all without a limit."""
    statement = select(Organisation.id, Organisation.name).order_by(Organisation.id)
    rows = await session.execute(statement.limit(limit))
    return [NamedOrganisation(row.id, row.name) for row in rows]


async def organisations_called(
    session: AsyncSession, name: str
) -> list[NamedOrganisation]:
    """The organisations with a name, whatever its upper and lower case."""
    name, known = name.strip(), await all_organisations(session)
    exact = [found for found in known if found.name == name]
    folded = name.casefold()
    return exact or [found for found in known if found.name.casefold() == folded]


async def count_organisations(session: AsyncSession) -> int:
    """How many organisations the server has."""
    count = await session.scalar(select(func.count()).select_from(Organisation))
    return count or 0
