"""Journals, their groups and their months as tables, with each account's net change.

A net change is on the account's normal side: Billed and Unbilled grow by debits,
Deferred and Recognized by credits.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Month, day_text, month_of, month_text
from daybook.db.engine import Store
from daybook.ledger.pins import Pin
from daybook.ledger.rules import AccountPair, Role, SourceKind, net_change, stored_name
from daybook.paging import Page, PageRequest
from daybook.reports.documents import ListedDocument, documents_by_number
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Granularity, Grouping
from daybook.reports.journals.groups import (
    GroupedBy,
    GroupParty,
    JournalGroup,
    customers_by_number,
    find_groups,
    products_by_number,
)
from daybook.reports.journals.journal_sums import PairSums, sums_of_journals
from daybook.reports.journals.marks import JournalMark, marks_of, moved_journals
from daybook.reports.journals.queries import ListedJournal, find_journals
from daybook.reports.journals.sorting import BY_NUMBER, ListOrder, sorted_journals
from daybook.reports.paged_rows import paged_rows
from daybook.sheets.columns import Column, Sheet, amount, integer, text

Row = TypeVar("Row")

SLICE = 1_000
"""How many rows are read at a time."""


class JournalLine(NamedTuple):
    """A journal, what it moves on the selected days, and what it differs by."""

    journal: ListedJournal
    sums: PairSums
    marks: Sequence[JournalMark] = ()


class GroupLine(NamedTuple):
    """A group with its key as text, and what it is grouped by."""

    key: str
    group: JournalGroup
    customer: GroupParty | None
    product: GroupParty | None
    document: ListedDocument | None

    @property
    def sums(self) -> PairSums:
        """What it moves on the selected days."""
        return PairSums(self.group.pairs, self.group.posted)


MonthLine: TypeAlias = tuple[Month, Mapping[AccountPair, int]]
"""A month of `TotalsByMonth`."""


async def journal_lines(
    session: AsyncSession, pin: Pin, journal_filter: JournalFilter, request: PageRequest
) -> tuple[list[JournalLine], bool]:
    """A page of journals by number, keyed by it, and whether there are more."""
    page = await find_journals(session, pin, journal_filter, request)
    return await _lines(session, pin, journal_filter, page.items), page.has_next


async def _lines(
    session: AsyncSession,
    pin: Pin,
    journal_filter: JournalFilter,
    journals: Sequence[ListedJournal],
) -> list[JournalLine]:
    """Journals with what they move, and their marks."""
    numbers = [journal.number for journal in journals]
    sums = await sums_of_journals(session, pin, journal_filter, numbers)
    moved = await moved_journals(session, pin, numbers)
    return [
        JournalLine(
            journal,
            its := sums[journal.number],
            marks_of(journal, its.state, is_moved=journal.number in moved),
        )
        for journal in journals
    ]


async def group_lines(
    session: AsyncSession,
    pin: Pin,
    journal_filter: JournalFilter,
    grouped: GroupedBy,
    request: PageRequest,
) -> tuple[list[GroupLine], bool]:
    """A page of groups by key, and whether there are more."""
    page = await find_groups(session, pin, journal_filter, grouped, request)
    groups = page.items
    customers = await customers_by_number(
        session, pin, _numbers(group.customer_id for group in groups)
    )
    products = await products_by_number(
        session, pin, _numbers(group.product_id for group in groups)
    )
    documents = await documents_by_number(
        session, pin, _numbers(group.document_id for group in groups)
    )
    lines = [
        GroupLine(
            group.key.text(grouped.by, grouped.granularity),
            group,
            customers.get(group.customer_id or 0),
            products.get(group.product_id or 0),
            documents.get(group.document_id or 0),
        )
        for group in groups
    ]
    return lines, page.has_next


def _numbers(ids: Iterable[int | None]) -> set[int]:
    return {id_ for id_ in ids if id_ is not None}


def every_journal(
    database: Store,
    pin: Pin,
    journal_filter: JournalFilter,
    limit: int | None,
    order: ListOrder = BY_NUMBER,
) -> AsyncIterator[list[JournalLine]]:
    """All journals, or the first `limit`, in slices.

    Up to `SORTED_MAX` journals may be sorted: the caller counts them.
    """

    async def read(
        session: AsyncSession, its_pin: Pin, request: PageRequest
    ) -> tuple[list[JournalLine], tuple[Any, ...] | None]:
        if order.is_descending:
            request = request.reversed()
        page = await _keyed_page(session, its_pin, journal_filter, order, request)
        if order.is_descending:
            page = page.reversed()
        journals = [journal for _, journal in page.items]
        lines = await _lines(session, its_pin, journal_filter, journals)
        return lines, page.items[-1][0] if page.has_next else None

    return paged_rows(database, pin, read, PageRequest(SLICE), limit)


async def _keyed_page(
    session: AsyncSession,
    pin: Pin,
    journal_filter: JournalFilter,
    order: ListOrder,
    request: PageRequest,
) -> Page[tuple[tuple[Any, ...], ListedJournal]]:
    """A page of journals by an order's column, with their keys in it."""
    items: list[tuple[tuple[Any, ...], ListedJournal]]
    found: Page[Any]
    if order.column is None:
        found = await find_journals(session, pin, journal_filter, request)
        items = [((journal.number,), journal) for journal in found.items]
    else:
        found = await sorted_journals(
            session, pin, journal_filter, order.column, request
        )
        items = [((value, journal.number), journal) for value, journal in found.items]
    return Page(items, found.has_next, found.has_previous)


def every_group(
    database: Store,
    pin: Pin,
    journal_filter: JournalFilter,
    grouped: GroupedBy,
    limit: int | None,
) -> AsyncIterator[list[GroupLine]]:
    """All groups, or the first `limit`, in slices."""

    async def read(
        session: AsyncSession, its_pin: Pin, request: PageRequest
    ) -> tuple[list[GroupLine], tuple[Any, ...] | None]:
        its = journal_filter, grouped, request
        lines, has_more = await group_lines(session, its_pin, *its)
        if not has_more:
            return lines, None
        last = lines[-1].group.key
        return lines, (last.first_day, *last.parts)

    return paged_rows(database, pin, read, PageRequest(SLICE), limit)


def journals_sheet(currency: str, *, has_scheduled: bool = False) -> Sheet[JournalLine]:
    """Journals with what they are of, and the net change of each account.

    And, with `has_scheduled`, the part of it that is scheduled.
    """
    columns: tuple[Column[JournalLine], ...] = (
        integer("number", "No.", lambda line: line.journal.number),
        text("month", "Month", lambda line: month_text(line.journal.month)),
        text("state", "State", lambda line: line.sums.state.value),
        text("marks", "Marks", lambda line: " ".join(line.marks) or None),
        text(
            "source",
            "Source",
            lambda line: stored_name(SourceKind, line.journal.source),
        ),
        text(
            "customer_id",
            "Customer id",
            lambda line: line.journal.customer_external_id,
        ),
        text("customer", "Customer", lambda line: line.journal.customer_name),
        text("product_id", "Product id", lambda line: line.journal.product_external_id),
        text("product", "Product", lambda line: line.journal.product_name),
        text(
            "document_id",
            "Document id",
            lambda line: line.journal.document_external_id,
        ),
        text("document", "Document", lambda line: line.journal.document_number),
        *sums_columns(currency, lambda line: line.sums, has_scheduled=has_scheduled),
    )
    return Sheet("journals", "Journals", columns)


def groups_sheet(
    currency: str, grouped: GroupedBy, *, has_scheduled: bool = False
) -> Sheet[GroupLine]:
    """Groups with what they are grouped by, and the net change of each account.

    And, with `has_scheduled`, the part of it that is scheduled.
    """
    columns: tuple[Column[GroupLine], ...] = (
        text("group", "Group", lambda line: line.key),
        *_PERIODS[grouped.granularity],
        text("state", "State", lambda line: line.sums.state.value),
        *(column for grouping in grouped.by for column in _GROUPED[grouping]),
        *sums_columns(currency, lambda line: line.sums, has_scheduled=has_scheduled),
    )
    return Sheet("journal_groups", "Journal groups", columns)


_PERIODS: Mapping[Granularity | None, Sequence[Column[GroupLine]]] = {
    Granularity.DAILY: (
        text("day", "Day", lambda line: day_text(line.group.key.first_day)),
    ),
    Granularity.MONTHLY: (
        text(
            "month",
            "Month",
            lambda line: month_text(month_of(line.group.key.first_day)),
        ),
    ),
    None: (),
}
"""When a group is of; those of all selected days don't differ in it."""

_GROUPED: Mapping[Grouping, Sequence[Column[GroupLine]]] = {
    Grouping.CUSTOMER: (
        text(
            "customer_id",
            "Customer id",
            lambda line: line.customer and line.customer.external_id,
        ),
        text("customer", "Customer", lambda line: line.customer and line.customer.name),
    ),
    Grouping.PRODUCT: (
        text(
            "product_id",
            "Product id",
            lambda line: line.product and line.product.external_id,
        ),
        text("product", "Product", lambda line: line.product and line.product.name),
    ),
    Grouping.DOCUMENT: (
        text(
            "source",
            "Source",
            lambda line: line.document and stored_name(SourceKind, line.document.kind),
        ),
        text(
            "document_id",
            "Document id",
            lambda line: line.document and line.document.external_id,
        ),
        text(
            "document",
            "Document",
            lambda line: line.document and line.document.number,
        ),
    ),
}
"""What a group is of, by what it is grouped by."""


def months_sheet(currency: str) -> Sheet[MonthLine]:
    """Each month's net change of the accounts."""
    month: Column[MonthLine] = text(
        "month", f"Month, {currency}", lambda row: month_text(row[0])
    )
    columns = (month, *net_columns(currency, lambda row: row[1]))
    return Sheet("months", "Net change by month", columns)


def net_columns(
    currency: str, pairs_of: Callable[[Row], Mapping[AccountPair, int]]
) -> tuple[Column[Row], ...]:
    """The net change of each account, then the currency."""
    columns = [_net(role, currency, pairs_of) for role in Role]
    return (*columns, text("currency", "Currency", lambda _row: currency))


def sums_columns(
    currency: str, sums_of: Callable[[Row], PairSums], *, has_scheduled: bool
) -> tuple[Column[Row], ...]:
    """The net change of each account, the scheduled part of each, and the currency."""

    def pairs(row: Row) -> Mapping[AccountPair, int]:
        return sums_of(row).pairs

    def scheduled_pairs(row: Row) -> Mapping[AccountPair, int]:
        return sums_of(row).scheduled

    nets = net_columns(currency, pairs)
    scheduled = [
        _net(role, currency, scheduled_pairs, is_scheduled=True)
        for role in Role
        if has_scheduled
    ]
    return (*nets[:-1], *scheduled, nets[-1])


def _net(
    role: Role,
    currency: str,
    pairs_of: Callable[[Row], Mapping[AccountPair, int]],
    *,
    is_scheduled: bool = False,
) -> Column[Row]:
    """An account's net change; of what is scheduled, by a name that says so."""

    def minor(row: Row) -> int:
        return net_change(pairs_of(row), role)

    name, title = role.name.lower(), role.name.capitalize()
    if is_scheduled:
        name, title = f"scheduled_{name}", f"Scheduled {name}"
    return amount(name, title, minor, currency)
