"""The documents of runs of the activity log: those of many runs at once."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    func,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.activity.rules import Run
from daybook.db.keyset import one_page
from daybook.documents.models import DocumentLine, DocumentVersion, StoredDocument
from daybook.ledger.models import Journal, JournalMovement
from daybook.paging import Page, PageRequest

RUNS_MAX = 100
"""How many runs a statement is of: SQLite joins no more than 500 selects."""


class RunDocument(NamedTuple):
    """A document that a run recorded or changed, as the run left it."""

    id: int
    kind: int
    external_id: str
    number: str
    amount: int
    movements: int


async def documents_of_runs(
    session: AsyncSession, runs: Sequence[Run], request: PageRequest
) -> list[Page[RunDocument]]:
    """Each run's documents that it recorded or changed; keyed by Daybook's number.

    `movements` counts those that the run made in a document's journals; what a credit
    note changed in its parent's journals counts with the parent.
    """
    document = StoredDocument
    columns = (document.id, document.kind, document.external_id, document.number)
    listed = await _of_each(
        session,
        [
            one_page(select(*columns).where(_in_run(run)), document.id, request)
            for run in runs
        ],
    )
    # The order of each run's rows is lost where several are read.
    for rows in listed:
        rows.sort(key=lambda row: row[0], reverse=request.is_backward)
    asked = [
        (run, [row[0] for row in rows]) for run, rows in zip(runs, listed, strict=True)
    ]
    amounts = await _of_each(session, [_amounts(*each) for each in asked])
    movements = await _of_each(session, [_movements(*each) for each in asked])
    pages = []
    for rows, summed, counted in zip(listed, amounts, movements, strict=True):
        total, count = dict(summed), dict(counted)
        found = [
            RunDocument._make((*row, int(total.get(row[0], 0)), count.get(row[0], 0)))
            for row in rows
        ]
        pages.append(Page.of(found, request))
    return pages


async def count_documents_of_runs(
    session: AsyncSession, runs: Sequence[Run]
) -> list[int]:
    """How many documents `documents_of_runs` lists of each run in all."""
    counts = await _of_each(
        session,
        [
            select(func.count()).select_from(StoredDocument).where(_in_run(run))
            for run in runs
        ],
    )
    return [count for ((count,),) in counts]


async def _of_each(
    session: AsyncSession, statements: Sequence[Select[*tuple[Any, ...]]]
) -> list[list[Any]]:
    """The rows of several statements with the same columns, read together."""
    found: list[list[Any]] = [[] for _ in statements]
    for start in range(0, len(statements), RUNS_MAX):
        selects = []
        for place, statement in enumerate(statements[start : start + RUNS_MAX], start):
            its = statement.subquery()
            selects.append(select(literal_column(str(place)), *its.c))
        for place, *row in await session.execute(union_all(*selects)):
            found[place].append(tuple(row))
    return found


def _in_run(run: Run) -> ColumnElement[bool]:
    version = DocumentVersion
    first, last = run.first_recording, run.last_recording
    # Documents that the run changed and that were changed again since.
    changed_again = StoredDocument.id.in_(
        select(version.document_id).where(
            version.ledger_id == run.ledger_id, version.made_in.between(first, last)
        )
    )
    return and_(
        StoredDocument.ledger_id == run.ledger_id,
        or_(
            StoredDocument.recorded_in.between(first, last),
            StoredDocument.revised_in.between(first, last),
            changed_again,
        ),
    )


def _amounts(run: Run, numbers: Sequence[int]) -> Select[*tuple[Any, ...]]:
    """The sum of each document's lines as the run left them."""
    line = DocumentLine
    return (
        select(line.document_id, func.sum(line.amount))
        .where(
            line.ledger_id == run.ledger_id,
            line.document_id.in_(numbers),
            or_(line.recorded_in.is_(None), line.recorded_in <= run.last_recording),
            or_(line.superseded_in.is_(None), line.superseded_in > run.last_recording),
        )
        .group_by(line.document_id)
    )


def _movements(run: Run, numbers: Sequence[int]) -> Select[*tuple[Any, ...]]:
    """How many movements the run added to each document's journals."""
    its = JournalMovement
    return (
        select(Journal.document_id, func.count())
        .join(
            its, and_(its.ledger_id == Journal.ledger_id, its.journal == Journal.number)
        )
        .where(
            Journal.ledger_id == run.ledger_id,
            Journal.document_id.in_(numbers),
            its.recorded_in.between(run.first_recording, run.last_recording),
        )
        .group_by(Journal.document_id)
    )
