"""Which connections a refresh would make something new of."""

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.connections.queries import find_connections, reporting_currency
from daybook.gl.building.pins import PinnedSettings
from daybook.gl.kinds import Kind
from daybook.gl.models import GlImport
from daybook.gl.queries import newest_segments


async def connections_behind(
    session: AsyncSession, organisation_id: int
) -> Collection[int]:
    """The numbers of connections whose segment isn't of what there is now.

    That is what came in, their settings, the dataset's currency, and the main
    connection with its accounts. Later rates and days don't count. A connection of
    which nothing came in is never behind.
    """
    connections = await find_connections(session, organisation_id)
    if not connections:
        return ()
    segments = {
        segment.connection: segment
        for segment in await newest_segments(session, organisation_id)
    }
    found = await session.execute(
        select(GlImport.connection, GlImport.kind, func.max(GlImport.number))
        .where(GlImport.organisation_id == organisation_id)
        .group_by(GlImport.connection, GlImport.kind)
    )
    last = {(connection, kind): number for connection, kind, number in found}
    main = connections[0]
    currency = await reporting_currency(session, organisation_id) or main.base_currency
    behind = set()
    for connection in connections:
        numbers = [
            number
            for (its_connection, _), number in last.items()
            if its_connection == connection.number
        ]
        if not numbers:
            continue
        segment = segments.get(connection.number)
        of_main = (main.number, int(Kind.ACCOUNTS))
        if (
            segment is None
            or max(*numbers, last.get(of_main, 0)) > segment.imports_through
            or PinnedSettings.of(connection, main).text != segment.settings
            or currency != segment.reporting_currency
        ):
            behind.add(connection.number)
    return behind
