"""The deferred revenue report's rows for files, in one statement with their names."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import aliased

from daybook.calendar import Day, month_of
from daybook.documents.models import StoredDocument
from daybook.ledger.amount_conditions import in_force
from daybook.ledger.models import Customer, Journal, JournalMovement, Product
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role, SourceKind
from daybook.recognition.models import Schedule
from daybook.reports.former_names import (
    customer_name,
    document_number,
    is_party,
    product_name,
)
from daybook.reports.revenue_sql import (
    FAMILY,
    LINE,
    STANDALONE,
    is_movement_of_journal,
    net_debit,
    total,
    until,
)

_CREDIT_NOTE = int(SourceKind.CREDIT_NOTE)
_First = aliased(Schedule)


class DeferredLine(NamedTuple):
    """A row of the report with all that it names, as a file has it.

    `source` and `method` are stored numbers.
    """

    family: int | None
    schedule: int | None
    source: int
    customer_id: str | None
    customer: str | None
    product_id: str | None
    product: str | None
    document_id: str
    document: str
    method: int | None
    service_from: Day | None
    service_to: Day | None
    booked: int
    unbilled: int
    recognized: int
    balance: int
    remaining: int

    @property
    def is_credit(self) -> bool:
        """Whether it is a credit note's."""
        return self.source == _CREDIT_NOTE

    @property
    def is_manual(self) -> bool:
        """Whether it is a manual journal's."""
        return self.source == STANDALONE


TEXTS = frozenset(
    map(
        DeferredLine._fields.index,
        (
            *(
                "customer_id",
                "customer",
                "product_id",
                "product",
                "document_id",
                "document",
            ),
        ),
    )
)
"""The positions of the values that are texts; the others are numbers."""


class FlatSlice(NamedTuple):
    """Rows; the product of each, and the recording that revised its document last.

    They have the terms of their lines' first schedules, and a balance as if no lock had
    moved a day past the report's.
    """

    lines: Sequence[DeferredLine]
    products: Sequence[int]
    revised_in: Sequence[int | None]


def flat_slice(rows: Sequence[Sequence[Any]]) -> FlatSlice:
    """Rows of `select_range` or `select_all`, of which there is one at least."""
    *columns, products, revised_in = zip(*rows, strict=True)
    lines = [*map(DeferredLine._make, zip(*columns, strict=True))]
    return FlatSlice(lines, products, revised_in)


def select_range(
    pin: Pin, on: Day, families: range, product_id: int | None
) -> Select[*tuple[Any, ...]]:
    """The rows of a range of families, in the report's order: found by indexes."""
    its, amount = Schedule, until(on)
    first, last = families.start, families.stop - 1
    sums = (
        select(
            FAMILY.label("family"),
            LINE.label("line"),
            *(net_debit(role, amount).label(role.name) for role in Role),
        )
        .select_from(its)
        .join(
            Journal,
            and_(
                Journal.ledger_id == its.ledger_id,
                Journal.document_id == its.document_id,
            ),
        )
        .join(
            JournalMovement,
            and_(is_movement_of_journal(), JournalMovement.schedule_id == its.id),
        )
        .where(
            its.ledger_id == pin.ledger_id,
            or_(
                and_(its.family_id.is_(None), its.id.between(first, last)),
                its.family_id.between(first, last),
            ),
            *(Journal.month <= month_of(on), JournalMovement.first_day <= on),
            *(in_force(pin.recording), amount > 0),
        )
        .group_by(FAMILY, LINE)
    )
    return _flat(pin, sums, product_id)


def select_all(pin: Pin, on: Day, product_id: int | None) -> Select[*tuple[Any, ...]]:
    """All rows in the report's order: movements are read once, from first to last."""
    its, amount = JournalMovement, until(on)
    schedules = (
        select(
            its.schedule_id,
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
    sums = (
        select(
            FAMILY.label("family"),
            LINE.label("line"),
            *(total(schedules[role.name]).label(role.name) for role in Role),
        )
        .where(
            Schedule.ledger_id == pin.ledger_id, Schedule.id == schedules.schedule_id
        )
        .group_by(FAMILY, LINE)
    )
    return _flat(pin, sums, product_id)


def _flat(
    pin: Pin, sums: Select[*tuple[Any, ...]], product_id: int | None
) -> Select[*tuple[Any, ...]]:
    """Sums with what their lines name."""
    its, first, document = sums.subquery().c, _First, StoredDocument
    deferred = -its[Role.DEFERRED.name]
    statement = (
        select(
            *(its.family, its.line, document.kind),
            *(Customer.external_id, customer_name(pin)),
            *(Product.external_id, product_name(pin)),
            *(document.external_id, document_number(pin), first.method),
            func.coalesce(first.first_day, first.recognized_on),
            func.coalesce(first.last_day, first.recognized_on),
            *(its[Role.BILLED.name], its[Role.UNBILLED.name]),
            *(-its[Role.RECOGNIZED.name], deferred, deferred),
            *(first.product_id, document.revised_in),
        )
        .join(first, and_(first.ledger_id == pin.ledger_id, first.id == its.line))
        .join(
            document,
            and_(
                document.ledger_id == first.ledger_id, document.id == first.document_id
            ),
        )
        .outerjoin(Customer, is_party(pin, Customer, document.customer_id))
        .outerjoin(Product, is_party(pin, Product, first.product_id))
        .order_by(its.family, document.kind == _CREDIT_NOTE, its.line)
    )
    if product_id is not None:
        statement = statement.where(first.product_id == product_id)
    return statement
