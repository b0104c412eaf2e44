"""Reading saved filters: one's own, and those that the organisation shares."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.db.keyset import count_rows
from daybook.saved_filters.models import SavedFilter
from daybook.saved_filters.rules import SHARED, FilteredPage


async def filters_of(
    session: AsyncSession,
    organisation_id: int,
    user_id: int | None,
    page: FilteredPage | None = None,
) -> Sequence[SavedFilter]:
    """A person's filters of a page, or of all, and the shared ones: by page and name.

    A key, without a user's id, sees the shared ones.
    """
    statement = (
        select(SavedFilter)
        .where(_is_seen(organisation_id, user_id))
        .order_by(SavedFilter.page, SavedFilter.name, SavedFilter.owner)
    )
    if page is not None:
        statement = statement.where(SavedFilter.page == int(page))
    return list(await session.scalars(statement))


async def filters_by_number(
    session: AsyncSession,
    organisation_id: int,
    user_id: int | None,
    numbers: Collection[int],
) -> Sequence[SavedFilter]:
    """Those of the filters with these numbers that a person sees."""
    statement = select(SavedFilter).where(
        _is_seen(organisation_id, user_id), SavedFilter.number.in_(numbers)
    )
    return list(await session.scalars(statement))


async def filter_named(
    session: AsyncSession,
    organisation_id: int,
    owner: int,
    page: FilteredPage,
    name: str,
) -> SavedFilter | None:
    """An owner's filter of a page by its name."""
    statement = select(SavedFilter).where(
        *_is_owned(organisation_id, owner, page), SavedFilter.name == name
    )
    found: SavedFilter | None = await session.scalar(statement)
    return found


async def count_filters(
    session: AsyncSession, organisation_id: int, owner: int, page: FilteredPage
) -> int:
    """How many filters an owner has of a page."""
    return await count_rows(
        session, SavedFilter, *_is_owned(organisation_id, owner, page)
    )


def _is_owned(
    organisation_id: int, owner: int, page: FilteredPage
) -> Sequence[ColumnElement[bool]]:
    return (
        SavedFilter.organisation_id == organisation_id,
        SavedFilter.owner == owner,
        SavedFilter.page == int(page),
    )


def _is_seen(organisation_id: int, user_id: int | None) -> ColumnElement[bool]:
    owners = {SHARED} if user_id is None else {SHARED, user_id}
    return and_(
        SavedFilter.organisation_id == organisation_id, SavedFilter.owner.in_(owners)
    )
