"""Sums of a ledger that tests compare: balances by account, entries of documents."""

from collections import defaultdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import day_text
from daybook.db.engine import Database
from daybook.documents.models import StoredDocument
from daybook.ledger.models import Customer, Journal, JournalMovement, Ledger, Product
from daybook.ledger.rules import Role
from daybook.money import amount_text
from daybook_factories import ORGANISATION


async def entries(database: Database, *documents: str) -> list[str]:
    """Movements of documents as text, in order of their journals.

    `2025-03-15 Dr DEFERRED Cr RECOGNIZED 50.00 MJ-1`, and a side's own product or the
    journal's in brackets, a customer at the end.
    """
    its, journal, document = JournalMovement, Journal, StoredDocument
    async with database.reads() as session:
        products = await _names(session, Product)
        customers = await _names(session, Customer)
        rows = await session.execute(
            select(its, journal, document.external_id, Ledger.currency)
            .join(
                journal,
                (journal.ledger_id == its.ledger_id) & (journal.number == its.journal),
            )
            .join(
                document,
                (document.ledger_id == its.ledger_id)
                & (document.id == journal.document_id),
            )
            .join(Ledger, Ledger.id == its.ledger_id)
            .where(document.external_id.in_(documents))
            .order_by(its.journal, its.seq)
        )
        found = []
        for movement, of, external_id, currency in rows:
            debit, credit = (
                f"{Role(role).name}{_bracketed(products, own or of.product_id)}"
                for role, own in (
                    (movement.debit_role, movement.debit_product_id),
                    (movement.credit_role, movement.credit_product_id),
                )
            )
            assert movement.first_day == movement.last_day
            assert movement.superseded_in is None
            whose = "" if of.customer_id is None else f" {customers[of.customer_id]}"
            found.append(
                f"{day_text(movement.first_day)} Dr {debit} Cr {credit}"
                f" {amount_text(movement.amount, currency)} {external_id}{whose}"
            )
        return found


def _bracketed(products: dict[int, str], number: int | None) -> str:
    return "" if number is None else f"[{products[number]}]"


async def _names(session: AsyncSession, kind: Any) -> dict[int, str]:
    rows = await session.execute(
        select(kind.id, kind.external_id).where(kind.organisation_id == ORGANISATION)
    )
    return dict(rows.all())


async def net_of_roles(database: Database, currency: str = "USD") -> dict[Role, int]:
    """Debits less credits of each account, over all days."""
    its = JournalMovement
    nets: dict[Role, int] = defaultdict(int)
    async with database.reads() as session:
        rows = await session.execute(
            select(its.debit_role, its.credit_role, its.amount)
            .join(Ledger, Ledger.id == its.ledger_id)
            .where(Ledger.currency == currency, its.superseded_in.is_(None))
        )
        for debit, credit, amount in rows:
            nets[Role(debit)] += amount
            nets[Role(credit)] -= amount
    return dict(nets)
