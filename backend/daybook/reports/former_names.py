"""Names of customers, products and documents as of a pin's recording, as SQL.

Present names are as fast as a plain column: former names are looked up only if
something was renamed since the pin.
"""

from typing import Any, cast

from sqlalchemy import ColumnElement, and_, case, exists, false, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.documents.models import DocumentVersion, StoredDocument
from daybook.ledger.models import Customer, CustomerName, Product, ProductName
from daybook.ledger.pins import Pin
from daybook.ledger.queries import is_renamed_by_now


async def as_named(session: AsyncSession, pin: Pin) -> Pin:
    """A pin that reads the names of its recording, also if something was renamed since.

    A file that is read in several transactions asks before each.
    """
    is_renamed = pin.is_renamed or await is_renamed_by_now(session, pin)
    return pin._replace(is_renamed=is_renamed)


def is_party(
    pin: Pin, party: type[Customer | Product], number: Any
) -> ColumnElement[bool]:
    """Whether a customer or product has a number: the condition of its joins."""
    return and_(party.organisation_id == pin.organisation_id, party.id == number)


def customer_name(pin: Pin) -> ColumnElement[str]:
    """A customer's name in reports."""
    return _customer(pin, Customer.name, CustomerName.name)


def customer_legal_name(pin: Pin) -> ColumnElement[str]:
    """A customer's name in exports."""
    return _customer(pin, Customer.legal_name, CustomerName.legal_name)


def product_name(pin: Pin) -> ColumnElement[str]:
    """A product's name."""
    return _product(pin, Product.name, ProductName.name)


def product_category(pin: Pin) -> ColumnElement[str | None]:
    """A product's category; it may have had none."""
    return _product(pin, Product.category, ProductName.category)


def document_number(pin: Pin, document: Any = StoredDocument) -> ColumnElement[str]:
    """The number that a document has for people; `document` may be an alias."""
    return _document(pin, document, document.number, DocumentVersion.number)


def document_day(pin: Pin, name: str) -> ColumnElement[int]:
    """A document's `issued_on` or `accounting_date`."""
    return _document(
        pin,
        StoredDocument,
        getattr(StoredDocument, name),
        getattr(DocumentVersion, name),
    )


def document_status(pin: Pin) -> ColumnElement[int]:
    """A document's status."""
    return _document(pin, StoredDocument, StoredDocument.status, DocumentVersion.status)


def document_is_revised(pin: Pin) -> ColumnElement[bool]:
    """Whether a version of a document had ended: it was revised or voided."""
    document, version = StoredDocument, DocumentVersion
    has_ended = exists(
        select(1)
        .where(
            version.ledger_id == pin.ledger_id,
            version.document_id == document.id,
            version.until <= pin.recording,
        )
        .correlate(document)
    )
    # Looked up only for the few documents that were revised after the pin.
    return case(
        (document.revised_in.is_(None), false()),
        (document.revised_in <= pin.recording, true()),
        else_=has_ended,
    )


def document_discount(pin: Pin) -> ColumnElement[int]:
    """A document's own discount."""
    return _document(
        pin, StoredDocument, StoredDocument.discount, DocumentVersion.discount
    )


def _customer(pin: Pin, present: Any, past: Any) -> ColumnElement[Any]:
    return _party(pin, Customer, present, past, CustomerName, CustomerName.customer_id)


def _product(pin: Pin, present: Any, past: Any) -> ColumnElement[Any]:
    return _party(pin, Product, present, past, ProductName, ProductName.product_id)


def _party(  # noqa: PLR0913, PLR0917  (a party, and the names that it gave up)
    pin: Pin, party: Any, present: Any, past: Any, names: Any, party_id: Any
) -> ColumnElement[Any]:
    """The value of the first version that ended after the pin, else the present one."""
    if not pin.is_renamed:
        return cast("ColumnElement[Any]", present)
    ended_later = (
        names.organisation_id == pin.organisation_id,
        party_id == party.id,
        names.until > pin.renamings,
    )
    before = select(past).where(*ended_later).order_by(names.until).limit(1)
    has_ended = exists(select(1).where(*ended_later).correlate(party))
    earlier = before.correlate(party).scalar_subquery()
    return case((has_ended, earlier), else_=present)


def _document(pin: Pin, document: Any, present: Any, past: Any) -> ColumnElement[Any]:
    before = (
        select(past)
        .where(
            DocumentVersion.ledger_id == pin.ledger_id,
            DocumentVersion.document_id == document.id,
            DocumentVersion.until > pin.recording,
        )
        .order_by(DocumentVersion.until)
        .limit(1)
        .correlate(document)
        .scalar_subquery()
    )
    # Looked up only for the few documents that were revised after the pin.
    return case((document.revised_in > pin.recording, before), else_=present)
