"""What changed in a ledger after a recording, up to a pin, as SQL.

Journals and documents are numbered in the order of recording, so those that are new
since a recording are a range of numbers, which a few look-ups find. Those that were
there before are found by indexes that hold only what later recordings added or ended.
A page reads the ones and then the others, in the order of their numbers.
"""

from typing import Any, TypeAlias

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from daybook.db.fast.compiled import CompiledSelect, fetch_rows_in
from daybook.documents.models import DocumentVersion, StoredDocument
from daybook.ledger.column_conditions import is_manual
from daybook.ledger.models import (
    Customer,
    CustomerName,
    Journal,
    JournalMovement,
    Ledger,
    Product,
    ProductName,
    Recording,
)
from daybook.ledger.pins import Pin
from daybook.recognition.models import Schedule

_Numbers: TypeAlias = Select[Any]


async def last_journals(session: AsyncSession, pin: Pin, after: int) -> tuple[int, int]:
    """The numbers of the last journals that a recording and the pin knew."""
    parameters = {"ledger": pin.ledger_id, "after": after, "until": pin.recording}
    ((known, last),) = await fetch_rows_in(session, _LAST_JOURNALS, parameters)
    return known, last


def is_changed_journal(pin: Pin, after: int, last_known: int) -> ColumnElement[bool]:
    """Whether a journal was there at a recording, and a later one changed it."""
    return and_(
        Journal.number <= last_known,
        Journal.number.in_(union_all(*_changed_journals(pin, after))),
    )


def is_new_or_changed_journal(pin: Pin, after: int) -> ColumnElement[bool]:
    """Whether it was changed or made later, for counts and sums of all."""
    other = aliased(Journal)
    new = select(other.number).where(
        other.ledger_id == pin.ledger_id,
        other.number > last_journal_at(pin.ledger_id, after),
        other.number <= last_journal_at(pin.ledger_id, pin.recording),
    )
    known = last_journal_at(pin.ledger_id, after)
    changed = [
        statement.where(statement.selected_columns[0] <= known)
        for statement in _changed_journals(pin, after)
    ]
    return Journal.number.in_(union_all(new, *changed))


def is_new_document(pin: Pin, after: int) -> ColumnElement[bool]:
    """Whether a document was recorded after a recording."""
    return and_(
        StoredDocument.id > last_document_at(pin.ledger_id, after),
        StoredDocument.id <= last_document_at(pin.ledger_id, pin.recording),
    )


def is_changed_document(pin: Pin, after: int) -> ColumnElement[bool]:
    """Whether a document was there at a recording, and revised or voided later."""
    return and_(
        StoredDocument.id <= last_document_at(pin.ledger_id, after),
        StoredDocument.id.in_(union_all(*revised_documents(pin, after))),
    )


def revised_documents(pin: Pin, after: int) -> tuple[Select[int], Select[int]]:
    """The numbers of documents that were revised or voided after a recording."""
    document, version = aliased(StoredDocument), aliased(DocumentVersion)
    return (
        select(document.id).where(
            document.ledger_id == pin.ledger_id,
            document.revised_in > after,
            document.revised_in <= pin.recording,
        ),
        # What was revised again after the pin names that recording.
        select(version.document_id).where(
            version.ledger_id == pin.ledger_id,
            version.made_in > after,
            version.made_in <= pin.recording,
        ),
    )


def changed_parties(
    kind: type[Customer | Product], pin: Pin, after: int
) -> CompoundSelect[Any]:
    """The numbers of customers or products that documents named, or that were renamed.

    Those that got another name after the recording, in whatever ledger.
    """
    names, party_id, named = (
        (CustomerName, CustomerName.customer_id, _named_customers(pin, after))
        if issubclass(kind, Customer)
        else (ProductName, ProductName.product_id, _named_products(pin, after))
    )
    renamings = select(Recording.renamings).where(
        Recording.ledger_id == pin.ledger_id, Recording.number == after
    )
    renamed = select(party_id).where(
        names.organisation_id == pin.organisation_id,
        names.until > func.coalesce(renamings.scalar_subquery(), 0),
    )
    return union_all(renamed, *named)


def _named_customers(pin: Pin, after: int) -> list[_Numbers]:
    document = aliased(StoredDocument)
    return [
        select(document.customer_id).where(
            document.ledger_id == pin.ledger_id,
            document.recorded_in > after,
            document.recorded_in <= pin.recording,
            document.customer_id.is_not(None),
        )
    ]


def _named_products(pin: Pin, after: int) -> list[_Numbers]:
    """Those of lines that documents got, and of new manual journals."""
    new, journal = aliased(StoredDocument), aliased(Journal)
    documents = (
        select(new.id).where(
            new.ledger_id == pin.ledger_id,
            new.recorded_in > after,
            new.recorded_in <= pin.recording,
        ),
        *revised_documents(pin, after),
    )
    return [
        *(
            select(Schedule.product_id).where(
                Schedule.ledger_id == pin.ledger_id, Schedule.document_id.in_(numbers)
            )
            for numbers in documents
        ),
        select(journal.product_id).where(
            journal.ledger_id == pin.ledger_id,
            is_manual(journal),
            journal.number > last_journal_at(pin.ledger_id, after),
            journal.product_id.is_not(None),
        ),
    ]


def last_journal_at(ledger_id: Any, recording: Any) -> ScalarSelect[int]:
    """The number of the last journal that a recording knew, by halving."""
    bounds = (
        select(
            literal(0, BigInteger).label("low"),
            func.coalesce(Ledger.journals, 0).label("high"),
        )
        .where(Ledger.id == ledger_id)
        .cte(recursive=True)
    )
    first, low, high = aliased(JournalMovement), bounds.c.low, bounds.c.high
    is_known = first.recorded_in <= recording
    narrower = (
        select(
            case((is_known, first.journal), else_=low),
            case((is_known, high), else_=first.journal - 1),
        )
        .join_from(
            bounds,
            first,
            and_(
                first.ledger_id == ledger_id,
                first.journal == (low + high + 1) // 2,
                first.seq == 1,
            ),
        )
        .where(low < high)
    )
    found = bounds.union_all(narrower)
    return select(func.max(found.c.low)).scalar_subquery()


_LEDGER, _AFTER, _UNTIL = (
    bindparam(name, type_=BigInteger, required=False)
    for name in ("ledger", "after", "until")
)
_LAST_JOURNALS = CompiledSelect(
    select(last_journal_at(_LEDGER, _AFTER), last_journal_at(_LEDGER, _UNTIL)),
    is_short=True,
)
"""Compiled once, since every page of what changed begins with it."""


def last_document_at(ledger_id: int, recording: int) -> ColumnElement[int]:
    """The number of the last document that a recording knew."""
    document = aliased(StoredDocument)
    last = (
        select(document.id)
        .where(document.ledger_id == ledger_id, document.recorded_in <= recording)
        .order_by(document.recorded_in.desc(), document.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return func.coalesce(last, 0)


def _changed_journals(pin: Pin, after: int) -> list[Select[int]]:
    """Numbers of journals that have a change after a recording, also new ones."""
    added, ended, journal = (
        aliased(JournalMovement),
        aliased(JournalMovement),
        aliased(Journal),
    )
    return [
        select(added.journal).where(
            added.ledger_id == pin.ledger_id,
            added.recorded_in > after,
            added.recorded_in <= pin.recording,
            added.seq > literal_column("1"),  # as its index has it
        ),
        select(ended.journal).where(
            ended.ledger_id == pin.ledger_id,
            ended.superseded_in > after,
            ended.superseded_in <= pin.recording,
        ),
        *(
            select(journal.number).where(
                journal.ledger_id == pin.ledger_id, journal.document_id.in_(revised)
            )
            for revised in revised_documents(pin, after)
        ),
    ]
