"""The queries `viewer`, `users` and `apiKeys`, and users and keys by their ids."""

from collections.abc import Sequence

import strawberry

from daybook.access.queries import (
    count_keys,
    count_users,
    find_keys,
    find_users,
    keys_by_number,
    users_by_email,
    with_links,
)
from daybook.clock import real_now
from daybook.ledger.models import Organisation as StoredOrganisation
from daybook_graphql.access.enums import UserRole
from daybook_graphql.access.ids import ApiKeyId, UserId
from daybook_graphql.access.types import (
    ApiKey,
    User,
    Viewer,
    key_of,
    organisation_of,
    permissions_of,
    user_of,
)
from daybook_graphql.context import Info
from daybook_graphql.execution.node_readers import Found, NodeKind, NodeReader
from daybook_graphql.execution.selected import Selected
from daybook_graphql.kit.connections import Connection, connection_of
from daybook_graphql.kit.paging import (
    After,
    Before,
    First,
    Last,
    page_request,
)
from daybook_graphql.kit.permissions import ADMINISTER, NONE, needs
from daybook_graphql.kit.scalars import moment_or_none


@strawberry.type
class AccessQueries:
    @strawberry.field(
        description="Who is asking, and what they may do.", metadata=needs(NONE)
    )
    async def viewer(self, info: Info) -> Viewer:
        caller = info.context.caller
        async with info.context.database.pinned_reads() as session:
            organisation = await session.get_one(
                StoredOrganisation, caller.organisation_id
            )
        return Viewer(
            name=caller.name,
            role=None if caller.role is None else UserRole(caller.role),
            permissions=permissions_of(caller.permissions),
            organisation=organisation_of(organisation),
            until=moment_or_none(caller.until),
        )

    @strawberry.field(
        description="The organisation's users, by their addresses.",
        metadata=needs(ADMINISTER),
    )
    async def users(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[User]:
        request = page_request(
            (str,), first=first, after=after, last=last, before=before
        )
        organisation_id = info.context.organisation_id
        async with info.context.database.reads() as session:
            page = await find_users(session, organisation_id, request)
            total = 0
            if "totalCount" in Selected.of(info):
                total = await count_users(session, organisation_id)
        context = info.context
        rows = await with_links(
            context.database, organisation_id, page.items, real_now()
        )
        nodes = [user_of(row) for row in rows]
        return connection_of(page, nodes, lambda row: (row.email,), total)

    @strawberry.field(
        description="The organisation's API keys, newest first.",
        metadata=needs(ADMINISTER),
    )
    async def api_keys(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[ApiKey]:
        request = page_request(1, first=first, after=after, last=last, before=before)
        organisation_id = info.context.organisation_id
        async with info.context.database.reads() as session:
            page = await find_keys(session, organisation_id, request)
            total = 0
            if "totalCount" in Selected.of(info):
                total = await count_keys(session, organisation_id)
        nodes = [key_of(row) for row in page.items]
        return connection_of(page, nodes, lambda row: (row.number,), total)


async def _read_users(reader: NodeReader, ids: Sequence[UserId]) -> Found:
    emails = {id_.email for id_ in ids}
    async with reader.reads() as session:
        found = await users_by_email(session, reader.organisation_id, emails)
    rows = await with_links(
        reader.context.database, reader.organisation_id, found, real_now()
    )
    return {UserId(row.email): user_of(row) for row in rows}


async def _read_keys(reader: NodeReader, ids: Sequence[ApiKeyId]) -> Found:
    numbers = {id_.number for id_ in ids}
    async with reader.reads() as session:
        rows = await keys_by_number(session, reader.organisation_id, numbers)
    return {ApiKeyId(row.number): key_of(row) for row in rows}


NODES = (
    NodeKind(UserId, _read_users, ADMINISTER),
    NodeKind(ApiKeyId, _read_keys, ADMINISTER),
)
