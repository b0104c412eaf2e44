"""Reading documents at a pin: lists, lines and totals."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import ColumnElement, Select, and_, func, null, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day
from daybook.db.keyset import one_page
from daybook.db.lists import rows_in_lists
from daybook.documents.models import DocumentLine, DocumentVersion, StoredDocument
from daybook.ledger.models import Customer, Product, Recording
from daybook.ledger.pins import Pin
from daybook.ledger.rules import SourceKind
from daybook.paging import Page, PageRequest
from daybook.recognition.models import Schedule
from daybook.reports.changed import is_changed_document, is_new_document
from daybook.reports.former_names import (
    customer_legal_name,
    customer_name,
    document_day,
    document_discount,
    document_number,
    document_status,
    is_party,
    product_category,
    product_name,
)
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


class ListedLine(NamedTuple):
    """A line item with its recognition terms.

    `credits_id` is set if it credits an invoice's line. `description` may be empty.
    """

    document_id: int
    external_id: str
    description: str | None
    amount: int
    product_external_id: str
    product_name: str
    product_category: str | None
    method: int
    timing: int
    strategy: int
    first_day: Day | None
    last_day: Day | None
    recognized_on: Day | None
    credits_id: int | None
    classification: int
    group_key: str | None


class ListedVersion(NamedTuple):
    """What a recording made of a document; `number` counts from 1.

    `total` is what its lines sum to, less the discount, with the document's own sign.
    """

    number: int
    made_in: int
    recorded_at: datetime
    status: int
    accounting_date: Day
    total: int


class DocumentFilter(NamedTuple):
    """Which documents a list has; absent fields don't narrow.

    `changed_after` keeps those that a recording after it recorded, revised or voided.
    """

    kinds: Sequence[SourceKind] | None = None
    search: str | None = None
    changed_after: int | None = None


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


async def totals_of(
    session: AsyncSession, pin: Pin, numbers: Iterable[int]
) -> dict[int, int]:
    """The sums of documents' lines, by Daybook's number, with the documents' own sign.

    An invoice's discount is not deducted.
    """
    statement = (
        select(DocumentLine.document_id, func.sum(DocumentLine.amount))
        .where(DocumentLine.ledger_id == pin.ledger_id, *is_standing(pin))
        .group_by(DocumentLine.document_id)
    )
    rows = await rows_in_lists(
        session, statement, DocumentLine.document_id.in_, numbers
    )
    return {number: int(total) for number, total in rows}


async def lines_of(
    session: AsyncSession, pin: Pin, numbers: Iterable[int]
) -> dict[int, list[ListedLine]]:
    """The lines of documents, by Daybook's number, in each document's order."""
    found: dict[int, list[ListedLine]] = defaultdict(list)
    id_in = DocumentLine.document_id.in_
    for row in await rows_in_lists(session, _lines(pin), id_in, numbers):
        line = ListedLine(*row)
        found[line.document_id].append(line)
    return found


async def versions_of(
    session: AsyncSession, pin: Pin, numbers: Iterable[int]
) -> dict[int, list[ListedVersion]]:
    """The versions of documents up to the pin, newest first, by Daybook's number."""
    numbers = sorted(set(numbers))
    versions = await _version_rows(session, pin, numbers)
    line = DocumentLine
    lines: dict[int, list[Any]] = defaultdict(list)
    statement = select(
        *(line.document_id, line.amount, line.recorded_in, line.superseded_in)
    ).where(line.ledger_id == pin.ledger_id)
    for row in await rows_in_lists(session, statement, line.document_id.in_, numbers):
        lines[row[0]].append(row)
    found: dict[int, list[ListedVersion]] = {}
    for document, rows in versions.items():
        listed = [
            ListedVersion(
                *(number, made_in, recorded_at, status, accounting_date),
                _total_at(made_in, lines[document]) - discount,
            )
            for number, row in enumerate(sorted(rows), start=1)
            for made_in, recorded_at, status, accounting_date, discount in [row]
        ]
        found[document] = listed[::-1]
    return found


async def _version_rows(
    session: AsyncSession, pin: Pin, numbers: Sequence[int]
) -> dict[int, list[tuple[int, datetime, int, Day, int]]]:
    """Recording, its time, status, accounting date and discount of each version."""
    document, version, recording = StoredDocument, DocumentVersion, Recording
    made_in = func.coalesce(document.revised_in, document.recorded_in)
    present: _AnySelect = select(
        *(document.id, made_in, recording.recorded_at, document.status),
        *(document.accounting_date, document.discount),
    ).join(
        recording,
        (recording.ledger_id == document.ledger_id) & (recording.number == made_in),
    )
    former: _AnySelect = select(
        *(version.document_id, version.made_in, recording.recorded_at),
        *(version.status, version.accounting_date, version.discount),
    ).join(
        recording,
        (recording.ledger_id == version.ledger_id)
        & (recording.number == version.made_in),
    )
    found: dict[int, list[tuple[int, datetime, int, Day, int]]] = defaultdict(list)
    for statement, table, key in (
        (former, version, version.document_id),
        (present, document, document.id),
    ):
        its = statement.where(table.ledger_id == pin.ledger_id)
        for number, *row in await rows_in_lists(session, its, key.in_, numbers):
            if row[0] <= pin.recording:
                found[number].append(tuple(row))
    return found


def _total_at(made_in: int, lines: Iterable[Any]) -> int:
    """The sum of the lines that stood after a recording."""
    return sum(
        amount
        for _, amount, recorded_in, superseded_in in lines
        if (recorded_in is None or recorded_in <= made_in)
        and (superseded_in is None or superseded_in > made_in)
    )


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


def _lines(pin: Pin) -> _AnySelect:
    line, terms = DocumentLine, Schedule
    return (
        select(
            *(line.document_id, line.external_id, line.description, line.amount),
            *(Product.external_id, product_name(pin), product_category(pin)),
            *(terms.method, terms.timing, terms.strategy, terms.first_day),
            *(terms.last_day, terms.recognized_on, terms.credits_id),
            *(terms.classification, line.group_key),
        )
        .join(
            terms,
            and_(terms.ledger_id == line.ledger_id, terms.id == line.schedule_id),
        )
        .join(Product, is_party(pin, Product, terms.product_id))
        .where(line.ledger_id == pin.ledger_id, *is_standing(pin))
        .order_by(line.document_id, line.position)
    )


def is_recorded(pin: Pin) -> ColumnElement[bool]:
    """Whether a document was recorded up to the pin."""
    # The addition keeps SQLite from reading the whole index of recordings.
    return StoredDocument.recorded_in + 0 <= pin.recording


def is_standing(pin: Pin) -> tuple[ColumnElement[bool], ...]:
    """Whether its document had a line at the pin."""
    line = DocumentLine
    return (
        or_(line.recorded_in.is_(None), line.recorded_in <= pin.recording),
        or_(line.superseded_in.is_(None), line.superseded_in > pin.recording),
    )
