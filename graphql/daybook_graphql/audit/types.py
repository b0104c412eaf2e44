"""The types of the audit trail and the activity log."""

from datetime import datetime

import strawberry

from daybook.activity.rules import ActivityKind as StoredActivity
from daybook.activity.rules import Run
from daybook.audit.rules import Record
from daybook.ledger.rules import SourceKind as StoredKind
from daybook.paging import Page
from daybook.reports.activity import (
    ListedActivity,
    count_documents_of_run,
    documents_of_run,
)
from daybook.reports.activity import RunDocument as ListedDocument
from daybook_graphql.audit.enums import ActivityKind
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
from daybook_graphql.kit.scalars import BigInt, DateTime
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
        " `ACCEPT_CLOCK`; expect more."
    )
    subject: AuditSubject = strawberry.field(description="What it was done to.")
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
        async with info.context.database.pinned_reads() as session:
            found = await documents_of_run(session, self.run, page)
            total = 0
            if "totalCount" in Selected.of(info):
                total = await count_documents_of_run(session, self.run)
        nodes = [_run_document(row, self.ledger.currency) for row in found.items]
        return connection_of(found, nodes, lambda row: (row.id,), total)


def audit_record_of(row: Record) -> AuditRecord:
    """A record as the schema shows it."""
    return AuditRecord(
        number=BigInt(row.number),
        recorded_at=DateTime(datetime.fromisoformat(row.recorded_at)),
        made_by=row.made_by,
        action=row.action,
        subject=AuditSubject(kind=row.subject_kind, id=row.subject_id),
        details=row.details,
        previous_hash=row.previous_hash.hex(),
        hash=row.hash.hex(),
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
