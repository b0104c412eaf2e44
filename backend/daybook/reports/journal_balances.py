"""Accounts in the journal report, which reports of revenue must agree with."""

from collections import defaultdict

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day, Month, month_of
from daybook.ledger.amount_conditions import in_force
from daybook.ledger.column_conditions import is_manual
from daybook.ledger.models import Journal, JournalMovement
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role, net_change
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.totals import totals_by_month
from daybook.reports.revenue import RevenueFilter
from daybook.reports.revenue_sql import (
    CREDIT_PRODUCT,
    DEBIT_PRODUCT,
    is_movement_of_journal,
    narrowing,
    until,
)


async def changes_by_month(
    session: AsyncSession, pin: Pin, on: Day, revenue_filter: RevenueFilter
) -> dict[Role, dict[Month, int]]:
    """Each account's change by month up to a day, on its normal side.

    Of a product, these are its journals; sides of manual journals that have a product
    of their own count with that one.
    """
    journal_filter = JournalFilter(
        posted_to=on,
        customer_id=revenue_filter.customer_id,
        product_id=revenue_filter.product_id,
        document_id=revenue_filter.document_id,
    )
    totals = await totals_by_month(session, pin, journal_filter)
    changes = {
        role: {month: net_change(pairs, role) for month, pairs in totals.items()}
        for role in Role
    }
    if revenue_filter.product_id is not None:
        moved = await _own_sides(session, pin, on, revenue_filter)
        for (role, month), debit in moved.items():
            change = debit if role.is_debit_normal else -debit
            changes[role][month] = changes[role].get(month, 0) + change
    return changes


async def _own_sides(
    session: AsyncSession, pin: Pin, on: Day, revenue_filter: RevenueFilter
) -> dict[tuple[Role, Month], int]:
    """What sides with products of their own debit and credit a product, not a journal.

    Debits less credits, by account and month.
    """
    its, product = JournalMovement, revenue_filter.product_id
    statement = (
        select(
            *(Journal.month, Journal.product_id, its.debit_role, its.credit_role),
            *(DEBIT_PRODUCT, CREDIT_PRODUCT, until(on)),
        )
        .select_from(Journal)
        .join(its, is_movement_of_journal())
        .where(
            *(Journal.ledger_id == pin.ledger_id, Journal.month <= month_of(on)),
            *(its.first_day <= on, in_force(pin.recording)),
            *(is_manual(), *narrowing(revenue_filter)),
            or_(its.debit_product_id.is_not(None), its.credit_product_id.is_not(None)),
        )
    )
    moved: dict[tuple[Role, Month], int] = defaultdict(int)
    for month, own, debit, credit, debited, credited, amount in await session.execute(
        statement
    ):
        for role, of_side, signed in (
            (Role(debit), debited, amount),
            (Role(credit), credited, -amount),
        ):
            moved[role, month] += signed * ((of_side == product) - (own == product))
    return moved
