"""Documents of products that have no method of their own.

A line is recognized by its own method, else the product's, else the ledger's. Whether
a line named its method isn't stored; but where the product has none and the line was
recognized by the ledger's, it either said the same or nobody said anything.
"""

from typing import Any, NamedTuple

from sqlalchemy import Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Month, first_day_of, last_day_of
from daybook.closing.rules import (
    ROWS_MAX,
    CloseCheck,
    CloseCheckKind,
    CloseCheckRow,
)
from daybook.documents.models import StoredDocument
from daybook.documents.rules import DocumentStatus
from daybook.ledger.models import Product
from daybook.ledger.pins import Pin
from daybook.ledger.rules import SourceKind
from daybook.recognition.models import Schedule
from daybook.recognition.rules import Classification, Method
from daybook.reports.kept_ledgers import kept_settings
from daybook.reports.kept_totals import keep_figures


class ProductMethods(NamedTuple):
    """How many products documents of a month have, and how many have no method."""

    products: int
    without: int


async def without_product_method(
    session: AsyncSession, pin: Pin, month: Month
) -> CloseCheck:
    """Documents of a month that have a product without a method of its own.

    There are none where no product of the month has one: then lines and the ledger's
    method decide on purpose (`methods_of_month`).
    """
    products, without = await methods_of_month(session, pin, month)
    if products == without:
        return CloseCheck(CloseCheckKind.NO_PRODUCT_METHOD, 0, ())
    settings = await kept_settings(session, pin)
    columns = (StoredDocument.id, Schedule.product_id, StoredDocument.customer_id)
    without_method = select(Product.id).where(
        Product.organisation_id == pin.organisation_id, Product.method.is_(None)
    )
    pairs = _of_month(pin, month, *columns).where(
        Schedule.product_id.in_(without_method), Schedule.method == settings.method
    )
    pairs = pairs.distinct()
    rows = await session.execute(
        pairs.order_by(StoredDocument.id, Schedule.product_id).limit(ROWS_MAX)
    )
    found = rows.all()
    count = len(found)
    if count == ROWS_MAX:
        counting = select(func.count()).select_from(pairs.subquery())
        count = await session.scalar(counting) or 0
    method = Method(settings.method).name.replace("_", " ").lower()
    message = (
        f"recognized as {method}, the ledger's method: the product has none of its own"
    )
    return CloseCheck(
        CloseCheckKind.NO_PRODUCT_METHOD,
        count,
        tuple(
            CloseCheckRow(message, customer_id, product_id, document_id)
            for document_id, product_id, customer_id in found
        ),
    )


async def methods_of_month(
    session: AsyncSession, pin: Pin, month: Month
) -> ProductMethods:
    """How many products of a month's documents have a method of their own.

    Kept until the organisation's next audit record: steps and checks both ask.
    """

    async def read() -> ProductMethods:
        # Not joined: a database may begin with the products, and pass through all
        # documents for each of them.
        of_month = _of_month(pin, month, Schedule.product_id)
        row = await session.execute(
            select(func.count(), func.count() - func.count(Product.method)).where(
                Product.organisation_id == pin.organisation_id,
                Product.id.in_(of_month),
            )
        )
        return ProductMethods(*row.one())

    return await keep_figures(session, ("methods of month", pin, month), read)


def _of_month(pin: Pin, month: Month, *columns: Any) -> Select[*tuple[Any, ...]]:
    """Columns of a month's documents and their earned lines.

    Credit notes follow the lines that they credit, and are left out.
    """
    return (
        select(*columns)
        .select_from(StoredDocument)
        .join(
            Schedule,
            and_(
                Schedule.ledger_id == StoredDocument.ledger_id,
                Schedule.document_id == StoredDocument.id,
            ),
        )
        .where(
            StoredDocument.ledger_id == pin.ledger_id,
            StoredDocument.recorded_in <= pin.recording,
            StoredDocument.accounting_date.between(
                first_day_of(month), last_day_of(month)
            ),
            StoredDocument.kind == int(SourceKind.INVOICE),
            StoredDocument.status != int(DocumentStatus.VOIDED),
            Schedule.classification == int(Classification.EARNED),
        )
    )
