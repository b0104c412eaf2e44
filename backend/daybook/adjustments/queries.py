"""Reading manual journals: states, versions with lines, steps, what was posted."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from daybook.adjustments.models import (
    ManualAuthor,
    ManualDocument,
    ManualJournal,
    ManualLine,
    ManualStep,
    ManualVersion,
)
from daybook.adjustments.rules import (
    AdjustmentKind,
    AdjustmentMode,
    Part,
    Status,
    StepKind,
)
from daybook.adjustments.versions import Party, Version, VersionLine
from daybook.calendar import Day
from daybook.db.lists import rows_in_lists
from daybook.documents.models import StoredDocument
from daybook.ledger.models import Customer, Journal, Ledger, Product
from daybook.ledger.rules import Role


class ListedManual(NamedTuple):
    """A manual journal as it stands, with the version in force.

    `amount` is the sum of its debits. `created_…` is about its first step, `changed_…`
    about its last.
    """

    number: int
    ledger_id: int
    currency: str
    decimals: int
    status: Status
    version: int
    saved_in: int
    last_step: int
    kind: AdjustmentKind
    day: Day
    adjusts: int | None
    mode: AdjustmentMode | None
    reverses_on: Day | None
    narrative: str
    amount: int
    created_at: datetime
    created_by: str | None
    changed_at: datetime
    changed_by: str | None


class Step(NamedTuple):
    """What somebody did with a manual journal, in order of `id`."""

    id: int
    number: int
    kind: StepKind
    version: int
    made_at: datetime
    made_by: str | None
    reason: str | None
    recording: int | None


class PostedDocument(NamedTuple):
    """A document that a manual journal posted, and the number of its journal."""

    number: int
    step: int
    part: Part
    ledger_id: int
    document_id: int
    external_id: str
    day: Day
    journal: int


async def manual_by_number(
    session: AsyncSession, organisation_id: int, numbers: Collection[int]
) -> list[ListedManual]:
    """An organisation's manual journals with one of these numbers, by number."""
    its = ManualJournal
    statement = select_manual().where(its.organisation_id == organisation_id)
    rows = await rows_in_lists(session, statement, its.number.in_, numbers)
    return sorted((listed_of(row) for row in rows), key=lambda listed: listed.number)


async def versions_of(
    session: AsyncSession, organisation_id: int, number: int
) -> list[Version]:
    """All versions of a manual journal with their lines, the first one first."""
    its = ManualVersion
    rows = await session.execute(
        _versions()
        .where(its.organisation_id == organisation_id, its.number == number)
        .order_by(its.version)
    )
    return await _with_lines(session, organisation_id, rows.all())


async def versions_by_step(
    session: AsyncSession, organisation_id: int, steps: Collection[int]
) -> dict[int, Version]:
    """Versions with their lines by the steps that saved them (`saved_in`)."""
    its = ManualVersion
    statement = _versions().where(its.organisation_id == organisation_id)
    rows = await rows_in_lists(session, statement, its.step.in_, steps)
    versions = await _with_lines(session, organisation_id, rows)
    return {version.step: version for version in versions}


async def steps_of(
    session: AsyncSession, organisation_id: int, numbers: Collection[int]
) -> list[Step]:
    """All steps of manual journals in their order."""
    its = ManualStep
    statement = select(
        *(its.id, its.number, its.kind, its.version),
        *(its.made_at, its.made_by, its.reason, its.recording),
    ).where(its.organisation_id == organisation_id)
    rows = await rows_in_lists(session, statement, its.number.in_, numbers)
    return sorted(map(_step_of, rows), key=lambda step: step.id)


async def last_step_of(session: AsyncSession, organisation_id: int) -> int:
    """The number of the organisation's last step; 0 before the first one."""
    its = ManualStep
    last = await session.scalar(
        select(func.max(its.id)).where(its.organisation_id == organisation_id)
    )
    return last or 0


async def authors_of(
    session: AsyncSession, organisation_id: int, number: int
) -> set[int]:
    """The ids of all users who saved or submitted a manual journal."""
    its = ManualAuthor
    found = await session.scalars(
        select(its.user_id).where(
            its.organisation_id == organisation_id, its.number == number
        )
    )
    return set(found)


async def authors_by_number(
    session: AsyncSession, organisation_id: int, numbers: Collection[int]
) -> dict[int, set[int]]:
    """The ids of all users who saved or submitted manual journals, by number."""
    its = ManualAuthor
    statement = select(its.number, its.user_id).where(
        its.organisation_id == organisation_id
    )
    found: dict[int, set[int]] = {}
    for number, user_id in await rows_in_lists(
        session, statement, its.number.in_, numbers
    ):
        found.setdefault(number, set()).add(user_id)
    return found


async def posted_documents(
    session: AsyncSession, organisation_id: int, numbers: Collection[int]
) -> list[PostedDocument]:
    """What manual journals posted, in order, each with its journal's number."""
    its = ManualDocument
    statement = _posted().where(its.organisation_id == organisation_id)
    rows = await rows_in_lists(session, statement, its.number.in_, numbers)
    found = [PostedDocument(*row)._replace(part=Part(row.part)) for row in rows]
    return sorted(found, key=lambda posted: (posted.step, posted.document_id))


async def manual_of_documents(
    session: AsyncSession, ledger_id: int, document_ids: Collection[int]
) -> dict[int, PostedDocument]:
    """Which manual journals posted a ledger's documents, by the documents' ids."""
    its = ManualDocument
    statement = _posted().where(its.ledger_id == ledger_id)
    rows = await rows_in_lists(session, statement, its.document_id.in_, document_ids)
    return {
        row.document_id: PostedDocument(*row)._replace(part=Part(row.part))
        for row in rows
    }


async def adjustments_of(
    session: AsyncSession, ledger_id: int, journals: Collection[int]
) -> dict[int, list[tuple[int, Status]]]:
    """The manual journals that adjust a ledger's journals: numbers with status."""
    its = ManualJournal
    statement = select(its.adjusts, its.number, its.status).where(
        its.ledger_id == ledger_id
    )
    found: dict[int, list[tuple[int, Status]]] = defaultdict(list)
    rows = await rows_in_lists(session, statement, its.adjusts.in_, journals)
    for adjusts, number, status in sorted(rows, key=lambda row: row.number):
        if adjusts is not None:
            found[adjusts].append((number, Status(status)))
    return dict(found)


def select_manual() -> Select[*tuple[Any, ...]]:
    """Manual journals with the version in force; `listed_of` reads the rows."""
    its, version = ManualJournal, ManualVersion
    last, first, other = aliased(ManualStep), aliased(ManualStep), aliased(ManualStep)
    is_debit = and_(
        ManualLine.organisation_id == its.organisation_id,
        ManualLine.step == its.saved_in,
        ManualLine.is_debit,
    )
    amount = select(func.sum(ManualLine.amount)).where(is_debit).scalar_subquery()
    first_id = (
        select(func.min(other.id))
        .where(other.organisation_id == its.organisation_id, other.number == its.number)
        .scalar_subquery()
    )
    return (
        select(
            *(its.number, its.ledger_id, Ledger.currency, Ledger.decimals),
            *(its.status, its.version, its.saved_in, its.last_step, its.kind),
            *(its.day, its.adjusts, version.mode, version.reverses_on),
            *(version.narrative, func.coalesce(amount, 0).label("amount")),
            *(first.made_at.label("created_at"), first.made_by.label("created_by")),
            *(last.made_at.label("changed_at"), last.made_by.label("changed_by")),
        )
        .join(Ledger, Ledger.id == its.ledger_id)
        .join(version, is_step(version.organisation_id, version.step, its.saved_in))
        .join(first, is_step(first.organisation_id, first.id, first_id))
        .join(last, is_step(last.organisation_id, last.id, its.last_step))
    )


def is_step(organisation: Any, step: Any, id_: Any) -> ColumnElement[bool]:
    """Whether a row belongs to a step of a listed manual journal."""
    return and_(organisation == ManualJournal.organisation_id, step == id_)


def listed_of(row: Any) -> ListedManual:
    """A row of `select_manual`."""
    return ListedManual(*row)._replace(
        status=Status(row.status),
        kind=AdjustmentKind(row.kind),
        mode=None if row.mode is None else AdjustmentMode(row.mode),
        amount=int(row.amount),
    )


def _step_of(row: Any) -> Step:
    return Step(*row)._replace(kind=StepKind(row.kind))


def _versions() -> Select[*tuple[Any, ...]]:
    its, step = ManualVersion, ManualStep
    customer, product = Customer, Product
    return (
        select(
            *(its.number, its.version, its.step, its.ledger_id, Ledger.currency),
            *(its.kind, its.day, its.narrative),
            *(its.customer_id, customer.external_id, customer.name),
            *(its.product_id, product.external_id, product.name, product.category),
            *(its.adjusts, its.mode, its.reverses_on, step.made_at, step.made_by),
        )
        .join(Ledger, Ledger.id == its.ledger_id)
        .join(
            step,
            and_(step.organisation_id == its.organisation_id, step.id == its.step),
        )
        .outerjoin(customer, _is_its(customer, its.organisation_id, its.customer_id))
        .outerjoin(product, _is_its(product, its.organisation_id, its.product_id))
    )


def _is_its(
    party: type[Customer | Product], organisation: Any, number: Any
) -> ColumnElement[bool]:
    return and_(party.organisation_id == organisation, party.id == number)


async def _with_lines(
    session: AsyncSession, organisation_id: int, rows: Sequence[Any]
) -> list[Version]:
    lines: dict[int, list[VersionLine]] = {row.step: [] for row in rows}
    its, customer, product = ManualLine, Customer, Product
    statement = (
        select(
            *(its.step, its.position, its.is_mirror, its.role, its.is_debit),
            *(its.amount, its.description),
            *(its.customer_id, customer.external_id, customer.name),
            *(its.product_id, product.external_id, product.name, product.category),
        )
        .outerjoin(customer, _is_its(customer, its.organisation_id, its.customer_id))
        .outerjoin(product, _is_its(product, its.organisation_id, its.product_id))
        .where(its.organisation_id == organisation_id)
        .order_by(its.step, its.position)
    )
    for row in await rows_in_lists(session, statement, its.step.in_, lines):
        step, position, is_mirror, role, is_debit, amount, description, *parties = row
        lines[step].append(
            VersionLine(
                *(position, is_mirror, Role(role), is_debit, amount, description),
                party_of(*parties[:3]),
                party_of(*parties[3:]),
            )
        )
    return [_version_of(tuple(row), tuple(lines[row.step])) for row in rows]


def _version_of(row: tuple[Any, ...], lines: tuple[VersionLine, ...]) -> Version:
    kind, mode = AdjustmentKind(row[5]), row[16]
    customer, product = party_of(*row[8:11]), party_of(*row[11:15])
    mode = None if mode is None else AdjustmentMode(mode)
    values = (*row[:5], kind, *row[6:8], customer, product, row[15], mode, *row[17:20])
    return Version._make((*values, lines))


def party_of(
    number: int | None, external_id: str, name: str, category: str | None = None
) -> Party | None:
    """A customer or product, if there is one: columns of a row."""
    return None if number is None else Party(number, external_id, name, category)


def _posted() -> Select[*tuple[Any, ...]]:
    its, document, journal = ManualDocument, StoredDocument, Journal
    return (
        select(
            *(its.number, its.step, its.part, its.ledger_id, its.document_id),
            *(document.external_id, document.accounting_date, journal.number),
        )
        .join(
            document,
            and_(document.ledger_id == its.ledger_id, document.id == its.document_id),
        )
        .join(
            journal,
            and_(
                journal.ledger_id == its.ledger_id,
                journal.document_id == its.document_id,
            ),
        )
    )
