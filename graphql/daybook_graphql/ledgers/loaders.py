"""Loaders of a ledger's details at its pin, which keep what each page shows."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeAlias, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Month
from daybook.ledger.pins import Pin
from daybook.ledger.queries import account_names as read_account_names
from daybook.ledger.queries import settings_at
from daybook.ledger.rules import AccountNames, LedgerSettings
from daybook.reports.journals.totals import months_with_journals as read_months
from daybook.reports.kept_totals import keep_figures
from daybook_graphql.context import Context, loader

Months: TypeAlias = tuple[Month, Month]
"""The first and the last month with journals."""
Value = TypeVar("Value")


@loader()
async def months_with_journals(
    context: Context, pins: list[Pin]
) -> Sequence[Months | None]:
    """The months with journals; None for a ledger without any."""
    return await _of_recordings(context, pins, "months", read_months)


@loader()
async def ledger_settings(
    context: Context, pins: list[Pin]
) -> Sequence[LedgerSettings]:
    """The settings of ledgers."""
    return await _of_recordings(context, pins, "settings", settings_at)


@loader()
async def account_names(context: Context, pins: list[Pin]) -> Sequence[AccountNames]:
    """The names of ledgers' accounts."""
    return await _of_recordings(context, pins, "account names", read_account_names)


async def _of_recordings(
    context: Context,
    pins: Sequence[Pin],
    what: str,
    read: Callable[[AsyncSession, Pin], Awaitable[Value]],
) -> list[Value]:
    """What a ledger's recording settles, whatever is recorded later."""
    async with context.database.pinned_reads() as session:
        return [
            await keep_figures(
                session,
                (what, pin.ledger_id, pin.recording),
                partial(read, session, pin),
            )
            for pin in pins
        ]
