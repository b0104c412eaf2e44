"""The deferred revenue report's rows for files, in one statement with their names."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from daybook.calendar import Day
from daybook.documents.models import StoredDocument
from daybook.ledger.amount_conditions import in_force
from daybook.ledger.models import Customer, JournalMovement, Product
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role, SourceKind
from daybook.recognition.models import Schedule
from daybook.reports.deferred.loading import select_posted
from daybook.reports.former_names import (
    customer_name,
    document_number,
    is_party,
    product_name,
)
from daybook.reports.revenue_sql import (
    FAMILY,
    LINE,
    net_debit,
    until,
)

_CREDIT_NOTE = int(SourceKind.CREDIT_NOTE)


def select_range(
    pin: Pin, on: Day, families: range, product_id: int | None
) -> Select[*tuple[Any, ...]]:
    """The rows of a range of families, in the report's order: found by indexes."""
    its, amount = Schedule, until(on)
    first, last = families.start, families.stop - 1
    sums = (
        select_posted(
            *(pin, on, FAMILY.label("family"), LINE.label("schedule")),
            *(net_debit(role, amount).label(role.name) for role in Role),
        )
        .where(
            or_(
                and_(its.family_id.is_(None), its.id.between(first, last)),
                its.family_id.between(first, last),
            ),
        )
        .group_by(FAMILY, LINE)
        .subquery()
        .c
    )
    return _flat(pin, sums, sums.family, product_id)


def select_all(pin: Pin, on: Day, product_id: int | None) -> Select[*tuple[Any, ...]]:
    """All rows in the report's order: movements are read once, from first to last.

    A line that was revised has a row for each of its schedules, one after the other:
    to sum them here, too, would take a quarter of the time.
    """
    its, amount = JournalMovement, until(on)
    sums = (
        select(
            its.schedule_id.label("schedule"),
            *(net_debit(role, amount).label(role.name) for role in Role),
        )
        .where(
            *(its.ledger_id == pin.ledger_id, its.schedule_id.is_not(None)),
            *(its.first_day <= on, in_force(pin.recording), amount > 0),
        )
        .group_by(its.schedule_id)
        .subquery()
        .c
    )
    return _flat(pin, sums, FAMILY, product_id)


def _flat(
    pin: Pin,
    sums: ReadOnlyColumnCollection[str, ColumnElement[Any]],
    family: ColumnElement[int],
    product_id: int | None,
) -> Select[*tuple[Any, ...]]:
    """Sums by schedule, with what their lines name."""
    its, document = Schedule, StoredDocument
    deferred = -sums[Role.DEFERRED.name]
    statement = (
        select(
            *(family, LINE, document.kind),
            *(Customer.external_id, customer_name(pin)),
            *(Product.external_id, product_name(pin)),
            *(document.external_id, document_number(pin), its.method),
            func.coalesce(its.first_day, its.recognized_on),
            func.coalesce(its.last_day, its.recognized_on),
            *(sums[Role.BILLED.name], sums[Role.UNBILLED.name]),
            *(-sums[Role.RECOGNIZED.name], deferred, deferred),
            *(its.product_id, func.coalesce(document.revised_in, 0)),
        )
        .join(its, and_(its.ledger_id == pin.ledger_id, its.id == sums.schedule))
        .join(
            document,
            and_(document.ledger_id == its.ledger_id, document.id == its.document_id),
        )
        .outerjoin(Customer, is_party(pin, Customer, document.customer_id))
        .outerjoin(Product, is_party(pin, Product, its.product_id))
        .order_by(family, document.kind == _CREDIT_NOTE, LINE, its.id)
    )
    if product_id is not None:
        statement = statement.where(its.product_id == product_id)
    return statement
