"""The loaders of connections: what came in, what refreshes made, and live ones."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from daybook.clock import real_now
from daybook.connections.models import GlConnection
from daybook.connections.queries import find_connections
from daybook.gl.behind import connections_behind
from daybook.gl.live.nightly import next_sync
from daybook.gl.live.queries import LiveState, live_states
from daybook.gl.models import GlRefresh, GlSegment
from daybook.gl.queries import (
    InputState,
    input_states,
    last_refreshes,
    newest_segments,
)
from daybook_graphql.context import Context, loader


@loader(cache=False)
async def inputs_by_connection(
    context: Context, numbers: list[int]
) -> Sequence[list[InputState]]:
    """What came in of each kind, by the kinds' numbers; an import may change it."""
    found: dict[int, list[InputState]] = defaultdict(list)
    async with context.database.reads() as session:
        for state in await input_states(session, context.organisation_id):
            found[state.connection].append(state)
    return [found[number] for number in numbers]


@loader(cache=False)
async def connections_by_number(
    context: Context, numbers: list[int]
) -> Sequence[GlConnection | None]:
    """Connections as they are now; None for those that were removed."""
    async with context.database.reads() as session:
        rows = await find_connections(session, context.organisation_id)
    found = {row.number: row for row in rows}
    return [found.get(number) for number in numbers]


@loader(cache=False)
async def segments_by_connection(
    context: Context, numbers: list[int]
) -> Sequence[GlSegment | None]:
    """The part of the dataset that each connection has now."""
    async with context.database.reads() as session:
        rows = await newest_segments(session, context.organisation_id)
    found = {row.connection: row for row in rows}
    return [found.get(number) for number in numbers]


@loader(cache=False)
async def refreshes_by_connection(
    context: Context, numbers: list[int]
) -> Sequence[GlRefresh | None]:
    """The refresh of each connection that was asked for last."""
    async with context.database.runtime.reads() as session:
        jobs = await last_refreshes(session, context.organisation_id)
    found = {job.connection: job for job in jobs}
    return [found.get(number) for number in numbers]


@loader(cache=False)
async def behind_by_connection(context: Context, numbers: list[int]) -> Sequence[bool]:
    """Whether a refresh would make something new of each connection."""
    async with context.database.reads() as session:
        behind = await connections_behind(session, context.organisation_id)
    return [number in behind for number in numbers]


@loader(cache=False)
async def live_by_connection(
    context: Context, numbers: list[int]
) -> Sequence[tuple[LiveState, datetime | None]]:
    """What Xero gave for connections, their syncs, and when they are synced next."""
    database, organisation_id = context.database, context.organisation_id
    found = await live_states(database.runtime, organisation_id)
    night = None
    if any(state.tokens is not None for state in found.values()):
        now = real_now()
        night = await next_sync(database, context.settings, organisation_id, now)
    return [(found.get(number, LiveState(None, None)), night) for number in numbers]
