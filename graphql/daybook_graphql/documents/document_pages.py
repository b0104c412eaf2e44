"""Loads documents, with only the details that are selected."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.ledger.pins import Pin
from daybook.ledger.rules import SourceKind as StoredKind
from daybook.paging import PageRequest
from daybook.recognition.rules import Method
from daybook.reports.document_details import (
    ListedLine,
    ListedMilestone,
    lines_of,
    milestones_of,
    totals_of,
)
from daybook.reports.documents import (
    DocumentFilter,
    ListedDocument,
    credit_notes_of,
    documents_by_number,
    find_documents,
    kept_document_count,
)
from daybook.reports.recognized_by_hand import (
    MilestoneKey,
    RecognizedPart,
    recognized_of_documents,
)
from daybook_graphql.context import Info
from daybook_graphql.documents.enums import BillingTiming
from daybook_graphql.documents.ids import STARTS
from daybook_graphql.documents.milestones import milestone_of, needs_recognized
from daybook_graphql.documents.types import (
    BillingSchedule,
    CreditNote,
    DocumentLine,
    Invoice,
    Source,
)
from daybook_graphql.execution.selected import Selected
from daybook_graphql.kit.connections import PinnedConnection, pinned_connection_of
from daybook_graphql.kit.money import money
from daybook_graphql.kit.scalars import date_or_none
from daybook_graphql.ledgers.enums import AllocationStrategy
from daybook_graphql.parties.enums import RecognitionMethod
from daybook_graphql.parties.types import product_of

Document = Invoice | CreditNote | BillingSchedule
SHOWN = (StoredKind.INVOICE, StoredKind.BILLING_SCHEDULE, StoredKind.CREDIT_NOTE)
"""The kinds of documents that have a type in the schema."""


async def source_page(
    info: Info,
    pin: Pin,
    listed: DocumentFilter,
    request: PageRequest,
) -> PinnedConnection[Source]:
    """A page of a ledger's documents."""
    selected = Selected.of(info)
    kinds = SHOWN if listed.kinds is None else listed.kinds
    listed = listed._replace(kinds=tuple(kind for kind in kinds if kind in SHOWN))
    async with info.context.database.pinned_reads() as session:
        page = await find_documents(session, pin, listed, request)
        below = selected.below("nodes") | selected.below("edges").below("node")
        documents = await documents_of(session, pin, page.items, below)
        total = 0
        if "totalCount" in selected:
            total = await kept_document_count(session, pin, listed)
    nodes = [document for document in documents if document is not None]
    return pinned_connection_of(
        page, nodes, lambda row: (row.id,), total, pin.recording
    )


class _Loaded(NamedTuple):
    """The selected details of some documents, by Daybook's numbers."""

    totals: Mapping[int, int]
    lines: Mapping[int, list[ListedLine]]
    milestones: Mapping[int, list[ListedMilestone]]
    """Those of lines, by their schedules."""
    recognized: Mapping[MilestoneKey, Sequence[RecognizedPart]]
    parents: Mapping[int, Document]
    credit_notes: Mapping[int, list[CreditNote]]


async def documents_of(
    session: AsyncSession, pin: Pin, rows: Iterable[ListedDocument], selected: Selected
) -> list[Document | None]:
    """Documents in the rows' order, with their selected details.

    A manual journal has no type of its own in the schema: it is None.
    """
    rows = list(rows)
    numbers = [row.id for row in rows]
    parents: dict[int, Document] = {}
    if selected.any_of(*PARENTS):
        parent_numbers = {row.parent_id for row in rows if row.parent_id}
        found = await documents_by_number(session, pin, parent_numbers)
        below = selected.below(*PARENTS)
        shown = await documents_of(session, pin, found.values(), below)
        parents = {
            number: document
            for number, document in zip(found, shown, strict=True)
            if document
        }
    lines = await lines_of(session, pin, numbers) if "lines" in selected else {}
    milestones, recognized = {}, {}
    if "milestones" in selected.below("lines"):
        every_line = chain.from_iterable(lines.values())
        milestones = await milestones_of(session, pin, every_line)
        below = selected.below("lines").below("milestones")
        if milestones and needs_recognized(below):
            recognized = await recognized_of_documents(session, pin, numbers)
    loaded = _Loaded(
        await totals_of(session, pin, numbers) if "total" in selected else {},
        lines,
        milestones,
        recognized,
        parents,
        await _credit_notes_of(session, pin, rows, selected),
    )
    return [_document_of(pin, row, loaded) for row in rows]


async def _credit_notes_of(
    session: AsyncSession, pin: Pin, rows: Iterable[ListedDocument], selected: Selected
) -> dict[int, list[CreditNote]]:
    """The credit notes of invoices, by the invoices' numbers, if they are selected."""
    if "creditNotes" not in selected:
        return {}
    invoices = [row.id for row in rows if row.kind == int(StoredKind.INVOICE)]
    found = await credit_notes_of(session, pin, invoices)
    every = list(chain.from_iterable(found.values()))
    shown = await documents_of(session, pin, every, selected.below("creditNotes"))
    notes: dict[int, list[CreditNote]] = defaultdict(list)
    for row, note in zip(every, shown, strict=True):
        assert row.parent_id is not None, "it was found by its invoice"
        assert isinstance(note, CreditNote), "only credit notes are read"
        notes[row.parent_id].append(note)
    return notes


STATELESS = {"__typename", "id", "kind", "externalId", "reference", "customer"}
"""The fields of a document that need neither its dates, status nor discount."""


def needs_state(selected: Selected) -> bool:
    """Whether a selected field of a document needs its dates, status or discount."""
    return any(name not in STATELESS for name in selected)


PARENTS = ("invoice", "billingSchedule")
"""The fields that lead to a document's parent."""


def _document_of(pin: Pin, row: ListedDocument, loaded: _Loaded) -> Document | None:
    its_type = _TYPES.get(row.kind)
    if its_type is None:
        return None
    number = row.id
    shared = (
        STARTS[row.kind] + row.external_id,
        row,
        pin,
        loaded.totals.get(number, 0),
        [_line_of(line, loaded, pin.currency) for line in loaded.lines.get(number, ())],
    )
    if its_type is BillingSchedule:
        return BillingSchedule(*shared)
    parent = None if row.parent_id is None else loaded.parents.get(row.parent_id)
    if its_type is Invoice:
        assert parent is None or isinstance(parent, BillingSchedule)
        return Invoice(*shared, parent, loaded.credit_notes.get(number, []))
    assert parent is None or isinstance(parent, Invoice)
    return CreditNote(*shared, parent)


_TYPES: Mapping[int, type[Document]] = {
    int(StoredKind.INVOICE): Invoice,
    int(StoredKind.BILLING_SCHEDULE): BillingSchedule,
    int(StoredKind.CREDIT_NOTE): CreditNote,
}
"""By stored number. Looked up for each row: an enum's own look-up takes longer."""


def _line_of(row: ListedLine, loaded: _Loaded, currency: str) -> DocumentLine:
    milestones = (
        loaded.milestones.get(row.schedule_id, ()) if row.has_milestones else ()
    )
    is_own = row.credits_id is None
    method = Method(row.method)
    is_straight = is_own and method is Method.STRAIGHT_LINE
    return DocumentLine(
        external_id=row.external_id,
        description=row.description or row.product_name,
        product=product_of(
            row.product_external_id, row.product_name, row.product_category
        ),
        amount=money(row.amount, currency),
        service_from=date_or_none(row.first_day),
        service_to=date_or_none(row.last_day),
        recognized_on=date_or_none(row.recognized_on),
        method=RecognitionMethod(method) if is_own else None,
        timing=BillingTiming(row.timing) if is_own else None,
        strategy=AllocationStrategy(row.strategy) if is_straight else None,
        milestones=[
            milestone_of(
                external_id=milestone.external_id,
                name=milestone.name,
                amount=milestone.amount,
                completed_on=milestone.completed_on,
                recognized=loaded.recognized.get(
                    (row.schedule_id, milestone.position), ()
                ),
                currency=currency,
            )
            for milestone in milestones
        ],
    )
