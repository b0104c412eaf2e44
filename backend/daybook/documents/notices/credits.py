"""Notices about credit notes that name no invoice, and take revenue at once. Pure.

On its invoice's line, a credit takes what is deferred first. Without an invoice there
is nothing deferred to take, and a credit whose days are all over by its accounting date
takes revenue: by default, all of it on that date.
"""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from daybook.documents.batches import Prepared
from daybook.documents.notices.wording import way_to_link
from daybook.documents.rules import Document, DocumentStatus
from daybook.errors import Notice, NoticeCode
from daybook.ledger.rules import Movement, Role, SourceKind
from daybook.money import grouped_text

PRODUCTS_NAMED = 3
"""How many products a message names."""


class TakenRevenue(NamedTuple):
    """What a credit note takes at once, in minor units, by the products' own ids."""

    document: Document
    by_product: Counter[str]

    @property
    def amount(self) -> int:
        """What it takes in all."""
        return self.by_product.total()

    def notice(self, *, is_dry_run: bool) -> Notice:
        """The notice, which says how to credit an invoice instead."""
        document = self.document
        amount = grouped_text(self.amount, document.currency)
        message = (
            f"credit note {document.id!r} names no invoice, so it takes"
            f" {amount} {document.currency} of revenue at once from customer"
            f" {document.customer.id!r} ({self._products()}); to credit an invoice"
            f" instead, {way_to_link(is_dry_run=is_dry_run)}"
        )
        code = NoticeCode.CREDIT_WITHOUT_INVOICE
        path = ("invoice_id",)
        return Notice(code, message, path, document.line, repr(document.id))

    def _products(self) -> str:
        ids = [repr(product) for product in self.by_product]
        named = ids[:PRODUCTS_NAMED]
        if len(ids) > PRODUCTS_NAMED:
            named.append(f"{len(ids) - PRODUCTS_NAMED:,} more")
        return f"{'product' if len(ids) == 1 else 'products'} {', '.join(named)}"


def revenue_taken(documents: Iterable[Prepared]) -> list[TakenRevenue]:
    """The credit notes that take revenue at once."""
    found = []
    for prepared in documents:
        document = prepared.document
        if (
            document.kind is SourceKind.CREDIT_NOTE
            and document.invoice_id is None
            and document.status is DocumentStatus.FINAL
        ):
            taken = TakenRevenue(document, _by_product(prepared))
            if taken.by_product:
                found.append(taken)
    return found


def _by_product(prepared: Prepared) -> Counter[str]:
    """What each product's groups take, if all of it is over by the accounting date."""
    taken: Counter[str] = Counter()
    for group, movements in zip(prepared.groups, prepared.movements, strict=True):
        if movements and _is_over(movements, prepared.document.accounting_date):
            taken[group.product.id] += _recognized(movements)
    return +taken


def _is_over(movements: Iterable[Movement], accounting_date: int) -> bool:
    return all(movement.last_day <= accounting_date for movement in movements)


def _recognized(movements: Iterable[Movement]) -> int:
    """What movements take from Recognized."""
    return sum(
        movement.amount
        * ((movement.debit is Role.RECOGNIZED) - (movement.credit is Role.RECOGNIZED))
        for movement in movements
    )
