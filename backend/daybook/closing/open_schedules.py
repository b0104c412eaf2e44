"""Schedules that are still open: those that should have ended, or stand still.

Both read schedules by their days, and the movements of those in question only.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from daybook.calendar import (
    FIRST_DAY,
    Day,
    Month,
    day_words,
    first_day_of,
    last_day_of,
    month_in_words,
)
from daybook.closing.adding_up import movements_of_schedules
from daybook.closing.rules import (
    ROWS_MAX,
    CloseCheck,
    CloseCheckKind,
    CloseCheckRow,
)
from daybook.db.lists import rows_in_lists, scalars_in_lists
from daybook.documents.models import StoredDocument
from daybook.ledger.amount_conditions import amount_within, in_force
from daybook.ledger.models import Journal, JournalMovement
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role
from daybook.money import grouped_text
from daybook.recognition.models import Schedule
from daybook.recognition.queries import settled_on
from daybook.recognition.rules import Classification
from daybook.reports.revenue_sql import FAMILY, is_movement_of_journal, net_debit

_END = func.coalesce(Schedule.last_day, Schedule.expires_on, Schedule.recognized_on)


class _Left(NamedTuple):
    """What a family or a line has left in Deferred, and when its service ends."""

    schedule_id: int
    ended_on: Day | None
    left: int
    is_open: bool


async def ended_with_deferred(
    session: AsyncSession, pin: Pin, month: Month
) -> CloseCheck:
    """Families whose service ended by the month's end and that have Deferred left."""
    last = last_day_of(month)
    # First the few families: joined at once, a database may begin with all movements.
    families = await session.scalars(_unsettled(pin, last))
    left = await _left_of_families(session, pin, last, families.all())
    ended = [
        its
        for its in left
        if its.ended_on is not None and its.ended_on <= last and not its.is_open
    ]
    return await _check(
        session,
        pin,
        CloseCheckKind.ENDED_WITH_DEFERRED,
        ended,
        lambda its: (
            f"service ended {day_words(its.ended_on or last)}, and Deferred still has"
            f" {grouped_text(its.left, pin.currency)}"
        ),
    )


async def without_entry(session: AsyncSession, pin: Pin, month: Month) -> CloseCheck:
    """Lines whose service covers the month, with Deferred and no entry in the month."""
    first, last = first_day_of(month), last_day_of(month)
    covering = select(Schedule.id).where(
        Schedule.ledger_id == pin.ledger_id,
        Schedule.first_day <= last,
        Schedule.last_day >= first,
        Schedule.classification == int(Classification.EARNED),
        Schedule.credits_id.is_(None),
    )
    with_entry = (
        select(JournalMovement.schedule_id)
        .join_from(Journal, JournalMovement, is_movement_of_journal())
        .where(
            Journal.ledger_id == pin.ledger_id,
            Journal.month == month,
            in_force(pin.recording),
        )
    )
    still = await session.scalars(covering.except_(with_entry))
    left = await _left(session, pin, last, still.all(), Schedule.id)
    numbers = [its.schedule_id for its in left]
    quiet = await _revised(session, pin, numbers)
    quiet |= await _settled_by_credits(session, pin, last, numbers)
    return await _check(
        session,
        pin,
        CloseCheckKind.NO_ENTRY_THIS_MONTH,
        [its for its in left if its.schedule_id not in quiet],
        lambda its: (
            f"no entry in {month_in_words(month)}, though"
            f" {grouped_text(its.left, pin.currency)} is on Deferred and the service"
            f" runs to {day_words(its.ended_on or last)}"
        ),
    )


async def _settled_by_credits(
    session: AsyncSession, pin: Pin, last: Day, numbers: Sequence[int]
) -> frozenset[int]:
    """Which lines are in a family with nothing left, since credit notes took it all."""
    lines = await rows_in_lists(
        session,
        select(Schedule.id, FAMILY).where(Schedule.ledger_id == pin.ledger_id),
        Schedule.id.in_,
        numbers,
    )
    families = sorted({family for _, family in lines})
    left = await _left_of_families(session, pin, last, families)
    still_open = {its.schedule_id for its in left}
    return frozenset(number for number, family in lines if family not in still_open)


async def _left_of_families(
    session: AsyncSession, pin: Pin, last: Day, families: Sequence[int]
) -> list[_Left]:
    """What families have in Deferred on a day, if anything; in their order."""
    members = await scalars_in_lists(
        session,
        select(Schedule.id).where(Schedule.ledger_id == pin.ledger_id),
        lambda numbers: or_(Schedule.id.in_(numbers), Schedule.family_id.in_(numbers)),
        families,
    )
    return await _left(session, pin, last, members, FAMILY)


async def _left(
    session: AsyncSession,
    pin: Pin,
    last: Day,
    schedules: Iterable[int],
    key: ColumnElement[int] | InstrumentedAttribute[int],
) -> list[_Left]:
    """What schedules have in Deferred on a day, by a key, if anything; in its order."""
    is_grant = and_(
        Schedule.classification == int(Classification.PREPAYMENT),
        Schedule.expires_on.is_(None),
    )
    deferred = -net_debit(Role.DEFERRED, amount_within(FIRST_DAY, last))
    statement = movements_of_schedules(
        *(pin, key, func.max(_END), deferred),
        func.max(case((is_grant, 1), else_=0)),
    ).group_by(key)
    # A family may be in several lists of its members.
    sums: dict[int, _Left] = {}
    for number, end, left, is_open in await rows_in_lists(
        session, statement, Schedule.id.in_, schedules
    ):
        its = sums.get(number, _Left(number, None, 0, is_open=False))
        sums[number] = _Left(
            number,
            max((day for day in (end, its.ended_on) if day is not None), default=None),
            its.left + left,
            is_open=bool(is_open) or its.is_open,
        )
    return [its for _, its in sorted(sums.items()) if its.left]


async def _revised(
    session: AsyncSession, pin: Pin, numbers: Sequence[int]
) -> frozenset[int]:
    """Which schedules a later one of their line replaced."""
    later = aliased(Schedule)
    statement = (
        select(Schedule.id)
        .join(
            later,
            and_(
                later.ledger_id == Schedule.ledger_id,
                later.document_id == Schedule.document_id,
                later.revises_id == func.coalesce(Schedule.revises_id, Schedule.id),
                later.id > Schedule.id,
            ),
        )
        .where(Schedule.ledger_id == pin.ledger_id)
    )
    return frozenset(
        await scalars_in_lists(session, statement, Schedule.id.in_, numbers)
    )


async def _check(
    session: AsyncSession,
    pin: Pin,
    kind: CloseCheckKind,
    found: Sequence[_Left],
    words: Callable[[_Left], str],
) -> CloseCheck:
    """A check of what was found, with the parties of the first rows."""
    first = found[:ROWS_MAX]
    statement = (
        select(
            *(Schedule.id, StoredDocument.customer_id),
            *(Schedule.product_id, Schedule.document_id),
        )
        .join(
            StoredDocument,
            and_(
                StoredDocument.ledger_id == Schedule.ledger_id,
                StoredDocument.id == Schedule.document_id,
            ),
        )
        .where(Schedule.ledger_id == pin.ledger_id)
    )
    rows = await rows_in_lists(
        session, statement, Schedule.id.in_, [its.schedule_id for its in first]
    )
    parties = {row[0]: (row[1], row[2], row[3]) for row in rows}
    return CloseCheck(
        kind,
        len(found),
        tuple(
            CloseCheckRow(words(its), *party, amount=its.left)
            for its in first
            for party in (parties[its.schedule_id],)
        ),
    )


def _unsettled(pin: Pin, last: Day) -> Select[int]:
    """Families that are not settled by a day, as the pin's recording left them."""
    return select(Schedule.id).where(
        Schedule.ledger_id == pin.ledger_id,
        Schedule.family_id.is_(None),
        or_(last >= _END, _END.is_(None)),
        settled_on(pin, Schedule) > last,
    )
