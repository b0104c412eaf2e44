"""What nearly every page asks of a ledger, read once for its recording and kept.

Whatever is recorded later doesn't change it. Nobody may change what is returned.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Month
from daybook.ledger.pins import Pin
from daybook.ledger.queries import account_names, settings_at
from daybook.ledger.rules import AccountNames, LedgerSettings
from daybook.reports.journals.totals import months_with_journals
from daybook.reports.kept_totals import keep_figures

Value = TypeVar("Value")


async def kept_settings(session: AsyncSession, pin: Pin) -> LedgerSettings:
    """The pinned ledger's settings."""
    return await kept(session, pin, "settings", settings_at)


async def kept_account_names(session: AsyncSession, pin: Pin) -> AccountNames:
    """The names of the pinned ledger's accounts."""
    return await kept(session, pin, "account names", account_names)


async def kept_months(session: AsyncSession, pin: Pin) -> tuple[Month, Month] | None:
    """Its first and last month with journals; None for a ledger without any."""
    return await kept(session, pin, "months", months_with_journals)


async def kept(
    session: AsyncSession,
    pin: Pin,
    what: str,
    read: Callable[[AsyncSession, Pin], Awaitable[Value]],
) -> Value:
    """What is read of a ledger's recording; `what` tells it from everything else."""
    key = (what, pin.ledger_id, pin.recording)
    return await keep_figures(session, key, partial(read, session, pin))
