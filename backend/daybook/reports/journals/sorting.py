"""The journal report by a column other than the number: pages from a value on.

Values aren't kept in an order: each page reads those of all selected journals, so only
selections of up to `SORTED_MAX` are sorted.
"""

from enum import StrEnum
from typing import NamedTuple, TypeAlias

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    bindparam,
    case,
    cast,
    func,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.ledger.amount_conditions import amount_within
from daybook.ledger.models import Journal, JournalMovement
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role
from daybook.paging import Page, PageRequest
from daybook.reports.former_names import customer_name, document_number
from daybook.reports.journals.conditions import (
    AnySelect,
    is_listed,
    journal_conditions,
    movement_conditions,
    with_names,
    with_search,
)
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.queries import ListedJournal, journals_by_number

SORTED_MAX = 50_000
"""How many journals are sorted at most."""


class SortColumn(StrEnum):
    """What journals are sorted by; those with equal values are sorted by number.

    Names are compared without the case of ASCII letters, and those of journals without
    a customer come first. Amounts are the net changes of accounts.
    """

    CUSTOMER = "CUSTOMER"
    DOCUMENT = "DOCUMENT"
    BILLED = "BILLED"
    UNBILLED = "UNBILLED"
    DEFERRED = "DEFERRED"
    RECOGNIZED = "RECOGNIZED"

    @property
    def is_amount(self) -> bool:
        """Whether its values are amounts in minor units, and not names."""
        return self.name in Role.__members__


SortValue: TypeAlias = str | int


class ListOrder(NamedTuple):
    """The order of a list: by a column, or by number without one."""

    column: SortColumn | None = None
    is_descending: bool = False


BY_NUMBER = ListOrder()
ORDER_NAMES = ("number", *(column.lower() for column in SortColumn))
"""The names of orders; a hyphen before one turns it round: `-recognized`."""


def order_named(text: str) -> ListOrder:
    """The order of a name; raises ValueError for one of `ORDER_NAMES` that isn't."""
    name = text.removeprefix("-").lower()
    if name not in ORDER_NAMES:
        known = ", ".join(ORDER_NAMES)
        message = f"journals are sorted by {known}, or backwards by -number and so on"
        raise ValueError(message)
    column = None if name == ORDER_NAMES[0] else SortColumn(name.upper())
    return ListOrder(column, text.startswith("-"))


class SortedJournal(NamedTuple):
    """A journal with its value in the sorted column."""

    value: SortValue
    journal: ListedJournal


async def sorted_journals(
    session: AsyncSession,
    pin: Pin,
    journal_filter: JournalFilter,
    column: SortColumn,
    request: PageRequest,
) -> Page[SortedJournal]:
    """The journals of `find_journals` by a column; keyed by value and number."""
    listed = _keys(pin, journal_filter, column).where(
        *journal_conditions(pin, journal_filter), is_listed(pin, journal_filter)
    )
    keys = with_search(listed, pin, journal_filter).subquery()
    key = tuple_(keys.c.value, keys.c.number)
    statement: AnySelect = select(keys.c.value, keys.c.number)
    if request.key is not None:
        value, number = request.key
        bound = tuple_(
            bindparam("value", value, type_=keys.c.value.type),
            bindparam("number", number, type_=BigInteger),
        )
        statement = statement.where(key < bound if request.is_backward else key > bound)
    for part in (keys.c.value, keys.c.number):
        statement = statement.order_by(part.desc() if request.is_backward else part)
    rows = (await session.execute(statement.limit(request.size + 1))).all()
    numbers = [number for _, number in rows]
    journals = await journals_by_number(session, pin, numbers)
    by_number = {journal.number: journal for journal in journals}
    found = [SortedJournal(value, by_number[number]) for value, number in rows]
    return Page.of(found, request)


async def sort_value(
    session: AsyncSession,
    pin: Pin,
    journal_filter: JournalFilter,
    column: SortColumn,
    number: int,
) -> SortValue:
    """A journal's value in a column, whether or not the filter selects the journal."""
    statement = _keys(pin, journal_filter, column).where(
        Journal.ledger_id == pin.ledger_id, Journal.number == number
    )
    value: SortValue = (await session.execute(statement)).one().value
    return value


def _keys(pin: Pin, journal_filter: JournalFilter, column: SortColumn) -> AnySelect:
    """The number of every journal that there is, and its value in a column."""
    value = (
        _gain(pin, journal_filter, Role[column.name])
        if column.is_amount
        else func.lower(func.coalesce(_NAMES[column](pin), ""))
    )
    statement: AnySelect = select(value.label("value"), Journal.number.label("number"))
    if column in _NAMES or journal_filter.search:
        statement = with_names(statement, pin)
    return statement


_NAMES = {SortColumn.CUSTOMER: customer_name, SortColumn.DOCUMENT: document_number}


def _gain(pin: Pin, journal_filter: JournalFilter, role: Role) -> ColumnElement[int]:
    """What an account gains by a journal on the selected days, in minor units."""
    its = JournalMovement
    amount = amount_within(journal_filter.first_day(), journal_filter.last_day(pin))
    debits = case((its.debit_role == int(role), amount), else_=0)
    credits_ = case((its.credit_role == int(role), amount), else_=0)
    gain = debits - credits_ if role.is_debit_normal else credits_ - debits
    return (
        select(cast(func.coalesce(func.sum(gain), 0), BigInteger))
        .where(its.journal == Journal.number, *movement_conditions(pin, journal_filter))
        .correlate(Journal)
        .scalar_subquery()
    )
