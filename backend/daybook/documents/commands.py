"""Recording documents: a whole import in one transaction, or none of it."""

import asyncio
from collections import Counter
from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from concurrent.futures import ThreadPoolExecutor
from contextlib import (
    nullcontext,
    suppress,
)
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from types import MappingProxyType
from typing import Self, TypeVar

from daybook.activity.rules import Started
from daybook.audit.expecting import check_expected, recorded_since_refused
from daybook.clock import day_at
from daybook.db.base import Base
from daybook.db.copying import copied
from daybook.db.engine import Database, WriteSession
from daybook.db.statistics import refresh_statistics
from daybook.documents.additions import add_document
from daybook.documents.auditing import (
    audit_import,
    import_failures_logged,
    note_taken,
)
from daybook.documents.batch_loading import load_batch
from daybook.documents.batches import (
    Batch,
    Prepared,
    Recorded,
    prepare_document,
)
from daybook.documents.effects import Effects
from daybook.documents.models import DocumentLine, StoredDocument
from daybook.documents.named_documents import (
    NamedDocument,
    as_draft,
    as_void,
    named_keys,
)
from daybook.documents.notices.credits import revenue_taken
from daybook.documents.notices.customers import AppearedCustomers, similar_customers
from daybook.documents.notices.names import former_names
from daybook.documents.notices.numbers import numbers_in_use
from daybook.documents.notices.rows import repeated_rows
from daybook.documents.notices.voids import void_here
from daybook.documents.pace import collector_paused, turns_shortened
from daybook.documents.party_names import NamingDocuments
from daybook.documents.queries import KnownDocument, known_documents
from daybook.documents.reading.csv_places import column_of, in_the_sheet
from daybook.documents.reading.problems import Problems
from daybook.documents.recording_parties import Parties, record_parties
from daybook.documents.results import ChangedDocument, ImportResult
from daybook.documents.revisions import refuse_revision, revise, void
from daybook.documents.rules import Document, DocumentStatus, recording_rank
from daybook.documents.writing import PlannedBatch, plan_batch, write_documents
from daybook.errors import Problem
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
"""How many documents are recognized together, which bounds the memory in use."""

WORTH_A_COPY = 1_000
"""A dry run of fewer documents keeps SQLite's other writers waiting for a moment only,
which takes less than copying the database."""

WORTH_STATISTICS = 500
"""A ledger with fewer documents needs no statistics for the database's planner."""

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
    file: str | None = None,
    made_by: str | None = None,
    is_dry_run: bool = False,
    with_effects: bool = False,
    drafts: Mapping[tuple[SourceKind, str], str] = MappingProxyType({}),
    columns: Mapping[str, str] = MappingProxyType({}),
    progress: Callable[[int], None] = lambda _documents: None,
    on_change: Callable[[ChangedDocument], None] = lambda _change: None,
    expected: int | None = None,
    named: Collection[tuple[SourceKind, str]] | None = None,
) -> ImportResult:
    """Record documents, without duplicates, in one transaction.

    `file` is the name of the file that they come from: a later import of one with its
    name makes a failed one good. A sequence may be in any order; other iterables must
    be in the order of `recording_rank`. Documents that were recorded before are skipped
    if unchanged, and revised if changed. Raises Rejected with every problem, and then
    records nothing. A dry run checks and counts everything and records nothing. The
    result has `effects` only if they are asked for, since totals take time. `drafts`
    maps drafts that were left out to their places in the file, for the problems of
    documents that refer to them, and `columns` a CSV file's columns of fields, which
    problems of its documents name. `progress` is called with the number of documents of
    each batch, and `on_change` with each document that is revised or voided, also if
    the import is refused later. Unless `expected` is the number of the last audit
    record, it raises Rejected, which isn't logged. `named` are the keys of all
    documents that these refer to: where they are known, a dry run writes only the
    journals that it reads again.
    """
    started = Started(now)
    importing: _Import | None = None
    with (
        collector_paused(),
        turns_shortened(),
        _Batches(_in_order(documents)) as batches,
        recorded_since_refused(),
        suppress(_DryRun),
    ):
        async with import_failures_logged(
            *(database, organisation_id, started),
            reason=reason,
            file=file,
            made_by=made_by,
            is_dry_run=is_dry_run,
        ):
            size = await batches.next_size()  # before locking
            is_copied = is_dry_run and size >= WORTH_A_COPY
            async with (
                copied(database) if is_copied else nullcontext(database) as written,
                written.writes() as session,
            ):
                organisation = await lock_organisation(session, organisation_id)
                check_expected(expected, organisation.audit_records)
                importing = _Import(
                    *(session, organisation, batches, now, reason, file, made_by),
                    is_dry_run=is_dry_run,
                    columns=columns,
                    on_change=on_change,
                    named=named,
                )
                if with_effects:
                    today = day_at(now, organisation.time_zone)
                    importing.effects = Effects(today)
                importing.absent |= {
                    key: as_draft(key, place) for key, place in drafts.items()
                }
                while batch := await batches.take():
                    await importing.take(batch)
                    progress(len(batch))
                importing.result.audit_record = organisation.audit_records
                await importing.finish(started)
                if is_dry_run:
                    raise _DryRun
                importing.result.audit_record = organisation.audit_records
    assert importing is not None, "the transaction ended without an exception"
    if importing.effects is not None:
        importing.result.effects = importing.effects.by_ledger
    return importing.result


def _in_order(documents: Iterable[Document]) -> Iterable[Document]:
    if isinstance(documents, Sequence):
        return sorted(
            documents,
            key=lambda document: recording_rank(document.kind, document.status),
        )
    return documents


class _Batches:
    """Documents in batches, and the one thread that prepares and plans them.

    Two threads would only take turns with each other, and with the database's thread.
    """

    def __init__(self, documents: Iterable[Document]) -> None:
        self._rest = iter(documents)
        self._thread = ThreadPoolExecutor(1)
        self._next: asyncio.Future[list[Prepared]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        """Wait until the thread has finished its present work."""
        self._thread.shutdown(cancel_futures=True)

    def start(self) -> None:
        """Begin to prepare the next batch, unless it has begun already."""
        if self._next is None:
            self._next = self.plan(lambda: _next_batch(self._rest))

    async def next_size(self) -> int:
        """How many documents the next batch has, once it is prepared."""
        self.start()
        assert self._next is not None, "it has begun"
        return len(await self._next)

    async def take(self) -> list[Prepared]:
        """The next batch; an empty one at the end."""
        self.start()
        assert self._next is not None, "it has begun"
        batch = await self._next
        self._next = None
        return batch

    def plan(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Run a pure function in the thread."""
        return asyncio.get_running_loop().run_in_executor(self._thread, work)


def _next_batch(documents: Iterator[Document]) -> list[Prepared]:
    """The next `BATCH` documents, prepared; none at the end."""
    return [prepare_document(document) for document in islice(documents, BATCH)]


@dataclass(slots=True)
class _Import:
    """An import in progress: batch after batch in one transaction."""

    session: WriteSession
    organisation: Organisation
    batches: _Batches
    now: datetime
    reason: str
    file: str | None
    made_by: str | None
    is_dry_run: bool
    columns: Mapping[str, str]
    on_change: Callable[[ChangedDocument], None]
    named: Collection[tuple[SourceKind, str]] | None
    result: ImportResult = field(default_factory=ImportResult)
    problems: Problems = field(default_factory=Problems)
    refused: set[tuple[SourceKind, str]] = field(default_factory=set)
    absent: dict[tuple[SourceKind, str], NamedDocument] = field(default_factory=dict)
    """Documents of the file that won't exist: drafts, voids of unknown documents."""
    appeared: AppearedCustomers = field(init=False)
    effects: Effects | None = None
    waiting: PlannedJournals | None = None
    """The last batch's journals, to be written while the next batch is planned."""

    def __post_init__(self) -> None:
        """Begin with the customers that are recorded by now."""
        self.appeared = AppearedCustomers(self.organisation.customers + 1)

    async def take(self, batch: Sequence[Prepared]) -> None:
        """Record a batch; collect its problems and go on checking."""
        keys = {prepared.document.key for prepared in batch}
        assert len(keys) == len(batch), "the reader takes each document once"
        if self.effects is not None:
            self.effects.add_of_file(prepared.document for prepared in batch)
        known = await known_documents(self.session, self.organisation.id, keys)
        changed: list[Prepared] = []
        unchanged: list[Document] = []
        for prepared in batch:
            if self._is_unchanged(prepared, known):
                unchanged.append(prepared.document)
            else:
                changed.append(prepared)
        unknown_voids = self._keep_unknown_voids(batch, known)
        self.result.unknown_voids += unknown_voids
        self.result.unchanged += len(unchanged) - unknown_voids.total()
        self.result.add_notices(void_here(unchanged, known))
        if not changed:
            return
        documents = [prepared.document for prepared in changed]
        naming = NamingDocuments(documents, unchanged, known.keys())
        parties = await record_parties(self.session, self.organisation, naming)
        self.appeared.add(parties, documents)
        currency_of = {document.key: document.currency for document in documents}
        currencies = {*currency_of.values()}
        if parties.renamed:
            self.result.renamings.add(parties.renamed)
            await self._record_renaming(currencies)
        for currency in sorted(currencies):
            of_ledger = [
                prepared
                for prepared in changed
                if prepared.document.currency == currency
            ]
            await self._record(currency, of_ledger, known, parties, currency_of)

    def _is_unchanged(
        self,
        prepared: Prepared,
        known: Mapping[tuple[SourceKind, str], KnownDocument],
    ) -> bool:
        """Whether there is nothing to record, as for a void of an unknown document."""
        before = known.get(prepared.document.key)
        is_void = prepared.document.status is DocumentStatus.VOIDED
        if before is None:
            return is_void
        return before.content_hash == prepared.content_hash or (
            is_void and before.is_void
        )

    def _keep_unknown_voids(
        self,
        batch: Sequence[Prepared],
        known: Mapping[tuple[SourceKind, str], KnownDocument],
    ) -> Counter[SourceKind]:
        """Keep voids of unknown documents, for problems of others that name them.

        Returns how many there are of each kind.
        """
        unknown = [
            document
            for document in (prepared.document for prepared in batch)
            if document.status is DocumentStatus.VOIDED and document.key not in known
        ]
        self.absent |= {document.key: as_void(document) for document in unknown}
        return Counter(document.kind for document in unknown)

    async def _record_renaming(self, currencies: Iterable[str]) -> None:
        """Start a recording in all other ledgers: names are stored per recording."""
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
        documents: Sequence[Prepared],
        known: Mapping[tuple[SourceKind, str], KnownDocument],
        parties: Parties,
        currency_of: Mapping[tuple[SourceKind, str], str],
    ) -> None:
        """Record documents of one currency in a recording of its ledger."""
        ledger, recording = await self._start(currency)
        check_open_day(ledger)
        batch = Batch(self.organisation, ledger, parties)
        named = await load_batch(
            *(self.session, batch, documents, known, currency_of),
            posted=self._write_journals,
        )
        named = {
            key: self.absent[key] for key in batch.named_here & self.absent.keys()
        } | named

        refuses_undated = UndatedLines(ledger.undated_lines) is UndatedLines.REFUSE

        def plan() -> PlannedBatch | None:
            problems_before = self.problems.total
            for prepared in documents:
                if prepared.document.undated and refuses_undated:
                    self.problems.extend(prepared.document.undated)
                self._take_document(
                    batch, prepared, known.get(prepared.document.key), named
                )
            if self.problems.total > problems_before:
                self.refused |= {prepared.document.key for prepared in documents}
                return None
            return plan_batch(batch, recording)

        planning = self.batches.plan(plan)
        self.batches.start()
        await self._write_journals()
        planned = await planning
        if planned is None:
            return
        await write_documents(self.session, planned)
        await self._refresh_statistics(ledger)
        await self._collect_notices(ledger, recording, documents, known)
        self.waiting = self._to_write(batch, planned.run.journals)
        self.result.add_posted(currency, planned.posted)
        if self.effects is not None:
            self.effects.add_posted(currency, planned.run.journals)

    def _to_write(
        self, batch: Batch, planned: PlannedJournals
    ) -> PlannedJournals | None:
        """The journals of a batch that must be written, if any must.

        A dry run reads them only for documents that change those of earlier batches: by
        naming them, by sharing a family with them, or by taking from their grants.
        """
        if not self.is_dry_run or self.named is None or batch.grants:
            return planned
        alone = batch.alone(self.named)
        if len(alone) == len(batch.documents):
            return None
        return planned.without_journals_of(alone)

    async def _collect_notices(
        self,
        ledger: Ledger,
        recording: Recording,
        written: Sequence[Prepared],
        known: Mapping[tuple[SourceKind, str], KnownDocument],
    ) -> None:
        """Collect the notices about documents that were just written."""
        documents = [prepared.document for prepared in written]
        has_renumbered = any(
            document.key in known and known[document.key].number != document.number
            for document in documents
        )
        notices = await numbers_in_use(
            *(self.session, ledger, recording, documents),
            has_renumbered=has_renumbered,
        )
        currency = ledger.currency
        self.result.add_notices(notices, currency)
        self.result.add_notices(repeated_rows(documents), currency)
        for taken in revenue_taken(written):
            self.result.revenue_taken[currency] += taken.amount
            notice = taken.notice(is_dry_run=self.is_dry_run)
            self.result.add_notices([notice], currency)

    async def _write_journals(self) -> None:
        """Write the waiting journals, if there are any."""
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
        """Add, revise or void one document in the batch, or collect its problems."""
        document = prepared.document
        if not self.refused.isdisjoint(named_keys(document)):
            return
        if before is None:
            recorded = batch.number(prepared)
            self._refuse(document, add_document(batch, recorded, named))
            if document.key in batch.named_here:
                named[document.key] = _as_named(batch, recorded)
            self.result.recorded[document.kind] += 1
            self.result.add_listed(document, None, document.total)
            if self.effects is not None:
                total = document.total
                self.effects.add_document(document.kind, document.currency, total)
            return
        recorded = batch.before[document.key]
        problems = refuse_revision(recorded)
        if not problems and document.status is DocumentStatus.VOIDED:
            problems = void(batch, recorded)
            self._take_change(_change_of(recorded, None), document)
        elif not problems:
            problems = revise(batch, recorded, named)
            self._take_change(_change_of(recorded, document.total), document)
        batch.documents.append(recorded)
        self._refuse(document, problems)
        if not problems:
            named[document.key] = _as_named(batch, recorded)

    def _take_change(self, change: ChangedDocument, document: Document) -> None:
        """Count and tell a revised or voided document."""
        self.result.add_change(change)
        self.result.add_listed(document, change.before, change.after)
        self.on_change(change)
        if self.effects is not None:
            gain = (change.after or 0) - change.before
            self.effects.add_document(change.kind, change.currency, gain)

    def _refuse(self, document: Document, problems: Iterable[Problem]) -> None:
        """Collect a document's problems, with their places in its file."""
        self.problems.extend(
            in_the_sheet(problem, document, self.columns) for problem in problems
        )

    async def finish(self, started: Started) -> None:
        """Raise the problems, or append audit record and log; refresh statistics."""
        self.problems.raise_any()
        await self._write_journals()
        for find in (similar_customers, former_names):
            self.result.add_notices(
                await find(self.session, self.organisation.id, self.appeared)
            )
        self.result.notices = [
            replace(notice, path=column_of(notice.path, self.columns))
            for notice in self.result.notices
        ]
        self.result.notices.sort(key=lambda notice: notice.line or 0)
        await audit_import(
            self.session,
            self.organisation,
            self.result.recordings,
            self.result.added,
            started=started,
            made_by=self.made_by,
            message=self.reason,
            in_ledgers=self.result.in_ledgers(self.reason),
            details=self.result.details(),
            file=self.file,
        )
        if self.is_dry_run:
            return  # nobody reads what it would leave
        if not self.result.recordings:
            await note_taken(
                *(self.session, self.organisation, started),
                reason=self.reason,
                made_by=self.made_by,
                file=self.file,
            )
        for ledger in await find_ledgers(self.session, self.organisation.id):
            if ledger.currency in self.result.added:
                await self._refresh_statistics(ledger, is_finished=True)

    async def _refresh_statistics(
        self, ledger: Ledger, *, is_finished: bool = False
    ) -> None:
        """Refresh the planner's statistics of tables that have grown.

        During the import, only of tables that the next batch reads.
        """
        if ledger.documents < WORTH_STATISTICS:
            return
        sizes: dict[type[Base], int] = {
            StoredDocument: ledger.documents,
            DocumentLine: ledger.documents,
            Schedule: ledger.schedules,
        }
        if is_finished:
            sizes |= {Journal: ledger.journals, JournalMovement: ledger.journals}
        await refresh_statistics(self.session, sizes)


def _change_of(recorded: Recorded, after: int | None) -> ChangedDocument:
    document = recorded.document
    return ChangedDocument(
        *(document.kind, document.id, document.number, document.currency),
        *(recorded.total_before, after),
    )


def _as_named(batch: Batch, recorded: Recorded) -> NamedDocument:
    """A recorded document, as later documents may name it."""
    document = recorded.document
    members = {}
    for position, line in enumerate(document.lines):
        if position in recorded.schedule_ids:
            schedule_id = recorded.schedule_ids[position]
            members[line.id] = batch.member_of.get(schedule_id, schedule_id)
    return NamedDocument(
        key=document.key,
        number=recorded.number,
        currency=document.currency,
        customer=document.customer.id,
        accounting_date=document.accounting_date,
        is_void=recorded.is_voided,
        members=members,
    )
