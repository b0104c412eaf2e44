"""Reading integrations, mapped accounts and charts of accounts at a pin."""

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Select, select
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
    TargetAccount,
)
from daybook.ledger.models import JournalMovement, Product
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role
from daybook.reports.former_names import product_category, product_name
from daybook.reports.journals.conditions import select_movements
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.groups import products_by_number


class Missing(NamedTuple):
    """A role, and a product if its lines have one, without a mapped account."""

    role: Role
    product_id: str | None
    product_name: str | None
    category: str | None


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
    """Roles and products of a selection without a mapped account, in order.

    Reads the selection's movements only where a role isn't mapped for all products.
    """
    mapped = mappings.for_all_products(integration)
    found: set[Missing] = set()
    sides = (
        (JournalMovement.debit_role, JournalMovement.debit_product_id),
        (JournalMovement.credit_role, JournalMovement.credit_product_id),
    )
    for role, own in sides:
        found |= await _without_mapping(session, pin, journal_filter, role, own, mapped)
    return sorted(
        (
            gap
            for gap in found
            if not mappings.of(integration, gap.role, gap.product_id, gap.category)
        ),
        key=lambda gap: (gap.role, gap.product_id or ""),
    )


async def _without_mapping(  # noqa: PLR0913, PLR0917  (a side's two columns)
    session: ReadSession,
    pin: Pin,
    journal_filter: JournalFilter,
    role: Any,
    own: Any,
    mapped: Iterable[Role],
) -> set[Missing]:
    """The products of a side whose roles aren't mapped for all products."""
    open_roles = sorted(set(Role) - set(mapped))
    if not open_roles:
        return set()
    product = (Product.external_id, product_name(pin), product_category(pin))
    rows = list(
        await session.execute(
            select_movements(pin, journal_filter, role, own, *product)
            .where(role.in_([int(role_number) for role_number in open_roles]))
            .distinct()
        )
    )
    owners: dict[Any, Any] = await products_by_number(
        session, pin, {row[1] for row in rows if row[1] is not None}
    )
    found = set()
    for number, own_id, *journals in rows:
        found.add(Missing(Role(number), *owners.get(own_id, journals)))
    return found
