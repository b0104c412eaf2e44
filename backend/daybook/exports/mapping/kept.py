"""Integrations, mapped accounts and charts of a pin, read once and kept.

Whatever is recorded later doesn't change them. Nobody may change what is returned.
"""

from functools import partial

from daybook.db.engine import ReadSession
from daybook.exports.mapping.forms import Integration
from daybook.exports.mapping.queries import (
    chart_at,
    integrations_at,
    mappings_at,
    missing,
)
from daybook.exports.mapping.rules import (
    Chart,
    IntegrationSettings,
    Mappings,
    Missing,
)
from daybook.ledger.pins import Pin
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.kept_ledgers import kept
from daybook.reports.kept_totals import keep_figures


async def kept_integrations(
    session: ReadSession, pin: Pin
) -> dict[Integration, IntegrationSettings]:
    """The settings of all systems, in order."""
    return await kept(session, pin, "integrations", integrations_at)


async def kept_mappings(session: ReadSession, pin: Pin) -> Mappings:
    """All mapped accounts of the pinned ledger."""
    return await kept(session, pin, "mappings", mappings_at)


async def kept_chart(session: ReadSession, pin: Pin, integration: Integration) -> Chart:
    """The target's accounts that are known, by their codes or names."""
    read = partial(chart_at, integration=integration)
    return await kept(session, pin, f"chart of {integration.name}", read)


async def kept_missing(
    session: ReadSession,
    pin: Pin,
    journal_filter: JournalFilter,
    integration: Integration,
) -> list[Missing]:
    """Accounts of a selection without a mapping, by role and product."""

    async def read() -> list[Missing]:
        mappings = await kept_mappings(session, pin)
        return await missing(session, pin, journal_filter, mappings, integration)

    key = ("missing accounts", pin, journal_filter, integration)
    return await keep_figures(session, key, read)
