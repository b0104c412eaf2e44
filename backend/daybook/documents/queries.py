"""Reading documents: which are known already, and what their lines became."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day
from daybook.documents.models import DocumentLine, StoredDocument
from daybook.ledger.models import Customer, Ledger, Product
from daybook.ledger.queries import StoredJournal, in_lists, journals_of_documents
from daybook.ledger.rules import SourceKind
from daybook.recognition.queries import StoredSchedule, schedules_of_documents


class KnownDocument(NamedTuple):
    """A document that was recorded before."""

    ledger_id: int
    id: int
    currency: str
    content_hash: bytes


@dataclass(slots=True)
class Parent:
    """A recorded invoice that a credit note names.

    `schedules` are by the invoice's own line ids; `products` gives a product's own id.
    """

    id: int
    external_id: str
    customer_id: int
    customer_external_id: str
    accounting_date: Day
    schedules: dict[str, StoredSchedule] = field(default_factory=dict)
    journals: list[StoredJournal] = field(default_factory=list)


async def find_documents(
    session: AsyncSession, organisation_id: int, keys: Iterable[tuple[SourceKind, str]]
) -> dict[tuple[SourceKind, str], KnownDocument]:
    """Which of these documents the organisation has, in whichever of its ledgers."""
    by_kind: dict[SourceKind, list[str]] = {}
    for kind, external_id in keys:
        by_kind.setdefault(kind, []).append(external_id)
    known: dict[tuple[SourceKind, str], KnownDocument] = {}
    for kind, external_ids in by_kind.items():
        for some in in_lists(sorted(external_ids)):
            rows = await session.execute(
                select(
                    StoredDocument.external_id,
                    StoredDocument.ledger_id,
                    StoredDocument.id,
                    Ledger.currency,
                    StoredDocument.content_hash,
                )
                .join(Ledger, Ledger.id == StoredDocument.ledger_id)
                .where(
                    Ledger.organisation_id == organisation_id,
                    StoredDocument.kind == int(kind),
                    StoredDocument.external_id.in_(some),
                )
            )
            for row in rows:
                known[kind, row[0]] = KnownDocument(*row[1:])
    return known


async def load_parents(
    session: AsyncSession, organisation_id: int, ledger_id: int, ids: Iterable[int]
) -> dict[str, Parent]:
    """Recorded invoices by their own ids, with schedules and journals in force."""
    parents: dict[int, Parent] = {}
    for some in in_lists(sorted(set(ids))):
        rows = await session.execute(
            select(
                StoredDocument.id,
                StoredDocument.external_id,
                StoredDocument.customer_id,
                Customer.external_id,
                StoredDocument.accounting_date,
            )
            .join(
                Customer,
                (Customer.organisation_id == organisation_id)
                & (Customer.id == StoredDocument.customer_id),
            )
            .where(StoredDocument.ledger_id == ledger_id, StoredDocument.id.in_(some))
        )
        parents.update((row[0], Parent(*row)) for row in rows)
    schedules = {
        one.id: one for one in await schedules_of_documents(session, ledger_id, parents)
    }
    for some in in_lists(sorted(parents)):
        lines = await session.execute(
            select(
                DocumentLine.document_id,
                DocumentLine.external_id,
                DocumentLine.schedule_id,
            )
            .where(
                DocumentLine.ledger_id == ledger_id, DocumentLine.document_id.in_(some)
            )
            .order_by(DocumentLine.document_id, DocumentLine.position)
        )
        for document_id, line_id, schedule_id in lines:
            parents[document_id].schedules[line_id] = schedules[schedule_id]
    for journal in await journals_of_documents(session, ledger_id, parents):
        parents[journal.document_id].journals.append(journal)
    return {parent.external_id: parent for parent in parents.values()}


async def product_ids(
    session: AsyncSession, organisation_id: int, ids: Iterable[int]
) -> dict[int, str]:
    """The sender's own ids of products."""
    found: dict[int, str] = {}
    for some in in_lists(sorted(set(ids))):
        rows = await session.execute(
            select(Product.id, Product.external_id).where(
                Product.organisation_id == organisation_id, Product.id.in_(some)
            )
        )
        found.update(dict(rows.all()))
    return found
