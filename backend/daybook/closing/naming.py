"""What findings and checks name, by Daybook's numbers: for sheets and terminals."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.ledger.pins import Pin
from daybook.reports.documents import ListedDocument, documents_by_number
from daybook.reports.journals.groups import (
    GroupParty,
    customers_by_number,
    products_by_number,
)


@dataclass(frozen=True, slots=True)
class Named:
    """Customers, products and documents by their numbers; absent ones have no name."""

    customers: dict[int, GroupParty] = field(default_factory=dict)
    products: dict[int, GroupParty] = field(default_factory=dict)
    documents: dict[int, ListedDocument] = field(default_factory=dict)

    def customer(self, number: int | None) -> str | None:
        """A customer's name."""
        found = None if number is None else self.customers.get(number)
        return None if found is None else found.name

    def product(self, number: int | None) -> str | None:
        """A product's name."""
        found = None if number is None else self.products.get(number)
        return None if found is None else found.name

    def document(self, number: int | None) -> str | None:
        """A document's number, as its sender knows it."""
        found = None if number is None else self.documents.get(number)
        return None if found is None else found.number


async def names_of(
    session: AsyncSession,
    pin: Pin,
    numbers: Iterable[tuple[int | None, int | None, int | None]],
) -> Named:
    """The names of customers, products and documents, three numbers for each row."""
    columns: list[set[int]] = [set(), set(), set()]
    for row in numbers:
        for column, number in zip(columns, row, strict=True):
            if number is not None:
                column.add(number)
    customers, products, documents = columns
    return Named(
        await customers_by_number(session, pin, customers),
        await products_by_number(session, pin, products),
        await documents_by_number(session, pin, documents),
    )
