"""Reading connections, and the settings of their dataset."""

import json
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.connections.models import GlConnection, GlSettings
from daybook.connections.rules import (
    AccountRole,
    ConnectionSettings,
    YearEnd,
    unknown_connection,
)


async def find_connections(
    session: AsyncSession, organisation_id: int
) -> list[GlConnection]:
    """An organisation's connections that weren't removed: the main one, then others."""
    found = await session.scalars(
        select(GlConnection)
        .where(
            GlConnection.organisation_id == organisation_id,
            GlConnection.removed_at.is_(None),
        )
        .order_by(GlConnection.is_main.desc(), GlConnection.number)
    )
    return list(found)


def connection_of(connections: Sequence[GlConnection], number: int) -> GlConnection:
    """The connection of a number; raises Rejected if none of them has it."""
    for connection in connections:
        if connection.number == number:
            return connection
    raise unknown_connection()


async def reporting_currency(session: AsyncSession, organisation_id: int) -> str | None:
    """The currency of the dataset; None if none was chosen."""
    settings = await session.get(GlSettings, organisation_id)
    return None if settings is None else settings.reporting_currency


def settings_of(connection: GlConnection) -> ConnectionSettings:
    """What may be changed of a connection, as it is."""
    accounts = json.loads(connection.accounts)
    return ConnectionSettings(
        connection.name,
        YearEnd(connection.year_end_month, connection.year_end_day),
        connection.period_lock,
        connection.year_lock,
        tuple(json.loads(connection.takes_exports)),
        {AccountRole(role): id_ for role, id_ in accounts.items()},
        connection.budget_id,
        connection.counts_forecasts,
    )
