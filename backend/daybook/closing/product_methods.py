"""Documents of products that have no method of their own, or got theirs later.

A line is recognized by its own method, else the product's, else the ledger's. Whether
a line named its method isn't stored; but where the product had none and the line was
recognized by the ledger's, it either said the same or nobody said anything.
"""

from typing import Any, NamedTuple

from sqlalchemy import Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from daybook.audit.models import AuditedRecording, AuditRecord
from daybook.audit.rules import Action, SubjectKind
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
        Schedule.product_id.in_(without_method),
        Schedule.method == settings.method,
        _is_in_force(),
    )
    count, found = await _counted(session, pairs)
    message = (
        f"recognized as {_words(settings.method)}, the ledger's method: the product has"
        " none of its own"
    )
    return CloseCheck(
        CloseCheckKind.NO_PRODUCT_METHOD,
        count,
        tuple(
            CloseCheckRow(message, customer_id, product_id, document_id)
            for document_id, product_id, customer_id in found
        ),
    )


async def with_other_method(
    session: AsyncSession, pin: Pin, month: Month
) -> CloseCheck:
    """Documents of a month that were recorded before their product got its method.

    They were recognized by the ledger's, and stay so until they are revised.
    """
    others, settings = (
        await others_of_month(session, pin, month),
        await kept_settings(session, pin),
    )
    before = _words(settings.method)
    rows = tuple(
        CloseCheckRow(
            f"recorded as {before}, and {its.product} is {_words(its.method)} now: send"
            f" {its.number} again with the method named on its line, or void it and"
            " send it under another id",
            *(its.customer_id, its.product_id, its.document_id),
        )
        for its in others.first
    )
    return CloseCheck(CloseCheckKind.OTHER_PRODUCT_METHOD, others.total, rows)


class OtherMethod(NamedTuple):
    """A document by another method than its product's, with what people call them."""

    document_id: int
    product_id: int
    customer_id: int
    number: str
    product: str
    method: int


class OtherMethods(NamedTuple):
    """How many there are, by document and product, and the first of them."""

    total: int
    first: tuple[OtherMethod, ...]

    @property
    def documents(self) -> int:
        """How many documents there are; of very many, `total`."""
        if self.total > len(self.first):
            return self.total
        return len({its.document_id for its in self.first})


async def others_of_month(
    session: AsyncSession, pin: Pin, month: Month
) -> OtherMethods:
    """What `with_other_method` finds: kept, since steps and checks both ask."""

    async def read() -> OtherMethods:
        settings = await kept_settings(session, pin)
        pairs = _with_other(pin, month, settings.method)
        count, found = await _counted(session, pairs)
        return OtherMethods(count, tuple(OtherMethod(*row) for row in found))

    return await keep_figures(session, ("other methods", pin, month), read)


def _with_other(pin: Pin, month: Month, default: int) -> Select[*tuple[Any, ...]]:
    """A month's documents by the ledger's method, whose product got another later.

    What was recorded after that would have the product's, had its line named none.
    """
    method_set = (
        select(
            AuditRecord.subject_id.label("product"),
            func.max(AuditRecord.number).label("record"),
        )
        .where(
            AuditRecord.organisation_id == pin.organisation_id,
            AuditRecord.subject_kind == SubjectKind.PRODUCT.value,
            AuditRecord.action == Action.SET_PRODUCT_METHOD.value,
        )
        .group_by(AuditRecord.subject_id)
        .subquery()
    )
    columns = (StoredDocument.id, Schedule.product_id, StoredDocument.customer_id)
    names = (StoredDocument.number, Product.name, Product.method)
    return (
        _of_month(pin, month, *columns, *names)
        .join(
            Product,
            and_(
                Product.organisation_id == pin.organisation_id,
                Product.id == Schedule.product_id,
            ),
        )
        .join(method_set, method_set.c.product == Product.external_id)
        .join(
            AuditedRecording,
            and_(
                AuditedRecording.ledger_id == StoredDocument.ledger_id,
                AuditedRecording.recording
                == func.coalesce(StoredDocument.revised_in, StoredDocument.recorded_in),
            ),
        )
        .where(
            Schedule.method == default,
            Product.method != default,
            AuditedRecording.record < method_set.c.record,
            _is_in_force(),
        )
    )


async def _counted(
    session: AsyncSession, pairs: Select[*tuple[Any, ...]]
) -> tuple[int, list[Any]]:
    """How many documents and products there are, and the first of them."""
    pairs = pairs.distinct()
    rows = await session.execute(
        pairs.order_by(StoredDocument.id, Schedule.product_id).limit(ROWS_MAX)
    )
    found = [*rows]
    if len(found) < ROWS_MAX:
        return len(found), found
    counting = select(func.count()).select_from(pairs.subquery())
    return await session.scalar(counting) or 0, found


def _is_in_force() -> Any:
    """That no revision replaced the schedule."""
    later = aliased(Schedule)
    replaced = select(later.id).where(
        later.ledger_id == Schedule.ledger_id,
        later.document_id == Schedule.document_id,
        later.revises_id == func.coalesce(Schedule.revises_id, Schedule.id),
        later.id > Schedule.id,
    )
    return ~replaced.exists()


def _words(method: int) -> str:
    return Method(method).name.replace("_", " ").lower()


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
