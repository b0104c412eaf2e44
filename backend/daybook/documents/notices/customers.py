"""Notices about customers that differ from others in nothing but case or spaces.

Two such customers are mostly one, whose id or name was typed in two ways, and their
invoices and credit notes don't meet. Customers of exactly the same name are left alone:
one company often has several accounts.
"""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from daybook.db.lists import rows_in_lists, texts_as_rows
from daybook.documents.notices.spelling import SPACES, foldings_of, key_of
from daybook.documents.recording_parties import Parties
from daybook.documents.rules import Document
from daybook.errors import Notice, NoticeCode
from daybook.ledger.models import Customer

AT_ONCE = 100_000
"""How many customers are compared at a time with all others."""
_NO_LINE = -1


class AppearedCustomers:
    """Customers that are new in an import or get another name, batch after batch.

    `first_new` is the number that the first new one gets. Only their numbers and their
    documents' lines are kept, in a few bytes each.
    """

    def __init__(self, first_new: int) -> None:
        self.first_new = first_new
        self.new_lines = array("q")
        self.renamed: dict[int, int] = {}

    def add(self, parties: Parties, documents: Iterable[Document]) -> None:
        """Add those of a batch, whose parties were just recorded."""
        for document in documents:
            number = parties.customers[document.customer.id]
            line = _NO_LINE if document.line is None else document.line
            # New customers are numbered as documents first name them.
            if number == self.first_new + len(self.new_lines):
                self.new_lines.append(line)
            elif number in parties.renamed_customers and number < self.first_new:
                self.renamed.setdefault(number, line)

    def line_of(self, number: int) -> int | None:
        """The line of the first document that named one, if it has a line."""
        is_new = number >= self.first_new
        line = (
            self.new_lines[number - self.first_new] if is_new else self.renamed[number]
        )
        return None if line == _NO_LINE else line


Named: TypeAlias = Row[*tuple[Any, ...]]
"""A customer's number, the sender's own id, and the name."""


async def similar_customers(
    session: AsyncSession, organisation_id: int, appeared: AppearedCustomers
) -> list[Notice]:
    """The notices about customers that appeared, when all are written.

    Each has one notice at most, for the first customer that is like it: by its id, or
    else by its name. Of two that are new, the later one has it; of a new and a renamed
    one, the new one.
    """
    first, new = appeared.first_new, len(appeared.new_lines)
    notices: list[Notice] = []
    for start in range(first, first + new, AT_ONCE):
        is_here = Customer.id.between(start, start + AT_ONCE - 1)
        rows = await session.execute(_customers(organisation_id).where(is_here))
        search = _Search(
            *(session, organisation_id, appeared), rows.all(), before=start
        )
        notices += (await search.by_name() | await search.by_id()).values()
    if appeared.renamed:
        statement, id_in = _customers(organisation_id), Customer.id.in_
        found = await rows_in_lists(session, statement, id_in, appeared.renamed)
        search = _Search(
            *(session, organisation_id, appeared), found, before=first, among_all=True
        )
        notices += (await search.by_name()).values()
    return notices


def _customers(organisation_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(Customer.id, Customer.external_id, Customer.name)
        .where(Customer.organisation_id == organisation_id)
        .order_by(Customer.id)
    )


@dataclass(frozen=True, slots=True)
class _Search:
    """Looks for customers that are like some of those that appeared.

    They are looked for among the recorded ones with numbers below `before` and among
    themselves, where only earlier ones count; all of them do if `among_all`.
    """

    session: AsyncSession
    organisation_id: int
    appeared: AppearedCustomers
    customers: Sequence[Named]
    before: int
    among_all: bool = False

    async def by_id(self) -> dict[int, Notice]:
        """Notices about ids that are alike, by the numbers of their customers."""
        return {
            customer.id: self._notice(
                *(
                    customer,
                    "id",
                    f"{customer.external_id!r} (like {other.external_id!r})",
                ),
                f"customer {customer.external_id!r} differs from customer"
                f" {other.external_id!r} only in case or spaces",
            )
            for customer, other in await self._find(1, Customer.external_id)
        }

    async def by_name(self) -> dict[int, Notice]:
        """Notices about names that are alike, but not the same."""
        return {
            customer.id: self._notice(
                *(customer, "name", f"{customer.name!r} (like {other.name!r})"),
                f"customer {customer.external_id!r} is called {customer.name!r}, and"
                f" customer {other.external_id!r} {other.name!r}: they differ only in"
                " case or spaces",
            )
            for customer, other in await self._find(2, Customer.name)
        }

    def _notice(self, customer: Named, field: str, value: str, message: str) -> Notice:
        line, path = self.appeared.line_of(customer.id), ("customer", field)
        return Notice(NoticeCode.SIMILAR_CUSTOMER, message, path, line, value)

    async def _find(
        self, at: int, column: InstrumentedAttribute[str]
    ) -> list[tuple[Named, Named]]:
        """Customers, each with the first one of another spelling.

        `at` is the position of the column in the customers' rows.
        """
        recorded = await self._recorded(at, column)
        # By key, the first customer, and the first one that is spelled in another way.
        firsts: dict[str, Named] = {}
        others: dict[str, Named] = {}
        for customer in chain(recorded, self.customers):
            text = customer[at]
            first = firsts.setdefault(key := key_of(text), customer)
            if first is not customer and first[at] != text:
                others.setdefault(key, customer)
        if not others:
            return []
        found = []
        for customer in self.customers:
            other = others.get(key := key_of(customer[at]))
            if other is not None:
                first = firsts[key]
                similar = first if first[at] != customer[at] else other
                if self.among_all or similar.id < customer.id:
                    found.append((customer, similar))
        return found

    async def _recorded(
        self, at: int, column: InstrumentedAttribute[str]
    ) -> Sequence[Named]:
        """Recorded customers that may be another spelling of one of these."""
        if self.before == 1:
            return []
        texts = (customer[at] for customer in self.customers)
        foldings = set(chain.from_iterable(map(foldings_of, texts)))
        compared: ColumnElement[str] = column.expression
        for space in SPACES:
            compared = func.replace(compared, space, "")
        is_among = func.lower(compared).in_(await texts_as_rows(self.session, foldings))
        statement = _customers(self.organisation_id).where(Customer.id < self.before)
        return (await self.session.execute(statement.where(is_among))).all()
