"""The step of the mapping: accounts of a month that a system doesn't know yet."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Month
from daybook.closing.rules import (
    ROWS_MAX,
    CloseStep,
    CloseStepKind,
    MappingGap,
    joined,
)
from daybook.closing.words import target_words
from daybook.db.engine import ReadSession
from daybook.exports.mapping.forms import Integration
from daybook.exports.mapping.queries import integrations_at, mappings_at, missing
from daybook.exports.mapping.rules import Missing
from daybook.four_eyes.queries import RequestFilter, all_requests
from daybook.four_eyes.rules import ChangeKind
from daybook.ledger.pins import Pin
from daybook.ledger.rules import ACCOUNT_NAMES
from daybook.numbers import agreeing, counted
from daybook.reports.journals.filters import of_month
from daybook.reports.kept_totals import keep_figures

NAMED = 3
"""How many accounts that aren't mapped are named."""
OF_MAPPING = RequestFilter(
    is_open=True,
    kinds=(ChangeKind.INTEGRATION, ChangeKind.MAPPINGS, ChangeKind.CHART),
)


async def mapping_step(session: ReadSession, pin: Pin, month: Month) -> CloseStep:
    """Whether every account of the month is mapped in the systems that are enabled."""
    kind = CloseStepKind.MAPPING
    settings = await integrations_at(session, pin)
    enabled = [system for system, its in settings.items() if its.is_enabled]
    waits = await _waiting_mappings(session, pin)
    if not enabled:
        words = joined("no integration is enabled", waits)
        return CloseStep.of(kind, words, is_done=None)
    mappings = await mappings_at(session, pin)
    gaps: dict[Integration, list[Missing]] = {}
    for system in enabled:
        found = await missing(session, pin, of_month(month), mappings, system)
        gaps[system] = found
    count = sum(len(found) for found in gaps.values())
    if not count:
        systems = ", ".join(target_words(system.name) for system in gaps)
        words = f"every account of the month is mapped for {systems}"
        return CloseStep.of(kind, joined(words, waits), is_done=True)
    unmapped = [
        f"{counted(len(found), 'account')} not mapped for {target_words(system.name)}:"
        f" {_named(found)}"
        for system, found in gaps.items()
        if found
    ]
    step = CloseStep.of(kind, joined("; ".join(unmapped), waits), count, is_done=False)
    first = [MappingGap(system, its) for system, found in gaps.items() for its in found]
    return replace(step, gaps=tuple(first[:ROWS_MAX]))


async def _waiting_mappings(session: AsyncSession, pin: Pin) -> str:
    """How many changes of mappings wait for another person; empty if none does."""
    organisation = pin.organisation_id
    # A request and a decision are audit records; all ledgers ask for the same ones.
    found = await keep_figures(
        session,
        ("mapping requests", organisation, pin.audit_head),
        partial(all_requests, session, organisation, OF_MAPPING),
    )
    currency = pin.currency
    # What changes several ledgers has no currency, and what it does by currency.
    count = sum(currency in {its.currency, *its.effect} for its in found)
    if not count:
        return ""
    waits = agreeing(count, "waits", "wait")
    return f"{counted(count, 'change')} of it {waits} for approval"


def _named(found: Sequence[Missing]) -> str:
    """The first accounts that aren't mapped, each with its product if it has one."""
    names = [
        ACCOUNT_NAMES[account.role]
        + (f" of {account.product_name}" if account.product_name else "")
        for account in found[:NAMED]
    ]
    more = len(found) - len(names)
    return " and ".join(
        filter(None, (", ".join(names), f"{more} more" if more else ""))
    )
