"""Reading balances of the general ledger at a pin."""

from typing import Any, TypeAlias

from sqlalchemy import Select, and_, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from daybook.calendar import Day
from daybook.closing.models import StoredBalance
from daybook.closing.rules import EnteredBalance
from daybook.db.keyset import count_rows, one_page
from daybook.ledger.models import Recording
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role
from daybook.paging import Page, PageRequest

_AnySelect: TypeAlias = Select[*tuple[Any, ...]]


async def find_balances(
    session: AsyncSession, pin: Pin, on: Day | None = None
) -> list[EnteredBalance]:
    """The balances in force up to a day, by account, day and label."""
    # The latest of each, in one pass: balances may be many.
    latest = (
        select(func.max(StoredBalance.number))
        .where(
            StoredBalance.ledger_id == pin.ledger_id,
            StoredBalance.recorded_in <= pin.recording,
        )
        .group_by(StoredBalance.role, StoredBalance.day, StoredBalance.label)
    )
    statement = _entered(pin).where(StoredBalance.number.in_(latest))
    if on is not None:
        statement = statement.where(StoredBalance.day <= on)
    order = (StoredBalance.role, StoredBalance.day, StoredBalance.label)
    rows = await session.execute(statement.order_by(*order))
    return [_balance(row, pin) for row in rows]


async def list_balances(
    session: AsyncSession, pin: Pin, request: PageRequest
) -> Page[EnteredBalance]:
    """All balances that were entered, replaced ones too, newest first.

    Keyed by number.
    """
    page = one_page(_entered(pin), StoredBalance.number, request, is_descending=True)
    rows = await session.execute(page)
    return Page.of([_balance(row, pin) for row in rows], request)


async def count_balances(session: AsyncSession, pin: Pin) -> int:
    """How many `list_balances` lists in all."""
    return await count_rows(
        session,
        StoredBalance,
        StoredBalance.ledger_id == pin.ledger_id,
        StoredBalance.recorded_in <= pin.recording,
    )


def _entered(pin: Pin) -> _AnySelect:
    its_recording = and_(
        Recording.ledger_id == StoredBalance.ledger_id,
        Recording.number == StoredBalance.recorded_in,
    )
    later = aliased(StoredBalance)
    is_replaced = exists().where(
        later.ledger_id == StoredBalance.ledger_id,
        *(later.role == StoredBalance.role, later.day == StoredBalance.day),
        later.label == StoredBalance.label,
        later.number > StoredBalance.number,
        later.recorded_in <= pin.recording,
    )
    return (
        select(
            *(StoredBalance.number, StoredBalance.role, StoredBalance.day),
            *(StoredBalance.balance, StoredBalance.label, StoredBalance.note),
            *(StoredBalance.recorded_in, Recording.made_by, Recording.recorded_at),
            is_replaced,
        )
        .join(Recording, its_recording)
        .where(
            StoredBalance.ledger_id == pin.ledger_id,
            StoredBalance.recorded_in <= pin.recording,
        )
    )


def _balance(row: Any, pin: Pin) -> EnteredBalance:
    number, role, on, balance, label, note, recorded_in, *made, is_replaced = row
    made_by, made_at = made
    return EnteredBalance(
        *(number, Role(role), on, balance, label, note),
        *(recorded_in, made_by, made_at, is_replaced, pin.currency),
    )
