"""Reading documents: which are known already, and what their lines became."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day
from daybook.db.lists import rows_in_lists
from daybook.documents.models import DocumentLine, StoredDocument
from daybook.documents.rules import Defaults, DocumentStatus, LedgerDefaults
from daybook.ledger.models import Customer, Ledger, Product
from daybook.ledger.queries import StoredJournal, Superseded, journals_of_documents
from daybook.ledger.rules import SourceKind, UndatedLines
from daybook.recognition.allocation import Strategy
from daybook.recognition.families import BY_NOW, Family, Member, Owner
from daybook.recognition.models import Schedule
from daybook.recognition.queries import StoredSchedule, schedules_of_families
from daybook.recognition.replacing import StoredRow, is_billed
from daybook.recognition.rules import Classification, Method, credited, with_amount

_Rows: TypeAlias = list[StoredRow[Superseded]]


class KnownDocument(NamedTuple):
    """A document that was recorded before, as it now stands."""

    ledger_id: int
    id: int
    kind: SourceKind
    external_id: str
    number: str
    currency: str
    content_hash: bytes
    status: DocumentStatus
    customer_id: int
    customer_external_id: str
    issued_on: Day
    accounting_date: Day
    parent_id: int | None
    discount: int
    recorded_in: int
    revised_in: int | None

    @property
    def is_void(self) -> bool:
        """Whether it was voided."""
        return self.status is DocumentStatus.VOIDED


_COLUMNS = (
    StoredDocument.ledger_id,
    StoredDocument.id,
    StoredDocument.kind,
    StoredDocument.external_id,
    StoredDocument.number,
    Ledger.currency,
    StoredDocument.content_hash,
    StoredDocument.status,
    StoredDocument.customer_id,
    Customer.external_id,
    StoredDocument.issued_on,
    StoredDocument.accounting_date,
    StoredDocument.parent_id,
    StoredDocument.discount,
    StoredDocument.recorded_in,
    StoredDocument.revised_in,
)


async def find_documents(
    session: AsyncSession, organisation_id: int, keys: Iterable[tuple[SourceKind, str]]
) -> dict[tuple[SourceKind, str], KnownDocument]:
    """Which of these documents the organisation has, in whichever of its ledgers."""
    by_kind: dict[SourceKind, set[str]] = defaultdict(set)
    for kind, external_id in keys:
        by_kind[kind].add(external_id)
    known: dict[tuple[SourceKind, str], KnownDocument] = {}
    for kind, external_ids in by_kind.items():
        statement = _known(organisation_id).where(StoredDocument.kind == int(kind))
        id_in = StoredDocument.external_id.in_
        for row in await rows_in_lists(session, statement, id_in, external_ids):
            one = _known_document(*row)
            known[kind, one.external_id] = one
    return known


async def _documents_by_id(
    session: AsyncSession, organisation_id: int, ledger_id: int, ids: Iterable[int]
) -> dict[int, KnownDocument]:
    its = StoredDocument.ledger_id == ledger_id
    statement = _known(organisation_id).where(its)
    rows = await rows_in_lists(session, statement, StoredDocument.id.in_, ids)
    documents = [_known_document(*row) for row in rows]
    return {one.id: one for one in documents}


def _known(organisation_id: int):  # type: ignore[no-untyped-def]  # noqa: ANN202
    return (
        select(*_COLUMNS)
        .join(Ledger, Ledger.id == StoredDocument.ledger_id)
        .join(
            Customer,
            (Customer.organisation_id == Ledger.organisation_id)
            & (Customer.id == StoredDocument.customer_id),
        )
        .where(Ledger.organisation_id == organisation_id)
    )


def _known_document(ledger_id, id_, kind, *rest) -> KnownDocument:  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN002
    external_id, number, currency, content_hash, status, *more = rest
    return KnownDocument(
        *(ledger_id, id_, SourceKind(kind), external_id, number, currency),
        *(content_hash, DocumentStatus(status), *more),
    )


class RecordedLine(NamedTuple):
    """A line of a document as it now stands, with the schedule it belongs to."""

    position: int
    external_id: str
    group_key: str | None
    schedule_id: int

    @property
    def key(self) -> str:
        """What names the line's schedule within its document."""
        return self.external_id if self.group_key is None else self.group_key


class RecordedLines(NamedTuple):
    """The lines of a document by their own ids, and the last position ever given."""

    lines: dict[str, RecordedLine]
    last_position: int


async def lines_of(
    session: AsyncSession, ledger_id: int, document_ids: Iterable[int]
) -> dict[int, RecordedLines]:
    """The lines of some documents as they now stand, by the documents' numbers."""
    line = DocumentLine
    statement = (
        select(
            *(line.document_id, line.position, line.external_id),
            *(line.group_key, line.schedule_id, line.superseded_in),
        )
        .where(line.ledger_id == ledger_id)
        .order_by(line.document_id, line.position)
    )
    id_in = line.document_id.in_
    found: dict[int, RecordedLines] = {}
    for row in await rows_in_lists(session, statement, id_in, document_ids):
        before = found.get(row.document_id)
        lines = before.lines if before else {}
        one = RecordedLine(
            row.position, row.external_id, row.group_key, row.schedule_id
        )
        if row.superseded_in is None:
            lines[one.external_id] = one
        found[row.document_id] = RecordedLines(lines, one.position)
    return found


class ScheduleRoots(NamedTuple):
    """Where a schedule belongs: its line's first one, and its family's."""

    line_root: int
    family_id: int


async def roots_of_documents(
    session: AsyncSession, ledger_id: int, document_ids: Iterable[int]
) -> dict[int, dict[int, ScheduleRoots]]:
    """The roots of all schedules of some documents, by document and schedule."""
    found: dict[int, dict[int, ScheduleRoots]] = defaultdict(dict)
    one = Schedule
    statement = select(one.document_id, one.id, one.revises_id, one.family_id).where(
        one.ledger_id == ledger_id
    )
    rows = await rows_in_lists(session, statement, one.document_id.in_, document_ids)
    for document_id, id_, revises_id, family_id in rows:
        found[document_id][id_] = ScheduleRoots(revises_id or id_, family_id or id_)
    return found


@dataclass(slots=True)
class LoadedFamilies:
    """Families by the ids they are named after, and the journals that hold them."""

    families: dict[int, Family[Superseded]] = field(default_factory=dict)
    journals: list[StoredJournal] = field(default_factory=list)
    documents: dict[int, KnownDocument] = field(default_factory=dict)
    schedules: dict[int, StoredSchedule] = field(default_factory=dict)
    """The newest schedule of each member."""


async def load_families(
    session: AsyncSession,
    organisation_id: int,
    ledger: Ledger,
    family_ids: Collection[int],
) -> LoadedFamilies:
    """Families with their terms as they now stand and their movements in force."""
    if not family_ids:
        return LoadedFamilies()
    schedules = await schedules_of_families(session, ledger.id, family_ids)
    document_ids = {one.document_id for one in schedules}
    documents = await _documents_by_id(
        session, organisation_id, ledger.id, document_ids
    )
    products = await product_ids(
        session, organisation_id, {one.product_id for one in schedules}
    )
    journals = await journals_of_documents(session, ledger.id, document_ids)
    rows, invoiced = rows_by_schedule(journals)
    families: dict[int, Family[Superseded]] = {}
    newest: dict[int, StoredSchedule] = {}
    for one in schedules:
        family = families.setdefault(
            one.family_id, Family(one.family_id, breakage=ledger.breakage)
        )
        document = documents[one.document_id]
        member = _member(one, document, products[one.product_id])
        before = family.members.get(one.line_root)
        member.stored = [*(before.stored if before else []), *rows.get(one.id, [])]
        member.invoiced = invoiced.get(one.document_id, ())
        family.members[one.line_root] = member
        newest[one.line_root] = one
    accruing = [one for one in families.values() if one.is_accruing]
    if accruing:
        roots = {one.id: one.line_root for one in schedules}
        await _date_lines(session, ledger.id, accruing, roots)
    return LoadedFamilies(families, journals, documents, newest)


async def _date_lines(
    session: AsyncSession,
    ledger_id: int,
    families: Iterable[Family[Superseded]],
    roots: Mapping[int, int],
) -> None:
    """Say since when an invoice bills a schedule's days, and whether a line is gone.

    One that a revision left out is told from one that amounts to nothing. `roots` are
    the first schedules of lines, by all of their schedules.
    """
    invoiced = [
        member
        for family in families
        for member in family.members.values()
        if member.credits_id is None and member.id != family.id
    ]
    standing: set[int] = set()
    since: dict[int, int] = {}
    line = DocumentLine
    statement = select(line.schedule_id, line.recorded_in, line.superseded_in).where(
        line.ledger_id == ledger_id
    )
    ids = {one.owner.document_id for one in invoiced}
    rows = await rows_in_lists(session, statement, line.document_id.in_, ids)
    for schedule_id, recorded_in, superseded_in in rows:
        if superseded_in is None:
            standing.add(schedule_id)
        if (root := roots.get(schedule_id)) is not None:
            # The lines that a document began with have its own recording.
            since[root] = min(recorded_in or 0, since.get(root, BY_NOW))
    for member in invoiced:
        member.recorded_in = max(member.recorded_in, since.get(member.id, 0))
        if member.schedule_id not in standing:
            member.removed_by = member.schedule_id


def _member(
    one: StoredSchedule, document: KnownDocument, product: str
) -> Member[Superseded]:
    owner = Owner(
        document.id,
        document.customer_id,
        one.product_id,
        int(document.kind),
        (
            *(document.customer_external_id, product),
            *(document.external_id, int(document.kind)),
        ),
    )
    terms = one.terms if one.credits_id is None else credited(one.terms)
    return Member(
        *(one.line_root, one.id, owner),
        with_amount(terms, 0) if document.is_void else terms,
        document.accounting_date,
        one.credits_id,
        None if one.credits_id is None else terms.recognized_on,
        one.treatment,
        recorded_in=document.recorded_in,
        voided_in=document.revised_in if document.is_void else None,
    )


def rows_by_schedule(
    journals: Iterable[StoredJournal],
) -> tuple[dict[int, _Rows], dict[int, _Rows]]:
    """The rows of each schedule, and those of each document that bill it."""
    found: dict[int, _Rows] = defaultdict(list)
    invoiced: dict[int, _Rows] = defaultdict(list)
    for journal in journals:
        for seq, stored in journal.movements.items():
            key = Superseded(journal, seq)
            row = StoredRow(key, stored.movement, stored.catch_up)
            assert stored.schedule_id is not None, "a manual journal has no family"
            found[stored.schedule_id].append(row)
            if is_billed(row):
                invoiced[journal.document_id].append(row)
    return found, invoiced


def is_burn_down(member: Member[Superseded]) -> bool:
    """Whether a member takes from a credit grant."""
    return member.terms.classification is Classification.BURNDOWN


async def product_ids(
    session: AsyncSession, organisation_id: int, ids: Iterable[int]
) -> dict[int, str]:
    """The sender's own ids of products."""
    statement = select(Product.id, Product.external_id).where(
        Product.organisation_id == organisation_id
    )
    rows = await rows_in_lists(session, statement, Product.id.in_, ids)
    return dict(rows)


async def load_defaults(session: AsyncSession, organisation_id: int) -> Defaults:
    """What products and ledgers fill in where documents don't say (domain rule 2)."""
    methods = await session.execute(
        select(Product.external_id, Product.method).where(
            Product.organisation_id == organisation_id, Product.method.is_not(None)
        )
    )
    ledgers = await session.execute(
        select(
            *(Ledger.currency, Ledger.method, Ledger.strategy, Ledger.undated_lines)
        ).where(Ledger.organisation_id == organisation_id)
    )
    return Defaults(
        {row[0]: Method(row[1]) for row in methods if row[1] is not None},
        {
            currency: LedgerDefaults(
                Method(method), Strategy(strategy), UndatedLines(undated)
            )
            for currency, method, strategy, undated in ledgers
        },
    )
