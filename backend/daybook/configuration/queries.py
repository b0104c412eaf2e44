"""Reading what a change of a lock opens or closes, exact and at a pin.

Whole months come from the small tables that each recording keeps, so that years of a
large ledger cost little; only the two months at the ends are sums of movements.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day, Month, first_day_of, last_day_of, month_of
from daybook.clock import day_at
from daybook.configuration.locking import Lock, LockChange, MonthShare
from daybook.configuration.rules import check_lock
from daybook.db.keyset import count_rows
from daybook.ledger.conditions import (
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
    """What a change of a lock would do to the ledger of a currency, at a pin."""

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
    """What changing a ledger's lock would do; nothing is changed.

    Without a currency it is the only ledger's. Raises Rejected as `choose_ledger`, and
    for a lock that can't be set.
    """
    check_lock(*after)
    ledger = await choose_ledger(session, organisation_id, currency)
    today = day_at(now, await time_zone_of(session, organisation_id))
    pin = await pin_ledger(session, organisation_id, ledger.id, today)
    assert pin is not None, "the ledger was just found"
    return Preview(pin, await lock_change(session, pin, after, today=today))


async def lock_change(
    session: AsyncSession, pin: Pin, after: Lock, *, today: Day
) -> LockChange:
    """What changing the pinned ledger's lock would open or close.

    `today` is the organisation's.
    """
    settings = await settings_at(session, pin)
    before = Lock(settings.lock_method, settings.locked_through)
    change = LockChange(before, after, last_day_of(month_of(today)))
    if change.days is None:
        return change
    months: list[MonthShare] = []
    for first, last in _parts(*change.days):
        months += await _shares(session, pin, first, last)
    months.sort(key=lambda one: one.month)
    return change._replace(months=tuple(months))


def _parts(first: Day, last: Day) -> Iterator[tuple[Day, Day]]:
    """The same days as whole months and what sticks out of them on both sides."""
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
    """The journals and amounts of whole months, or of days in one month, by month."""
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
    one = MonthTotal
    columns = (one.month, one.debit_role, one.credit_role)
    rows = await session.execute(
        select(*columns, func.sum(one.change))
        .where(*kept_within(one, pin, first, last))
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
    one = JournalMovement
    amount = func.sum(amount_within(first, last))
    rows = await session.execute(
        select(one.debit_role, one.credit_role, amount)
        .join_from(
            Journal,
            one,
            and_(one.ledger_id == Journal.ledger_id, one.journal == Journal.number),
        )
        .where(*journals_within(pin, first, last), *movements_within(pin, first, last))
        .group_by(one.debit_role, one.credit_role)
    )
    return {
        (Role(debit), Role(credit)): int(total)
        for debit, credit, total in rows
        if total
    }
