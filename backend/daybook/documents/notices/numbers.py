"""Notices about numbers that are in use twice."""

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, exists, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from daybook.documents.models import (
    IN_FORCE,
    NUMBERS_INDEX,
    DocumentVersion,
    StoredDocument,
)
from daybook.documents.named_documents import kind_words
from daybook.documents.rules import Document, DocumentStatus
from daybook.errors import Notice, NoticeCode
from daybook.ledger.models import Ledger, Recording
from daybook.ledger.queries import find_ledgers
from daybook.ledger.rules import SourceKind

_New = aliased(StoredDocument, name="new_documents")


async def numbers_in_use(
    session: AsyncSession,
    ledger: Ledger,
    recording: Recording,
    documents: Iterable[Document],
    *,
    has_renumbered: bool,
) -> list[Notice]:
    """Notices about the documents that a recording has just written.

    A number is in use while a document of its kind that is not void has it, in any
    ledger of the organisation. The notice is for the later document: a new one, or a
    revised one with a new number (`has_renumbered` says that there may be some).
    """
    ledgers = await find_ledgers(session, ledger.organisation_id)
    ledger_ids = [ledger.id for ledger in ledgers]
    found = await _new_ones(session, ledger_ids, recording)
    if has_renumbered:
        found += await _renumbered_ones(session, ledger_ids, recording)
    if not found:
        return []
    lines = {document.key: document.line for document in documents}
    return [
        Notice(
            NoticeCode.NUMBER_IN_USE,
            f"number {number!r} is also that of {kind_words(kind)} {other!r}",
            ("number",),
            lines[kind, external_id],
            repr(number),
        )
        for kind, external_id, number, other in found
    ]


_Found = tuple[SourceKind, str, str, str]


async def _new_ones(
    session: AsyncSession, ledger_ids: Sequence[int], recording: Recording
) -> list[_Found]:
    """New documents whose number an earlier document has."""
    is_earlier = StoredDocument.id < _New.id
    is_new = _New.recorded_in == recording.number
    return await _find(session, ledger_ids, recording, is_new, is_earlier)


async def _renumbered_ones(
    session: AsyncSession, ledger_ids: Sequence[int], recording: Recording
) -> list[_Found]:
    """Revised documents whose new number another document has.

    New documents of the same recording count as later, and have notices of their own.
    """
    had_another = exists().where(
        DocumentVersion.ledger_id == _New.ledger_id,
        DocumentVersion.document_id == _New.id,
        DocumentVersion.until == recording.number,
        DocumentVersion.number != _New.number,
    )
    is_another = (StoredDocument.id != _New.id) & (
        StoredDocument.recorded_in != recording.number
    )
    is_revised = (_New.revised_in == recording.number) & had_another
    return await _find(session, ledger_ids, recording, is_revised, is_another)


async def _find(
    session: AsyncSession,
    ledger_ids: Sequence[int],
    recording: Recording,
    is_selected: ColumnElement[bool],
    is_another: ColumnElement[bool],
) -> list[_Found]:
    """Selected documents of a recording, each with another one that has its number.

    The database looks into the index once for each, and stops at the first match.
    """
    in_force = f"{StoredDocument.__tablename__}.{IN_FORCE}"
    other = (
        select(StoredDocument.external_id)
        .where(
            StoredDocument.ledger_id.in_(ledger_ids),
            StoredDocument.kind == _New.kind,
            StoredDocument.number == _New.number,
            # The text of the index's condition: with a parameter it wouldn't be used.
            text(in_force),
            or_(StoredDocument.ledger_id != _New.ledger_id, is_another),
        )
        # Without statistics, SQLite would read the whole ledger for each document.
        .with_hint(StoredDocument, f"INDEXED BY {NUMBERS_INDEX}", "sqlite")
        .limit(1)
        .correlate(_New)
        .scalar_subquery()
    )
    rows = await session.execute(
        select(_New.kind, _New.external_id, _New.number, other)
        .where(
            _New.ledger_id == recording.ledger_id,
            is_selected,
            _New.status != int(DocumentStatus.VOIDED),
            other.is_not(None),
        )
        .order_by(_New.id)
    )
    return [(SourceKind(kind), *rest) for kind, *rest in rows]
