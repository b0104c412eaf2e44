"""The queries `glConnections` and `glDataset`, and connections by their ids."""

from collections.abc import Sequence

import strawberry

from daybook.connections.queries import find_connections, reporting_currency
from daybook_graphql.context import Context, Info
from daybook_graphql.execution.node_readers import Found, NodeKind, NodeReader
from daybook_graphql.general_ledger.ids import GlConnectionId
from daybook_graphql.general_ledger.types import (
    GlConnection,
    GlDatasetSettings,
    connection_of,
)
from daybook_graphql.kit.permissions import READ, needs
from daybook_graphql.kit.scalars import CurrencyCode


@strawberry.type
class GeneralLedgerQueries:
    @strawberry.field(
        description="The organisation's connections to its accounting systems, the main"
        " one first; at most 100.",
        metadata=needs(READ),
    )
    async def gl_connections(self, info: Info) -> list[GlConnection]:
        async with info.context.database.reads() as session:
            rows = await find_connections(session, info.context.organisation_id)
        return [connection_of(row) for row in rows]

    @strawberry.field(
        description="The settings of the dataset that the connections make together.",
        metadata=needs(READ),
    )
    async def gl_dataset(self, info: Info) -> GlDatasetSettings:
        return await dataset_of(info.context)


async def dataset_of(context: Context) -> GlDatasetSettings:
    """The dataset's settings as they are now."""
    async with context.database.reads() as session:
        rows = await find_connections(session, context.organisation_id)
        chosen = await reporting_currency(session, context.organisation_id)
    main = next((row for row in rows if row.is_main), None)
    currency = chosen or (main.base_currency if main is not None else None)
    return GlDatasetSettings(
        reporting_currency=None if currency is None else CurrencyCode(currency),
        is_reporting_currency_chosen=chosen is not None,
        main_connection=None if main is None else connection_of(main),
    )


async def connection_at(context: Context, number: int) -> GlConnection | None:
    """The connection of a number as it is now; None once it is removed."""
    async with context.database.reads() as session:
        rows = await find_connections(session, context.organisation_id)
    for row in rows:
        if row.number == number:
            return connection_of(row)
    return None


async def _read_connections(reader: NodeReader, ids: Sequence[GlConnectionId]) -> Found:
    numbers = {id_.number for id_ in ids}
    async with reader.context.database.reads() as session:
        rows = await find_connections(session, reader.organisation_id)
    return {
        GlConnectionId(row.number): connection_of(row)
        for row in rows
        if row.number in numbers
    }


NODES = (NodeKind(GlConnectionId, _read_connections),)
