"""Families of schedules whose movements no longer add up.

What is billed is the documents' lines; and where nothing is left open, Deferred and
Unbilled end at zero. A movement that was changed by hand breaks one of these.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.closing.rules import ROWS_MAX
from daybook.documents.models import StoredDocument
from daybook.documents.rules import DocumentStatus
from daybook.ledger.amount_conditions import in_force
from daybook.ledger.models import Journal, JournalMovement
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role, SourceKind
from daybook.recognition.models import Schedule
from daybook.recognition.rules import Classification, Method
from daybook.reports.revenue_sql import (
    FAMILY,
    LINE,
    is_movement_of_journal,
    net_debit,
)


async def families_that_differ(
    session: AsyncSession, pin: Pin, schedules: Select[Any]
) -> Sequence[int]:
    """The first families of some schedules that don't add up, by their numbers."""
    families = select(FAMILY).where(
        Schedule.ledger_id == pin.ledger_id, Schedule.id.in_(schedules)
    )
    open_ = await session.scalars(_not_settled(pin, families))
    billed = await session.scalars(_not_billed(pin, families))
    return sorted({*open_.all(), *billed.all()})[:ROWS_MAX]


def movements_of_schedules(pin: Pin, *columns: Any) -> Select[*tuple[Any, ...]]:
    """Columns of schedules and of their movements in force, by the documents' index."""
    return (
        select(*columns)
        .select_from(Schedule)
        .join(
            Journal,
            and_(
                Journal.ledger_id == Schedule.ledger_id,
                Journal.document_id == Schedule.document_id,
                Journal.product_id == Schedule.product_id,
            ),
        )
        .join(
            JournalMovement,
            and_(is_movement_of_journal(), JournalMovement.schedule_id == Schedule.id),
        )
        .where(Schedule.ledger_id == pin.ledger_id, in_force(pin.recording))
    )


def _not_settled(pin: Pin, families: Select[Any]) -> Select[int]:
    """Families that end with something in Deferred or Unbilled, where none may."""
    is_open = or_(
        Schedule.classification == int(Classification.PREPAYMENT),
        Schedule.method == int(Method.MILESTONE),
    )
    stays_open = func.max(case((is_open, 1), else_=0))
    return (
        movements_of_schedules(pin, FAMILY)
        .where(FAMILY.in_(families))
        .group_by(FAMILY)
        .having(
            or_(
                and_(
                    stays_open == 0,
                    net_debit(Role.DEFERRED, JournalMovement.amount) != 0,
                ),
                and_(
                    net_debit(Role.UNBILLED, JournalMovement.amount) != 0,
                    func.max(Schedule.months).is_(None),
                ),
            )
        )
    )


def _not_billed(pin: Pin, families: Select[Any]) -> Select[int]:
    """Families with a line whose billed net isn't what its document says."""
    lines = (
        movements_of_schedules(
            pin,
            *(FAMILY.label("family"), LINE.label("line")),
            *(
                Schedule.document_id,
                net_debit(Role.BILLED, JournalMovement.amount).label("billed"),
            ),
        )
        .where(FAMILY.in_(families))
        .group_by(FAMILY, LINE, Schedule.document_id)
        .subquery()
    )
    amount = (
        select(Schedule.amount)
        .where(
            Schedule.ledger_id == pin.ledger_id,
            Schedule.document_id == lines.c.document_id,
            lines.c.line == LINE,
        )
        .order_by(Schedule.id.desc())
        .limit(1)
        .correlate(lines)
        .scalar_subquery()
    )
    is_void = StoredDocument.status == int(DocumentStatus.VOIDED)
    has_no_bill = StoredDocument.kind == int(SourceKind.BILLING_SCHEDULE)
    billed = case((or_(is_void, has_no_bill), 0), else_=amount)
    return (
        select(lines.c.family)
        .join(
            StoredDocument,
            and_(
                StoredDocument.ledger_id == pin.ledger_id,
                StoredDocument.id == lines.c.document_id,
            ),
        )
        .where(lines.c.billed != billed)
        .distinct()
    )
