"""Loaders of a ledger's details at its pin."""

from collections.abc import Sequence
from typing import TypeAlias

from daybook.calendar import Month
from daybook.ledger.pins import Pin
from daybook.ledger.queries import account_names as read_account_names
from daybook.ledger.queries import settings_at
from daybook.ledger.rules import AccountNames, LedgerSettings
from daybook.reports.journals.totals import months_with_journals as read_months
from daybook_graphql.context import Context, loader

Months: TypeAlias = tuple[Month, Month]
"""The first and the last month with journals."""


@loader()
async def months_with_journals(
    context: Context, pins: list[Pin]
) -> Sequence[Months | None]:
    """The months with journals; None for a ledger without any."""
    async with context.database.pinned_reads() as session:
        return [await read_months(session, pin) for pin in pins]


@loader()
async def ledger_settings(
    context: Context, pins: list[Pin]
) -> Sequence[LedgerSettings]:
    """The settings of ledgers."""
    async with context.database.pinned_reads() as session:
        return [await settings_at(session, pin) for pin in pins]


@loader()
async def account_names(context: Context, pins: list[Pin]) -> Sequence[AccountNames]:
    """The names of ledgers' accounts."""
    async with context.database.pinned_reads() as session:
        return [await read_account_names(session, pin) for pin in pins]
