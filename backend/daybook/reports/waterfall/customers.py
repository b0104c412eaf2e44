"""Which customers the waterfall lists.

Customers are read in the order of their numbers until a page is full. Whether one of
their families is open on the day, indexes tell: it has journals of that month or later,
or it keeps something on Deferred for ever and was recorded as never settled.
"""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    union,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from daybook.calendar import Day, month_of
from daybook.documents.models import StoredDocument
from daybook.ledger.amount_conditions import in_force
from daybook.ledger.models import Customer, Journal, JournalMovement
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role
from daybook.paging import PageRequest
from daybook.recognition.models import Schedule, Settlement
from daybook.reports.deferred.families import net_deferred
from daybook.reports.open_families import open_families
from daybook.reports.revenue import RevenueFilter
from daybook.reports.revenue_sql import (
    FAMILY,
    is_movement_of_journal,
    is_schedule_of_movement,
    net_debit,
    part_until,
)
from daybook.reports.waterfall.reading import (
    apart_customers,
    manual_conditions,
)

NOBODY = 0
"""The key of the row without a customer, which comes last."""

_Line, _Root, _Member = aliased(Schedule), aliased(Schedule), aliased(Schedule)
_FAMILY = func.coalesce(_Line.family_id, _Line.id)


async def find_customers(  # noqa: PLR0913  (a report, and which page of it)
    session: AsyncSession,
    pin: Pin,
    on: Day,
    revenue_filter: RevenueFilter,
    request: PageRequest,
    *,
    apart: bool,
) -> list[int]:
    """A page's keys in the request's direction, and one more for `Page.of`."""
    bound = None if request.key is None else request.key[0]
    is_backward = request.is_backward
    found: list[int] = []
    if bound != NOBODY or is_backward:
        is_listed = _is_apart if apart else _is_listed
        statement = select(Customer.id).where(
            Customer.organisation_id == pin.organisation_id,
            *_of_customer(pin, revenue_filter),
            is_listed(pin, on, revenue_filter),
        )
        if bound:
            beyond = Customer.id < bound if is_backward else Customer.id > bound
            statement = statement.where(beyond)
        order = Customer.id.desc() if is_backward else Customer.id.asc()
        statement = statement.order_by(order).limit(request.size + 1)
        found += await session.scalars(statement)
    may_be_last = bound is None if is_backward else bound != NOBODY
    if (
        not apart
        and may_be_last
        and await _has_nobody(session, pin, on, revenue_filter)
    ):
        found = [NOBODY, *found] if is_backward else [*found, NOBODY]
    return found[: request.size + 1]


async def count_open_customers(
    session: AsyncSession, pin: Pin, on: Day, revenue_filter: RevenueFilter
) -> int:
    """How many customers have an open family, or manual journals; nobody counts."""
    families = open_families(pin, on, revenue_filter).subquery()
    system = (
        select(StoredDocument.customer_id)
        .join(_Line, _is_of_document(StoredDocument))
        .where(
            StoredDocument.ledger_id == pin.ledger_id,
            _FAMILY.in_(select(families.c.family)),
            *_of_line(_Line, revenue_filter),
        )
    )
    manual = (
        select(Journal.customer_id)
        .join(JournalMovement, is_movement_of_journal())
        .where(*manual_conditions(pin, revenue_filter, on))
    )
    every = union(system, manual).subquery()
    return await session.scalar(select(func.count()).select_from(every)) or 0


async def count_apart_customers(
    session: AsyncSession, pin: Pin, on: Day, revenue_filter: RevenueFilter
) -> int:
    """How many customers have a family with nothing on Deferred."""
    every = apart_customers(pin, on, revenue_filter).subquery()
    return await session.scalar(select(func.count()).select_from(every)) or 0


def _is_of_document(document: Any) -> ColumnElement[bool]:
    return and_(_Line.ledger_id == document.ledger_id, _Line.document_id == document.id)


def _of_customer(pin: Pin, revenue_filter: RevenueFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if revenue_filter.customer_id is not None:
        conditions.append(Customer.id == revenue_filter.customer_id)
    if revenue_filter.document_id is not None:
        its = select(StoredDocument.customer_id).where(
            StoredDocument.ledger_id == pin.ledger_id,
            StoredDocument.id == revenue_filter.document_id,
        )
        conditions.append(Customer.id == its.scalar_subquery())
    return conditions


def _of_line(line: Any, revenue_filter: RevenueFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if revenue_filter.product_id is not None:
        conditions.append(line.product_id == revenue_filter.product_id)
    if revenue_filter.document_id is not None:
        conditions.append(line.document_id == revenue_filter.document_id)
    return conditions


def _is_listed(pin: Pin, on: Day, revenue_filter: RevenueFilter) -> ColumnElement[bool]:
    """Whether a customer has an open family, or manual journals."""
    is_open = net_deferred(pin, on, _Line, _FAMILY) != 0
    lines = _lines_of_customer(pin).where(is_open, *_has_member(revenue_filter))
    later = lines.where(Journal.month >= month_of(on))
    never_settled = lines.join(
        _Root, and_(_Root.ledger_id == _Line.ledger_id, _Root.id == _FAMILY)
    ).where(
        or_(
            _Root.settled_on.is_(None),
            _Root.id.in_(_never_settled(pin)),
        )
    )
    manual = (
        select(Journal.customer_id)
        .join(JournalMovement, is_movement_of_journal())
        .where(Journal.customer_id.is_not(None))
        .where(*manual_conditions(pin, revenue_filter, on))
    )
    return or_(
        _finds(later),
        and_(Customer.id.in_(_with_never_settled(pin)), _finds(never_settled)),
        Customer.id.in_(manual),
    )


def _is_apart(pin: Pin, on: Day, revenue_filter: RevenueFilter) -> ColumnElement[bool]:
    """Whether a customer has a family with movements and nothing on Deferred."""
    its = JournalMovement
    families = (
        select(literal(1))
        .select_from(Journal)
        .join(its, is_movement_of_journal())
        .join(Schedule, is_schedule_of_movement(pin))
        .where(
            *(Journal.ledger_id == pin.ledger_id, in_force(pin.recording)),
            Journal.customer_id == Customer.id,
        )
        .group_by(FAMILY)
        .having(net_debit(Role.DEFERRED, part_until(on)) == 0)
    )
    wanted = _of_line(Schedule, revenue_filter)
    if wanted:
        is_wanted = case((and_(*wanted), 1), else_=0)
        families = families.having(func.max(is_wanted) == 1)
    return _finds(families)


def _lines_of_customer(pin: Pin) -> Select[*tuple[Any, ...]]:
    """The lines of a customer's documents that have journals."""
    return (
        select(literal(1))
        .select_from(Journal)
        .join(
            _Line,
            and_(
                _Line.ledger_id == Journal.ledger_id,
                _Line.document_id == Journal.document_id,
            ),
        )
        .where(Journal.ledger_id == pin.ledger_id, Journal.customer_id == Customer.id)
    )


def _finds(statement: Select[*tuple[Any, ...]]) -> ColumnElement[bool]:
    """Whether there is a row; limited, so that no planner makes a join of it."""
    limited = statement.limit(1).correlate(Customer)
    return limited.scalar_subquery().is_not(None)


def _has_member(revenue_filter: RevenueFilter) -> list[ColumnElement[bool]]:
    """Whether a line's family has a line that the filter selects."""
    wanted = _of_line(_Member, revenue_filter)
    if not wanted:
        return []
    is_member = or_(_Member.id == _FAMILY, _Member.family_id == _FAMILY)
    its = select(literal(1)).where(
        _Member.ledger_id == _Line.ledger_id, is_member, *wanted
    )
    return [its.limit(1).correlate(_Line).scalar_subquery().is_not(None)]


def _never_settled(pin: Pin) -> Select[int]:
    """Families that a later recording left with something for ever."""
    return select(Settlement.family_id).where(
        Settlement.ledger_id == pin.ledger_id,
        Settlement.settled_on.is_(None),
        Settlement.recorded_in <= pin.recording,
    )


def _with_never_settled(pin: Pin) -> Select[int | None]:
    """The customers of families that some recording left with something for ever."""
    return (
        select(StoredDocument.customer_id)
        .join(_Line, _is_of_document(StoredDocument))
        .where(
            StoredDocument.ledger_id == pin.ledger_id,
            StoredDocument.customer_id.is_not(None),
            _Line.family_id.is_(None),
            or_(_Line.settled_on.is_(None), _Line.id.in_(_never_settled(pin))),
        )
    )


async def _has_nobody(
    session: AsyncSession, pin: Pin, on: Day, revenue_filter: RevenueFilter
) -> bool:
    """Whether there are manual journals without a customer."""
    if revenue_filter.customer_id is not None:
        return False
    statement = (
        select(literal(1))
        .select_from(Journal)
        .join(JournalMovement, is_movement_of_journal())
        .where(*manual_conditions(pin, revenue_filter, on))
        .where(Journal.customer_id.is_(None))
        .limit(1)
    )
    return await session.scalar(statement) is not None
