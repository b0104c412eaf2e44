"""Open milestones: their amounts stay on Deferred until they are reached.

A document that is void has none, and a line that credit notes took whole has none left.
"""

from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from daybook.calendar import Day
from daybook.documents.models import DocumentLine, StoredDocument
from daybook.documents.rules import DocumentStatus
from daybook.ledger.pins import Pin
from daybook.paging import Page, PageRequest
from daybook.recognition.models import (
    MilestoneCompletion,
    Schedule,
    SchedulePart,
)
from daybook.recognition.queries import NEVER, settled_on
from daybook.reports.document_details import is_standing
from daybook.reports.former_names import document_day, document_status

_AnySelect: TypeAlias = Select[*tuple[Any, ...]]


class OpenMilestone(NamedTuple):
    """A milestone that isn't reached: `amount` is in minor units, before credit notes.

    Document, customer and product are given by Daybook's numbers, `line` is its
    sender's own id, and `dated` the document's accounting date.
    """

    schedule_id: int
    position: int
    document_id: int
    customer_id: int
    product_id: int
    line: str
    external_id: str
    name: str
    amount: int
    dated: Day


class Dated(NamedTuple):
    """Accounting dates, both included; without one there is no limit."""

    since: Day | None = None
    until: Day | None = None


async def find_open_milestones(
    session: AsyncSession, pin: Pin, dated: Dated, request: PageRequest
) -> Page[OpenMilestone]:
    """The open milestones of documents with some dates, in the order of recording.

    Keyed by schedule and position.
    """
    key = (SchedulePart.schedule_id, SchedulePart.position)
    statement = _open(pin, dated)
    if request.key is not None:
        place, bound = tuple_(*key), tuple_(*request.key)
        is_beyond = place < bound if request.is_backward else place > bound
        statement = statement.where(is_beyond)
    order = [column.desc() if request.is_backward else column for column in key]
    rows = await session.execute(statement.order_by(*order).limit(request.size + 1))
    return Page.of([OpenMilestone(*row[:-2]) for row in rows], request)


async def count_open_milestones(session: AsyncSession, pin: Pin, dated: Dated) -> int:
    """How many `find_open_milestones` lists in all."""
    statement = _open(pin, dated).with_only_columns(func.count())
    return await session.scalar(statement) or 0


def _open(pin: Pin, dated: Dated) -> _AnySelect:
    completed_on = _last_completion(pin, MilestoneCompletion.completed_on)
    statement = select_milestones(pin).where(completed_on.is_(None))
    day = document_day(pin, "accounting_date")
    if dated.since is not None:
        statement = statement.where(day >= dated.since)
    if dated.until is not None:
        statement = statement.where(day <= dated.until)
    return statement


def _last_completion(pin: Pin, column: Any) -> ColumnElement[Any]:
    """A column of a milestone's last completion, as the pin's recording left it.

    The day is None where the milestone was opened again.
    """
    part, completion = SchedulePart, MilestoneCompletion
    return (
        select(column)
        .where(
            completion.ledger_id == part.ledger_id,
            completion.schedule_id == part.schedule_id,
            completion.position == part.position,
            completion.recorded_in <= pin.recording,
        )
        .order_by(completion.recorded_in.desc())
        .limit(1)
        .correlate(part)
        .scalar_subquery()
    )


def select_milestones(pin: Pin) -> _AnySelect:
    """Milestones as `OpenMilestone`, with day and recording of the last completion.

    Both are None where there was none; once it was opened again, the day is None.
    """
    part, line, document = SchedulePart, DocumentLine, StoredDocument
    family, completion = aliased(Schedule), MilestoneCompletion
    completed_on = _last_completion(pin, completion.completed_on)
    return (
        select(
            *(part.schedule_id, part.position),
            *(document.id, document.customer_id, Schedule.product_id),
            *(line.external_id, part.external_id, part.name, part.amount),
            document_day(pin, "accounting_date"),
            completed_on.label("completed_on"),
            _last_completion(pin, completion.recorded_in).label("completed_in"),
        )
        .select_from(part)
        .join(
            Schedule,
            and_(Schedule.ledger_id == part.ledger_id, Schedule.id == part.schedule_id),
        )
        .join(
            family,
            and_(
                family.ledger_id == Schedule.ledger_id,
                family.id == func.coalesce(Schedule.family_id, Schedule.id),
            ),
        )
        .join(
            document,
            and_(
                document.ledger_id == Schedule.ledger_id,
                document.id == Schedule.document_id,
            ),
        )
        .join(
            line,
            and_(
                line.ledger_id == document.ledger_id,
                line.document_id == document.id,
                line.schedule_id == part.schedule_id,
            ),
        )
        .where(
            part.ledger_id == pin.ledger_id,
            # Dated usage has no id.
            part.external_id.is_not(None),
            Schedule.credits_id.is_(None),
            or_(completed_on.is_not(None), settled_on(pin, family) == NEVER),
            document.recorded_in <= pin.recording,
            document_status(pin) != int(DocumentStatus.VOIDED),
            # Those of a group of lines stand at the line that it is named after.
            line.group_key.is_(None),
            *is_standing(pin),
        )
    )
