"""The mutations that save, rename and delete filters."""

from typing import Annotated

import strawberry

from daybook.clock import real_now
from daybook.errors import Rejected
from daybook.saved_filters.commands import delete_filter, rename_filter, save_filter
from daybook.saved_filters.models import SavedFilter as StoredFilter
from daybook.saved_filters.queries import filters_by_number
from daybook.saved_filters.rules import SHARED
from daybook.saved_filters.rules import FilteredPage as StoredPage
from daybook_graphql.context import Context, Info
from daybook_graphql.kit.ids import expect
from daybook_graphql.kit.permissions import CLOSE, READ, check, needs
from daybook_graphql.kit.user_errors import errors_of
from daybook_graphql.saved_filters.ids import SavedFilterId
from daybook_graphql.saved_filters.types import (
    DeleteFilterInput,
    DeleteFilterPayload,
    RenameFilterInput,
    SavedFilterPayload,
    SaveFilterInput,
    filter_of,
)

SHARED_ONES = "A shared one also needs the permission CLOSE."
argument = strawberry.argument


@strawberry.type
class SavedFilterMutations:
    @strawberry.mutation(
        description="Save a filter of a page under a name. The same again changes"
        f" nothing. {SHARED_ONES}",
        metadata=needs(READ),
    )
    async def save_filter(
        self, info: Info, input: Annotated[SaveFilterInput, argument(description="It.")]
    ) -> SavedFilterPayload:
        context = info.context
        if input.is_shared:
            check(context.caller, "saveFilter", CLOSE)
        try:
            number = await save_filter(
                context.database,
                context.caller,
                page=StoredPage[input.page.name],
                name=input.name,
                query=input.query,
                is_shared=input.is_shared,
                replaces=input.replaces,
                now=real_now(),
            )
        except Rejected as rejected:
            return _refused(rejected)
        return await _saved(context, number)

    @strawberry.mutation(
        description=f"Give a saved filter another name. {SHARED_ONES}",
        metadata=needs(READ),
    )
    async def rename_filter(
        self,
        info: Info,
        input: Annotated[RenameFilterInput, argument(description="Which, and how.")],
    ) -> SavedFilterPayload:
        context = info.context
        number = expect(input.filter_id, SavedFilterId, "input.filterId").number
        await _check(context, number, "renameFilter")
        try:
            await rename_filter(
                context.database, context.caller, number, input.name, now=real_now()
            )
        except Rejected as rejected:
            return _refused(rejected)
        return await _saved(context, number)

    @strawberry.mutation(
        description="Delete a saved filter. One that is gone already is no error."
        f" {SHARED_ONES}",
        metadata=needs(READ),
    )
    async def delete_filter(
        self,
        info: Info,
        input: Annotated[DeleteFilterInput, argument(description="Which.")],
    ) -> DeleteFilterPayload:
        context = info.context
        number = expect(input.filter_id, SavedFilterId, "input.filterId").number
        await _check(context, number, "deleteFilter")
        await delete_filter(context.database, context.caller, number, now=real_now())
        return DeleteFilterPayload(user_errors=[])


async def _check(context: Context, number: int, what: str) -> None:
    """Raise FORBIDDEN for a shared filter and a caller who may not change it."""
    row = await _seen(context, number)
    if row is not None and row.owner == SHARED:
        check(context.caller, what, CLOSE)


async def _seen(context: Context, number: int) -> StoredFilter | None:
    caller = context.caller
    async with context.database.reads() as session:
        rows = await filters_by_number(
            session, caller.organisation_id, caller.user_id, [number]
        )
    return rows[0] if rows else None


async def _saved(context: Context, number: int) -> SavedFilterPayload:
    row = await _seen(context, number)
    found = None if row is None else filter_of(row, context.caller)
    return SavedFilterPayload(filter=found, user_errors=[])


def _refused(rejected: Rejected) -> SavedFilterPayload:
    errors = errors_of(rejected.problems, {"id": "filterId"})
    return SavedFilterPayload(filter=None, user_errors=errors)
