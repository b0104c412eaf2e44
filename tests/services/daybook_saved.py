"""Saved filters of tests."""

from dataclasses import replace
from typing import Any

from daybook.access.rules import ROLES, Caller, MemberRole
from daybook.db.engine import Database
from daybook.saved_filters.commands import save_filter
from daybook.saved_filters.queries import SeenFilter, filters_of
from daybook.saved_filters.rules import FilteredPage
from daybook_people import EMAIL, NOON

VIEWER = Caller(1, EMAIL, ROLES[MemberRole.VIEWER], user_id=1)
"""Somebody who reads; an organisation's first user."""


def somebody(user_id: int | None, organisation_id: int = 1) -> Caller:
    """Another reader."""
    return replace(VIEWER, user_id=user_id, organisation_id=organisation_id)


async def saved(
    database: Database, name: str = "Late", who: Caller = VIEWER, **values: Any
) -> int:
    """Save a filter of the journals, or of another page; return its number."""
    given: dict[str, Any] = {
        "page": FilteredPage.JOURNALS,
        "query": "source=CREDIT_NOTE",
        "is_shared": False,
        "replaces": False,
        "now": NOON,
    }
    return await save_filter(database, who, name=name, **{**given, **values})


async def seen(
    database: Database, who: Caller = VIEWER, page: FilteredPage | None = None
) -> list[SeenFilter]:
    """What somebody sees."""
    async with database.reads() as session:
        rows = await filters_of(session, who.organisation_id, who.user_id, page)
    return list(rows)
