"""Accounts of movements between two products: each side's is its own product's."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import func, or_, select

from daybook.db.engine import ReadSession
from daybook.db.lists import in_lists
from daybook.exports.rules import Accounts, ExportMovement
from daybook.ledger.models import JournalMovement, Product
from daybook.ledger.pins import Pin
from daybook.ledger.queries import account_names
from daybook.reports.journals.conditions import select_movements
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.groups import GroupParty, products_by_number
from daybook.reports.naming import product_category


class Sides(NamedTuple):
    """The products of a movement's debit and credit; None is the journal's own."""

    debit: GroupParty | None
    credit: GroupParty | None


async def sides_of(
    session: ReadSession, pin: Pin, numbers: Iterable[int]
) -> dict[tuple[int, int], Sides]:
    """Products of sides in some journals, by journal and place; few have any."""
    one, rows = JournalMovement, list[Any]()
    own = or_(one.debit_product_id.is_not(None), one.credit_product_id.is_not(None))
    columns = (one.journal, one.seq, one.debit_product_id, one.credit_product_id)
    for some in in_lists(sorted(numbers)):
        found = await session.execute(
            select(*columns).where(
                one.ledger_id == pin.ledger_id, one.journal.in_(some), own
            )
        )
        rows += found.all()
    products = await products_by_number(session, pin, _numbers(rows))
    return {
        (journal, seq): Sides(products.get(debit), products.get(credit))
        for journal, seq, debit, credit in rows
    }


def with_sides(
    one: ExportMovement, sides: Sides | None, accounts: Accounts
) -> ExportMovement:
    """The movement with the accounts of its sides' own products."""
    if sides is None:
        return one
    (debit, credit), own = sides, one
    if debit is not None:
        name = accounts[one.debit, debit.external_id, debit.more]
        own = own._replace(debit_account=name)
    if credit is not None:
        name = accounts[one.credit, credit.external_id, credit.more]
        own = own._replace(credit_account=name)
    return own


def account_name(
    accounts: Accounts,
    role: int,
    own: GroupParty | None,
    product_id: str | None,
    category: str | None,
) -> str:
    """An account's name for a side's own product, or else for the journal's."""
    if own is None:
        return accounts[role, product_id, category]
    return accounts[role, own.external_id, own.more]


async def count_sides(
    session: ReadSession, pin: Pin, wanted: JournalFilter, role: Any, own: Any
) -> int:
    """How many accounts journals debit, or credit, in all.

    `role` and `own` are the columns of the side: its account and its own product.
    """
    journal = JournalMovement.journal
    sides = select_movements(pin, wanted, journal, role, own).distinct().subquery()
    statement = select(func.count(), func.count(sides.c[own.name])).select_from(sides)
    count, owned = (await session.execute(statement)).one()
    if not owned:
        return int(count)
    # Two products may share an account's name: only looking at them tells.
    some = select(journal).where(
        JournalMovement.ledger_id == pin.ledger_id, own.is_not(None)
    )
    product = (Product.external_id, product_category(pin))
    found = await session.execute(
        select_movements(pin, wanted, journal, role, own, *product)
        .where(journal.in_(some))
        .distinct()
    )
    rows: list[Any] = list(found)
    accounts = Accounts(await account_names(session, pin))
    products = await products_by_number(session, pin, _numbers(row[:3] for row in rows))
    named = {
        (number, account_name(accounts, its_role, products.get(id_), *its))
        for number, its_role, id_, *its in rows
    }
    return int(count) - len({tuple(row[:3]) for row in rows}) + len(named)


def _numbers(rows: Iterable[Any]) -> set[int]:
    """The products' numbers that stand behind the first two columns."""
    return {one for row in rows for one in row[2:] if one is not None}
