"""Reading integrations, mapped accounts and charts of accounts at a pin."""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.db.engine import ReadSession
from daybook.exports.mapping.forms import DateForm, Integration, Preset
from daybook.exports.mapping.models import (
    StoredIntegration,
    StoredMapping,
    StoredTargetAccount,
)
from daybook.exports.mapping.rules import (
    Chart,
    IntegrationSettings,
    MappedAccount,
    MappingKey,
    Mappings,
    Missing,
    TargetAccount,
)
from daybook.ledger.amount_conditions import amount_within
from daybook.ledger.models import Journal, JournalMovement
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role
from daybook.reports.journals.conditions import select_movements
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.groups import GroupParty, products_by_number


async def integrations_at(
    session: AsyncSession, pin: Pin
) -> dict[Integration, IntegrationSettings]:
    """The settings of all systems at the pin, in order; defaults where none are set."""
    stored = StoredIntegration
    statement = _recorded(
        stored,
        pin,
        *(stored.integration, stored.is_enabled, stored.preset),
        *(stored.date_form, stored.closed_through, stored.base_currency),
    )
    rows = await session.execute(statement)
    found = {
        row[0]: IntegrationSettings(
            row[1],
            None if row[2] is None else Preset(row[2]),
            None if row[3] is None else DateForm(row[3]),
            *row[4:],
        )
        for row in rows
    }
    return {
        integration: found.get(integration, IntegrationSettings())
        for integration in Integration
    }


async def mappings_at(session: AsyncSession, pin: Pin) -> Mappings:
    """All mapped accounts of the pinned ledger at its recording."""
    stored = StoredMapping
    columns = (stored.integration, stored.role, stored.scope, stored.fields)
    rows = await session.execute(_recorded(stored, pin, *columns))
    # The last row of a key counts; empty fields end the earlier one.
    texts = {(row[0], row[1], row[2]): row[3] for row in rows}
    mapped: dict[MappingKey, MappedAccount] = {}
    for (number, role, scope), text in texts.items():
        if text:
            integration = Integration(number)
            account = MappedAccount(integration, json.loads(text))
            mapped[integration, Role(role), scope] = account
    return Mappings(mapped)


async def chart_at(session: AsyncSession, pin: Pin, integration: Integration) -> Chart:
    """The target's accounts that are known at the pin, by their codes or names."""
    stored = StoredTargetAccount
    statement = _recorded(
        stored,
        pin,
        *(stored.account, stored.name, stored.type, stored.tax_rate, stored.is_there),
    ).where(stored.integration == int(integration))
    rows = await session.execute(statement)
    last = {row[0]: row for row in rows}
    return {
        account: TargetAccount(*row[:4])
        for account, row in sorted(last.items())
        if row[4]
    }


def _recorded(stored: Any, pin: Pin, *columns: Any) -> Select[*tuple[Any, ...]]:
    """Columns of a table's rows up to the pin's recording, in its order."""
    return (
        select(*columns)
        .where(stored.ledger_id == pin.ledger_id, stored.recorded_in <= pin.recording)
        .order_by(stored.recorded_in)
    )


async def missing(
    session: ReadSession,
    pin: Pin,
    journal_filter: JournalFilter,
    mappings: Mappings,
    integration: Integration,
) -> list[Missing]:
    """Accounts of a selection without a mapping, by role and product.

    A role that isn't mapped for any product comes once, without a product. Reads the
    selection's movements only where a role isn't mapped for all products.
    """
    open_roles = set(Role) - mappings.for_all_products(integration)
    divided = mappings.divided_roles(integration)
    found = [
        *await _of_roles(session, pin, journal_filter, open_roles - divided),
        *await _of_products(session, pin, journal_filter, open_roles & divided),
    ]
    return sorted(
        (
            gap
            for gap in found
            if not mappings.of(integration, gap.role, gap.product_id, gap.category)
        ),
        key=lambda gap: (gap.role, gap.product_id or ""),
    )


async def _of_roles(
    session: ReadSession, pin: Pin, journal_filter: JournalFilter, roles: Iterable[Role]
) -> list[Missing]:
    """What the selection has of some accounts, whatever the product is."""
    if not roles:
        return []
    sides = _sides(pin, journal_filter, roles)
    statement = select(sides.c.role, *_totals(sides)).group_by(sides.c.role)
    return [
        Missing(Role(row[0]), None, None, None, row[1], int(row[2]))
        for row in await session.execute(statement)
    ]


async def _of_products(
    session: ReadSession, pin: Pin, journal_filter: JournalFilter, roles: Iterable[Role]
) -> list[Missing]:
    """What the selection has of some accounts, product by product."""
    if not roles:
        return []
    sides = _sides(pin, journal_filter, roles)
    key = (sides.c.role, sides.c.product)
    rows = (await session.execute(select(*key, *_totals(sides)).group_by(*key))).all()
    numbers = {row[1] for row in rows if row[1] is not None}
    # Categories and names of the pin, whatever was renamed since.
    at = pin._replace(is_renamed=True)
    products = await products_by_number(session, at, numbers)
    return [
        _missing(Role(row[0]), products.get(row[1]), row[2], int(row[3]))
        for row in rows
    ]


def _missing(
    role: Role, product: GroupParty | None, journals: int, amount: int
) -> Missing:
    if product is None:
        return Missing(role, None, None, None, journals, amount)
    return Missing(role, *product, journals, amount)


def _totals(sides: Subquery) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """How many journals there are, and the sum of their amounts."""
    return func.count(sides.c.journal.distinct()), func.sum(sides.c.amount)


def _sides(pin: Pin, journal_filter: JournalFilter, roles: Iterable[Role]) -> Subquery:
    """Both sides of the selected movements: role, product, journal and amount."""
    amount = amount_within(journal_filter.first_day(), journal_filter.last_day(pin))
    numbers = sorted(map(int, roles))
    sides: Any = (
        (JournalMovement.debit_role, JournalMovement.debit_product_id),
        (JournalMovement.credit_role, JournalMovement.credit_product_id),
    )
    return union_all(
        *(
            select_movements(
                pin,
                journal_filter,
                role.label("role"),
                # A side's own product, or else the journal's.
                func.coalesce(own, Journal.product_id).label("product"),
                JournalMovement.journal.label("journal"),
                amount.label("amount"),
            ).where(role.in_(numbers))
            for role, own in sides
        )
    ).subquery()
