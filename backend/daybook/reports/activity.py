"""Reading the activity log: its lines, newest first, and the documents of a run."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.activity.models import Activity
from daybook.activity.rules import ActivityKind, Run
from daybook.db.keyset import count_rows, one_page
from daybook.documents.models import DocumentLine, DocumentVersion, StoredDocument
from daybook.ledger.models import Journal, JournalMovement, Ledger
from daybook.paging import Page, PageRequest
from daybook.sheets.columns import Sheet, boolean, integer, text, timestamp


class ListedActivity(NamedTuple):
    """A line of the activity log; `currency` is the ledger's, if it is about one."""

    id: int
    started_at: datetime
    duration_ms: int
    kind: int
    ledger_id: int | None
    currency: str | None
    first_recording: int | None
    last_recording: int | None
    documents: int
    journals: int
    movements: int
    problems: int
    is_failed: bool
    message: str
    made_by: str | None


ACTIVITY: Sheet[ListedActivity] = Sheet(
    "activity",
    "Activity",
    (
        integer("number", "No.", lambda one: one.id),
        timestamp("started_at", "Started (UTC)", lambda one: one.started_at),
        integer("duration_ms", "Took (ms)", lambda one: one.duration_ms),
        text("kind", "What", lambda one: ActivityKind(one.kind).name),
        boolean("is_failed", "Failed", lambda one: one.is_failed),
        text("ledger", "Ledger", lambda one: one.currency),
        text("made_by", "Who", lambda one: one.made_by),
        integer("documents", "Documents", lambda one: one.documents),
        integer("journals", "Journals", lambda one: one.journals),
        integer("movements", "Movements", lambda one: one.movements),
        integer("problems", "Problems", lambda one: one.problems),
        text("message", "Message", lambda one: one.message),
    ),
)
"""The activity log, for a controller."""


class RunDocument(NamedTuple):
    """A document that a run recorded or changed, as the run left it."""

    id: int
    kind: int
    external_id: str
    number: str
    amount: int
    movements: int


async def find_activities(
    session: AsyncSession, organisation_id: int, request: PageRequest
) -> Page[ListedActivity]:
    """An organisation's activity log, newest first; keyed by the line's number."""
    one = Activity
    # As one row of columns of any type: there are too many for a typed one.
    statement: Select[*tuple[Any, ...]] = (
        select(
            *(one.id, one.started_at, one.duration_ms, one.kind),
            *(one.ledger_id, Ledger.currency, one.first_recording, one.last_recording),
            *(one.documents, one.journals, one.movements, one.problems),
            *(one.is_failed, one.message, one.made_by),
        )
        .outerjoin(Ledger, Ledger.id == one.ledger_id)
        .where(one.organisation_id == organisation_id)
    )
    rows = await session.execute(
        one_page(statement, one.id, request, is_descending=True)
    )
    return Page.of([ListedActivity(*row) for row in rows], request)


async def count_activities(session: AsyncSession, organisation_id: int) -> int:
    """How many lines the activity log has."""
    its = Activity.organisation_id == organisation_id
    return await count_rows(session, Activity, its)


async def documents_of_run(
    session: AsyncSession, run: Run, request: PageRequest
) -> Page[RunDocument]:
    """The documents that a run recorded or changed; keyed by Daybook's number.

    Movements that the run made for them are counted, also those of parents' journals
    that a credit note changed, which count with the parent.
    """
    one = StoredDocument
    statement = select(one.id, one.kind, one.external_id, one.number).where(
        _in_run(run)
    )
    rows = (await session.execute(one_page(statement, one.id, request))).all()
    numbers = [row[0] for row in rows]
    amounts = await _amounts(session, run, numbers)
    movements = await _movements(session, run, numbers)
    found = [
        RunDocument(*row, amounts.get(row[0], 0), movements.get(row[0], 0))
        for row in rows
    ]
    return Page.of(found, request)


async def count_documents_of_run(session: AsyncSession, run: Run) -> int:
    """How many `documents_of_run` lists in all."""
    return await count_rows(session, StoredDocument, _in_run(run))


def _in_run(run: Run) -> ColumnElement[bool]:
    one, version = StoredDocument, DocumentVersion
    first, last = run.first_recording, run.last_recording
    # Changed by the run, and once more since then.
    changed_again = one.id.in_(
        select(version.document_id).where(
            version.ledger_id == run.ledger_id, version.made_in.between(first, last)
        )
    )
    return and_(
        one.ledger_id == run.ledger_id,
        or_(
            one.recorded_in.between(first, last),
            one.revised_in.between(first, last),
            changed_again,
        ),
    )


async def _amounts(
    session: AsyncSession, run: Run, numbers: Iterable[int]
) -> dict[int, int]:
    """What each document's lines summed to when the run ended."""
    one = DocumentLine
    rows = await session.execute(
        select(one.document_id, func.sum(one.amount))
        .where(
            one.ledger_id == run.ledger_id,
            one.document_id.in_(list(numbers)),
            or_(one.recorded_in.is_(None), one.recorded_in <= run.last_recording),
            or_(one.superseded_in.is_(None), one.superseded_in > run.last_recording),
        )
        .group_by(one.document_id)
    )
    return {number: int(total) for number, total in rows}


async def _movements(
    session: AsyncSession, run: Run, numbers: Iterable[int]
) -> dict[int, int]:
    """How many movements the run added to each document's journals."""
    one = JournalMovement
    rows = await session.execute(
        select(Journal.document_id, func.count())
        .join(
            one,
            and_(one.ledger_id == Journal.ledger_id, one.journal == Journal.number),
        )
        .where(
            Journal.ledger_id == run.ledger_id,
            Journal.document_id.in_(list(numbers)),
            one.recorded_in.between(run.first_recording, run.last_recording),
        )
        .group_by(Journal.document_id)
    )
    return dict(rows.all())
