"""Reading saved filters: one's own, and those that the organisation shares."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.db.fast.compiled import CompiledSelect, fetch_rows_in
from daybook.db.keyset import count_rows
from daybook.saved_filters.models import SavedFilter
from daybook.saved_filters.rules import SHARED, FilteredPage


class SeenFilter(NamedTuple):
    """A filter that a person sees; `owner` is 0 where the organisation shares it."""

    number: int
    owner: int
    page: int
    name: str
    query: str


async def filters_of(
    session: AsyncSession,
    organisation_id: int,
    user_id: int | None,
    page: FilteredPage | None = None,
) -> Sequence[SeenFilter]:
    """A person's filters of a page, or of all, and the shared ones: by page and name.

    A key, without a user's id, sees the shared ones.
    """
    seen = {
        "organisation": organisation_id,
        "user": SHARED if user_id is None else user_id,
        "first": int(page or min(FilteredPage)),
        "last": int(page or max(FilteredPage)),
    }
    return [SeenFilter(*row) for row in await fetch_rows_in(session, _SEEN, seen)]


# Compiled once, since each page with filters shows them.
_SEEN = CompiledSelect(
    select(
        *(SavedFilter.number, SavedFilter.owner, SavedFilter.page),
        *(SavedFilter.name, SavedFilter.query),
    )
    .where(
        SavedFilter.organisation_id == bindparam("organisation", required=False),
        or_(
            SavedFilter.owner == SHARED,
            SavedFilter.owner == bindparam("user", required=False),
        ),
        SavedFilter.page.between(
            bindparam("first", required=False), bindparam("last", required=False)
        ),
    )
    .order_by(SavedFilter.page, SavedFilter.name, SavedFilter.owner),
    is_short=True,
)


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
