"""The queries `viewer`, `users` and `apiKeys`."""

import strawberry

from daybook.access.queries import count_keys, count_users, find_keys, find_users
from daybook.ledger.models import Organisation as StoredOrganisation
from daybook_graphql.access.enums import UserRole
from daybook_graphql.access.types import (
    ApiKeyConnection,
    ApiKeyEdge,
    Organisation,
    UserConnection,
    UserEdge,
    Viewer,
    key_of,
    moment_or_none,
    permissions_of,
    user_of,
)
from daybook_graphql.context import Info
from daybook_graphql.execution.selected import Selected
from daybook_graphql.kit.paging import (
    After,
    Before,
    First,
    Last,
    connection_of,
    page_request,
)


@strawberry.type
class AccessQueries:
    @strawberry.field(description="Who is asking, and what they may do.")
    async def viewer(self, info: Info) -> Viewer:
        caller = info.context.caller
        async with info.context.database.pinned_reads() as session:
            its = await session.get_one(StoredOrganisation, caller.organisation_id)
        return Viewer(
            name=caller.name,
            role=None if caller.role is None else UserRole(caller.role),
            permissions=permissions_of(caller.permissions),
            organisation=Organisation(name=its.name, time_zone=its.time_zone),
            until=moment_or_none(caller.until),
        )

    @strawberry.field(description="The organisation's users, by their addresses.")
    async def users(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> UserConnection:
        request = page_request(
            (str,), first=first, after=after, last=last, before=before
        )
        organisation_id = info.context.organisation_id
        async with info.context.database.reads() as session:
            page = await find_users(session, organisation_id, request)
            total = 0
            if "totalCount" in Selected.of(info):
                total = await count_users(session, organisation_id)
        nodes = [user_of(row) for row in page.items]
        return connection_of(
            (UserConnection, UserEdge),
            page,
            nodes,
            lambda row: (row.email,),
            total_count=total,
        )

    @strawberry.field(description="The organisation's API keys, newest first.")
    async def api_keys(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> ApiKeyConnection:
        request = page_request(1, first=first, after=after, last=last, before=before)
        organisation_id = info.context.organisation_id
        async with info.context.database.reads() as session:
            page = await find_keys(session, organisation_id, request)
            total = 0
            if "totalCount" in Selected.of(info):
                total = await count_keys(session, organisation_id)
        nodes = [key_of(row) for row in page.items]
        return connection_of(
            (ApiKeyConnection, ApiKeyEdge),
            page,
            nodes,
            lambda row: (row.number,),
            total_count=total,
        )
