"""Requesting refreshes of the dataset, each a transaction of the runtime store."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day
from daybook.clock import day_at
from daybook.connections.queries import (
    connection_of,
    find_connections,
    reporting_currency,
)
from daybook.connections.rules import connection_refused
from daybook.db.engine import Database
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.fx.queries import newest_manual_rate, newest_refresh
from daybook.gl.building.pins import PinnedSettings, Pins, pins_of
from daybook.gl.building.segment import LINES_FILE
from daybook.gl.kind import REFRESHES
from daybook.gl.models import GlRefresh, GlSegment
from daybook.gl.queries import input_states, last_import, last_segment
from daybook.idempotency.rules import request_hash
from daybook.jobs.commands import JobRequest, queue_job
from daybook.ledger.models import Organisation


class Asked(NamedTuple):
    """Who asks for a refresh, of which organisation's dataset, and the present."""

    organisation_id: int
    by: str
    now: datetime


async def request_refresh(
    database: Database, asked: Asked, connections: Sequence[int] = ()
) -> list[GlRefresh]:
    """Queue a refresh for each connection, of all unless some are given.

    What came in until now counts, with the present rates, settings and day. Without any
    given, connections of which nothing came in are left out. A refresh of just that
    which waits or is being made is given instead of another one. Raises Rejected.
    """
    async with database.reads() as session:
        wanted = await _pins(session, asked, connections)
        behind = await last_segment(session, asked.organisation_id)
    return [await _queue(database, asked, pins, behind) for pins in wanted]


async def request_again(database: Database, asked: Asked, number: int) -> GlRefresh:
    """Queue a refresh from the pins of a segment, which has to make the same content.

    Raises Rejected if there is no such segment.
    """
    async with database.reads() as session:
        segment = await session.get(GlSegment, (asked.organisation_id, number))
        behind = await last_segment(session, asked.organisation_id)
    if segment is None:
        message = f"there is no refresh {number}, or it made nothing"
        raise Rejected([Problem(ProblemCode.NOT_FOUND, message, ("again",))])
    return await _queue(database, asked, pins_of(segment), behind, again_of=number)


async def _pins(
    session: AsyncSession, asked: Asked, connections: Sequence[int]
) -> list[Pins]:
    """What the refresh of each connection is pinned to."""
    organisation_id = asked.organisation_id
    found = await find_connections(session, organisation_id)
    if not found:
        message = "there is no connection yet: add one, and import its journals"
        raise connection_refused(message, "connectionIds", ProblemCode.NOT_FOUND)
    states = await input_states(session, organisation_id)
    filled = {state.connection for state in states}
    chosen = [connection_of(found, number) for number in dict.fromkeys(connections)]
    for connection in chosen:
        if connection.number not in filled:
            raise _nothing_came_in(f"nothing came in of {connection.name} yet")
    chosen = chosen or [its for its in found if its.number in filled]
    if not chosen:
        raise _nothing_came_in("nothing came in yet")
    main = found[0]
    currency = await reporting_currency(session, organisation_id)
    organisation = await session.get_one(Organisation, organisation_id)
    today: Day = day_at(asked.now, organisation.time_zone)
    imports = await last_import(session, organisation_id)
    refresh = await newest_refresh(session)
    manual = await newest_manual_rate(session, organisation_id)
    return [
        Pins(
            connection.number,
            imports,
            refresh,
            manual,
            today,
            PinnedSettings.of(connection, main).text,
            currency or main.base_currency,
        )
        for connection in chosen
    ]


def _nothing_came_in(what: str) -> Rejected:
    message = f"{what}: import its journals first"
    return connection_refused(message, "connectionIds", ProblemCode.MISSING)


async def _queue(
    database: Database,
    asked: Asked,
    pins: Pins,
    behind: int,
    again_of: int | None = None,
) -> GlRefresh:
    """Queue a job; its number is behind those of all segments.

    The runtime store may be a new one, which knows nothing of earlier refreshes.
    """
    values = {**pins._asdict(), "again_of": again_of}

    def make() -> GlRefresh:
        return GlRefresh(**values, file_name=LINES_FILE)

    request = JobRequest(
        asked.organisation_id, asked.by, asked.now, request_hash("refreshGl", values)
    )
    like = [getattr(GlRefresh, name) == value for name, value in values.items()]
    return await queue_job(
        database.runtime, REFRESHES, request, make, behind=behind, like=like
    )
