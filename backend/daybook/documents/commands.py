"""Recording documents: all of an import in one transaction, or nothing of it."""

import asyncio
import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    contextmanager,
    nullcontext,
    suppress,
)
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from daybook.activity.commands import failures_logged
from daybook.activity.rules import ActivityKind, RunCounts, Started
from daybook.calendar import Day
from daybook.db.bulk import refresh_statistics
from daybook.db.engine import Database, WriteSession
from daybook.documents.additions import add_document
from daybook.documents.auditing import tell_of_import
from daybook.documents.batches import (
    RECORDING_ORDER,
    Batch,
    Prepared,
    Recorded,
    prepare,
)
from daybook.documents.loading import load_batch, named_keys
from daybook.documents.models import DocumentLine, StoredDocument
from daybook.documents.naming import NamedDocument
from daybook.documents.parties import Parties, record_parties
from daybook.documents.queries import KnownDocument, find_documents
from daybook.documents.reading.problems import Problems
from daybook.documents.revisions import refuse_revision, revise, void
from daybook.documents.rules import Document, DocumentStatus
from daybook.documents.writing import write_batch
from daybook.ledger.commands import (
    Posted,
    lock_organisation,
    open_ledger,
    start_recording,
)
from daybook.ledger.models import (
    Journal,
    JournalMovement,
    Ledger,
    Organisation,
    Recording,
)
from daybook.ledger.queries import find_ledgers
from daybook.ledger.rules import SourceKind
from daybook.recognition.models import Schedule

WRITTEN = (StoredDocument, DocumentLine, Schedule, Journal, JournalMovement)
"""The tables that grow with an import."""

BATCH = 2_000
"""How many documents are recognized together: memory is bounded by it."""

LARGE_WRITE = 5_000
"""After so many new movements the database's planner is told."""


@dataclass(slots=True)
class ImportResult:
    """What an import did. Documents are counted by kind.

    `recordings` are the numbers of its first and last recording, by currency.
    """

    recorded: Counter[SourceKind] = field(default_factory=Counter)
    revised: Counter[SourceKind] = field(default_factory=Counter)
    voided: Counter[SourceKind] = field(default_factory=Counter)
    unchanged: int = 0
    journals: int = 0
    movements: int = 0
    recordings: dict[str, tuple[int, int]] = field(default_factory=dict, compare=False)
    added: dict[str, RunCounts] = field(default_factory=dict, compare=False)

    def add_recording(self, currency: str, number: int) -> None:
        """Note a recording of a ledger; their numbers grow."""
        first, _ = self.recordings.get(currency, (number, number))
        self.recordings[currency] = (first, number)

    def add_posted(self, currency: str, posted: Posted) -> None:
        """Count what was posted into a ledger."""
        self.journals += posted.journals
        self.movements += posted.movements
        before = self.added.get(currency, RunCounts())
        self.added[currency] = before._replace(
            journals=before.journals + posted.journals,
            movements=before.movements + posted.movements,
        )

    def details(self) -> dict[str, object]:
        """What the audit trail says of it: documents by what was done and by kind."""
        counted = {
            "recorded": self.recorded,
            "revised": self.revised,
            "voided": self.voided,
        }
        return {
            what: {kind.name: count for kind, count in sorted(counts.items())}
            for what, counts in counted.items()
            if counts
        }


class _DryRun(Exception):
    """Leaves the transaction of a dry run without committing it."""


async def import_documents(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    documents: Iterable[Document],
    *,
    now: datetime,
    today: Day,
    reason: str,
    made_by: str | None = None,
    is_dry_run: bool = False,
    progress: Callable[[int], None] = lambda _documents: None,
) -> ImportResult:
    """Record documents, each given once, in one transaction of its own.

    A sequence may be in any order; of anything else, billing schedules come first, then
    invoices, then credit notes. Sent again unchanged, a document does nothing; changed,
    it is revised. Raises Rejected with every problem, and then nothing is taken. A dry
    run checks and counts all, and takes nothing. `progress` is told how many more
    documents are done.
    """
    started = Started(now)
    importing: _Import | None = None
    rest = iter(_in_order(documents))
    with _collector_paused(), suppress(_DryRun):
        async with _failures_logged(
            database, organisation_id, started, made_by, reason, is_dry_run=is_dry_run
        ):
            batch = await asyncio.to_thread(_next_batch, rest)  # before locking
            async with database.writes() as session:
                organisation = await lock_organisation(session, organisation_id)
                importing = _Import(session, organisation, now, today, reason, made_by)
                while batch:
                    # The next one is prepared while the database writes this one.
                    following = asyncio.create_task(
                        asyncio.to_thread(_next_batch, rest)
                    )
                    try:
                        await importing.take(batch)
                    finally:
                        await asyncio.wait([following])
                    progress(len(batch))
                    batch = following.result()
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
        return sorted(documents, key=lambda one: RECORDING_ORDER[one.kind])
    return documents


def _next_batch(documents: Iterator[Document]) -> list[Prepared]:
    """So many documents prepared, none at the end. Pure, and so at home in a thread."""
    return [prepare(document) for document in islice(documents, BATCH)]


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Leave the garbage collector out of it.

    An import makes millions of small values and no cycles: the collector would walk
    them again and again, a third of the time, and find nothing.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@dataclass(slots=True)
class _Import:
    """One import on its way: batch after batch into the same transaction."""

    session: WriteSession
    organisation: Organisation
    now: datetime
    today: Day
    reason: str
    made_by: str | None
    result: ImportResult = field(default_factory=ImportResult)
    problems: Problems = field(default_factory=Problems)
    refused: set[tuple[SourceKind, str]] = field(default_factory=set)

    async def take(self, batch: Sequence[Prepared]) -> None:
        """Record a batch; what is wrong with it is noted, and the rest is checked."""
        keys = {one.document.key for one in batch}
        assert len(keys) == len(batch), "who reads documents takes each of them once"
        known = await find_documents(self.session, self.organisation.id, keys)
        changed = [one for one in batch if not self._is_unchanged(one, known)]
        self.result.unchanged += len(batch) - len(changed)
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
        batch = Batch(self.organisation, ledger, parties)
        named = await load_batch(self.session, batch, some, known, currency_of)
        found = self.problems.total
        for one in some:
            self._take_document(batch, one, known.get(one.document.key), named)
        if self.problems.total > found:
            self.refused |= {one.document.key for one in some}
            return
        posted = await write_batch(self.session, batch, recording, self.today)
        self.result.add_posted(currency, posted)

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
        if self.result.movements > LARGE_WRITE:
            await refresh_statistics(self.session, WRITTEN)


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
