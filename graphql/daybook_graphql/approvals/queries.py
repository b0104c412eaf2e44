"""The queries `fourEyes` and `changeRequests`, and requests by their ids."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from daybook.access.rules import Permission
from daybook.errors import Rejected
from daybook.four_eyes.queries import ChangeRequest as StoredRequest
from daybook.four_eyes.queries import (
    RequestFilter,
    count_requests,
    find_requests,
    four_eyes_setting,
    requests_by_number,
)
from daybook.four_eyes.rules import ApprovalPending
from daybook.four_eyes.rules import ChangeKind as StoredKind
from daybook.paging import Page, PageRequest
from daybook_graphql.approvals.enums import ChangeKind
from daybook_graphql.approvals.ids import ChangeRequestId
from daybook_graphql.approvals.types import (
    ChangeRequest,
    FourEyes,
    change_request_of,
)
from daybook_graphql.context import Context, Info
from daybook_graphql.execution.node_readers import Found, NodeKind, NodeReader
from daybook_graphql.execution.selected import Selected
from daybook_graphql.kit.connections import Connection, connection_of
from daybook_graphql.kit.paging import After, Before, First, Last, page_request
from daybook_graphql.kit.permissions import READ, needs
from daybook_graphql.kit.scalars import moment_or_none

field = strawberry.field


@strawberry.input(description="Which requested changes. What is absent lets all pass.")
class ChangeRequestFilter:
    is_open: bool | None = field(
        default=None,
        description="Only those that wait for a decision, or only those decided.",
    )
    kind: list[ChangeKind] | None = field(
        default=None, description="Only requests of these kinds."
    )
    waits_for_me: bool = field(
        default=False, description="Only those that you may approve or reject."
    )


@strawberry.type
class ApprovalQueries:
    @strawberry.field(
        description="Whether another person approves what has an effect on closed"
        " months and on files.",
        metadata=needs(READ),
    )
    async def four_eyes(self, info: Info) -> FourEyes:
        return await four_eyes_now(info.context)

    @strawberry.field(
        description="Requested changes, newest first.", metadata=needs(READ)
    )
    async def change_requests(
        self,
        info: Info,
        filter: Annotated[
            ChangeRequestFilter | None, strawberry.argument(description="Which.")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[ChangeRequest]:
        context = info.context
        page = page_request(1, first=first, after=after, last=last, before=before)
        wanted = _conditions(context, filter or ChangeRequestFilter())
        found: Page[StoredRequest] = Page([], has_next=False, has_previous=False)
        total = 0
        if wanted is not None:
            async with context.database.pinned_reads() as session:
                where = (session, context.organisation_id, wanted)
                found = await find_requests(*where, page)
                if "totalCount" in Selected.of(info):
                    total = await count_requests(*where)
        nodes = [change_request_of(row) for row in found.items]
        return connection_of(found, nodes, lambda row: (row.number,), total)


async def four_eyes_now(context: Context) -> FourEyes:
    """The setting as it is, with the request to turn it off that waits."""
    open_ones = RequestFilter(is_open=True, kinds=[StoredKind.FOUR_EYES_OFF])
    async with context.database.pinned_reads() as session:
        setting = await four_eyes_setting(session, context.organisation_id)
        waiting = await find_requests(
            session, context.organisation_id, open_ones, PageRequest(1)
        )
    return FourEyes(
        is_on=setting.is_on,
        since=moment_or_none(setting.set_at),
        set_by=setting.set_by,
        request=change_request_of(waiting.items[0]) if waiting.items else None,
    )


async def requested(context: Context, number: int) -> ChangeRequest:
    """A request by its number."""
    async with context.database.reads() as session:
        (row,) = await requests_by_number(session, context.organisation_id, [number])
    return change_request_of(row)


async def requested_instead(
    context: Context, rejected: Rejected
) -> ChangeRequest | None:
    """The request that was made instead of a change, if one was."""
    if not isinstance(rejected, ApprovalPending):
        return None
    return await requested(context, rejected.request)


def _conditions(context: Context, given: ChangeRequestFilter) -> RequestFilter | None:
    """The domain's filter; None where nothing can wait for the caller."""
    caller = context.caller
    waiting_for: int | None = None
    if given.waits_for_me:
        if caller.user_id is None or not caller.may(Permission.APPROVE):
            return None
        waiting_for = caller.user_id
    kinds = [StoredKind[kind.name] for kind in given.kind or ()]
    return RequestFilter(given.is_open, kinds, waiting_for)


async def _read_requests(reader: NodeReader, ids: Sequence[ChangeRequestId]) -> Found:
    numbers = [id_.number for id_ in ids]
    async with reader.reads() as session:
        rows = await requests_by_number(session, reader.organisation_id, numbers)
    return {ChangeRequestId(row.number): change_request_of(row) for row in rows}


NODES = (NodeKind(ChangeRequestId, _read_requests),)
