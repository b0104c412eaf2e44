"""Journal groups: the report by any subset of customer, product and document.

Groups are read by month, in spans of days, or all at once, in the order of their keys.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from sqlalchemy import case, false, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day, Month, first_day_of, last_day_of, month_of
from daybook.db.lists import rows_in_lists
from daybook.documents.models import StoredDocument
from daybook.ledger.amount_conditions import amount_within
from daybook.ledger.models import (
    CalendarDay,
    Customer,
    Journal,
    JournalMovement,
    Product,
)
from daybook.ledger.pins import Pin
from daybook.ledger.rules import AccountPair, Role
from daybook.paging import Page, PageRequest
from daybook.reports.former_names import (
    customer_legal_name,
    customer_name,
    product_category,
    product_name,
)
from daybook.reports.journals.conditions import (
    AnySelect,
    has_movements,
    journal_conditions,
    select_movements,
    with_names,
    with_search,
)
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Granularity, Grouping, GroupKey

PAIRS_MAX = len(Role) ** 2
"""How many ordered pairs of accounts there are; a pair may be one account twice."""


class GroupedBy(NamedTuple):
    """How journals are grouped; `by` in the order of keys.

    Without a granularity, a group is of all selected days.
    """

    by: tuple[Grouping, ...]
    granularity: Granularity | None


class ProductPair(NamedTuple):
    """A pair of accounts under a product, and the products of both sides, if any."""

    pair: AccountPair
    product_id: str | None
    product_name: str | None
    category: str | None
    debit_product_id: int | None
    credit_product_id: int | None


@dataclass(slots=True)
class JournalGroup:
    """A group with the amounts between each pair of accounts, in all and posted.

    `by_product` has the pairs by product too, if requested. A customer, product or
    document is None if groups aren't made by it, or if the group's journals have none.
    """

    key: GroupKey
    customer_id: int | None = None
    product_id: int | None = None
    document_id: int | None = None
    pairs: dict[AccountPair, int] = field(default_factory=dict)
    posted: dict[AccountPair, int] = field(default_factory=dict)
    by_product: dict[ProductPair, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All of its debits, which equal the credits."""
        return sum(self.pairs.values())


async def find_groups(  # noqa: PLR0913  (a list's usual five, and one switch)
    session: AsyncSession,
    pin: Pin,
    journal_filter: JournalFilter,
    grouped: GroupedBy,
    request: PageRequest,
    *,
    has_products: bool = False,
) -> Page[JournalGroup]:
    """Groups with an amount on the selected days, by key; keyed by day and parts."""
    reading = _Reading(pin, journal_filter, grouped, request.is_backward, has_products)
    found: list[JournalGroup] = []
    span = await _first_span(session, reading, request.key)
    while span is not None and len(found) <= request.size:
        missing = request.size + 1 - len(found)
        found += await _groups_of(session, reading, span, request.key, missing)
        span = await _next_span(session, reading, span)
    return Page.of(found, request)


async def count_groups(
    session: AsyncSession, pin: Pin, journal_filter: JournalFilter, grouped: GroupedBy
) -> int:
    """How many `find_groups` lists in all."""
    statement: AnySelect
    if grouped.granularity is not Granularity.DAILY:
        numbers = [NUMBERS[grouping] for grouping in grouped.by]
        is_total = grouped.granularity is None
        period = Journal.ledger_id if is_total else Journal.month
        statement = select(period, *numbers).where(
            *journal_conditions(pin, journal_filter), has_movements(pin, journal_filter)
        )
        if journal_filter.search:
            statement = with_search(with_names(statement, pin), pin, journal_filter)
    else:
        statement = select_by_group(pin, journal_filter, grouped)
    keys = statement.distinct().subquery()
    return await session.scalar(select(func.count()).select_from(keys)) or 0


def select_by_group(
    pin: Pin, journal_filter: JournalFilter, grouped: GroupedBy, *columns: Any
) -> AnySelect:
    """The columns that identify a group, and further columns of its movements.

    There is a row for each movement; if groups are daily, a row for each day on which a
    movement has an amount.
    """
    numbers = [NUMBERS[grouping] for grouping in grouped.by]
    if grouped.granularity is not Granularity.DAILY:
        return select_movements(pin, journal_filter, *numbers, *columns)
    statement = select_movements(
        pin, journal_filter, CalendarDay.day, *numbers, *columns
    )
    return by_day(statement, journal_filter.first_day(), journal_filter.last_day(pin))


class _Reading(NamedTuple):
    """What a list of groups reads, and in which direction."""

    pin: Pin
    journal_filter: JournalFilter
    grouped: GroupedBy
    is_backward: bool
    has_products: bool

    @property
    def is_daily(self) -> bool:
        """Whether groups are daily."""
        return self.grouped.granularity is Granularity.DAILY

    @property
    def is_total(self) -> bool:
        """Whether groups are of all selected days."""
        return self.grouped.granularity is None

    @property
    def days(self) -> tuple[Day, Day]:
        """The first and the last selected day."""
        return self.journal_filter.first_day(), self.journal_filter.last_day(self.pin)


class _Span(NamedTuple):
    """Days of one month that one statement reads: few at first, then twice as many.

    So a page reads a day or two if days have many groups, and takes only a few
    statements a month if they have few. Groups of all selected days have one span.
    """

    first: Day
    last: Day

    @property
    def length(self) -> int:
        """The number of days."""
        return self.last - self.first + 1


# Empty text means none: the databases order NULL differently, and no key compares
# with it.
_PARTS: dict[Grouping, tuple[Any, ...]] = {
    Grouping.CUSTOMER: (func.coalesce(Customer.external_id, ""),),
    Grouping.PRODUCT: (func.coalesce(Product.external_id, ""),),
    Grouping.DOCUMENT: (StoredDocument.kind, StoredDocument.external_id),
}
NUMBERS: dict[Grouping, Any] = {
    Grouping.CUSTOMER: Journal.customer_id,
    Grouping.PRODUCT: Journal.product_id,
    Grouping.DOCUMENT: Journal.document_id,
}


async def _groups_of(
    session: AsyncSession,
    reading: _Reading,
    span: _Span,
    after: tuple[Any, ...] | None,
    size: int,
) -> list[JournalGroup]:
    """Up to `size` groups of a span, beyond a key, in the list's direction."""
    limit = PAIRS_MAX * size + 1
    while True:
        statement = _statement(reading, span, after).limit(limit)
        rows = (await session.execute(statement)).all()
        groups = _made(reading, span, rows)
        if len(rows) < limit or len(groups) > size:
            return groups[:size]
        # Groups of many products filled the limit, and the last one may be cut.
        limit *= 2


def _statement(
    reading: _Reading, span: _Span, after: tuple[Any, ...] | None
) -> AnySelect:
    """One row for each group and pair of accounts, in the order of keys."""
    pin, divide = reading.pin, reading.journal_filter.divides_on(reading.pin)
    journal_filter = replace(
        reading.journal_filter,
        posted_from=span.first,
        posted_to=span.last,
        on=divide,
        include_scheduled=True,
    )
    by = reading.grouped.by
    days = [CalendarDay.day] if reading.is_daily else []
    parts = [*days, *(part for grouping in by for part in _PARTS[grouping])]
    numbers = [NUMBERS[grouping] for grouping in by]
    pair = (JournalMovement.debit_role, JournalMovement.credit_role)
    more: tuple[Any, ...] = ()
    if reading.has_products:
        more = (
            Product.external_id,
            product_name(pin),
            product_category(pin),
            *_SIDES,
        )
    total, posted = _amounts(reading, span, divide)
    statement = select_movements(
        pin, journal_filter, *parts, *numbers, *pair, *more, total, posted
    ).group_by(*parts, *numbers, *pair, *_grouped_products(reading))
    if reading.is_daily:
        statement = by_day(statement, span.first, span.last)
    if after is not None:
        is_here = reading.is_total or month_of(after[0]) == month_of(span.first)
        here = after if reading.is_daily else after[1:]
        if here and is_here:
            statement = statement.where(_beyond(parts, here, reading))
        elif is_here:
            statement = statement.where(false())
    order = [part.desc() if reading.is_backward else part for part in parts]
    return statement.order_by(*order, *pair, *_grouped_products(reading))


_SHARE = case(
    (CalendarDay.day < JournalMovement.last_day, JournalMovement.daily),
    else_=JournalMovement.amount
    - JournalMovement.daily * (JournalMovement.last_day - JournalMovement.first_day),
)
"""A movement's amount on a day of the calendar."""


def by_day(statement: AnySelect, first: Day, last: Day) -> AnySelect:
    """Join movements with those days of `first … last` on which they have an amount."""
    its, day = JournalMovement, CalendarDay.day
    # The calendar has no condition but those of each movement: with all days of a
    # century, both databases would rather look for movements on each.
    start = case((its.first_day > first, its.first_day), else_=first)
    end = case((its.last_day < last, its.last_day), else_=last)
    return statement.join(CalendarDay, day.between(start, end)).where(_SHARE > 0)


def _amounts(reading: _Reading, span: _Span, divide: Day) -> tuple[Any, Any]:
    """The sums of a group's movements, in all and posted."""
    if reading.is_daily:
        posted = case((CalendarDay.day <= divide, _SHARE), else_=0)
        return func.sum(_SHARE), func.sum(posted)
    total = func.sum(amount_within(span.first, span.last))
    if divide < span.first:
        return total, func.sum(0)
    return total, func.sum(amount_within(span.first, min(span.last, divide)))


def _grouped_products(reading: _Reading) -> tuple[Any, ...]:
    """The columns of products to group by: a product determines its id and names."""
    if not reading.has_products:
        return ()
    product = (Product.organisation_id, Product.id, Product.external_id)
    return (*product, Product.name, Product.category, *_SIDES)


_SIDES = (JournalMovement.debit_product_id, JournalMovement.credit_product_id)


def _beyond(parts: list[Any], after: Sequence[Any], reading: _Reading) -> Any:
    here, there = tuple_(*parts), tuple_(*after)
    return here < there if reading.is_backward else here > there


def _made(reading: _Reading, span: _Span, rows: Iterable[Any]) -> list[JournalGroup]:
    """Groups of their rows, which come group by group."""
    by = reading.grouped.by
    width = sum(len(_PARTS[grouping]) for grouping in by) + reading.is_daily
    groups: list[JournalGroup] = []
    for row in rows:
        parts, numbers = tuple(row[:width]), row[width : width + len(by)]
        debit, credit, *rest = row[width + len(by) :]
        if reading.is_daily:
            key = GroupKey(parts[0], parts[1:])
        elif reading.is_total:
            key = GroupKey(span.first, parts)
        else:
            key = GroupKey(first_day_of(month_of(span.first)), parts)
        if not groups or groups[-1].key != key:
            ids = dict(zip(by, numbers, strict=True))
            groups.append(
                JournalGroup(
                    key,
                    customer_id=ids.get(Grouping.CUSTOMER),
                    product_id=ids.get(Grouping.PRODUCT),
                    document_id=ids.get(Grouping.DOCUMENT),
                )
            )
        group, pair = groups[-1], (Role(debit), Role(credit))
        total, posted = int(rest[-2] or 0), int(rest[-1] or 0)
        group.pairs[pair] = group.pairs.get(pair, 0) + total
        group.posted[pair] = group.posted.get(pair, 0) + posted
        if reading.has_products:
            at = ProductPair(pair, *rest[:5])
            group.by_product[at] = group.by_product.get(at, 0) + total
    return groups


async def _first_span(
    session: AsyncSession, reading: _Reading, key: tuple[Any, ...] | None
) -> _Span | None:
    """The span where a page begins: at its key, or at the first selected days."""
    first, last = reading.days
    if first > last:
        return None
    if reading.is_total:
        return _Span(first, last)
    if key is not None:
        day: Day = key[0]
        if not reading.is_daily:
            month = month_of(day)
            day, end = max(first_day_of(month), first), min(last_day_of(month), last)
            return _Span(day, end) if day <= end else None
        return _Span(day, day) if first <= day <= last else None
    # As if the month before the selection had been read.
    edge = last if reading.is_backward else first
    beside = month_of(edge) + (1 if reading.is_backward else -1)
    return await _in_month_beside(session, reading, beside, 1)


async def _next_span(
    session: AsyncSession, reading: _Reading, span: _Span
) -> _Span | None:
    """The span to read next; months without journals are skipped."""
    if reading.is_total:
        return None
    month, length = month_of(span.first), 2 * span.length
    beside = span.first - 1 if reading.is_backward else span.last + 1
    if reading.is_daily and month_of(beside) == month:
        return _span_at(reading, beside, length)
    return await _in_month_beside(session, reading, month, length)


def _span_at(reading: _Reading, edge: Day, length: int) -> _Span | None:
    """Up to `length` selected days from an edge on, or up to it, within its month."""
    first, last = reading.days
    month = month_of(edge)
    start, end = max(first_day_of(month), first), min(last_day_of(month), last)
    if not start <= edge <= end:
        return None
    if not reading.is_daily:
        return _Span(start, end)
    if reading.is_backward:
        return _Span(max(edge - length + 1, start), edge)
    return _Span(edge, min(edge + length - 1, end))


async def _in_month_beside(
    session: AsyncSession, reading: _Reading, month: Month, length: int
) -> _Span | None:
    """The first days to read in the next month that has journals, if there is one."""
    # Without conditions that need joins: may find a month too many, never miss one.
    plain = replace(
        reading.journal_filter,
        search=None,
        excludes_recognized=False,
        shifted=None,
        partly_scheduled=None,
    )
    is_backward = reading.is_backward
    edge = func.max(Journal.month) if is_backward else func.min(Journal.month)
    beyond = Journal.month < month if is_backward else Journal.month > month
    conditions = journal_conditions(reading.pin, plain)
    found: Month | None = await session.scalar(select(edge).where(*conditions, beyond))
    if found is None:
        return None
    first, last = reading.days
    if is_backward:
        return _span_at(reading, min(last_day_of(found), last), length)
    return _span_at(reading, max(first_day_of(found), first), length)


class GroupParty(NamedTuple):
    """A customer or product in a group.

    `more` is a customer's legal name, or a product's category.
    """

    external_id: str
    name: str
    more: str | None


async def customers_by_number(
    session: AsyncSession, pin: Pin, numbers: Iterable[int]
) -> dict[int, GroupParty]:
    """Customers with the pin's names, by their ids in Daybook."""
    columns = (Customer.external_id, customer_name(pin), customer_legal_name(pin))
    return await _parties(session, pin, Customer, columns, numbers)


async def products_by_number(
    session: AsyncSession, pin: Pin, numbers: Iterable[int]
) -> dict[int, GroupParty]:
    """Products with the pin's names, by their ids in Daybook."""
    columns = (Product.external_id, product_name(pin), product_category(pin))
    return await _parties(session, pin, Product, columns, numbers)


async def _parties(
    session: AsyncSession, pin: Pin, kind: Any, columns: Any, numbers: Iterable[int]
) -> dict[int, GroupParty]:
    statement = select(kind.id, *columns).where(
        kind.organisation_id == pin.organisation_id
    )
    rows = await rows_in_lists(session, statement, kind.id.in_, numbers)
    return {row[0]: GroupParty(*row[1:]) for row in rows}
