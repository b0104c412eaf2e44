"""The query `savedFilters`, and saved filters by their ids."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from daybook.saved_filters.queries import filters_by_number, filters_of
from daybook.saved_filters.rules import FilteredPage as StoredPage
from daybook_graphql.context import Info
from daybook_graphql.execution.node_readers import Found, NodeKind, NodeReader
from daybook_graphql.kit.permissions import READ, needs
from daybook_graphql.saved_filters.enums import FilteredPage
from daybook_graphql.saved_filters.ids import SavedFilterId
from daybook_graphql.saved_filters.types import SavedFilter, filter_of


@strawberry.type
class SavedFilterQueries:
    @strawberry.field(
        description="Your filters and those that the organisation shares, by their"
        " pages and names; an API key has none of its own. At most 50 of each of a"
        " page.",
        metadata=needs(READ),
    )
    async def saved_filters(
        self,
        info: Info,
        page: Annotated[
            FilteredPage | None,
            strawberry.argument(description="The page; all pages without one."),
        ] = None,
    ) -> list[SavedFilter]:
        caller = info.context.caller
        of_page = None if page is None else StoredPage[page.name]
        async with info.context.database.pinned_reads() as session:
            rows = await filters_of(
                session, caller.organisation_id, caller.user_id, of_page
            )
        return [filter_of(row, caller) for row in rows]


async def _read_filters(reader: NodeReader, ids: Sequence[SavedFilterId]) -> Found:
    numbers, caller = {id_.number for id_ in ids}, reader.context.caller
    async with reader.reads() as session:
        rows = await filters_by_number(
            session, reader.organisation_id, caller.user_id, numbers
        )
    return {SavedFilterId(row.number): filter_of(row, caller) for row in rows}


NODES = (NodeKind(SavedFilterId, _read_filters),)
