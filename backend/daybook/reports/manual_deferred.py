"""Manual journals on Deferred: which have begun, and which keep something there."""

from sqlalchemy import ColumnElement, Select, and_, func, select, union_all
from sqlalchemy.orm import aliased

from daybook.adjustments.models import ManualDocument
from daybook.calendar import Day, month_of
from daybook.ledger.amount_conditions import in_force
from daybook.ledger.column_conditions import is_manual, touches
from daybook.ledger.models import Journal, JournalMovement
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role
from daybook.reports.revenue import RevenueFilter
from daybook.reports.revenue_sql import (
    is_movement_of_journal,
    narrowing,
    net_debit,
    touches_deferred,
)


def has_begun(pin: Pin, on: Day) -> ColumnElement[bool]:
    """Whether a `Journal` is of a manual journal that touched Deferred up to a day.

    One that is dated later has nothing to leave Deferred on the day, as an invoice that
    is dated later. A manual journal's documents begin together: what reverses it later
    is what leaves Deferred.
    """
    of_begun, own = aliased(ManualDocument), aliased(ManualDocument)
    begun = _begun_documents(pin, on)
    siblings = (
        select(of_begun.document_id)
        .join(
            own,
            and_(
                own.organisation_id == of_begun.organisation_id,
                own.number == of_begun.number,
                own.ledger_id == of_begun.ledger_id,
            ),
        )
        .where(
            of_begun.organisation_id == pin.organisation_id,
            of_begun.ledger_id == pin.ledger_id,
            own.document_id.in_(begun),
        )
    )
    return Journal.document_id.in_(union_all(begun, siblings))


def _begun_documents(pin: Pin, on: Day) -> Select[int]:
    """The documents of manual journals that touch Deferred up to a day."""
    journal, movement = aliased(Journal), aliased(JournalMovement)
    return (
        select(journal.document_id)
        .join(
            movement,
            and_(
                movement.ledger_id == journal.ledger_id,
                movement.journal == journal.number,
            ),
        )
        .where(
            journal.ledger_id == pin.ledger_id,
            is_manual(journal),
            journal.month <= month_of(on),
            movement.first_day <= on,
            in_force(pin.recording, movement),
            touches(Role.DEFERRED, movement),
        )
    )


def keeps_something(pin: Pin, revenue_filter: RevenueFilter) -> ColumnElement[bool]:
    """Whether a `Journal` is of a manual one that keeps something on Deferred for ever.

    Its documents, reversals too, count together: those that the filter selects.
    """
    number = func.coalesce(-ManualDocument.number, Journal.document_id)
    deferred = net_debit(Role.DEFERRED, JournalMovement.amount)
    statement = (
        select(
            Journal.document_id,
            func.sum(deferred).over(partition_by=number).label("kept"),
        )
        .select_from(Journal)
        .join(JournalMovement, is_movement_of_journal())
        .outerjoin(
            ManualDocument,
            and_(
                ManualDocument.ledger_id == Journal.ledger_id,
                ManualDocument.document_id == Journal.document_id,
            ),
        )
        .where(
            *(Journal.ledger_id == pin.ledger_id, is_manual(), touches_deferred()),
            *(in_force(pin.recording), *narrowing(revenue_filter)),
        )
        .group_by(Journal.document_id, number)
    )
    if revenue_filter.product_id is not None:
        statement = statement.where(Journal.product_id == revenue_filter.product_id)
    every = statement.subquery().c
    kept = select(every.document_id).where(every.kept != 0)
    return Journal.document_id.in_(kept)
