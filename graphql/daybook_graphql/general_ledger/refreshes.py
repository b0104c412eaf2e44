"""Refreshes of the dataset: asked for, cancelled, listed and listened to."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, NamedTuple

import strawberry

from daybook.errors import Problem, ProblemCode, Rejected
from daybook.gl.live.queries import syncs_in_motion
from daybook.gl.live.rules import UNFINISHED as GOING_ON
from daybook.gl.models import GlRefresh as StoredRefresh
from daybook.gl.refreshing import Asked, request_again, request_refresh
from daybook.jobs.commands import cancel_job
from daybook.jobs.queries import count_jobs, find_jobs, jobs_by_number, jobs_in_motion
from daybook.jobs.rules import UNFINISHED, JobId
from daybook_graphql.context import Context, Info
from daybook_graphql.execution.listening import each_change
from daybook_graphql.execution.node_readers import Found, NodeKind, NodeReader
from daybook_graphql.execution.selected import Selected
from daybook_graphql.general_ledger.ids import GlConnectionId, GlRefreshId
from daybook_graphql.general_ledger.live_types import GlSync, sync_of
from daybook_graphql.general_ledger.refresh_types import (
    TYPES,
    GlRefresh,
    present_connection,
    refresh_of,
)
from daybook_graphql.kit.connections import Connection, connection_of
from daybook_graphql.kit.ids import expect
from daybook_graphql.kit.paging import After, Before, First, Last, page_request
from daybook_graphql.kit.permissions import READ, RECORD, needs
from daybook_graphql.kit.user_errors import UserError, errors_of

if TYPE_CHECKING:
    from daybook_graphql.general_ledger.types import GlConnection

LATELY = timedelta(minutes=5)
"""The most that the clocks of machines may differ for a change to count as new."""
FIELDS = {"id": "connectionIds"}
"""Input fields, by the domain's names for them."""
argument = strawberry.argument
field = strawberry.field


@strawberry.input(description="What to refresh.")
class RefreshGlInput:
    connection_ids: list[strawberry.ID] | None = field(
        default=None,
        description="Which connections; absent for all of which something came in.",
    )
    again: int | None = field(
        default=None,
        description="The number of a refresh to make again from what it was made of,"
        " instead: it fails if the content differs, and never changes the dataset.",
    )


@strawberry.type(description="The refreshes that were asked for.")
class RefreshGlPayload:
    refreshes: list[GlRefresh] = field(
        description="A refresh for each connection; empty with any user error."
    )
    user_errors: list[UserError] = field(
        description="What is wrong with the input; then nothing was asked for."
    )


@strawberry.input(description="Which refresh to cancel.")
class CancelGlRefreshInput:
    id: strawberry.ID = field(description="The refresh.")


@strawberry.type(description="A refresh after a mutation.")
class CancelGlRefreshPayload:
    refresh: GlRefresh | None = field(
        description="The refresh as it is now; null with any user error."
    )
    user_errors: list[UserError] = field(
        description="What is wrong with the input; then nothing was changed."
    )


@strawberry.type(description="How far the sync of a connection is.")
class GlSyncProgress:
    sync: GlSync = field(description="The sync.")
    number: strawberry.Private[int]

    @field(description="The connection; null once it is removed.")
    async def connection(
        self, info: Info
    ) -> Annotated["GlConnection", strawberry.lazy(TYPES)] | None:
        return await present_connection(info, self.number)


@strawberry.type(description="What changed of the work on the dataset.")
class GlProgress:
    refresh: GlRefresh | None = field(
        description="A refresh as it is now; null where something else changed."
    )
    sync: GlSyncProgress | None = field(
        description="A sync with Xero as it is now; null where something else changed."
    )


@strawberry.type
class GlRefreshQueries:
    @strawberry.field(
        description="Refreshes of the dataset, newest first.", metadata=needs(READ)
    )
    async def gl_refreshes(
        self,
        info: Info,
        connection_id: Annotated[
            strawberry.ID | None, argument(description="Only of this connection.")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[GlRefresh]:
        context = info.context
        request = page_request(1, first=first, after=after, last=last, before=before)
        of_connection = []
        if connection_id is not None:
            number = expect(connection_id, GlConnectionId, "connectionId").number
            of_connection = [StoredRefresh.connection == number]
        organisation_id, total = context.organisation_id, 0
        async with context.database.runtime.reads() as session:
            asked = (session, StoredRefresh, organisation_id)
            page = await find_jobs(*asked, request, of_connection)
            if "totalCount" in Selected.of(info):
                total = await count_jobs(*asked, of_connection)
        nodes = [refresh_of(job) for job in page.items]
        return connection_of(page, nodes, lambda job: (job.number,), total)


@strawberry.type
class GlRefreshMutations:
    @strawberry.mutation(
        description="Make the dataset of what came in, each connection's part on its"
        " own, in the background; listen to `glProgress`. While a refresh waits or is"
        " being made, asking for just the same again gives that one.",
        metadata=needs(RECORD),
    )
    async def refresh_gl(
        self,
        info: Info,
        input: Annotated[RefreshGlInput, argument(description="What to refresh.")],
    ) -> RefreshGlPayload:
        context = info.context
        numbers = [
            expect(text, GlConnectionId, f"input.connectionIds.{index}").number
            for index, text in enumerate(input.connection_ids or ())
        ]
        try:
            jobs = await _asked_for(context, input, numbers)
        except Rejected as rejected:
            errors = errors_of(rejected.problems, FIELDS)
            return RefreshGlPayload(refreshes=[], user_errors=errors)
        refreshes = [refresh_of(job) for job in jobs]
        return RefreshGlPayload(refreshes=refreshes, user_errors=[])

    @strawberry.mutation(
        description="Cancel a refresh that waits or is being made: the part of the"
        " dataset that was made before stands. One that has ended stays as it is.",
        metadata=needs(RECORD),
    )
    async def cancel_gl_refresh(
        self,
        info: Info,
        input: Annotated[CancelGlRefreshInput, argument(description="Which refresh.")],
    ) -> CancelGlRefreshPayload:
        context = info.context
        number = expect(input.id, GlRefreshId, "input.id").number
        job_id = JobId(context.organisation_id, number)
        store = context.database.runtime
        job = await cancel_job(store, StoredRefresh, job_id, now=context.now)
        if job is None:
            problem = Problem(
                ProblemCode.NOT_FOUND, "there is no such refresh", ("id",)
            )
            return CancelGlRefreshPayload(
                refresh=None, user_errors=errors_of([problem])
            )
        return CancelGlRefreshPayload(refresh=refresh_of(job), user_errors=[])


@strawberry.type
class GlRefreshSubscriptions:
    @strawberry.subscription(
        description="Refreshes of the dataset, and syncs with Xero: those that have not"
        " ended as they are now, then each one that changes. It completes after an"
        " hour; subscribing again begins with the state then.",
        metadata=needs(READ),
    )
    async def gl_progress(self, info: Info) -> AsyncGenerator[GlProgress, None]:
        context = info.context
        key = (GlProgress, context.organisation_id)
        sent: dict[tuple[str, int], tuple[int, ...]] | None = None
        changes = context.database.runtime.changes
        async with aclosing(each_change(changes)) as each:
            async for _ in each:
                moving = await changes.once(key, lambda: _in_motion(context))
                is_first, sent = sent is None, sent or {}
                for its in moving:
                    if sent.get(its.which) == its.state:
                        continue
                    sent[its.which] = its.state
                    if not is_first or its.goes_on:
                        yield its.shown


async def _asked_for(
    context: Context, wanted: RefreshGlInput, numbers: Sequence[int]
) -> Sequence[StoredRefresh]:
    asked = Asked(context.organisation_id, context.made_by, context.now)
    if wanted.again is None:
        if wanted.connection_ids is not None and not numbers:
            message = "name a connection, or leave connectionIds out for all"
            raise Rejected([Problem(ProblemCode.MISSING, message, ("connectionIds",))])
        return await request_refresh(context.database, asked, numbers)
    if numbers:
        message = "the refresh that is made again says which connection it is of"
        raise Rejected([Problem(ProblemCode.UNSUPPORTED, message, ("connectionIds",))])
    return [await request_again(context.database, asked, wanted.again)]


class _Moving(NamedTuple):
    """A refresh or a sync, and what differs whenever it has changed."""

    which: tuple[str, int]
    state: tuple[int, ...]
    goes_on: bool
    shown: GlProgress


async def _in_motion(context: Context) -> list[_Moving]:
    """What goes on, or ended lately: syncs first, which refreshes follow."""
    since, store = datetime.now(UTC) - LATELY, context.database.runtime
    organisation_id = context.organisation_id
    syncs = await syncs_in_motion(store, organisation_id, since)
    async with store.reads() as session:
        jobs = await jobs_in_motion(session, StoredRefresh, organisation_id, since)
    return [
        *(
            _Moving(
                ("sync", sync.connection),
                (sync.changes,),
                sync.status in GOING_ON,
                GlProgress(
                    refresh=None,
                    sync=GlSyncProgress(sync=sync_of(sync), number=sync.connection),
                ),
            )
            for sync in syncs
        ),
        *(
            _Moving(
                ("refresh", job.number),
                job.shown,
                job.status in UNFINISHED,
                GlProgress(refresh=refresh_of(job), sync=None),
            )
            for job in jobs
        ),
    ]


async def _read_refreshes(reader: NodeReader, ids: Sequence[GlRefreshId]) -> Found:
    numbers = [id_.number for id_ in ids]
    async with reader.context.database.runtime.reads() as session:
        jobs = await jobs_by_number(
            session, StoredRefresh, reader.organisation_id, numbers
        )
    return {GlRefreshId(job.number): refresh_of(job) for job in jobs}


NODES = (NodeKind(GlRefreshId, _read_refreshes),)
