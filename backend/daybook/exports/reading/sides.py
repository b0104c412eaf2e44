"""Movements between two products: each side has its own product's account."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import func, or_, select

from daybook.db.engine import ReadSession
from daybook.db.lists import in_lists
from daybook.exports.file_spec import FileSpec
from daybook.exports.mapping.checking import checked_fields
from daybook.exports.mapping.forms import FORMS, Integration
from daybook.exports.mapping.queries import chart_at, integrations_at, mappings_at
from daybook.exports.mapping.rules import LineSubject, MappedAccount, Mappings, Targets
from daybook.exports.rules import AccountKey, Accounts, ExportMovement
from daybook.ledger.models import JournalMovement, Product
from daybook.ledger.pins import Pin
from daybook.ledger.queries import account_names
from daybook.reports.former_names import product_category
from daybook.reports.journals.conditions import select_movements
from daybook.reports.journals.groups import GroupParty, products_by_number


class SideParties(NamedTuple):
    """The products of a movement's two sides; None for the journal's own product."""

    debit: GroupParty | None
    credit: GroupParty | None


async def sides_of(
    session: ReadSession, pin: Pin, numbers: Iterable[int]
) -> dict[tuple[int, int], SideParties]:
    """The sides' own products in some journals, by journal and `seq`; few have any."""
    rows: list[Any] = []
    own = or_(
        JournalMovement.debit_product_id.is_not(None),
        JournalMovement.credit_product_id.is_not(None),
    )
    columns = (
        JournalMovement.journal,
        JournalMovement.seq,
        JournalMovement.debit_product_id,
        JournalMovement.credit_product_id,
    )
    for slice_ in in_lists(sorted(numbers)):
        found = await session.execute(
            select(*columns).where(
                JournalMovement.ledger_id == pin.ledger_id,
                JournalMovement.journal.in_(slice_),
                own,
            )
        )
        rows += found.all()
    products = await products_by_number(session, pin, _numbers(rows))
    return {
        (journal, seq): SideParties(products.get(debit), products.get(credit))
        for journal, seq, debit, credit in rows
    }


async def read_accounts(session: ReadSession, spec: FileSpec) -> Accounts:
    """The names of accounts at the pin, and what lines get in the file's system.

    The generic formats have Xero's account codes while Xero is enabled.
    """
    pin = spec.pin
    names = await account_names(session, pin)
    integration = spec.integration
    if integration is not None:
        mappings = await mappings_at(session, pin)
        default = await default_account(session, spec, integration)
        targets = Targets(
            mappings, integration, default=default, by_product=spec.is_compared
        )
        return Accounts(names, targets)
    settings = await integrations_at(session, pin)
    has_codes = settings[Integration.XERO].is_enabled
    if not has_codes and not spec.is_compared:
        return Accounts(names)
    mappings = await mappings_at(session, pin) if has_codes else Mappings()
    targets = Targets(
        mappings,
        Integration.XERO,
        [FORMS[Integration.XERO].key],
        by_product=spec.is_compared,
    )
    return Accounts(names, targets)


async def default_account(
    session: ReadSession, spec: FileSpec, integration: Integration
) -> MappedAccount | None:
    """The account that the user chose for lines without a mapping, if any."""
    account = spec.options.default_account
    if account is None:
        return None
    chart = await chart_at(session, spec.pin, integration)
    fields = {FORMS[integration].key: account}
    return checked_fields(integration, fields, chart)


def with_sides(
    movement: ExportMovement, sides: SideParties | None, accounts: Accounts
) -> ExportMovement:
    """The movement with the accounts of its sides' own products."""
    if sides is None:
        return movement
    (debit, credit), own = sides, movement
    if debit is not None:
        name = accounts[movement.debit, debit.external_id, debit.more]
        own = own._replace(debit_account=name)
    if credit is not None:
        name = accounts[movement.credit, credit.external_id, credit.more]
        own = own._replace(credit_account=name)
    return own


def with_targets(
    movement: ExportMovement,
    sides: SideParties | None,
    product: tuple[str | None, str | None],
    accounts: Accounts,
) -> ExportMovement:
    """The movement with what its lines get in the file's system.

    `product` is the journal's own: its id and category.
    """
    debit, credit = sides or (None, None)
    journals = LineSubject(
        product[0] or "",
        movement.product_name,
        product[1] or "",
        movement.customer_id,
        movement.customer_name,
    )
    return movement._replace(
        debit_target=accounts.target(movement.debit, subject_of(debit, journals)),
        credit_target=accounts.target(movement.credit, subject_of(credit, journals)),
    )


def subject_of(own: GroupParty | None, journals: LineSubject) -> LineSubject:
    """A side's own product, or else the journal's, and the journal's customer."""
    if own is None:
        return journals
    return journals._replace(
        product_id=own.external_id, product_name=own.name, category=own.more or ""
    )


def account_key(
    role: int, own: GroupParty | None, product_id: str | None, category: str | None
) -> AccountKey:
    """What names an account: for the side's own product, else for the journal's."""
    if own is None:
        return int(role), product_id, category
    return int(role), own.external_id, own.more


async def count_sides(
    session: ReadSession, spec: FileSpec, accounts: Accounts, role: Any, own: Any
) -> int:
    """How many accounts the journals have on one side, summed over journals.

    `role` and `own` are the side's columns: its account and its own product.
    """
    pin, journal_filter = spec.pin, spec.journal_filter
    journal = JournalMovement.journal
    sides = (
        select_movements(pin, journal_filter, journal, role, own).distinct().subquery()
    )
    statement = select(func.count(), func.count(sides.c[own.name])).select_from(sides)
    count, owned = (await session.execute(statement)).one()
    if not owned:
        return int(count)
    # Two products may share an account's name, so their names have to be compared.
    owning = select(journal).where(
        JournalMovement.ledger_id == pin.ledger_id, own.is_not(None)
    )
    product = (Product.external_id, product_category(pin))
    found = await session.execute(
        select_movements(pin, journal_filter, journal, role, own, *product)
        .where(journal.in_(owning))
        .distinct()
    )
    rows: list[Any] = list(found)
    products = await products_by_number(session, pin, _numbers(row[:3] for row in rows))
    named = set()
    for number, side, own_id, *product_key in rows:
        key = account_key(side, products.get(own_id), *product_key)
        target = accounts.target(side, LineSubject(key[1] or "", "", key[2] or ""))
        named.add((number, side, accounts[key], target))
    return int(count) - len({tuple(row[:3]) for row in rows}) + len(named)


def _numbers(rows: Iterable[Any]) -> set[int]:
    """The products' numbers in the columns after the first two."""
    return {product for row in rows for product in row[2:] if product is not None}
