"""Loaders of a ledger's details at its pin, which keep what each page shows."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Month
from daybook.ledger.pins import Pin
from daybook.ledger.rules import AccountNames, LedgerSettings
from daybook.reports.kept_ledgers import (
    kept_account_names,
    kept_months,
    kept_settings,
)
from daybook_graphql.context import Context, loader

Months: TypeAlias = tuple[Month, Month]
"""The first and the last month with journals."""
Value = TypeVar("Value")


@loader()
async def months_with_journals(
    context: Context, pins: list[Pin]
) -> Sequence[Months | None]:
    """The months with journals; None for a ledger without any."""
    return await _of_pins(context, pins, kept_months)


@loader()
async def ledger_settings(
    context: Context, pins: list[Pin]
) -> Sequence[LedgerSettings]:
    """The settings of ledgers."""
    return await _of_pins(context, pins, kept_settings)


@loader()
async def account_names(context: Context, pins: list[Pin]) -> Sequence[AccountNames]:
    """The names of ledgers' accounts."""
    return await _of_pins(context, pins, kept_account_names)


async def _of_pins(
    context: Context,
    pins: Sequence[Pin],
    read: Callable[[AsyncSession, Pin], Awaitable[Value]],
) -> list[Value]:
    async with context.database.pinned_reads() as session:
        return [await read(session, pin) for pin in pins]
