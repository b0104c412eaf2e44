"""Loaders of a ledger's integrations, mappings and charts at its pin."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from daybook.exports.mapping.forms import Integration
from daybook.exports.mapping.queries import chart_at, integrations_at, mappings_at
from daybook.exports.mapping.rules import Chart, IntegrationSettings, Mappings
from daybook.ledger.pins import Pin
from daybook_graphql.context import Context, loader


class ChartKey(NamedTuple):
    """A target's chart as it is known in a pinned ledger."""

    pin: Pin
    integration: Integration


@loader()
async def integration_settings(
    context: Context, pins: list[Pin]
) -> Sequence[Mapping[Integration, IntegrationSettings]]:
    """The settings of ledgers' integrations."""
    async with context.database.pinned_reads() as session:
        return [await integrations_at(session, pin) for pin in pins]


@loader()
async def account_mappings(context: Context, pins: list[Pin]) -> Sequence[Mappings]:
    """The mapped accounts of ledgers."""
    async with context.database.pinned_reads() as session:
        return [await mappings_at(session, pin) for pin in pins]


@loader()
async def charts(context: Context, keys: list[ChartKey]) -> Sequence[Chart]:
    """The known accounts of targets."""
    async with context.database.pinned_reads() as session:
        return [await chart_at(session, *key) for key in keys]
