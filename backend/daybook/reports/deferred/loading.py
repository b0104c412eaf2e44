"""Loads the families of a page of the deferred revenue report."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day, month_of
from daybook.db.lists import rows_in_lists
from daybook.documents.models import DocumentLine, StoredDocument
from daybook.ledger.amount_conditions import in_force
from daybook.ledger.models import Journal, JournalMovement
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role, SourceKind
from daybook.recognition.models import Schedule
from daybook.reports.deferred.families import SYSTEM
from daybook.reports.deferred.manual import manual_families
from daybook.reports.deferred.moved import in_families, moved_by_line
from daybook.reports.deferred.report_rows import (
    DeferredFamily,
    DeferredRow,
    FamilyKey,
    figures_of,
)
from daybook.reports.document_details import is_standing
from daybook.reports.documents import documents_by_number
from daybook.reports.revenue import Figures, RevenueFilter
from daybook.reports.revenue_sql import (
    FAMILY,
    LINE,
    is_movement_of_journal,
    net_debit,
    until,
)

_CREDIT_NOTE = int(SourceKind.CREDIT_NOTE)


async def load_families(
    session: AsyncSession,
    pin: Pin,
    on: Day,
    revenue_filter: RevenueFilter,
    keys: Sequence[FamilyKey],
) -> list[DeferredFamily]:
    """The families with these keys, in their order, with the rows that are selected."""
    numbers = [number for kind, number in keys if kind == SYSTEM]
    documents = [number for kind, number in keys if kind != SYSTEM]
    found: dict[FamilyKey, DeferredFamily] = {}
    if numbers:
        rows = await _system_rows(session, pin, on, revenue_filter, numbers)
        found = {(SYSTEM, number): rows[number] for number in numbers}
    if documents:
        found |= await manual_families(session, pin, on, revenue_filter, documents)
    return [found[key] for key in keys]


async def _system_rows(
    session: AsyncSession,
    pin: Pin,
    on: Day,
    revenue_filter: RevenueFilter,
    numbers: Sequence[int],
) -> dict[int, DeferredFamily]:
    posted = await rows_in_lists(session, _posted(pin, on), in_families, numbers)
    figures = {row[0]: (row[1], figures_of(*row[2:])) for row in posted}
    moved = await moved_by_line(session, pin, on, numbers)
    lines = await newest_lines(session, pin, revenue_filter, numbers)
    listed = [line for line in lines if line.line in figures or line.line in moved]
    documents = await documents_by_number(
        session, pin, {line.document_id for line in listed}
    )
    rows: dict[int, list[DeferredRow]] = defaultdict(list)
    for line in sorted(listed, key=lambda line: (line.is_credit, line.line)):
        journal, its = figures.get(line.line, (None, Figures()))
        rows[line.family].append(
            DeferredRow(
                line=line.line,
                schedule_id=line.schedule_id,
                journal=journal,
                family=line.family,
                is_credit=line.is_credit,
                source=line.source,
                document=documents[line.document_id],
                customer_id=line.customer_id,
                product_id=line.product_id,
                method=line.method,
                service_from=line.service_from,
                service_to=line.service_to,
                figures=its.with_moved(moved.get(line.line, 0)),
            )
        )
    return {
        number: DeferredFamily.of((SYSTEM, number), rows[number]) for number in numbers
    }


def _posted(pin: Pin, on: Day) -> Select[*tuple[Any, ...]]:
    """What is posted up to a day by line: a journal, debits less credits by account."""
    return select_posted(
        *(pin, on, LINE, func.min(JournalMovement.journal)),
        *(net_debit(role, until(on)) for role in Role),
    ).group_by(LINE)


def select_posted(pin: Pin, on: Day, *columns: Any) -> Select[*tuple[Any, ...]]:
    """Movements posted up to a day, found by their schedules."""
    return (
        select(*columns)
        .select_from(Schedule)
        .join(
            Journal,
            and_(
                Journal.ledger_id == Schedule.ledger_id,
                Journal.document_id == Schedule.document_id,
            ),
        )
        .join(
            JournalMovement,
            and_(
                is_movement_of_journal(),
                JournalMovement.schedule_id == Schedule.id,
            ),
        )
        .where(
            *(Schedule.ledger_id == pin.ledger_id, Journal.month <= month_of(on)),
            *(JournalMovement.first_day <= on, in_force(pin.recording), until(on) > 0),
        )
    )


class ListedLine(NamedTuple):
    """A line's newest schedule, with its document."""

    line: int
    family: int
    schedule_id: int
    document_id: int
    product_id: int
    method: int
    first_day: Day | None
    last_day: Day | None
    recognized_on: Day | None
    source: int
    customer_id: int | None
    revised_in: int | None

    @property
    def is_credit(self) -> bool:
        """Whether it is a credit note's."""
        return self.source == _CREDIT_NOTE

    @property
    def service_from(self) -> Day | None:
        """The first service day; without a period the day of recognition."""
        return self.recognized_on if self.first_day is None else self.first_day

    @property
    def service_to(self) -> Day | None:
        """The last service day; without a period the day of recognition."""
        return self.recognized_on if self.last_day is None else self.last_day


async def newest_lines(
    session: AsyncSession,
    pin: Pin,
    revenue_filter: RevenueFilter,
    families: Sequence[int],
) -> list[ListedLine]:
    """The selected lines of families, as the pin's recording left them."""
    its, document = Schedule, StoredDocument
    statement = (
        select(
            *(LINE, FAMILY, its.id, its.document_id, its.product_id, its.method),
            *(its.first_day, its.last_day, its.recognized_on, document.kind),
            *(document.customer_id, document.revised_in),
        )
        .join(
            document,
            and_(document.ledger_id == its.ledger_id, document.id == its.document_id),
        )
        .where(its.ledger_id == pin.ledger_id, document.recorded_in <= pin.recording)
        .order_by(its.id)
    )
    if revenue_filter.product_id is not None:
        statement = statement.where(its.product_id == revenue_filter.product_id)
    if revenue_filter.document_id is not None:
        statement = statement.where(its.document_id == revenue_filter.document_id)
    found = await rows_in_lists(session, statement, in_families, families)
    return await _newest(session, pin, [ListedLine._make(row) for row in found])


async def _newest(
    session: AsyncSession, pin: Pin, schedules: Sequence[ListedLine]
) -> list[ListedLine]:
    """Each line once, with the schedule that it had at the pin."""
    later = {
        schedule.document_id
        for schedule in schedules
        if (schedule.revised_in or 0) > pin.recording
    }
    standing = await _standing(session, pin, later) if later else {}
    newest: dict[int, ListedLine] = {}
    for schedule in sorted(schedules, key=lambda its: its.schedule_id):
        known = standing.get(schedule.document_id)
        if (
            known is None
            or schedule.schedule_id in known
            or schedule.line not in newest
        ):
            newest[schedule.line] = schedule
    return list(newest.values())


async def _standing(
    session: AsyncSession, pin: Pin, documents: Collection[int]
) -> Mapping[int, set[int]]:
    """The schedules that documents' lines had at the pin, by document."""
    line = DocumentLine
    statement = select(line.document_id, line.schedule_id).where(
        line.ledger_id == pin.ledger_id, *is_standing(pin)
    )
    standing: dict[int, set[int]] = {document: set() for document in documents}
    rows = await rows_in_lists(session, statement, line.document_id.in_, documents)
    for document, schedule in rows:
        standing[document].add(schedule)
    return standing
