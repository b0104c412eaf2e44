"""Saving, renaming and deleting filters; each command one transaction.

The audit trail tells of shared filters, but not of their values, which may name a
person; what somebody saves for themselves is theirs alone.
"""

from collections.abc import Mapping
from datetime import datetime

from daybook.access.changing import AccessChange, access_change
from daybook.access.rules import Caller, refused
from daybook.audit.rules import Action, Subject, SubjectKind
from daybook.db.engine import Database
from daybook.errors import ProblemCode, Rejected
from daybook.saved_filters.models import SavedFilter
from daybook.saved_filters.queries import (
    count_filters,
    filter_named,
    filters_by_number,
)
from daybook.saved_filters.rules import (
    FILTERS_MAX,
    SHARED,
    FilteredPage,
    checked_filter,
    checked_name,
    names_in,
    owner_of,
)


async def save_filter(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    caller: Caller,
    *,
    page: FilteredPage,
    name: str,
    query: str,
    is_shared: bool,
    replaces: bool,
    now: datetime,
) -> int:
    """Save a filter of a page; return its number. The same again changes nothing.

    Another filter of that name is only replaced with `replaces`. Raises Rejected for
    what isn't a filter of the page, for a name that is taken, and for too many.
    """
    name, query = checked_filter(page, name, query)
    owner = owner_of(caller.user_id, is_shared=is_shared)
    its = caller.organisation_id
    async with access_change(database, its, now, caller.name) as change:
        known = await filter_named(change.session, its, owner, page, name)
        if known is not None and known.query == query:
            return known.number
        if known is not None and not replaces:
            raise _taken(name)
        saved = known
        if saved is None:
            if await count_filters(change.session, its, owner, page) >= FILTERS_MAX:
                message = f"there are {FILTERS_MAX} of this page: delete one first"
                raise refused(message, "name", ProblemCode.TOO_LARGE)
            saved = SavedFilter(
                organisation_id=its,
                number=change.organisation.filters + 1,
                owner=owner,
                page=int(page),
                name=name,
            )
            change.session.add(saved)
        saved.query, saved.saved_at = query, now
        details = {"fields": names_in(query), "isReplaced": known is not None}
        await _record(change, Action.SAVE_FILTER, saved, details)
        return saved.number


async def rename_filter(
    database: Database, caller: Caller, number: int, name: str, *, now: datetime
) -> bool:
    """Give a filter another name; return whether that changed anything.

    Raises Rejected if the caller sees no such filter, and for a name that is taken.
    """
    name = checked_name(name)
    its = caller.organisation_id
    async with access_change(database, its, now, caller.name) as change:
        saved = await _seen(change, caller, number)
        if saved is None:
            message = "there is no such filter: it may have been deleted"
            raise refused(message, "id", ProblemCode.NOT_FOUND)
        if saved.name == name:
            return False
        page, before = FilteredPage(saved.page), saved.name
        if await filter_named(change.session, its, saved.owner, page, name):
            raise _taken(name)
        saved.name = name
        await _record(change, Action.RENAME_FILTER, saved, {"before": before})
        return True


async def delete_filter(
    database: Database, caller: Caller, number: int, *, now: datetime
) -> bool:
    """Delete a filter; return whether the caller had one of that number."""
    its = caller.organisation_id
    async with access_change(database, its, now, caller.name) as change:
        saved = await _seen(change, caller, number)
        if saved is None:
            return False
        await change.session.delete(saved)
        await _record(change, Action.DELETE_FILTER, saved, {})
        return True


async def _seen(
    change: AccessChange, caller: Caller, number: int
) -> SavedFilter | None:
    """The filter, if it is the caller's or shared."""
    found = await filters_by_number(
        change.session, change.organisation.id, caller.user_id, [number]
    )
    return found[0] if found else None


async def _record(
    change: AccessChange,
    action: Action,
    saved: SavedFilter,
    details: Mapping[str, object],
) -> None:
    """Count the change, and tell the audit trail of a shared filter."""
    change.organisation.filters += 1
    if saved.owner != SHARED:
        return
    what = {"page": FilteredPage(saved.page).name}
    subject = Subject(SubjectKind.SAVED_FILTER, saved.name)
    await change.record(action, subject, {**what, **details})


def _taken(name: str) -> Rejected:
    message = f"there is a filter “{name}” already: choose another name"
    return refused(message, "name", ProblemCode.DUPLICATE)
