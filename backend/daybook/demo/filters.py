"""Filters that people of the demo company saved: a shared one, and one's own."""

from datetime import datetime

from daybook.access.rules import ROLES, Caller
from daybook.db.engine import Database
from daybook.demo.people import PRIYA
from daybook.saved_filters.commands import save_filter
from daybook.saved_filters.rules import FilteredPage


async def share_filter(
    database: Database, organisation_id: int, user_id: int, *, now: datetime
) -> None:
    """Save Priya's filter of the journals that a lock moved, for everybody."""
    await save_filter(
        database,
        Caller(organisation_id, PRIYA.email, ROLES[PRIYA.role], user_id, PRIYA.role),
        page=FilteredPage.JOURNALS,
        name="Moved by a lock",
        query="shifted=yes",
        is_shared=True,
        replaces=False,
        now=now,
    )


async def save_own_filter(database: Database, caller: Caller, *, now: datetime) -> None:
    """Save a filter of credit notes' journals, for the caller alone."""
    await save_filter(
        database,
        caller,
        page=FilteredPage.JOURNALS,
        name="Credit notes",
        query="source=CREDIT_NOTE",
        is_shared=False,
        replaces=False,
        now=now,
    )
