"""Reading what documents are made of at a pin: lines, milestones, totals, versions."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day
from daybook.db.lists import rows_in_lists
from daybook.documents.models import DocumentLine, DocumentVersion, StoredDocument
from daybook.ledger.models import Product, Recording
from daybook.ledger.pins import Pin
from daybook.recognition.models import MilestoneCompletion, Schedule, SchedulePart
from daybook.recognition.rules import Method
from daybook.reports.former_names import is_party, product_category, product_name

_AnySelect: TypeAlias = Select[*tuple[Any, ...]]


class ListedLine(NamedTuple):
    """A line item with its recognition terms.

    `credits_id` is set if it credits an invoice's line. `description` may be empty.
    `group_key` names the line whose schedule it shares, if it has none of its own.
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
    schedule_id: int

    @property
    def has_milestones(self) -> bool:
        """Whether its amount is earned by milestones, which stand at this line."""
        is_own = self.credits_id is None and self.group_key is None
        return is_own and self.method == Method.MILESTONE


class ListedMilestone(NamedTuple):
    """A part of a schedule that is earned when it is reached.

    `amount` is in minor units, before credit notes; there is no day while it is open.
    """

    position: int
    external_id: str
    name: str
    amount: int
    completed_on: Day | None


class ListedVersion(NamedTuple):
    """What a recording made of a document; `number` counts from 1.

    `reason` is the recording's.
    `total` is what its lines sum to, less the discount, with the document's own sign.
    """

    number: int
    made_in: int
    recorded_at: datetime
    reason: str
    status: int
    accounting_date: Day
    total: int


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


async def milestones_of(
    session: AsyncSession, pin: Pin, lines: Iterable[ListedLine]
) -> dict[int, list[ListedMilestone]]:
    """The milestones of lines as of the pin, by the lines' schedules, in their order.

    Only lines that have milestones are looked up.
    """
    schedules = {line.schedule_id for line in lines if line.has_milestones}
    part, done = SchedulePart, MilestoneCompletion
    completions = (
        select(done.schedule_id, done.position, done.completed_on)
        .where(done.ledger_id == pin.ledger_id, done.recorded_in <= pin.recording)
        .order_by(done.recorded_in)
    )
    # Of several completions of a milestone the last one counts.
    completed = {
        (schedule, position): day
        for schedule, position, day in await rows_in_lists(
            session, completions, done.schedule_id.in_, schedules
        )
    }
    parts = (
        select(
            part.schedule_id, part.position, part.external_id, part.name, part.amount
        )
        .where(part.ledger_id == pin.ledger_id)
        .order_by(part.schedule_id, part.position)
    )
    found: dict[int, list[ListedMilestone]] = defaultdict(list)
    for schedule, position, external_id, name, amount in await rows_in_lists(
        session, parts, part.schedule_id.in_, schedules
    ):
        assert external_id is not None, "only milestones are looked up"
        assert name is not None, "each has a name"
        day = completed.get((schedule, position))
        found[schedule].append(
            ListedMilestone(position, external_id, name, amount, day)
        )
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
                *(number, made_in, recorded_at, reason, status, accounting_date),
                _total_at(made_in, lines[document]) - discount,
            )
            for number, row in enumerate(sorted(rows), start=1)
            for made_in, recorded_at, reason, status, accounting_date, discount in [row]
        ]
        found[document] = listed[::-1]
    return found


async def _version_rows(
    session: AsyncSession, pin: Pin, numbers: Sequence[int]
) -> dict[int, list[tuple[int, datetime, str, int, Day, int]]]:
    """Recording, time, reason, status, accounting date and discount of versions."""
    document, version, recording = StoredDocument, DocumentVersion, Recording
    made_in = func.coalesce(document.revised_in, document.recorded_in)
    present: _AnySelect = select(
        *(document.id, made_in, recording.recorded_at, recording.reason),
        *(document.status, document.accounting_date, document.discount),
    ).join(
        recording,
        (recording.ledger_id == document.ledger_id) & (recording.number == made_in),
    )
    former: _AnySelect = select(
        *(version.document_id, version.made_in, recording.recorded_at),
        *(recording.reason, version.status, version.accounting_date, version.discount),
    ).join(
        recording,
        (recording.ledger_id == version.ledger_id)
        & (recording.number == version.made_in),
    )
    found: dict[int, list[tuple[int, datetime, str, int, Day, int]]] = defaultdict(list)
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


def _lines(pin: Pin) -> _AnySelect:
    line, terms = DocumentLine, Schedule
    return (
        select(
            *(line.document_id, line.external_id, line.description, line.amount),
            *(Product.external_id, product_name(pin), product_category(pin)),
            *(terms.method, terms.timing, terms.strategy, terms.first_day),
            *(terms.last_day, terms.recognized_on, terms.credits_id),
            *(terms.classification, line.group_key, line.schedule_id),
        )
        .join(
            terms,
            and_(terms.ledger_id == line.ledger_id, terms.id == line.schedule_id),
        )
        .join(Product, is_party(pin, Product, terms.product_id))
        .where(line.ledger_id == pin.ledger_id, *is_standing(pin))
        .order_by(line.document_id, line.position)
    )


def is_standing(pin: Pin) -> tuple[ColumnElement[bool], ...]:
    """Whether its document had a line at the pin."""
    line = DocumentLine
    return (
        or_(line.recorded_in.is_(None), line.recorded_in <= pin.recording),
        or_(line.superseded_in.is_(None), line.superseded_in > pin.recording),
    )
