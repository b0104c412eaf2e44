"""Notices about customers that get a name back that they had before.

Mostly a document was sent with an old name while others have the new one: the document
that was recorded or revised last decides.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.db.lists import rows_in_lists
from daybook.documents.notices.customers import AppearedCustomers
from daybook.errors import Notice, NoticeCode
from daybook.ledger.models import Customer, CustomerName


async def former_names(
    session: AsyncSession, organisation_id: int, appeared: AppearedCustomers
) -> list[Notice]:
    """The notices about renamed customers, when all are written.

    A name counts together with its legal name.
    """
    if not appeared.renamed:
        return []
    statement = (
        select(
            Customer.id,
            *(Customer.external_id, Customer.name, Customer.legal_name),
            CustomerName.name.label("former"),
            CustomerName.legal_name.label("former_legal"),
        )
        .join(
            CustomerName,
            (CustomerName.organisation_id == Customer.organisation_id)
            & (CustomerName.customer_id == Customer.id),
        )
        .where(Customer.organisation_id == organisation_id)
        .order_by(Customer.id, CustomerName.until)
    )
    rows = await rows_in_lists(session, statement, Customer.id.in_, appeared.renamed)
    return list(_notices(rows, appeared))


def _notices(
    rows: Sequence[Row[*tuple[Any, ...]]], appeared: AppearedCustomers
) -> Iterator[Notice]:
    for number, of_customer in groupby(rows, attrgetter("id")):
        *earlier, last = of_customer
        now = (last.name, last.legal_name)
        if now not in ((row.former, row.former_legal) for row in earlier):
            continue
        at = 0 if last.former != last.name else 1
        before = (last.former, last.former_legal)[at]
        path = ("customer", ("name", "legal_name")[at])
        message = (
            f"customer {last.external_id!r} is called {now[at]!r} again, and no longer"
            f" {before!r}: the document that was recorded or revised last decides, so"
            " send all of a customer's documents with one name"
        )
        value = f"{now[at]!r} (for {before!r})"
        line = appeared.line_of(number)
        yield Notice(NoticeCode.FORMER_NAME, message, path, line, value)
