"""Which families and manual journals the deferred revenue report lists, by their keys.

Schedules and documents are read in the order of their numbers until a page is full; for
each, an index shows whether it has something posted. So a page reads no more of the
ledger than the families that it passes.
"""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, exists, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from daybook.calendar import Day, month_of
from daybook.documents.models import StoredDocument
from daybook.ledger.amount_conditions import in_force
from daybook.ledger.models import Journal, JournalMovement
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role
from daybook.paging import Page, PageRequest
from daybook.recognition.models import Schedule, Settlement
from daybook.reports.deferred.moved import moved_families, moved_schedules
from daybook.reports.deferred.report_rows import FamilyKey
from daybook.reports.revenue import RevenueFilter
from daybook.reports.revenue_sql import (
    STANDALONE,
    has_side_of,
    is_movement_of_journal,
    net_debit,
    touches_deferred,
    until,
)

SYSTEM, MANUAL = 0, 1
"""The first part of a key: families come before manual journals."""


async def find_keys(  # noqa: PLR0913  (a report, and which page of it)
    session: AsyncSession,
    pin: Pin,
    on: Day,
    revenue_filter: RevenueFilter,
    request: PageRequest,
    *,
    open_only: bool,
) -> Page[FamilyKey]:
    """A page of the report's keys, in its order."""
    kinds = (MANUAL, SYSTEM) if request.is_backward else (SYSTEM, MANUAL)
    found: list[FamilyKey] = []
    for kind in kinds:
        bound = _bound(kind, request)
        if bound is not None and len(found) <= request.size:
            find = _families if kind == SYSTEM else _documents
            chosen = _Chosen(pin, on, revenue_filter, open_only, request, bound)
            found += [(kind, number) for number in await find(session, chosen)]
    return Page.of(found[: request.size + 1], request)


def _bound(kind: int, request: PageRequest) -> tuple[int, ...] | None:
    """The number after which a kind's keys begin: `()` for all, None for none."""
    if request.key is None:
        return ()
    its_kind, number = request.key
    if its_kind == kind:
        return (number,)
    is_beyond = kind < its_kind if request.is_backward else kind > its_kind
    return () if is_beyond else None


class _Chosen(NamedTuple):
    """What a page selects, and from where on."""

    pin: Pin
    on: Day
    filter: RevenueFilter
    open_only: bool
    request: PageRequest
    bound: tuple[int, ...]

    def page(
        self, statement: Select[*tuple[Any, ...]], number: Any
    ) -> Select[*tuple[Any, ...]]:
        """One more of the numbers than a page has, in the request's direction."""
        is_backward = self.request.is_backward
        for bound in self.bound:
            beyond = number < bound if is_backward else number > bound
            statement = statement.where(beyond)
        order = number.desc() if is_backward else number.asc()
        return statement.order_by(order).limit(self.request.size + 1)


_Line, _Root, _Member = aliased(Schedule), aliased(Schedule), aliased(Schedule)


async def _families(session: AsyncSession, chosen: _Chosen) -> list[int]:
    """Families with something posted, by number."""
    pin = chosen.pin
    alone = (
        select(_Line.id)
        .where(_Line.ledger_id == pin.ledger_id, _Line.family_id.is_(None))
        .where(*_is_listed(chosen, _Line))
    )
    joined = (
        select(_Line.family_id)
        .distinct()
        .where(_Line.ledger_id == pin.ledger_id, _Line.family_id.is_not(None))
        .where(*_is_listed(chosen, _Root))
    )
    if chosen.open_only:
        is_root = and_(_Root.ledger_id == _Line.ledger_id, _Root.id == _Line.family_id)
        joined = joined.join(_Root, is_root)
    # Two lists, each in the order of an index; a family may be in both.
    found = {
        *await session.scalars(chosen.page(alone, _Line.id)),
        *await session.scalars(chosen.page(joined, _Line.family_id)),
    }
    return sorted(found, reverse=chosen.request.is_backward)


def _is_listed(chosen: _Chosen, root: Any) -> list[ColumnElement[bool]]:
    pin, on, wanted = chosen.pin, chosen.on, chosen.filter
    conditions: list[ColumnElement[bool]] = []
    if wanted.product_id is not None:
        conditions.append(_Line.product_id == wanted.product_id)
    if wanted.document_id is not None:
        conditions.append(_Line.document_id == wanted.document_id)
    if wanted.customer_id is not None:
        documents = select(Journal.document_id).where(
            Journal.ledger_id == pin.ledger_id,
            Journal.customer_id == wanted.customer_id,
        )
        conditions.append(_Line.document_id.in_(documents))
    conditions.append(or_(_is_posted(pin, on), _Line.id.in_(moved_schedules(pin, on))))
    if chosen.open_only:
        conditions += [_may_be_open(pin, on, root), is_open(pin, on, root)]
    return conditions


def _is_posted(pin: Pin, on: Day) -> ColumnElement[bool]:
    """Whether a line has something posted.

    A limited subquery, which no planner turns into a join of the whole ledger.
    """
    posted = (
        _movements(pin, on)
        .where(
            Journal.document_id == _Line.document_id,
            JournalMovement.schedule_id == _Line.id,
            until(on) > 0,
        )
        .limit(1)
        .correlate(_Line)
    )
    return posted.scalar_subquery().is_not(None)


def _movements(pin: Pin, on: Day, *columns: Any) -> Select[*tuple[Any, ...]]:
    """Movements with days up to `on`, with their journals."""
    return (
        select(*(columns or (literal(1),)))
        .select_from(Journal)
        .join(JournalMovement, is_movement_of_journal())
        .where(
            *(Journal.ledger_id == pin.ledger_id, Journal.month <= month_of(on)),
            *(JournalMovement.first_day <= on, in_force(pin.recording)),
        )
    )


def _may_be_open(pin: Pin, on: Day, root: Any) -> ColumnElement[bool]:
    """Whether a family was ever left with something after the day: cheaper to see."""
    return or_(
        root.settled_on.is_(None),
        root.settled_on > on,
        exists(
            select(1)
            .where(
                Settlement.ledger_id == pin.ledger_id,
                Settlement.family_id == root.id,
                Settlement.recorded_in <= pin.recording,
            )
            .correlate(root)
        ),
    )


def is_open(pin: Pin, on: Day, root: Any) -> ColumnElement[bool]:
    """Whether a family has something on Deferred on a day, or in its balance."""
    return or_(
        net_deferred(pin, on, root, root.id) != 0,
        root.id.in_(moved_families(pin, on)),
    )


def net_deferred(pin: Pin, on: Day, outer: Any, family: Any) -> ColumnElement[int]:
    """Debits less credits of a family on Deferred, up to a day.

    `family` is a column of `outer`, a table of the statement around it.
    """
    return (
        _movements(pin, on, net_debit(Role.DEFERRED, until(on)))
        .join(
            _Member,
            and_(
                _Member.ledger_id == Journal.ledger_id,
                _Member.document_id == Journal.document_id,
                _Member.id == JournalMovement.schedule_id,
            ),
        )
        .where(
            _Member.ledger_id == pin.ledger_id,
            or_(_Member.id == family, _Member.family_id == family),
        )
        .correlate(outer)
        .scalar_subquery()
    )


async def _documents(session: AsyncSession, chosen: _Chosen) -> list[int]:
    """Manual journals with something posted that touches Deferred, by document."""
    pin, wanted, document = chosen.pin, chosen.filter, StoredDocument
    statement = select(document.id).where(
        document.ledger_id == pin.ledger_id, document.kind == STANDALONE
    )
    if wanted.document_id is not None:
        statement = statement.where(document.id == wanted.document_id)
    if wanted.customer_id is not None:
        statement = statement.where(document.customer_id == wanted.customer_id)
    posted = _manual(chosen).where(until(chosen.on) > 0)
    if wanted.product_id is not None:
        posted = posted.where(has_side_of(wanted.product_id))
    statement = statement.where(posted.limit(1).scalar_subquery().is_not(None))
    if chosen.open_only:
        # Between two products nothing is left of what Deferred gives to itself.
        its = JournalMovement
        net = _manual(chosen, net_debit(Role.DEFERRED, until(chosen.on))).where(
            its.debit_role != its.credit_role
        )
        statement = statement.where(net.scalar_subquery() != 0)
    return [*await session.scalars(chosen.page(statement, document.id))]


def _manual(chosen: _Chosen, *columns: Any) -> Select[*tuple[Any, ...]]:
    return (
        _movements(chosen.pin, chosen.on, *columns)
        .where(Journal.document_id == StoredDocument.id, touches_deferred())
        .correlate(StoredDocument)
    )
