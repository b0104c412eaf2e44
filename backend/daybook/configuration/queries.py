"""What a change of a lock opens or closes, exactly and at a pin.

Whole months are read from the small tables that each recording keeps, so that years of
a large ledger cost little; only the two months at the ends are summed from movements.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day, Month, first_day_of, last_day_of, month_of
from daybook.clock import day_at
from daybook.configuration.locking import Lock, LockChange, MonthShare, lock_of
from daybook.configuration.rules import check_lock
from daybook.db.keyset import count_rows
from daybook.ledger.amount_conditions import (
    amount_within,
    journals_within,
    kept_within,
    movements_within,
    moves_within,
)
from daybook.ledger.models import Journal, JournalMovement, MonthCount, MonthTotal
from daybook.ledger.pins import Pin
from daybook.ledger.queries import choose_ledger, pin_ledger, settings_at, time_zone_of
from daybook.ledger.rules import AccountPair, Role


class Preview(NamedTuple):
    """A pinned ledger, and what a change of its lock would do."""

    pin: Pin
    change: LockChange


async def preview_lock(
    session: AsyncSession,
    organisation_id: int,
    currency: str | None,
    after: Lock,
    *,
    now: datetime,
) -> Preview:
    """Preview a change of a ledger's lock, without changing anything.

    Without a currency, it is the only ledger. Raises Rejected as `choose_ledger`, and
    for an invalid lock.
    """
    check_lock(*after)
    ledger = await choose_ledger(session, organisation_id, currency)
    today = day_at(now, await time_zone_of(session, organisation_id))
    pin = await pin_ledger(session, organisation_id, ledger.id, today)
    assert pin is not None, "the ledger was just found"
    before = lock_of(await settings_at(session, pin))
    return Preview(pin, await lock_change(session, pin, before, after, today=today))


async def lock_change(
    session: AsyncSession, pin: Pin, before: Lock, after: Lock, *, today: Day
) -> LockChange:
    """What changing the pinned ledger's lock would open or close.

    `today` is in the organisation's time zone.
    """
    change = LockChange(before, after, last_day_of(month_of(today)))
    if change.days is None:
        return change
    months: list[MonthShare] = []
    for first, last in _parts(*change.days):
        months += await _shares(session, pin, first, last)
    months.sort(key=lambda share: share.month)
    return change._replace(months=tuple(months))


def _parts(first: Day, last: Day) -> Iterator[tuple[Day, Day]]:
    """Split days into whole months and the partial months at both ends."""
    start, end = month_of(first), month_of(last)
    if first > first_day_of(start):
        yield first, min(last, last_day_of(start))
        start += 1
    if start <= end and last < last_day_of(end):
        yield first_day_of(end), last
        end -= 1
    if start <= end:
        yield first_day_of(start), last_day_of(end)


async def _shares(
    session: AsyncSession, pin: Pin, first: Day, last: Day
) -> list[MonthShare]:
    """The journals and amounts by month: of whole months, or of days in one month."""
    month = month_of(first)
    if first == first_day_of(month) and last == last_day_of(month_of(last)):
        journals = await _kept_journals(session, pin, first, last)
        pairs = await _kept_pairs(session, pin, first, last)
    else:
        journals = {month: await _count(session, pin, first, last)}
        pairs = {month: await _sums(session, pin, first, last)}
    return [
        MonthShare(month, count, pairs[month])
        for month, count in journals.items()
        if count
    ]


async def _kept_journals(
    session: AsyncSession, pin: Pin, first: Day, last: Day
) -> dict[Month, int]:
    rows = await session.execute(
        select(MonthCount.month, func.sum(MonthCount.change))
        .where(*kept_within(MonthCount, pin, first, last))
        .group_by(MonthCount.month)
    )
    return {month: int(count) for month, count in rows}


async def _kept_pairs(
    session: AsyncSession, pin: Pin, first: Day, last: Day
) -> dict[Month, dict[AccountPair, int]]:
    columns = (MonthTotal.month, MonthTotal.debit_role, MonthTotal.credit_role)
    rows = await session.execute(
        select(*columns, func.sum(MonthTotal.change))
        .where(*kept_within(MonthTotal, pin, first, last))
        .group_by(*columns)
    )
    months: dict[Month, dict[AccountPair, int]] = defaultdict(dict)
    for month, debit, credit, total in rows:
        if total:
            months[month][Role(debit), Role(credit)] = int(total)
    return months


async def _count(session: AsyncSession, pin: Pin, first: Day, last: Day) -> int:
    journals = journals_within(pin, first, last)
    return await count_rows(session, Journal, *journals, moves_within(pin, first, last))


async def _sums(
    session: AsyncSession, pin: Pin, first: Day, last: Day
) -> dict[AccountPair, int]:
    movement = JournalMovement
    roles = (movement.debit_role, movement.credit_role)
    is_its = and_(
        movement.ledger_id == Journal.ledger_id, movement.journal == Journal.number
    )
    rows = await session.execute(
        select(*roles, func.sum(amount_within(first, last)))
        .join_from(Journal, movement, is_its)
        .where(*journals_within(pin, first, last), *movements_within(pin, first, last))
        .group_by(*roles)
    )
    return {
        (Role(debit), Role(credit)): int(total)
        for debit, credit, total in rows
        if total
    }
