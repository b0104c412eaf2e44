"""The mutation `importDocuments`, its input and its payload."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from io import BytesIO
from itertools import chain
from typing import Annotated, BinaryIO, TypeVar

import strawberry

from daybook.activity.rules import Started
from daybook.audit.expecting import EXPECTED
from daybook.clock import real_now
from daybook.db.live import Progress
from daybook.documents.auditing import import_failures_logged
from daybook.documents.commands import import_documents
from daybook.documents.pace import collector_paused
from daybook.documents.queries import load_defaults
from daybook.documents.reading import (
    PartlyRead,
    Reading,
    read_documents,
    read_stream,
)
from daybook.documents.reading.lines import line_count
from daybook.documents.results import LISTED_MAX, NOTICES_MAX, ImportResult
from daybook.documents.rules import Defaults
from daybook.documents.undated import rejection_with_undated
from daybook.errors import Notice, Problem, ProblemCode, Rejected
from daybook.ledger import rules as domain
from daybook.storage.places import uploads_storage
from daybook.storage.rules import Storage
from daybook.uploads.commands import check_ready
from daybook.uploads.files import open_file
from daybook.uploads.leases import leased_upload
from daybook.uploads.queries import get_upload
from daybook.uploads.rules import Stage, UploadId, no_such_upload, upload_rejected
from daybook_graphql.context import Context, Info
from daybook_graphql.documents.enums import SourceKind
from daybook_graphql.documents.import_effects import (
    FAULTY_LINES_MAX,
    FaultyLine,
    ImportEffect,
    effects_of,
    faulty_lines,
)
from daybook_graphql.documents.listed import ImportedDocument, listed_documents
from daybook_graphql.documents.notices import ImportNotice, notices_of
from daybook_graphql.documents.renamings import ImportRenaming, renamings_of
from daybook_graphql.execution.selected import Selected
from daybook_graphql.kit.permissions import RECORD, needs
from daybook_graphql.kit.scalars import JSON, BigInt
from daybook_graphql.kit.user_errors import UserError, errors_of
from daybook_graphql.ledgers.types import Ledger, ledger_of

Fault = TypeVar("Fault", Problem, Notice)

ERRORS_MAX = 1_000
"""The most problems that are listed; `userErrorCount` counts all of them."""

RENAMINGS_MAX = 1_000
"""The most changes of names that are listed; `renamingCount` counts all of them."""

REASON = "GraphQL: importDocuments"
NAME_MAX = 255
FIELDS = {EXPECTED: "expectedAuditRecord"}
"""Input fields, by the domain's names for them."""


@strawberry.type(description="How many documents of a kind there are.")
class RecordedCount:
    kind: SourceKind = strawberry.field(description="The kind.")
    count: int = strawberry.field(description="How many.")


@strawberry.input(
    description="Documents, as values, as text or as an upload: give one of the three."
    " Their format is that of files."
)
class ImportDocumentsInput:
    documents: list[JSON] | None = strawberry.field(
        default=None,
        description="Invoices, billing schedules and credit notes, one object each.",
    )
    text: str | None = strawberry.field(
        default=None,
        description="JSON Lines, or CSV whose header has the fields' own names.",
    )
    upload_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="A file that was sent to `POST /uploads`, of JSON Lines or of CSV"
        " as for `text`, gzipped or not. The import that takes it spends it; a dry run,"
        " and one with user errors, leave it for 24 hours.",
    )
    file_name: str | None = strawberry.field(
        default=None,
        description="The name of the file that it comes from: the activity log and the"
        " audit trail say `import of NAME` then, and a later import of a file with this"
        " name makes a failed one good.",
    )
    dry_run: bool = strawberry.field(
        default=False, description="Check and count everything, and record nothing."
    )
    expected_audit_record: BigInt | None = strawberry.field(
        default=None,
        description="The `auditRecord` of a dry run. If anything was recorded since,"
        " nothing is imported, and a user error CONFLICT says so.",
    )


@strawberry.type(
    description="What an import did. With any user error nothing was imported."
)
class ImportDocumentsPayload:
    recorded: list[RecordedCount] = strawberry.field(
        description="New documents by kind; empty if nothing was imported."
    )
    revised: list[RecordedCount] = strawberry.field(
        description="Documents that were recorded before, with other content, by kind."
    )
    voided: list[RecordedCount] = strawberry.field(
        description="Documents that this import voided, by kind."
    )
    first_documents: list[ImportedDocument] = strawberry.field(
        description="The first documents that are new, revised or voided, in the order"
        f" in which they are recorded: up to {LISTED_MAX}."
    )
    renamings: list[ImportRenaming] = strawberry.field(
        description="Names, legal names and categories of recorded customers and"
        f" products that the documents change, in all ledgers: up to {RENAMINGS_MAX}."
    )
    renaming_count: int = strawberry.field(
        description="How many there are, also those that are not listed."
    )
    unchanged: int = strawberry.field(
        description="Documents that were recorded before, just so."
    )
    unknown_voids: int = strawberry.field(
        description="Void documents that were never recorded: nothing is taken back."
    )
    drafts: int = strawberry.field(description="Drafts, which aren't recorded.")
    journals: int = strawberry.field(description="How many journals came to be.")
    movements: int = strawberry.field(description="How many movements were added.")
    notices: list[ImportNotice] = strawberry.field(
        description="What to look at in documents that were taken; `NoticeCode` says"
        " what there is. An unchanged document has none, so sending the same documents"
        f" again gives none. Up to {NOTICES_MAX} of each code."
    )
    notice_count: int = strawberry.field(
        description="How many there are, also those that are not listed."
    )
    effects: list[ImportEffect] = strawberry.field(
        description="What the documents bring to each ledger, or would bring; none with"
        " a user error. Totals take time: ask for them if you read them."
    )
    ledgers: list[Ledger] = strawberry.field(
        description="The organisation's ledgers after it, also those that it didn't"
        " change; each has its last `recording`."
    )
    audit_record: BigInt = strawberry.field(
        description="The number of the audit trail's last record: the import's own, or"
        " the one that a dry run saw; 0 with a user error. An import that expects it"
        " takes what the dry run showed."
    )
    user_errors: list[UserError] = strawberry.field(
        description=f"Everything that is wrong with the input, up to {ERRORS_MAX}."
    )
    user_error_count: int = strawberry.field(
        description="How many there are, also those that are not listed."
    )
    faulty_lines: list[FaultyLine] = strawberry.field(
        description="The lines of `text` or the upload that user errors name, the first"
        f" {FAULTY_LINES_MAX} of them."
    )


@strawberry.type
class DocumentMutations:
    @strawberry.mutation(
        description="Record invoices, billing schedules and credit notes: all of them,"
        " or with any user error nothing. A changed document is revised, one whose"
        " status is VOIDED is voided. Documents carry ids of your own, so sending them"
        " again changes nothing and needs no idempotency key.",
        metadata=needs(RECORD),
    )
    async def import_documents(
        self,
        info: Info,
        input: Annotated[
            ImportDocumentsInput, strawberry.argument(description="What to import.")
        ],
    ) -> ImportDocumentsPayload:
        is_indexed = input.documents is not None
        selected = Selected.of(info)
        with_effects = "effects" in selected
        try:
            if input.upload_id is not None:
                reading, result = await _import_upload(
                    info.context, input, with_effects=with_effects
                )
            else:
                if is_indexed == (input.text is not None):
                    raise _not_one()
                read = partial(_read, info.context, input)
                reading, result = await _import(
                    info.context, input, read, with_effects=with_effects
                )
        except Rejected as rejected:
            payload = _refused(rejected, is_indexed=is_indexed)
            if "faultyLines" in selected and not is_indexed:
                payload.faulty_lines = await faulty_lines(
                    rejected.problems[:ERRORS_MAX],
                    partial(_open, info.context, input),
                    bytes_max=info.context.settings.import_bytes_max,
                )
        else:
            payload = _taken(result, reading.drafts, is_indexed=is_indexed)
        pins = await info.context.pins_after_a_write()
        payload.ledgers = [ledger_of(pin) for pin in pins.values()]
        return payload


async def _import_upload(
    context: Context, import_input: ImportDocumentsInput, *, with_effects: bool
) -> tuple[Reading, ImportResult]:
    """Import an upload, and spend it; a dry run only reads it."""
    if import_input.documents is not None or import_input.text is not None:
        raise _not_one()
    store = context.database.runtime
    storage = uploads_storage(context.database, context.settings)
    upload_id = UploadId(context.organisation_id, str(import_input.upload_id))
    if not upload_id.can_be:
        raise no_such_upload()

    async def run() -> tuple[Reading, ImportResult]:
        with await asyncio.to_thread(_opened, storage, upload_id) as stream:
            read = partial(_read_upload, context, stream)
            return await _import(context, import_input, read, with_effects=with_effects)

    if import_input.dry_run:
        async with store.reads() as session:
            check_ready(await get_upload(session, upload_id), real_now())
        return await run()
    async with leased_upload(store, storage, upload_id) as upload:
        reading, result = await run()
        upload.spent_by = _recordings(result)
    return reading, result


async def _import(
    context: Context,
    import_input: ImportDocumentsInput,
    read: Callable[[Defaults], Reading],
    *,
    with_effects: bool,
) -> tuple[Reading, ImportResult]:
    """Read documents and record them; raises Rejected."""
    organisation_id = context.organisation_id
    async with context.database.pinned_reads() as session:
        defaults = await load_defaults(session, organisation_id)
    file = _shown_name(import_input.file_name or "") or None
    reason = REASON if file is None else f"import of {file}"
    async with import_failures_logged(
        *(context.database, organisation_id, Started(context.now)),
        reason=reason,
        file=file,
        made_by=context.made_by,
        is_dry_run=import_input.dry_run,
    ):
        try:
            # In a thread: other requests are answered while a large text is read.
            with collector_paused():  # reading makes as many values as recording
                reading = await asyncio.to_thread(read, defaults)
        except PartlyRead as partly:
            async with context.database.pinned_reads() as session:
                found = await rejection_with_undated(session, organisation_id, partly)
            raise found from None
    result = await import_documents(
        context.database,
        organisation_id,
        chain.from_iterable(reading.batches()),
        now=context.now,
        reason=reason,
        file=file,
        made_by=context.made_by,
        is_dry_run=import_input.dry_run,
        with_effects=with_effects,
        drafts=reading.draft_places,
        columns=reading.columns,
        progress=_counting(context, Stage.CHECKING, reading.count),
        named=reading.named,
        expected=import_input.expected_audit_record,
    )
    return reading, result


def _shown_name(file_name: str) -> str:
    """What the logs keep of a file's name: what can be printed."""
    return "".join(filter(str.isprintable, file_name)).strip()[:NAME_MAX]


def _read(
    context: Context, import_input: ImportDocumentsInput, defaults: Defaults
) -> Reading:
    if import_input.documents is not None:
        return read_documents(import_input.documents, defaults=defaults)
    return read_stream(
        *(_stream_of(import_input.text or ""), None),
        bytes_max=context.settings.import_bytes_max,
        defaults=defaults,
    )


def _opened(storage: Storage, upload_id: UploadId) -> BinaryIO:
    """An upload's file; raises Rejected if it isn't there: that is no failed import."""
    try:
        return open_file(storage, upload_id)
    except FileNotFoundError:
        raise upload_rejected("the upload's file is not here: send it again") from None


def _read_upload(context: Context, stream: BinaryIO, defaults: Defaults) -> Reading:
    bytes_max = context.settings.import_bytes_max
    lines = 0
    if context.on_progress is not None:
        lines = line_count(stream, bytes_max=bytes_max)
        stream.seek(0)
    return read_stream(
        *(stream, None),
        bytes_max=bytes_max,
        lines_read=_counting(context, Stage.READING, lines),
        defaults=defaults,
    )


def _counting(context: Context, stage: Stage, total: int) -> Callable[[float], None]:
    """A function that adds to what is done, and tells it if anybody asks."""
    done = 0.0

    def add(count: float) -> None:
        nonlocal done
        done += count
        if context.on_progress is not None:
            context.on_progress(stage, Progress(total, int(done)))

    return add


def _open(context: Context, import_input: ImportDocumentsInput) -> BinaryIO:
    """The input's file, once more; raises FileNotFoundError if there is none."""
    if import_input.text is not None:
        return _stream_of(import_input.text)
    upload_id = UploadId(context.organisation_id, str(import_input.upload_id))
    if not upload_id.can_be:
        raise FileNotFoundError(upload_id.key)
    return open_file(uploads_storage(context.database, context.settings), upload_id)


def _stream_of(text: str) -> BinaryIO:
    # What is not Unicode stays so, and the reader says where.
    return BytesIO(text.encode(errors="surrogatepass"))


def _recordings(result: ImportResult) -> str:
    """`recording 7 of USD`, for messages about an upload that was imported."""
    words = [
        f"recording {first} of {currency}"
        if first == last
        else f"recordings {first} to {last} of {currency}"
        for currency, (first, last) in sorted(result.recordings.items())
    ]
    return " and ".join(words) or "an import that changed nothing"


def _not_one() -> Rejected:
    message = "give documents, text or uploadId, one of the three"
    return Rejected([Problem(ProblemCode.MISSING, message, ("documents",))])


def _taken(
    result: ImportResult, drafts: int, *, is_indexed: bool
) -> ImportDocumentsPayload:
    notices, renamings = result.notices, result.renamings.all()
    return ImportDocumentsPayload(
        recorded=_counted(result.recorded),
        revised=_counted(result.revised),
        voided=_counted(result.voided),
        first_documents=listed_documents(result.listed),
        renamings=renamings_of(renamings[:RENAMINGS_MAX]),
        renaming_count=len(renamings),
        unchanged=result.unchanged,
        unknown_voids=result.unknown_voids.total(),
        drafts=drafts,
        journals=result.journals,
        movements=result.movements,
        notices=notices_of(
            [_indexed(notice) for notice in notices] if is_indexed else notices
        ),
        notice_count=result.notices_total,
        effects=effects_of(result.effects),
        ledgers=[],
        audit_record=BigInt(result.audit_record),
        user_errors=[],
        user_error_count=0,
        faulty_lines=[],
    )


def _counted(counts: Mapping[domain.SourceKind, int]) -> list[RecordedCount]:
    return [
        RecordedCount(kind=SourceKind(int(kind)), count=count)
        for kind, count in sorted(counts.items())
    ]


def _indexed(fault: Fault) -> Fault:
    """A problem or notice of `documents`, whose line is the document's index."""
    if fault.line is None:
        return fault
    return replace(fault, path=(str(fault.line), *fault.path), line=None)


def _refused(rejected: Rejected, *, is_indexed: bool) -> ImportDocumentsPayload:
    problems = rejected.problems[:ERRORS_MAX]
    return ImportDocumentsPayload(
        recorded=[],
        revised=[],
        voided=[],
        first_documents=[],
        renamings=[],
        renaming_count=0,
        unchanged=0,
        unknown_voids=0,
        drafts=0,
        journals=0,
        movements=0,
        notices=[],
        notice_count=0,
        effects=[],
        ledgers=[],
        audit_record=BigInt(0),
        user_errors=errors_of(
            [_indexed(problem) for problem in problems] if is_indexed else problems,
            FIELDS,
        ),
        user_error_count=rejected.total,
        faulty_lines=[],
    )
