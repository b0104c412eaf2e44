"""Reading recorded documents, their lines, and the families of their schedules."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day
from daybook.db.lists import rows_in_lists
from daybook.documents.models import DocumentLine, StoredDocument
from daybook.documents.rules import Defaults, DocumentStatus, LedgerDefaults
from daybook.ledger.models import Customer, Ledger, Product
from daybook.ledger.queries import MovementKey, StoredJournal, journals_of_documents
from daybook.ledger.rules import SourceKind, UndatedLines
from daybook.recognition.allocation import Strategy
from daybook.recognition.families import BY_NOW, Family, Member, Owner
from daybook.recognition.models import Schedule
from daybook.recognition.queries import StoredSchedule, schedules_of_families
from daybook.recognition.replacing import StoredRow, is_billed
from daybook.recognition.rules import Classification, Method, credited, with_amount

_Rows: TypeAlias = list[StoredRow[MovementKey]]


class KnownDocument(NamedTuple):
    """A recorded document as it now stands."""

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


async def known_documents(
    session: AsyncSession, organisation_id: int, keys: Iterable[tuple[SourceKind, str]]
) -> dict[tuple[SourceKind, str], KnownDocument]:
    """Those of the given documents that are recorded, in any of the ledgers."""
    by_kind: dict[SourceKind, set[str]] = defaultdict(set)
    for kind, external_id in keys:
        by_kind[kind].add(external_id)
    known: dict[tuple[SourceKind, str], KnownDocument] = {}
    for kind, external_ids in by_kind.items():
        statement = _known(organisation_id).where(StoredDocument.kind == int(kind))
        id_in = StoredDocument.external_id.in_
        for row in await rows_in_lists(session, statement, id_in, external_ids):
            document = _known_document(row)
            known[kind, document.external_id] = document
    return known


async def is_recorded(
    session: AsyncSession, organisation_id: int, kind: SourceKind, external_id: str
) -> bool:
    """Whether there is a document of a kind with the sender's id, in any ledger."""
    found = await session.scalar(
        select(StoredDocument.id)
        .join(Ledger, Ledger.id == StoredDocument.ledger_id)
        .where(
            Ledger.organisation_id == organisation_id,
            StoredDocument.kind == int(kind),
            StoredDocument.external_id == external_id,
        )
    )
    return found is not None


async def _documents_by_id(
    session: AsyncSession, organisation_id: int, ledger_id: int, ids: Iterable[int]
) -> dict[int, KnownDocument]:
    is_ours = StoredDocument.ledger_id == ledger_id
    statement = _known(organisation_id).where(is_ours)
    rows = await rows_in_lists(session, statement, StoredDocument.id.in_, ids)
    documents = [_known_document(row) for row in rows]
    return {document.id: document for document in documents}


def _known(organisation_id: int):  # type: ignore[no-untyped-def]  # noqa: ANN202  (a select, whose type is longer than it)
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


def _known_document(row: Row[*tuple[Any, ...]]) -> KnownDocument:
    """The document of a row of `_COLUMNS`, which are in the order of its fields."""
    document = KnownDocument._make(row)
    return document._replace(
        kind=SourceKind(document.kind), status=DocumentStatus(document.status)
    )


class RecordedLine(NamedTuple):
    """A line of a document as it now stands, with its schedule."""

    position: int
    external_id: str
    group_key: str | None
    schedule_id: int
    amount: int

    @property
    def key(self) -> str:
        """The line that names the schedule within the document."""
        return self.external_id if self.group_key is None else self.group_key


class RecordedLines(NamedTuple):
    """A document's present lines by their own ids, and the last position ever used."""

    lines: dict[str, RecordedLine]
    last_position: int


async def recorded_lines(
    session: AsyncSession, ledger_id: int, document_ids: Iterable[int]
) -> dict[int, RecordedLines]:
    """The present lines of the given documents, by the documents' numbers."""
    line = DocumentLine
    statement = (
        select(
            *(line.document_id, line.position, line.external_id),
            *(line.group_key, line.schedule_id, line.amount, line.superseded_in),
        )
        .where(line.ledger_id == ledger_id)
        .order_by(line.document_id, line.position)
    )
    id_in = line.document_id.in_
    found: dict[int, RecordedLines] = {}
    for row in await rows_in_lists(session, statement, id_in, document_ids):
        before = found.get(row.document_id)
        lines = before.lines if before else {}
        recorded = RecordedLine(
            *(row.position, row.external_id, row.group_key),
            *(row.schedule_id, row.amount),
        )
        if row.superseded_in is None:
            lines[recorded.external_id] = recorded
        found[row.document_id] = RecordedLines(lines, recorded.position)
    return found


class ScheduleRoots(NamedTuple):
    """The first schedule of a schedule's line, and its family."""

    line_root: int
    family_id: int


async def roots_of_documents(
    session: AsyncSession, ledger_id: int, document_ids: Iterable[int]
) -> dict[int, dict[int, ScheduleRoots]]:
    """The roots of all schedules of the given documents, by document and schedule."""
    found: dict[int, dict[int, ScheduleRoots]] = defaultdict(dict)
    statement = select(
        Schedule.document_id, Schedule.id, Schedule.revises_id, Schedule.family_id
    ).where(Schedule.ledger_id == ledger_id)
    rows = await rows_in_lists(
        session, statement, Schedule.document_id.in_, document_ids
    )
    for document_id, id_, revises_id, family_id in rows:
        found[document_id][id_] = ScheduleRoots(revises_id or id_, family_id or id_)
    return found


@dataclass(slots=True)
class LoadedFamilies:
    """Families by id, with the journals that hold their movements."""

    families: dict[int, Family[MovementKey]] = field(default_factory=dict)
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
    """Families with their present terms and their movements in force."""
    if not family_ids:
        return LoadedFamilies()
    schedules = await schedules_of_families(session, ledger.id, family_ids)
    document_ids = {schedule.document_id for schedule in schedules}
    documents = await _documents_by_id(
        session, organisation_id, ledger.id, document_ids
    )
    products = await product_ids(
        session, organisation_id, {schedule.product_id for schedule in schedules}
    )
    journals = await journals_of_documents(session, ledger.id, document_ids)
    rows, invoiced = rows_by_schedule(journals)
    families: dict[int, Family[MovementKey]] = {}
    newest: dict[int, StoredSchedule] = {}
    for schedule in schedules:
        family = families.setdefault(
            schedule.family_id, Family(schedule.family_id, breakage=ledger.breakage)
        )
        document = documents[schedule.document_id]
        member = _member(schedule, document, products[schedule.product_id])
        before = family.members.get(schedule.line_root)
        member.stored = [*(before.stored if before else []), *rows.get(schedule.id, [])]
        member.invoiced = invoiced.get(schedule.document_id, ())
        family.members[schedule.line_root] = member
        newest[schedule.line_root] = schedule
    accruing = [family for family in families.values() if family.is_accruing]
    if accruing:
        roots = {schedule.id: schedule.line_root for schedule in schedules}
        await _date_lines(session, ledger.id, accruing, roots)
    return LoadedFamilies(families, journals, documents, newest)


async def _date_lines(
    session: AsyncSession,
    ledger_id: int,
    families: Iterable[Family[MovementKey]],
    roots: Mapping[int, int],
) -> None:
    """Set since when an invoice bills a schedule's days, and which lines are gone.

    A line that a revision left out is gone; one whose amount is zero isn't. `roots` has
    the first schedule of a line for each of its schedules.
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
    ids = {member.owner.document_id for member in invoiced}
    rows = await rows_in_lists(session, statement, line.document_id.in_, ids)
    for schedule_id, recorded_in, superseded_in in rows:
        if superseded_in is None:
            standing.add(schedule_id)
        if (root := roots.get(schedule_id)) is not None:
            # A document's first lines store no recording: it is the document's.
            since[root] = min(recorded_in or 0, since.get(root, BY_NOW))
    for member in invoiced:
        member.recorded_in = max(member.recorded_in, since.get(member.id, 0))
        if member.schedule_id not in standing:
            member.removed_by = member.schedule_id


def _member(
    schedule: StoredSchedule, document: KnownDocument, product: str
) -> Member[MovementKey]:
    owner = Owner(
        document_id=document.id,
        customer_id=document.customer_id,
        product_id=schedule.product_id,
        source=int(document.kind),
        order=(
            *(document.customer_external_id, product),
            *(document.external_id, int(document.kind)),
        ),
    )
    terms = schedule.terms if schedule.credits_id is None else credited(schedule.terms)
    is_credit = schedule.credits_id is not None
    return Member(
        id=schedule.line_root,
        schedule_id=schedule.id,
        owner=owner,
        terms=with_amount(terms, 0) if document.is_void else terms,
        accounting_date=document.accounting_date,
        credits_id=schedule.credits_id,
        effective=terms.recognized_on if is_credit else None,
        treatment=schedule.treatment,
        recorded_in=document.recorded_in,
        voided_in=document.revised_in if document.is_void else None,
    )


def rows_by_schedule(
    journals: Iterable[StoredJournal],
) -> tuple[dict[int, _Rows], dict[int, _Rows]]:
    """The rows of each schedule, and for each document the rows that bill it."""
    found: dict[int, _Rows] = defaultdict(list)
    invoiced: dict[int, _Rows] = defaultdict(list)
    for journal in journals:
        for seq, stored in journal.movements.items():
            key = MovementKey(journal, seq)
            row = StoredRow(key, stored.movement, stored.catch_up, stored.cause)
            assert stored.schedule_id is not None, "a manual journal has no family"
            found[stored.schedule_id].append(row)
            if is_billed(row):
                invoiced[journal.document_id].append(row)
    return found, invoiced


def is_burn_down(member: Member[MovementKey]) -> bool:
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
    """What products and ledgers fill in where documents don't (domain rule 2)."""
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
