"""Journal groups: the report by any subset of customer, product and document.

Groups are read month by month, or day by day, in the order of their keys.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from sqlalchemy import case, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day, Month, first_day_of, last_day_of, month_of
from daybook.documents.models import StoredDocument
from daybook.ledger.filters import (
    JournalFilter,
    Pin,
    amount_within,
    has_movements,
)
from daybook.ledger.models import (
    CalendarDay,
    Customer,
    Journal,
    JournalMovement,
    Product,
)
from daybook.ledger.queries import in_lists
from daybook.ledger.rules import Role
from daybook.reports.conditions import (
    AnySelect,
    journal_conditions,
    select_movements,
    with_names,
    with_search,
)
from daybook.reports.grouping import Granularity, Grouping, GroupKey, Part
from daybook.reports.naming import (
    customer_legal_name,
    customer_name,
    product_category,
    product_name,
)
from daybook.reports.narratives import AccountPair
from daybook.reports.paging import Page, PageRequest

PAIRS_MAX = 12
"""How many ordered pairs of accounts there are."""


class GroupedBy(NamedTuple):
    """How journals are grouped; `by` in the order of keys."""

    by: tuple[Grouping, ...]
    granularity: Granularity


@dataclass(slots=True)
class JournalGroup:
    """A group with what moved between each pair of accounts, in all and posted.

    Pairs stand under the product too (its id and category), where that was asked for.
    """

    key: GroupKey
    customer_id: int | None = None
    product_id: int | None = None
    document_id: int | None = None
    pairs: dict[AccountPair, int] = field(default_factory=dict)
    posted: dict[AccountPair, int] = field(default_factory=dict)
    by_product: dict[tuple[AccountPair, str, str | None], int] = field(
        default_factory=dict
    )

    @property
    def total(self) -> int:
        """All of its debits, which equal the credits."""
        return sum(self.pairs.values())


async def find_groups(  # noqa: PLR0913  (a list's usual five, and one switch)
    session: AsyncSession,
    pin: Pin,
    wanted: JournalFilter,
    grouped: GroupedBy,
    request: PageRequest,
    *,
    has_products: bool = False,
) -> Page[JournalGroup]:
    """Groups with an amount on the selected days, by key; keyed by day and parts."""
    found: list[JournalGroup] = []
    after, is_backward = request.key, request.is_backward
    period = await _first_period(session, pin, wanted, grouped, request)
    while period is not None and len(found) <= request.size:
        reading = _Reading(pin, wanted, grouped, period, is_backward, has_products)
        found += await _groups_of(
            session,
            reading,
            size=request.size + 1 - len(found),
            after=after[1:] if after is not None and after[0] == period else None,
        )
        period = await _next_period(
            session, pin, wanted, grouped, period, is_backward=is_backward
        )
    return Page.of(found, request)


async def count_groups(
    session: AsyncSession, pin: Pin, wanted: JournalFilter, grouped: GroupedBy
) -> int:
    """How many `find_groups` lists in all."""
    numbers = [_NUMBERS[one] for one in grouped.by]
    statement: AnySelect
    if grouped.granularity is Granularity.MONTHLY:
        statement = select(Journal.month, *numbers).where(
            *journal_conditions(pin, wanted), has_movements(pin, wanted)
        )
        if wanted.search:
            statement = with_search(with_names(statement, pin), pin, wanted)
    else:
        one, first, last = JournalMovement, wanted.first_day(), wanted.last_day(pin)
        share = case(
            (CalendarDay.day < one.last_day, one.daily),
            else_=one.amount - one.daily * (one.last_day - one.first_day),
        )
        statement = select_movements(pin, wanted, CalendarDay.day, *numbers)
        statement = statement.join(
            CalendarDay, CalendarDay.day.between(one.first_day, one.last_day)
        ).where(CalendarDay.day.between(first, last), share > 0)
    keys = statement.distinct().subquery()
    return await session.scalar(select(func.count()).select_from(keys)) or 0


class _Reading(NamedTuple):
    """What is read of one period."""

    pin: Pin
    wanted: JournalFilter
    grouped: GroupedBy
    period: Day
    is_backward: bool = False
    has_products: bool = False

    @property
    def days(self) -> tuple[Day, Day]:
        """The selected days of the period."""
        first = last = self.period
        if self.grouped.granularity is Granularity.MONTHLY:
            last = last_day_of(month_of(first))
        return (
            max(first, self.wanted.first_day()),
            min(last, self.wanted.last_day(self.pin)),
        )


_PARTS: dict[Grouping, tuple[Any, ...]] = {
    Grouping.CUSTOMER: (Customer.external_id,),
    Grouping.PRODUCT: (Product.external_id,),
    Grouping.DOCUMENT: (StoredDocument.kind, StoredDocument.external_id),
}
_NUMBERS: dict[Grouping, Any] = {
    Grouping.CUSTOMER: Journal.customer_id,
    Grouping.PRODUCT: Journal.product_id,
    Grouping.DOCUMENT: Journal.document_id,
}


async def _groups_of(
    session: AsyncSession,
    reading: _Reading,
    *,
    size: int,
    after: Sequence[Part] | None,
) -> list[JournalGroup]:
    """So many groups of one period, after a key's parts, in the list's direction."""
    first, last = reading.days
    if first > last:
        return []
    limit = PAIRS_MAX * size + 1
    while True:
        statement = _statement(reading, after).limit(limit)
        rows = (await session.execute(statement)).all()
        groups = _made(reading, rows)
        if len(rows) < limit or len(groups) > size:
            return groups[:size]
        # A group of many products fills the limit, and the last one may go on.
        limit *= 2


def _statement(reading: _Reading, after: Sequence[Part] | None) -> AnySelect:
    """One row for each group and pair of accounts, in the order of keys."""
    pin, (first, last) = reading.pin, reading.days
    wanted = replace(
        reading.wanted,
        posted_from=first,
        posted_to=last,
        on=reading.wanted.divides_on(pin),
        include_scheduled=True,
    )
    by = reading.grouped.by
    parts = [part for one in by for part in _PARTS[one]]
    numbers = [_NUMBERS[one] for one in by]
    pair = (JournalMovement.debit_role, JournalMovement.credit_role)
    more: tuple[Any, ...] = ()
    if reading.has_products:
        more = (Product.external_id, product_category(pin))
    posted_to = min(last, wanted.divides_on(pin))
    total = func.sum(amount_within(first, last))
    posted: Any = func.sum(amount_within(first, posted_to))
    if posted_to < first:
        posted = func.sum(0)
    grouped_by = (*parts, *numbers, *pair, *_grouped_products(reading))
    statement = select_movements(
        pin, wanted, *parts, *numbers, *pair, *more, total, posted
    ).group_by(*grouped_by)
    if after is not None and parts:
        statement = statement.where(_beyond(parts, after, reading))
    order = [*parts, *pair, *_grouped_products(reading)]
    if reading.is_backward:
        order = [part.desc() for part in parts] + order[len(parts) :]
    return statement.order_by(*order)


def _grouped_products(reading: _Reading) -> tuple[Any, ...]:
    """The product itself settles its id and category."""
    if not reading.has_products:
        return ()
    return (Product.organisation_id, Product.id, Product.external_id, Product.category)


def _beyond(parts: list[Any], after: Sequence[Part], reading: _Reading) -> Any:
    here = tuple_(*parts)
    there = tuple_(*after)
    return here < there if reading.is_backward else here > there


def _made(reading: _Reading, rows: Iterable[Any]) -> list[JournalGroup]:
    """Groups from their rows, which stand together."""
    by = reading.grouped.by
    width = sum(len(_PARTS[one]) for one in by)
    groups: list[JournalGroup] = []
    for row in rows:
        parts, numbers = tuple(row[:width]), row[width : width + len(by)]
        debit, credit, *rest = row[width + len(by) :]
        key = GroupKey(reading.period, parts)
        if not groups or groups[-1].key != key:
            ids = dict(zip(by, numbers, strict=True))
            groups.append(
                JournalGroup(
                    key,
                    ids.get(Grouping.CUSTOMER),
                    ids.get(Grouping.PRODUCT),
                    ids.get(Grouping.DOCUMENT),
                )
            )
        group, pair = groups[-1], (Role(debit), Role(credit))
        total, posted = int(rest[-2] or 0), int(rest[-1] or 0)
        group.pairs[pair] = group.pairs.get(pair, 0) + total
        group.posted[pair] = group.posted.get(pair, 0) + posted
        if reading.has_products:
            product, category = rest[:2]
            at = (pair, product, category)
            group.by_product[at] = group.by_product.get(at, 0) + total
    return groups


async def _first_period(
    session: AsyncSession,
    pin: Pin,
    wanted: JournalFilter,
    grouped: GroupedBy,
    request: PageRequest,
) -> Day | None:
    """The period of the request's key, or the list's first that may hold a group."""
    first, last = wanted.first_day(), wanted.last_day(pin)
    if request.key is not None:
        its_day: Day = request.key[0]
        return its_day
    if first > last:
        return None
    # From outside the selection's months, as if the one beside them had been read.
    outside = month_of(last) + 1 if request.is_backward else month_of(first) - 1
    beyond = first_day_of(outside)
    if request.is_backward:
        return await _next_period(
            session, pin, wanted, grouped, beyond, is_backward=True
        )
    beyond = last_day_of(outside)
    return await _next_period(session, pin, wanted, grouped, beyond)


async def _next_period(  # noqa: PLR0913  (a list, where it is read, and which way)
    session: AsyncSession,
    pin: Pin,
    wanted: JournalFilter,
    grouped: GroupedBy,
    period: Day,
    *,
    is_backward: bool = False,
) -> Day | None:
    """The next day or month that may hold a group; months without journals don't."""
    month, first, last = month_of(period), wanted.first_day(), wanted.last_day(pin)
    if grouped.granularity is Granularity.DAILY:
        beside = period - 1 if is_backward else period + 1
        if month_of(beside) == month:
            return beside if first <= beside <= last else None
    found = await _month_beside(session, pin, wanted, month, is_backward=is_backward)
    if found is None:
        return None
    if grouped.granularity is Granularity.MONTHLY:
        return first_day_of(found)
    if is_backward:
        return min(last_day_of(found), last)
    return max(first_day_of(found), first)


async def _month_beside(
    session: AsyncSession,
    pin: Pin,
    wanted: JournalFilter,
    month: Month,
    *,
    is_backward: bool,
) -> Month | None:
    """The month with journals before or after one, within the selection."""
    # Without what needs joins: it may name a month too many, never one too few.
    plain = replace(wanted, search=None, excludes_recognized=False, shifted=None)
    edge = func.max(Journal.month) if is_backward else func.min(Journal.month)
    beyond = Journal.month < month if is_backward else Journal.month > month
    statement = select(edge).where(*journal_conditions(pin, plain), beyond)
    found: Month | None = await session.scalar(statement)
    return found


class GroupParty(NamedTuple):
    """A customer or product that groups name.

    `more` is a customer's legal name, or a product's category.
    """

    external_id: str
    name: str
    more: str | None


async def customers_by_number(
    session: AsyncSession, pin: Pin, numbers: Iterable[int]
) -> dict[int, GroupParty]:
    """Customers of the pin's names, by Daybook's own numbers."""
    columns = (Customer.external_id, customer_name(pin), customer_legal_name(pin))
    return await _parties(session, pin, Customer, columns, numbers)


async def products_by_number(
    session: AsyncSession, pin: Pin, numbers: Iterable[int]
) -> dict[int, GroupParty]:
    """Products of the pin's names, by Daybook's own numbers."""
    columns = (Product.external_id, product_name(pin), product_category(pin))
    return await _parties(session, pin, Product, columns, numbers)


async def _parties(
    session: AsyncSession, pin: Pin, kind: Any, columns: Any, numbers: Iterable[int]
) -> dict[int, GroupParty]:
    found: dict[int, GroupParty] = {}
    for some in in_lists(sorted(set(numbers))):
        rows = await session.execute(
            select(kind.id, *columns).where(
                kind.organisation_id == pin.organisation_id, kind.id.in_(some)
            )
        )
        found.update((row[0], GroupParty(*row[1:])) for row in rows)
    return found
