"""The totals of an export, counted by the database before anything is rendered."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import func, select

from daybook.calendar import Month, first_day_of, last_day_of, month_of
from daybook.db.engine import Database, ReadSession
from daybook.exports.file_spec import FileSpec
from daybook.exports.mapping.rules import LineSubject
from daybook.exports.reading.entered import count_lines
from daybook.exports.reading.sides import account_key, count_sides, read_accounts
from daybook.exports.rules import Accounts, Granularity, Totals
from daybook.ledger.amount_conditions import amount_within
from daybook.ledger.models import JournalMovement, Product
from daybook.ledger.pins import Pin
from daybook.ledger.rules import SourceKind
from daybook.reports.former_names import product_category
from daybook.reports.journals.conditions import AnySelect, select_movements
from daybook.reports.journals.entered import is_entered
from daybook.reports.journals.entries import count_entries
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Grouping, in_order
from daybook.reports.journals.groups import (
    GroupedBy,
    products_by_number,
    select_by_group,
)
from daybook.reports.journals.totals import months_with_journals

_SIDES: Any = (
    (JournalMovement.debit_role, JournalMovement.debit_product_id),
    (JournalMovement.credit_role, JournalMovement.credit_product_id),
)
"""Each side's columns: its account, and its own product if it has one."""


async def expected_totals(database: Database, spec: FileSpec) -> Totals:
    """The totals of all units that `read_units` yields, with a row for each line."""
    amount = await expected_amount(database, spec.pin, spec.journal_filter)
    # A day is posted or scheduled as a whole.
    is_by_day = spec.granularity is Granularity.DAILY
    parts = [spec] if is_by_day else list(spec.by_status())
    rows = sum([await _rows(database, part) for part in parts])
    return Totals(rows, amount, amount)


async def _rows(database: Database, spec: FileSpec) -> int:
    if spec.by is not None:
        return await _group_lines(database, spec, in_order(spec.by))
    return await _journal_lines(database, spec)


async def expected_amount(
    database: Database, pin: Pin, journal_filter: JournalFilter
) -> int:
    """What the file's debits sum to, and so do its credits, in minor units."""
    within = amount_within(journal_filter.first_day(), journal_filter.last_day(pin))
    async with database.reads() as session:
        total = await session.scalar(
            select_movements(pin, journal_filter, func.sum(within))
        )
    return int(total or 0)


async def _journal_lines(database: Database, spec: FileSpec) -> int:
    """How many daily or monthly lines the journals have."""
    async with database.reads() as session:
        if spec.granularity is Granularity.DAILY:
            return await _daily_lines(session, spec.pin, spec.journal_filter)
        accounts = await read_accounts(session, spec)
        return sum(
            [await count_sides(session, spec, accounts, *side) for side in _SIDES]
        )


async def _daily_lines(
    session: ReadSession, pin: Pin, journal_filter: JournalFilter
) -> int:
    """Two lines for each entry, but manual journals have those that were entered.

    Where a filter selects some of their movements, they have two lines for each.
    """
    entries = await count_entries(session, pin, journal_filter)
    sources = journal_filter.sources
    is_without_manual = sources is not None and SourceKind.STANDALONE not in sources
    if is_without_manual or journal_filter.narrows_movements():
        return 2 * entries
    paired = await count_entries(session, pin, journal_filter, is_entered(pin))
    if not paired:
        return 2 * entries
    return 2 * (entries - paired) + await count_lines(session, pin, journal_filter)


async def _distinct(session: ReadSession, statement: AnySelect) -> int:
    count = select(func.count()).select_from(statement.distinct().subquery())
    return await session.scalar(count) or 0


async def _group_lines(
    database: Database, spec: FileSpec, by: tuple[Grouping, ...]
) -> int:
    """How many lines the groups have; each month is counted in its own transaction."""
    pin, journal_filter = spec.pin, spec.journal_filter
    grouped = GroupedBy(by, spec.granularity)
    async with database.reads() as session:
        accounts = await read_accounts(session, spec)
        months = await months_with_journals(session, pin)
    named = {role for role, scope in accounts.names.named if scope}
    if accounts.targets is not None:
        named |= accounts.targets.divided_roles
    rows = 0
    for part in _by_month(pin, journal_filter, months):
        async with database.reads() as session:
            for role, own in _SIDES:
                plain = select_by_group(pin, part, grouped, role).where(
                    role.not_in(named)
                )
                rows += await _distinct(session, plain)
                if named:
                    at = pin._replace(is_renamed=True)  # a category may change now
                    columns = (role, own, Product.external_id, product_category(at))
                    more = select_by_group(at, part, grouped, *columns)
                    more = more.where(role.in_(named))
                    rows += await _count_named(session, at, more.distinct(), accounts)
    return rows


def _by_month(
    pin: Pin, journal_filter: JournalFilter, months: tuple[Month, Month] | None
) -> Iterator[JournalFilter]:
    """The same selection for each of the ledger's months."""
    start, end = journal_filter.first_day(), journal_filter.last_day(pin)
    if months is None or start > end:
        return
    first, last = max(months[0], month_of(start)), min(months[1], month_of(end))
    for month in range(first, last + 1):
        yield replace(
            journal_filter,
            posted_from=max(start, first_day_of(month)),
            posted_to=min(end, last_day_of(month)),
            # The days alone decide what is posted.
            on=journal_filter.divides_on(pin),
            include_scheduled=True,
        )


async def _count_named(
    session: ReadSession, pin: Pin, statement: AnySelect, accounts: Accounts
) -> int:
    """How many accounts the groups have, of roles with sub-accounts.

    The statement's last columns are a side's role, its own product's number, and the
    journal's product: its own id and category.
    """
    rows = (await session.execute(statement)).all()
    owns = {row[-3] for row in rows if row[-3] is not None}
    products = await products_by_number(session, pin, owns)
    lines = set()
    for row in rows:
        role, own, product_id, category = row[-4:]
        key = account_key(role, products.get(own), product_id, category)
        target = accounts.target(role, LineSubject(key[1] or "", "", key[2] or ""))
        lines.add((*row[:-4], role, accounts[key], target))
    return len(lines)
