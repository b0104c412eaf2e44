"""What several steps and checks of a close ask for, read once for a pin.

All of it is kept until the organisation's next audit record. Nobody may change it.
"""

from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.ledger.pins import Pin
from daybook.ledger.queries import settings_at, time_zone_of
from daybook.ledger.rules import LedgerSettings
from daybook.reports.kept_totals import keep_figures


async def kept_settings(session: AsyncSession, pin: Pin) -> LedgerSettings:
    """The pinned ledger's settings at its recording."""
    read = partial(settings_at, session, pin)
    return await keep_figures(session, ("settings", pin), read)


async def kept_time_zone(session: AsyncSession, pin: Pin) -> str:
    """The time zone in which the organisation's days end."""
    read = partial(time_zone_of, session, pin.organisation_id)
    key = ("time zone", pin.organisation_id, pin.audit_head)
    return await keep_figures(session, key, read)
