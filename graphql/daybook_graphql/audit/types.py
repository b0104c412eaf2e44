"""The types of the audit trail and the activity log."""

from datetime import datetime

import strawberry

from daybook.activity.rules import ActivityKind as StoredActivity
from daybook.activity.rules import Run
from daybook.ledger.rules import SourceKind as StoredKind
from daybook.paging import Page
from daybook.reports.activity import ListedActivity
from daybook.reports.run_documents import RunDocument as ListedDocument
from daybook.reports.trail.names import action_name, person_name, subject_name
from daybook.reports.trail.queries import ListedRecord
from daybook_graphql.audit.dismissals import (
    ImportDismissal,
    dismissal_of,
    dismissals_by_run,
    imported_since_by_run,
    waiting_by_run,
)
from daybook_graphql.audit.enums import ActivityKind
from daybook_graphql.audit.run_documents import document_counts_by_run, documents_by_run
from daybook_graphql.context import Info
from daybook_graphql.documents.enums import SourceKind
from daybook_graphql.execution.selected import Selected
from daybook_graphql.kit.connections import Connection, connection_of, listed
from daybook_graphql.kit.money import Money, money
from daybook_graphql.kit.paging import (
    After,
    Before,
    First,
    Last,
    page_request,
)
from daybook_graphql.kit.scalars import BigInt, CurrencyCode, Date, DateTime
from daybook_graphql.ledgers.types import Ledger

NO_ROWS: Page[ListedDocument] = Page([], has_next=False, has_previous=False)


@strawberry.type(description="What something was done to.")
class AuditSubject:
    kind: str = strawberry.field(
        description="`ORGANISATION`, `LEDGER`, `LEDGER_ACCOUNT`, `PRODUCT`, or a"
        " document's kind; expect more."
    )
    id: str = strawberry.field(
        description="Its natural id: a ledger's currency, the sender's own id of a"
        " product or a document."
    )
    name: str = strawberry.field(
        description="What it is called: `Invoice INV-7`, `Ledger USD`."
    )


@strawberry.type(description="A value that was changed, in words.")
class AuditChange:
    name: str = strawberry.field(description="What was changed: `Locked through`.")
    before: str = strawberry.field(description="What it was before: `30 Sep 2026`.")
    after: str = strawberry.field(description="What it is after: `31 Oct 2026`.")


@strawberry.type(description="A ledger's recordings that an audit record covers.")
class AuditedRun:
    currency: CurrencyCode = strawberry.field(description="The ledger.")
    first: BigInt = strawberry.field(description="The first recording's number.")
    last: BigInt = strawberry.field(description="The last recording's number.")


@listed(
    "A record",
    "records",
    page="A page of the audit trail, newest first.",
    name="Audit",
)
@strawberry.type(
    description="Something that was done. Records are never changed; each holds the"
    " hash of the one before."
)
class AuditRecord:
    number: BigInt = strawberry.field(description="Its number, without gaps.")
    recorded_at: DateTime = strawberry.field(description="When it was done.")
    made_by: str | None = strawberry.field(description="Who did it, if that is known.")
    action: str = strawberry.field(
        description="What was done: `IMPORT`, `VOID_DOCUMENT`, `COMPLETE_MILESTONE`,"
        " `SET_LOCK`, `UPDATE_SETTINGS`, `SET_PRODUCT_METHOD`, `RENAME_ACCOUNT`,"
        " `UPDATE_INTEGRATION`, `MAP_ACCOUNTS`, `IMPORT_CHART`,"
        " `POST_EXPORT`, `UNDO_EXPORT_POSTING`, `SET_TIME_ZONE`,"
        " `ATTACH_EVIDENCE`, `REMOVE_EVIDENCE`, `SAVE_MANUAL_JOURNAL`,"
        " `REQUEST_CHANGE`, `SET_FOUR_EYES`,"
        " `ACCEPT_CLOCK`; expect more."
    )
    action_name: str = strawberry.field(
        description="What was done, for people: `Lock changed`."
    )
    subject: AuditSubject = strawberry.field(description="What it was done to.")
    who: str = strawberry.field(
        description="Who did it, for people; `Erased person 1a2b3c4d` for somebody"
        " whose name was erased."
    )
    sentence: str = strawberry.field(description="What was done, in a sentence.")
    changes: list[AuditChange] = strawberry.field(
        description="The values that were changed, before and after."
    )
    reason: str | None = strawberry.field(description="Why, where somebody said so.")
    recordings: list[AuditedRun] = strawberry.field(
        description="The recordings that it covers, by ledger."
    )
    changed_after_close: Date | None = strawberry.field(
        description="The first day that it changed or opened after the day had been"
        " closed; null if it changed none. Records of versions that didn't note it have"
        " null."
    )
    details: str = strawberry.field(
        description="What exactly, as the JSON text that is hashed."
    )
    previous_hash: str = strawberry.field(
        description="The hash of the record before, in hexadecimal; zeros in the first."
    )
    hash: str = strawberry.field(
        description="SHA-256 of the record's content, in hexadecimal."
    )


@listed(
    "A run's document",
    "documents",
    page="A page of a run's documents, in the order of recording.",
    node="The document.",
)
@strawberry.type(description="A document as a run left it.")
class RunDocument:
    kind: SourceKind = strawberry.field(description="What it is.")
    external_id: str = strawberry.field(description="The sender's own id.")
    reference: str = strawberry.field(description="The number that people know it by.")
    amount: Money = strawberry.field(
        description="What its lines sum to. A credit note's amount is positive."
    )
    movement_count: int = strawberry.field(
        description="How many movements the run added to its journals."
    )


@listed("A run", "runs", page="A page of the activity log, newest first.")
@strawberry.type(
    description="A run: an import, a lock, a setting; also one that failed."
)
class Activity:
    number: BigInt = strawberry.field(description="Its number in the activity log.")
    kind: ActivityKind = strawberry.field(description="What it was about.")
    started_at: DateTime = strawberry.field(description="When it began.")
    duration_ms: BigInt = strawberry.field(description="How many milliseconds it took.")
    is_failed: bool = strawberry.field(description="Whether it took nothing.")
    message: str = strawberry.field(
        description="What it did, or why it failed, for people."
    )
    who: str = strawberry.field(description="Who ran it, for people.")
    made_by: str | None = strawberry.field(description="Who ran it, if that is known.")
    ledger: Ledger | None = strawberry.field(description="In which ledger, if in one.")
    document_count: BigInt = strawberry.field(
        description="How many documents it recorded or changed."
    )
    journal_count: BigInt = strawberry.field(
        description="How many journals came to be."
    )
    movement_count: BigInt = strawberry.field(
        description="How many movements it added."
    )
    problem_count: BigInt = strawberry.field(
        description="How many problems it failed with."
    )
    run: strawberry.Private[Run | None]

    @strawberry.field(
        description="Whether it is a failed import whose file was neither imported"
        " since nor dismissed, nor failed again in its ledger: a month's close waits"
        " for it."
    )
    async def is_waiting(self, info: Info) -> bool:
        if not self._is_failed_import():
            return False
        return await waiting_by_run(info.context).load(int(self.number))

    @strawberry.field(
        description="By whom, when and why the failed import was dismissed; null where"
        " it was not."
    )
    async def dismissal(self, info: Info) -> ImportDismissal | None:
        if not self._is_failed_import():
            return None
        found = await dismissals_by_run(info.context).load(int(self.number))
        return None if found is None else dismissal_of(found)

    @strawberry.field(
        description="The number of the last import of the failed import's file, where"
        " it was imported since; of one without a file, of the last import. Else null."
    )
    async def imported_since(self, info: Info) -> BigInt | None:
        if not self._is_failed_import():
            return None
        found = await imported_since_by_run(info.context).load(int(self.number))
        return None if found is None else BigInt(found)

    def _is_failed_import(self) -> bool:
        return self.is_failed and self.kind is ActivityKind.IMPORT

    @strawberry.field(description="The documents that it recorded or changed.")
    async def documents(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[RunDocument]:
        page = page_request(1, first=first, after=after, last=last, before=before)
        if self.run is None or self.ledger is None:
            return connection_of(NO_ROWS, [], lambda row: (row.id,), 0)
        context, total = info.context, 0
        found = await documents_by_run(context).load((self.run, page))
        if "totalCount" in Selected.of(info):
            total = await document_counts_by_run(context).load(self.run)
        nodes = [_run_document(row, self.ledger.currency) for row in found.items]
        return connection_of(found, nodes, lambda row: (row.id,), total)


def audit_record_of(row: ListedRecord) -> AuditRecord:
    """A record as the schema shows it."""
    record, told = row.record, row.told
    kind, id_ = record.subject_kind, record.subject_id
    return AuditRecord(
        number=BigInt(record.number),
        recorded_at=DateTime(datetime.fromisoformat(record.recorded_at)),
        made_by=record.made_by,
        who=person_name(record.made_by),
        action=record.action,
        action_name=action_name(record.action),
        subject=AuditSubject(kind=kind, id=id_, name=subject_name(kind, id_)),
        sentence=told.sentence,
        changes=[AuditChange(**change._asdict()) for change in told.changes],
        reason=told.reason,
        recordings=[
            AuditedRun(
                currency=CurrencyCode(run.currency),
                first=BigInt(run.first),
                last=BigInt(run.last),
            )
            for run in row.runs
        ],
        changed_after_close=None if row.after_close is None else Date(row.after_close),
        details=record.details,
        previous_hash=record.previous_hash.hex(),
        hash=record.hash.hex(),
    )


def activity_of(row: ListedActivity, ledger: Ledger | None) -> Activity:
    """A line of the activity log as the schema shows it."""
    run = None
    if row.ledger_id is not None and row.first_recording is not None:
        last = row.last_recording or row.first_recording
        run = Run(row.ledger_id, row.first_recording, last)
    return Activity(
        number=BigInt(row.id),
        kind=ActivityKind(StoredActivity(row.kind)),
        started_at=DateTime(row.started_at),
        duration_ms=BigInt(row.duration_ms),
        is_failed=row.is_failed,
        message=row.message,
        who=person_name(row.made_by),
        made_by=row.made_by,
        ledger=ledger,
        document_count=BigInt(row.documents),
        journal_count=BigInt(row.journals),
        movement_count=BigInt(row.movements),
        problem_count=BigInt(row.problems),
        run=run,
    )


def _run_document(row: ListedDocument, currency: str) -> RunDocument:
    return RunDocument(
        kind=SourceKind(StoredKind(row.kind)),
        external_id=row.external_id,
        reference=row.number,
        amount=money(row.amount, currency),
        movement_count=row.movements,
    )
