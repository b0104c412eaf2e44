"""Loads the whole history of some documents and their families.

Rows that later recordings than the pinned one (`Pinned`) add meanwhile are left out:
schedules by their numbers, all other rows by their recordings. Rows that refer to
others are read before those, so that no row is read without what it belongs to.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day
from daybook.db.lists import rows_in_lists
from daybook.documents.models import DocumentLine, DocumentVersion, StoredDocument
from daybook.documents.replaying.histories import (
    CatchUpRow,
    Completion,
    DocumentHistory,
    Histories,
    JournalHistory,
    LineHistory,
    RecordedMovement,
    Version,
    schedule_histories,
)
from daybook.documents.rules import DocumentStatus
from daybook.ledger.models import (
    Journal,
    JournalMovement,
    Ledger,
    StoredCatchUp,
    StoredCatchUpPart,
)
from daybook.ledger.rules import SourceKind
from daybook.recognition.models import (
    MilestoneCompletion,
    Schedule,
    SchedulePart,
    Settlement,
)
from daybook.recognition.queries import StoredPart, has_parts, stored_schedule

DOCUMENTS_AT_ONCE = 1_000
SCHEDULES_AT_ONCE = 2_000
"""How many are held in memory at a time; a document is never cut."""

_Rows = Iterable[Row[*tuple[Any, ...]]]


class Pinned(NamedTuple):
    """A ledger at the moment when the check began: its last numbers.

    `first_cause` is the first recording with a cause: earlier ones may be older than
    the column. Without any it is the next recording.
    """

    ledger_id: int
    currency: str
    recording: int
    schedules: int
    documents: int
    journals: int
    first_cause: int


async def pin(session: AsyncSession, ledger_id: int) -> Pinned:
    """Pin a ledger to its present last numbers."""
    rows = await session.execute(
        select(
            *(Ledger.id, Ledger.currency, Ledger.recordings),
            *(Ledger.schedules, Ledger.documents, Ledger.journals),
        ).where(Ledger.id == ledger_id)
    )
    first_cause = await session.scalar(
        select(func.min(JournalMovement.recorded_in)).where(
            JournalMovement.ledger_id == ledger_id, JournalMovement.cause.is_not(None)
        )
    )
    row = rows.one()
    return Pinned(*row, first_cause=first_cause or row.recordings + 1)


async def next_documents(
    session: AsyncSession, pinned: Pinned, after: int
) -> list[int]:
    """The next documents after one that have schedules; none at the end."""
    rows = await session.execute(
        select(Schedule.document_id, func.count())
        .where(
            Schedule.ledger_id == pinned.ledger_id,
            Schedule.document_id > after,
            Schedule.id <= pinned.schedules,
        )
        .group_by(Schedule.document_id)
        .order_by(Schedule.document_id)
        .limit(DOCUMENTS_AT_ONCE)
    )
    found: list[int] = []
    schedules = 0
    for document_id, count in rows:
        schedules += count
        if found and schedules > SCHEDULES_AT_ONCE:
            break
        found.append(document_id)
    return found


async def load_histories(
    session: AsyncSession, pinned: Pinned, document_ids: Collection[int]
) -> Histories:
    """The history of the families that begin in some documents.

    Raises ValueError, naming the row, for a stored number that Daybook doesn't know.
    """
    loading = _Loading(session, pinned)
    return await loading.load(document_ids)


class _Loading:
    """Loads one slice, table by table."""

    def __init__(self, session: AsyncSession, pinned: Pinned) -> None:
        self.session = session
        self.pinned = pinned
        self.found = Histories()

    async def load(self, document_ids: Collection[int]) -> Histories:
        """Load all tables."""
        self.found.document_ids = sorted(document_ids)
        begun = await self._schedules(document_ids, Schedule.document_id)
        roots = [row.id for row in begun.values() if row.family_id is None]
        joined = await self._schedules(roots, Schedule.family_id)
        others = {row.document_id for row in joined.values()} - set(document_ids)
        rows = begun | joined | await self._schedules(others, Schedule.document_id)
        every = sorted({*document_ids, *others})
        await self._documents(every)
        await self._lines(every)
        await self._keep_schedules(rows, set(roots))
        await self._settlements(roots)
        await self._journals(every)
        return self.found

    async def _rows(
        self, statement: Any, column: ColumnElement[Any], values: Iterable[Any]
    ) -> list[Row[*tuple[Any, ...]]]:
        """A statement's rows for some values of a column."""
        return await rows_in_lists(self.session, statement, column.in_, values)

    async def _schedules(
        self, ids: Iterable[int], column: Any
    ) -> dict[int, Row[*tuple[Any, ...]]]:
        statement = select(*Schedule.__table__.columns).where(
            Schedule.ledger_id == self.pinned.ledger_id,
            Schedule.id <= self.pinned.schedules,
        )
        return {row.id: row for row in await self._rows(statement, column, ids)}

    async def _documents(self, ids: Collection[int]) -> None:
        now, then = StoredDocument, DocumentVersion
        rows = await self._rows(
            select(
                *(now.id, now.kind, now.external_id, now.customer_id),
                *(func.coalesce(now.revised_in, now.recorded_in), now.accounting_date),
                *(now.status, now.discount),
            ).where(now.ledger_id == self.pinned.ledger_id),
            now.id,  # type: ignore[arg-type]  # a mapped attribute is a column
            ids,
        )
        # Versions are read last: a revision meanwhile adds the version that it ends.
        versions: dict[int, list[Version]] = defaultdict(list)
        for row in await self._rows(
            select(
                *(then.document_id, then.made_in, then.accounting_date),
                *(then.status, then.discount),
            )
            .where(then.ledger_id == self.pinned.ledger_id)
            .order_by(then.document_id, then.until),
            then.document_id,  # type: ignore[arg-type]  # a mapped attribute is a column
            ids,
        ):
            versions[row[0]].append(_version(*row[1:]))
        for id_, kind, external_id, customer_id, *present in rows:
            by_recording = {
                version.made_in: version
                for version in (*versions[id_], _version(*present))
            }
            kept = sorted(
                recording
                for recording in by_recording
                if recording <= self.pinned.recording
            )
            if kept:
                self.found.documents[id_] = DocumentHistory(
                    *(id_, SourceKind(kind), external_id, customer_id),
                    tuple(by_recording[recording] for recording in kept),
                )

    async def _lines(self, ids: Collection[int]) -> None:
        last, documents = self.pinned.recording, self.found.documents
        for document_id, *row, recorded_in, superseded_in in await self._rows(
            select(
                *(
                    DocumentLine.document_id,
                    DocumentLine.position,
                    DocumentLine.external_id,
                    DocumentLine.amount,
                ),
                *(
                    DocumentLine.schedule_id,
                    DocumentLine.group_key,
                    DocumentLine.recorded_in,
                    DocumentLine.superseded_in,
                ),
            )
            .where(DocumentLine.ledger_id == self.pinned.ledger_id)
            .order_by(DocumentLine.document_id, DocumentLine.position),
            DocumentLine.document_id,  # type: ignore[arg-type]  # a mapped attribute is a column
            ids,
        ):
            document = documents.get(document_id)
            if document is None:
                continue
            # A document's first lines store no recording: it is the document's.
            began = document.versions[0].made_in
            line = LineHistory._make((*row, recorded_in or began, superseded_in))
            if line.recorded_in <= last:
                self.found.lines.setdefault(document_id, []).append(line)

    async def _keep_schedules(
        self, rows: dict[int, Row[*tuple[Any, ...]]], roots: Collection[int]
    ) -> None:
        parts = await self._parts(id_ for id_, row in rows.items() if has_parts(row))
        by_document: dict[int, list[Any]] = defaultdict(list)
        for id_ in sorted(rows):
            row = rows[id_]
            try:
                stored = stored_schedule(row, parts.get(id_, ()))
            except ValueError as unknown:
                raise ValueError(f"schedule {id_}: {unknown}") from unknown
            by_document[row.document_id].append(
                (stored, row.family_id is not None, row.settled_on)
            )
        found = self.found
        found.families = {root: [] for root in roots}
        for document_id, stored_ones in by_document.items():
            document = found.documents.get(document_id)
            if document is not None:
                found.schedules[document_id] = schedule_histories(
                    document, stored_ones, found.lines.get(document_id, ())
                )
        every = chain.from_iterable(found.schedules.values())
        for schedule in sorted(every, key=lambda schedule: schedule.stored.id):
            family = found.families.get(schedule.stored.family_id)
            if family is not None:
                family.append(schedule)

    async def _parts(self, ids: Iterable[int]) -> dict[int, list[StoredPart]]:
        """Parts as first recorded; completions are kept apart."""
        done = MilestoneCompletion
        id_list = list(ids)
        found: dict[int, list[StoredPart]] = defaultdict(list)
        for id_, *part in await self._rows(
            select(
                *(
                    SchedulePart.schedule_id,
                    SchedulePart.position,
                    SchedulePart.amount,
                    SchedulePart.day,
                ),
                *(SchedulePart.external_id, SchedulePart.name),
            )
            .where(SchedulePart.ledger_id == self.pinned.ledger_id)
            .order_by(SchedulePart.schedule_id, SchedulePart.position),
            SchedulePart.schedule_id,  # type: ignore[arg-type]  # a mapped attribute is a column
            id_list,
        ):
            found[id_].append(StoredPart(*part))
        for id_, *completion in await self._rows(
            select(
                *(done.schedule_id, done.position, done.recorded_in),
                done.completed_on,
            )
            .where(
                done.ledger_id == self.pinned.ledger_id,
                done.recorded_in <= self.pinned.recording,
            )
            .order_by(done.recorded_in),
            done.schedule_id,  # type: ignore[arg-type]  # a mapped attribute is a column
            id_list,
        ):
            self.found.completions.setdefault(id_, []).append(Completion(*completion))
        return found

    async def _settlements(self, ids: Iterable[int]) -> None:
        for family_id, recorded_in, settled_on in await self._rows(
            select(
                Settlement.family_id, Settlement.recorded_in, Settlement.settled_on
            ).where(
                Settlement.ledger_id == self.pinned.ledger_id,
                Settlement.recorded_in <= self.pinned.recording,
            ),
            Settlement.family_id,  # type: ignore[arg-type]  # a mapped attribute is a column
            ids,
        ):
            settled = self.found.settlements.setdefault(family_id, {})
            settled[recorded_in] = settled_on

    async def _journals(self, document_ids: Collection[int]) -> None:
        """Journals of documents, with their movements and catch-ups."""
        moved, found = JournalMovement, self.found
        journals: dict[int, JournalHistory] = {}
        for row in await self._rows(
            select(
                *(
                    Journal.number,
                    Journal.month,
                    Journal.document_id,
                    Journal.customer_id,
                ),
                *(Journal.product_id, Journal.source),
            )
            .where(
                Journal.ledger_id == self.pinned.ledger_id,
                Journal.number <= self.pinned.journals,
            )
            .order_by(Journal.document_id, Journal.month, Journal.product_id),
            Journal.document_id,  # type: ignore[arg-type]  # a mapped attribute is a column
            document_ids,
        ):
            journals[row[0]] = journal = JournalHistory(*row)
            found.journals.setdefault(journal.document_id, []).append(journal)
        columns = (getattr(moved, name) for name in _MOVEMENT)
        rows = await self._of_journals(select(*columns), moved, document_ids)
        for row in sorted(rows, key=itemgetter(0, 1)):
            movement = RecordedMovement._make(row)
            if movement.recorded_in > self.pinned.recording:
                continue
            if (owner := journals.get(movement.journal)) is not None:
                owner.movements.append(movement)
                found.movements.setdefault(movement.schedule_id, []).append(movement)
        await self._catch_ups(document_ids)

    async def _of_journals(
        self, statement: Any, model: Any, document_ids: Collection[int]
    ) -> _Rows:
        """A statement's rows for the journals of some documents, in any order."""
        return await self._rows(
            statement.join(
                Journal,
                (Journal.ledger_id == model.ledger_id)
                & (Journal.number == model.journal),
            ).where(model.ledger_id == self.pinned.ledger_id),
            Journal.document_id,  # type: ignore[arg-type]  # a mapped attribute is a column
            document_ids,
        )

    async def _catch_ups(self, document_ids: Collection[int]) -> None:
        part = StoredCatchUpPart
        parts: dict[tuple[int, int], list[Any]] = defaultdict(list)
        columns = (part.position, part.amount, part.daily)
        for journal, seq, *columns_of_part in await self._of_journals(
            select(part.journal, part.seq, *columns, part.first_day, part.last_day),
            part,
            document_ids,
        ):
            parts[journal, seq].append(tuple(columns_of_part))
        for journal, seq, *days in await self._of_journals(
            select(
                StoredCatchUp.journal,
                StoredCatchUp.seq,
                StoredCatchUp.first_day,
                StoredCatchUp.last_day,
                StoredCatchUp.locked_through,
            ),
            StoredCatchUp,
            document_ids,
        ):
            its_parts = tuple(
                tuple(stored[1:]) for stored in sorted(parts[journal, seq])
            )
            self.found.catch_ups[journal, seq] = CatchUpRow._make((*days, its_parts))


_MOVEMENT = (
    *("journal", "seq", "schedule_id", "debit_role", "credit_role", "amount", "daily"),
    *("first_day", "last_day", "method", "recorded_in", "superseded_in", "cause"),
)


def _version(made_in: int, accounting_date: Day, status: int, discount: int) -> Version:
    return Version(made_in, accounting_date, DocumentStatus(status), discount)
