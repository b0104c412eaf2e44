"""Recording documents: all of an import in one transaction, or nothing of it."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from types import MappingProxyType
from typing import Self, TypeVar

from daybook.activity.commands import failures_logged
from daybook.activity.rules import ActivityKind, Started
from daybook.db.base import Base
from daybook.db.engine import Database, WriteSession
from daybook.db.statistics import refresh_statistics
from daybook.documents.additions import add_document
from daybook.documents.auditing import tell_of_import
from daybook.documents.batches import (
    Batch,
    Prepared,
    Recorded,
    prepare,
)
from daybook.documents.loading import load_batch, named_keys
from daybook.documents.models import DocumentLine, StoredDocument
from daybook.documents.naming import NamedDocument, as_draft, as_void
from daybook.documents.notices import notices_of
from daybook.documents.pace import collector_paused, turns_shortened
from daybook.documents.parties import Parties, record_parties
from daybook.documents.queries import KnownDocument, find_documents
from daybook.documents.reading.problems import Problems
from daybook.documents.results import ImportResult
from daybook.documents.revisions import refuse_revision, revise, void
from daybook.documents.rules import Document, DocumentStatus, recording_rank
from daybook.documents.writing import PlannedBatch, plan_batch, write_documents
from daybook.ledger.commands import (
    check_open_day,
    lock_organisation,
    open_ledger,
    start_recording,
    write_journals,
)
from daybook.ledger.models import (
    Journal,
    JournalMovement,
    Ledger,
    Organisation,
    Recording,
)
from daybook.ledger.posting import PlannedJournals
from daybook.ledger.queries import find_ledgers
from daybook.ledger.rules import SourceKind, UndatedLines
from daybook.recognition.models import Schedule

BATCH = 4_000
"""How many documents are recognized together: memory is bounded by it."""

WORTH_TELLING = 500
"""With so many documents, a ledger is large enough for the database to plan."""

T = TypeVar("T")


class _DryRun(Exception):
    """Leaves the transaction of a dry run without committing it."""


async def import_documents(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    documents: Iterable[Document],
    *,
    now: datetime,
    reason: str,
    made_by: str | None = None,
    is_dry_run: bool = False,
    drafts: Mapping[tuple[SourceKind, str], str] = MappingProxyType({}),
    progress: Callable[[int], None] = lambda _documents: None,
) -> ImportResult:
    """Record documents, each given once, in one transaction of its own.

    A sequence may be in any order; anything else comes by `recording_rank`. Sent again
    unchanged, a document does nothing; changed, it is revised. Raises Rejected with
    every problem, and then nothing is taken. A dry run checks and counts all, and takes
    nothing. `drafts` are those that were left out, with their places in the file: who
    names one is told. `progress` is told how many more documents are done.
    """
    started = Started(now)
    importing: _Import | None = None
    with (
        collector_paused(),
        turns_shortened(),
        _Batches(_in_order(documents)) as batches,
        suppress(_DryRun),
    ):
        async with _failures_logged(
            database, organisation_id, started, made_by, reason, is_dry_run=is_dry_run
        ):
            batches.start()  # before locking
            async with database.writes() as session:
                organisation = await lock_organisation(session, organisation_id)
                importing = _Import(
                    session, organisation, batches, now, reason, made_by
                )
                importing.absent |= {
                    key: as_draft(key, place) for key, place in drafts.items()
                }
                while batch := await batches.take():
                    await importing.take(batch)
                    progress(len(batch))
                await importing.finish(started)
                if is_dry_run:
                    raise _DryRun
    assert importing is not None, "the transaction ended without an exception"
    return importing.result


def _failures_logged(  # noqa: PLR0913  (what the activity log tells)
    database: Database,
    organisation_id: int,
    started: Started,
    made_by: str | None,
    reason: str,
    *,
    is_dry_run: bool,
) -> AbstractAsyncContextManager[None]:
    """The log tells of imports that were refused; a dry run leaves nothing behind."""
    if is_dry_run:
        return nullcontext()
    return failures_logged(
        database,
        organisation_id,
        kind=ActivityKind.IMPORT,
        started=started,
        made_by=made_by,
        what=reason,
    )


def _in_order(documents: Iterable[Document]) -> Iterable[Document]:
    if isinstance(documents, Sequence):
        return sorted(documents, key=lambda one: recording_rank(one.kind, one.status))
    return documents


class _Batches:
    """Documents by batches, and the one thread that prepares and plans them.

    One, since two would only take turns to run Python, and with them the database's.
    """

    def __init__(self, documents: Iterable[Document]) -> None:
        self._rest = iter(documents)
        self._thread = ThreadPoolExecutor(1)
        self._next: asyncio.Future[list[Prepared]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        """Wait for what the thread still does."""
        self._thread.shutdown(cancel_futures=True)

    def start(self) -> None:
        """Begin to prepare the next batch, unless that has begun."""
        if self._next is None:
            self._next = self.plan(lambda: _next_batch(self._rest))

    async def take(self) -> list[Prepared]:
        """The next batch; none at the end."""
        self.start()
        assert self._next is not None, "it has begun"
        batch = await self._next
        self._next = None
        return batch

    def plan(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Do something pure in the thread."""
        return asyncio.get_running_loop().run_in_executor(self._thread, work)


def _next_batch(documents: Iterator[Document]) -> list[Prepared]:
    """So many documents prepared, none at the end."""
    return [prepare(document) for document in islice(documents, BATCH)]


@dataclass(slots=True)
class _Import:
    """One import on its way: batch after batch into the same transaction."""

    session: WriteSession
    organisation: Organisation
    batches: _Batches
    now: datetime
    reason: str
    made_by: str | None
    result: ImportResult = field(default_factory=ImportResult)
    problems: Problems = field(default_factory=Problems)
    refused: set[tuple[SourceKind, str]] = field(default_factory=set)
    absent: dict[tuple[SourceKind, str], NamedDocument] = field(default_factory=dict)
    """Documents of this import that aren't recorded: drafts, and voids of nothing."""
    waiting: PlannedJournals | None = None
    """The last batch's journals: they are written while the next one is planned."""

    async def take(self, batch: Sequence[Prepared]) -> None:
        """Record a batch; what is wrong with it is noted, and the rest is checked."""
        keys = {one.document.key for one in batch}
        assert len(keys) == len(batch), "who reads documents takes each of them once"
        known = await find_documents(self.session, self.organisation.id, keys)
        changed = [one for one in batch if not self._is_unchanged(one, known)]
        self.result.unchanged += len(batch) - len(changed)
        self._keep_voids_of_nothing(batch, known)
        if not changed:
            return
        parties = await record_parties(
            self.session, self.organisation, [one.document for one in changed]
        )
        currencies = {one.document.currency for one in changed}
        if parties.is_renaming:
            await self._record_renaming(currencies)
        currency_of = {one.document.key: one.document.currency for one in changed}
        for currency in sorted(currencies):
            some = [one for one in changed if one.document.currency == currency]
            await self._record(currency, some, known, parties, currency_of)

    def _is_unchanged(
        self,
        one: Prepared,
        known: Mapping[tuple[SourceKind, str], KnownDocument],
    ) -> bool:
        """Whether a document says what is recorded; a void of nothing says nothing."""
        before = known.get(one.document.key)
        is_void = one.document.status is DocumentStatus.VOIDED
        if before is None:
            return is_void
        return before.content_hash == one.content_hash or (is_void and before.is_void)

    def _keep_voids_of_nothing(
        self,
        batch: Sequence[Prepared],
        known: Mapping[tuple[SourceKind, str], KnownDocument],
    ) -> None:
        """Who names one is told that it is void, though it was never recorded."""
        for document in (one.document for one in batch):
            if document.status is DocumentStatus.VOIDED and document.key not in known:
                self.absent[document.key] = as_void(document)

    async def _record_renaming(self, currencies: Iterable[str]) -> None:
        """Names are read by recordings: each other ledger gets one of its own."""
        for ledger in await find_ledgers(self.session, self.organisation.id):
            if ledger.currency not in currencies:
                await self._start(ledger.currency)

    async def _start(self, currency: str) -> tuple[Ledger, Recording]:
        ledger = await open_ledger(self.session, self.organisation, currency)
        recording = await start_recording(
            self.session,
            self.organisation,
            ledger,
            now=self.now,
            reason=self.reason,
            made_by=self.made_by,
        )
        self.result.add_recording(currency, recording.number)
        return ledger, recording

    async def _record(
        self,
        currency: str,
        some: Sequence[Prepared],
        known: Mapping[tuple[SourceKind, str], KnownDocument],
        parties: Parties,
        currency_of: Mapping[tuple[SourceKind, str], str],
    ) -> None:
        """Record documents of one currency in a recording of its ledger."""
        ledger, recording = await self._start(currency)
        check_open_day(ledger)
        batch = Batch(self.organisation, ledger, parties)
        named = await load_batch(
            *(self.session, batch, some, known, currency_of),
            posted=self._write_journals,
        )
        named = {
            key: self.absent[key] for key in batch.named_here & self.absent.keys()
        } | named

        refuses_undated = UndatedLines(ledger.undated_lines) is UndatedLines.REFUSE

        def plan() -> PlannedBatch | None:
            found = self.problems.total
            for one in some:
                if one.document.undated and refuses_undated:
                    self.problems.extend(one.document.undated)
                self._take_document(batch, one, known.get(one.document.key), named)
            if self.problems.total > found:
                self.refused |= {one.document.key for one in some}
                return None
            return plan_batch(batch, recording)

        planning = self.batches.plan(plan)
        self.batches.start()
        await self._write_journals()
        planned = await planning
        if planned is None:
            return
        await write_documents(self.session, planned)
        await self._tell_planner(ledger)
        await self._notice(ledger, recording, some, known)
        self.waiting = planned.run.journals
        self.result.add_posted(currency, planned.posted)

    async def _notice(
        self,
        ledger: Ledger,
        recording: Recording,
        some: Sequence[Prepared],
        known: Mapping[tuple[SourceKind, str], KnownDocument],
    ) -> None:
        """Note what the sender should look at in what was just written."""
        documents = [one.document for one in some]
        has_renumbered = any(
            one.key in known and known[one.key].number != one.number
            for one in documents
        )
        found = await notices_of(
            *(self.session, ledger, recording, documents),
            has_renumbered=has_renumbered,
        )
        self.result.add_notices(found)

    async def _write_journals(self) -> None:
        """Write the journals that are waiting, if any are."""
        waiting, self.waiting = self.waiting, None
        if waiting is not None:
            await write_journals(self.session, waiting)

    def _take_document(
        self,
        batch: Batch,
        prepared: Prepared,
        before: KnownDocument | None,
        named: dict[tuple[SourceKind, str], NamedDocument],
    ) -> None:
        """Add, revise or void one document in the batch, or note what is wrong."""
        document = prepared.document
        if not self.refused.isdisjoint(named_keys(document)):
            return
        if before is None:
            recorded = batch.number(prepared)
            self.problems.extend(add_document(batch, recorded, named))
            if document.key in batch.named_here:
                named[document.key] = _as_named(batch, recorded)
            self.result.recorded[document.kind] += 1
            return
        recorded = batch.before[document.key]
        problems = refuse_revision(recorded)
        if not problems and document.status is DocumentStatus.VOIDED:
            problems = void(batch, recorded)
            self.result.voided[document.kind] += 1
        elif not problems:
            problems = revise(batch, recorded, named)
            self.result.revised[document.kind] += 1
        batch.documents.append(recorded)
        self.problems.extend(problems)
        if not problems:
            named[document.key] = _as_named(batch, recorded)

    async def finish(self, started: Started) -> None:
        """Raise what is wrong, or leave a trail, and tell the database's planner."""
        self.problems.raise_any()
        await self._write_journals()
        await tell_of_import(
            self.session,
            self.organisation,
            self.result.recordings,
            self.result.added,
            started=started,
            made_by=self.made_by,
            message=self.reason,
            details=self.result.details(),
        )
        for ledger in await find_ledgers(self.session, self.organisation.id):
            if ledger.currency in self.result.added:
                await self._tell_planner(ledger, is_finished=True)

    async def _tell_planner(self, ledger: Ledger, *, is_finished: bool = False) -> None:
        """Tell the database's planner how the ledger has grown, if it is worth it.

        In between, it has to know the tables in which the next batch is looked up.
        """
        if ledger.documents < WORTH_TELLING:
            return
        sizes: dict[type[Base], int] = {
            StoredDocument: ledger.documents,
            DocumentLine: ledger.documents,
            Schedule: ledger.schedules,
        }
        if is_finished:
            sizes |= {Journal: ledger.journals, JournalMovement: ledger.journals}
        await refresh_statistics(self.session, sizes)


def _as_named(batch: Batch, recorded: Recorded) -> NamedDocument:
    """A document as those behind it in the same file name it."""
    document = recorded.document
    members = {}
    for position, line in enumerate(document.lines):
        if position in recorded.schedule_ids:
            schedule_id = recorded.schedule_ids[position]
            members[line.id] = batch.member_of.get(schedule_id, schedule_id)
    return NamedDocument(
        document.key,
        recorded.number,
        document.currency,
        document.customer.id,
        document.accounting_date,
        recorded.is_voided,
        members,
    )
