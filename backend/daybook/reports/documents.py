"""Reading documents at a pin: lists, and documents by their ids."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, null, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day
from daybook.db.keyset import one_page
from daybook.db.lists import in_lists, rows_in_lists
from daybook.documents.models import StoredDocument
from daybook.documents.rules import DocumentStatus
from daybook.ledger.models import Customer
from daybook.ledger.pins import Pin
from daybook.ledger.rules import SourceKind
from daybook.paging import Page, PageRequest
from daybook.reports.changed import is_changed_document, is_new_document
from daybook.reports.former_names import (
    customer_legal_name,
    customer_name,
    document_day,
    document_discount,
    document_number,
    document_status,
    is_party,
)
from daybook.reports.kept_totals import keep_figures
from daybook.reports.searching import contains

_AnySelect: TypeAlias = Select[*tuple[Any, ...]]


class ListedDocument(NamedTuple):
    """A document with its customer, if any, as of the pin's recording.

    A credit note's parent is an invoice, an invoice's a billing schedule, if any.
    """

    id: int
    kind: int
    external_id: str
    number: str
    issued_on: Day
    accounting_date: Day
    parent_id: int | None
    customer_external_id: str | None
    customer_name: str | None
    customer_legal_name: str | None
    status: int
    discount: int


class DocumentFilter(NamedTuple):
    """Which documents a list has; absent fields don't narrow.

    `changed_after` keeps those that a recording after it recorded, revised or voided.
    `since` and `until` limit the accounting date, both included; `customer` is the
    sender's own id.
    """

    kinds: Sequence[SourceKind] | None = None
    search: str | None = None
    changed_after: int | None = None
    statuses: Sequence[DocumentStatus] | None = None
    since: Day | None = None
    until: Day | None = None
    customer: str | None = None


async def find_documents(
    session: AsyncSession, pin: Pin, selected: DocumentFilter, request: PageRequest
) -> Page[ListedDocument]:
    """A ledger's documents in the order of recording; keyed by Daybook's number."""
    parts = _parts(pin, selected)
    found: list[ListedDocument] = []
    for part in reversed(parts) if request.is_backward else parts:
        statement = part.where(*_conditions(pin, selected))
        rows = await session.execute(one_page(statement, StoredDocument.id, request))
        found += [ListedDocument(*row) for row in rows]
        if len(found) > request.size:
            break
    return Page.of(found[: request.size + 1], request)


async def count_documents(
    session: AsyncSession, pin: Pin, selected: DocumentFilter
) -> int:
    """How many `find_documents` lists in all."""
    count = 0
    for part in _parts(pin, selected):
        statement = part.where(*_conditions(pin, selected))
        statement = statement.with_only_columns(func.count())
        count += await session.scalar(statement) or 0
    return count


async def kept_document_count(
    session: AsyncSession, pin: Pin, selected: DocumentFilter
) -> int:
    """The same, kept for the next pages of a list; its sequences are tuples."""
    read = partial(count_documents, session, pin, selected)
    return await keep_figures(session, ("documents", pin, selected), read)


async def documents_by_number(
    session: AsyncSession, pin: Pin, numbers: Iterable[int]
) -> dict[int, ListedDocument]:
    """Documents of the pinned ledger by ids in Daybook."""
    id_in = StoredDocument.id.in_
    rows = await rows_in_lists(session, _documents(pin), id_in, numbers)
    return {row[0]: ListedDocument(*row) for row in rows}


async def documents_by_id(
    session: AsyncSession, pin: Pin, kind: SourceKind, external_ids: Iterable[str]
) -> list[ListedDocument]:
    """Documents of one kind by the senders' own ids; absent ones are left out."""
    statement = _documents(pin).where(StoredDocument.kind == int(kind))
    id_in = StoredDocument.external_id.in_
    rows = await rows_in_lists(session, statement, id_in, external_ids)
    return [ListedDocument(*row) for row in rows]


CREDIT_NOTES_MAX = 50
"""How many credit notes of an invoice are read."""


async def credit_notes_of(
    session: AsyncSession, pin: Pin, numbers: Iterable[int]
) -> dict[int, list[ListedDocument]]:
    """The first credit notes that name invoices, by the invoices' numbers.

    In the order in which they were recorded, `CREDIT_NOTES_MAX` at most of each.
    """
    note = StoredDocument
    place = func.row_number().over(partition_by=note.parent_id, order_by=note.id)
    found: dict[int, list[ListedDocument]] = defaultdict(list)
    for part in in_lists(sorted(set(numbers))):
        ranked = (
            select(note.id, place.label("place"))
            .where(
                note.ledger_id == pin.ledger_id,
                note.parent_id.in_(part),
                note.kind == int(SourceKind.CREDIT_NOTE),
                is_recorded(pin),
            )
            .subquery()
        )
        first = select(ranked.c.id).where(ranked.c.place <= CREDIT_NOTES_MAX)
        statement = _documents(pin).where(note.id.in_(first)).order_by(note.id)
        for row in await session.execute(statement):
            listed = ListedDocument(*row)
            assert listed.parent_id is not None, "it was found by its invoice"
            found[listed.parent_id].append(listed)
    return found


def document_columns(pin: Pin, *, has_state: bool = True) -> tuple[Any, ...]:
    """The columns of a `ListedDocument`, for a document joined with its customer.

    Without its state, its dates, status and discount are NULL, and take no time.
    """
    days = document_day(pin, "issued_on"), document_day(pin, "accounting_date")
    state = document_status(pin), document_discount(pin)
    return (
        *(
            StoredDocument.id,
            StoredDocument.kind,
            StoredDocument.external_id,
            document_number(pin),
        ),
        *(days if has_state else (null(), null())),
        *(StoredDocument.parent_id, Customer.external_id),
        *(customer_name(pin), customer_legal_name(pin)),
        *(state if has_state else (null(), null())),
    )


def _documents(pin: Pin) -> _AnySelect:
    return (
        select(*document_columns(pin))
        .outerjoin(Customer, is_party(pin, Customer, StoredDocument.customer_id))
        .where(StoredDocument.ledger_id == pin.ledger_id, is_recorded(pin))
    )


def _parts(pin: Pin, selected: DocumentFilter) -> list[_AnySelect]:
    """The documents in parts: those that changed, and then those that are new."""
    if selected.changed_after is None:
        return [_documents(pin)]
    if selected.changed_after == 0:
        return [_documents(pin).where(is_new_document(pin, 0))]
    return [
        _documents(pin).where(is_in_part(pin, selected.changed_after))
        for is_in_part in (is_changed_document, is_new_document)
    ]


def _conditions(pin: Pin, selected: DocumentFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if selected.kinds is not None:
        kinds = [int(kind) for kind in selected.kinds]
        conditions.append(StoredDocument.kind.in_(kinds))
    if selected.statuses is not None:
        statuses = [int(status) for status in selected.statuses]
        conditions.append(document_status(pin).in_(statuses))
    if selected.since is not None:
        conditions.append(document_day(pin, "accounting_date") >= selected.since)
    if selected.until is not None:
        conditions.append(document_day(pin, "accounting_date") <= selected.until)
    if selected.customer is not None:
        conditions.append(StoredDocument.customer_id == _customer(pin, selected))
    text = (selected.search or "").strip()
    if text:
        names = (
            document_number(pin),
            StoredDocument.external_id,
            customer_name(pin),
            Customer.external_id,
        )
        conditions.append(or_(*(contains(name, text) for name in names)))
    return conditions


def _customer(pin: Pin, selected: DocumentFilter) -> ScalarSelect[int]:
    """The number of the selected customer; NULL, which nobody has, if there is none."""
    return (
        select(Customer.id)
        .where(
            Customer.organisation_id == pin.organisation_id,
            Customer.external_id == selected.customer,
        )
        .correlate(None)
        .scalar_subquery()
    )


def is_recorded(pin: Pin) -> ColumnElement[bool]:
    """Whether a document was recorded up to the pin."""
    # The addition keeps SQLite from reading the whole index of recordings.
    return StoredDocument.recorded_in + 0 <= pin.recording
