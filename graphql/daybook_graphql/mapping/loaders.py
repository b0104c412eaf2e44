"""Loaders of a ledger's integrations, mappings and charts at its pin."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from daybook.exports.mapping.forms import Integration
from daybook.exports.mapping.kept import kept_chart, kept_integrations, kept_mappings
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
        return [await kept_integrations(session, pin) for pin in pins]


@loader()
async def account_mappings(context: Context, pins: list[Pin]) -> Sequence[Mappings]:
    """The mapped accounts of ledgers."""
    async with context.database.pinned_reads() as session:
        return [await kept_mappings(session, pin) for pin in pins]


@loader()
async def charts(context: Context, keys: list[ChartKey]) -> Sequence[Chart]:
    """The known accounts of targets."""
    async with context.database.pinned_reads() as session:
        return [await kept_chart(session, *key) for key in keys]
