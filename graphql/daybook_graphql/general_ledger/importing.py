"""The mutation `importGl`: files of the accounting system, sent before."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

import strawberry

from daybook.audit.expecting import EXPECTED
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.gl.commands import Imported
from daybook.gl.kinds import Kind
from daybook.gl.uploaded import (
    UPLOADS_MAX,
    Received,
    Sent,
    SentFile,
    import_uploads,
    read_uploaded_text,
)
from daybook.gl.xero.mapping import KindMapping, read_mapping
from daybook.ledger.queries import mark_of
from daybook.uploads.rules import UploadId
from daybook_graphql.context import Context, Info
from daybook_graphql.general_ledger.enums import GlInputKind
from daybook_graphql.general_ledger.ids import GlConnectionId
from daybook_graphql.general_ledger.queries import connection_at
from daybook_graphql.general_ledger.types import GlConnection
from daybook_graphql.kit.ids import expect
from daybook_graphql.kit.permissions import RECORD, needs
from daybook_graphql.kit.scalars import BigInt, DateTime, moment_or_none
from daybook_graphql.kit.user_errors import UserError, errors_of

FIELDS = {"id": "connectionId", EXPECTED: "expectedAuditRecord"}
"""Input fields, by the domain's names for them."""
field = strawberry.field


@strawberry.input(
    description="Files of one kind or of several: pages of JSON as Xero's API returns"
    " them, or CSV whose columns have the names of Xero's fields."
)
class ImportGlInput:
    connection_id: strawberry.ID = field(description="Which connection they are of.")
    kind: GlInputKind | None = field(
        default=None,
        description="What the files have. Absent for files of several kinds: each page"
        " of JSON says itself what it has, and a mapping tells CSV files apart by their"
        " names.",
    )
    upload_ids: list[strawberry.ID] = field(
        description="Files that were sent to `POST /uploads`, gzipped or not: up to"
        f" {UPLOADS_MAX}. The import that takes them spends them; a dry run, and one"
        " with user errors, leave them for 24 hours."
    )
    file_names: list[str] | None = field(
        default=None,
        description="The files' names, one for each upload: messages and the audit"
        " trail have them, and a mapping tells files by them. Absent for the names that"
        " a browser sent.",
    )
    mapping: str | None = field(
        default=None,
        description="What another program's CSV files and columns are, as TOML; see"
        " docs/general-ledger.md.",
    )
    mapping_upload_id: strawberry.ID | None = field(
        default=None, description="The same as an upload, which isn't spent."
    )
    dry_run: bool = field(
        default=False, description="Check and count everything, and import nothing."
    )
    expected_audit_record: BigInt | None = field(
        default=None,
        description="The `auditRecord` of the dry run that you looked at. If anything"
        " of the files' kinds came in since, nothing is imported, and a user error"
        " CONFLICT says who imported it, and when. Absent to import whatever came in.",
    )


@strawberry.type(description="What an import brought of a kind, or would bring.")
class GlImportedKind:
    kind: GlInputKind = field(description="The kind.")
    number: BigInt | None = field(
        description="The import's number in the organisation: each kind has one of its"
        " own; null if nothing was new, and for a dry run."
    )
    documents: int = field(description="How many documents are new, or changed.")
    rows: int = field(description="How many rows these have: their lines.")
    unchanged: int = field(description="How many documents are known just so.")
    first_number: BigInt | None = field(
        description="The lowest number of a new journal; null for other kinds."
    )
    last_number: BigInt | None = field(
        description="The highest number of a new journal; null for other kinds."
    )
    data_time: DateTime | None = field(
        description="When the accounting system wrote the files; null if none says."
    )


@strawberry.type(
    description="What an import brought, or would bring. With any user error nothing"
    " was imported."
)
class ImportGlPayload:
    connection: GlConnection | None = field(
        description="The connection after it; null with any user error."
    )
    number: BigInt | None = field(
        description="The import's number in the organisation, of several kinds the"
        " last one's; null if nothing was new, for a dry run, and with any user error."
    )
    kinds: list[GlImportedKind] = field(
        description="What it brought of each kind; empty with any user error."
    )
    left_out: list[str] = field(
        description="The names of files that the mapping doesn't name: nothing of them"
        " was read."
    )
    audit_record: BigInt = field(
        description="The audit trail's last record before the files were looked at:"
        " give it as `expectedAuditRecord`."
    )
    documents: int = field(description="How many documents are new, or changed.")
    rows: int = field(description="How many rows these have: their lines.")
    unchanged: int = field(description="How many documents are known just so.")
    first_number: BigInt | None = field(
        description="The lowest number of a new journal; null for other kinds."
    )
    last_number: BigInt | None = field(
        description="The highest number of a new journal; null for other kinds."
    )
    data_time: DateTime | None = field(
        description="When the accounting system wrote the files; null if none says."
    )
    user_errors: list[UserError] = field(
        description="What is wrong with the input and the files, up to 100."
    )
    user_error_count: int = field(
        description="How many there are, also those that are not listed."
    )


@strawberry.type
class GlImportMutations:
    @strawberry.mutation(
        description="Import what is new in files of the accounting system: all of it,"
        " or with any user error nothing. A journal that is known with other lines is"
        " refused, since journals never change; other documents are kept as they were"
        " read last. Files that were imported before change nothing, so it needs no"
        " idempotency key.",
        metadata=needs(RECORD),
    )
    async def import_gl(
        self,
        info: Info,
        input: Annotated[
            ImportGlInput, strawberry.argument(description="What to import.")
        ],
    ) -> ImportGlPayload:
        context = info.context
        number = expect(
            input.connection_id, GlConnectionId, "input.connectionId"
        ).number
        mark = await mark_of(context.database, context.organisation_id)
        record = mark.audit_records
        try:
            received = await _import(context, input, number)
        except Rejected as rejected:
            return _refused(rejected, record)
        return _taken(received, await connection_at(context, number), record)


async def _import(
    context: Context, import_input: ImportGlInput, number: int
) -> Received:
    kind = None if import_input.kind is None else Kind[import_input.kind.name]
    sent = Sent(
        context.organisation_id,
        number,
        files=_files(context, import_input),
        kind=kind,
        mappings=await _mappings(context, import_input, kind),
        made_by=context.made_by,
        expected=import_input.expected_audit_record,
    )
    return await import_uploads(
        context.database,
        context.settings,
        sent,
        now=context.now,
        is_dry_run=import_input.dry_run,
    )


def _files(context: Context, import_input: ImportGlInput) -> list[SentFile]:
    ids = [
        UploadId(context.organisation_id, str(upload_id))
        for upload_id in import_input.upload_ids
    ]
    names = import_input.file_names
    if names is None:
        return [SentFile(upload_id) for upload_id in ids]
    if len(names) != len(ids):
        message = f"there are {len(ids)} uploads and {len(names)} names of files"
        raise _unfit(message, "fileNames")
    return [SentFile(*file) for file in zip(ids, names, strict=True)]


async def _mappings(
    context: Context, import_input: ImportGlInput, kind: Kind | None
) -> Mapping[Kind, KindMapping] | None:
    """What the mapping says of each kind; raises Rejected, also without the kind."""
    text, upload_id = import_input.mapping, import_input.mapping_upload_id
    place = "mapping" if upload_id is None else "mappingUploadId"
    if upload_id is not None:
        if text is not None:
            raise _unfit("give the mapping as text or as an upload", place)
        its_id = UploadId(context.organisation_id, str(upload_id))
        settings = context.settings
        text = await read_uploaded_text(context.database, settings, its_id, place)
    if text is None:
        return None
    try:
        mappings = read_mapping(text)
    except Rejected as rejected:
        problems = [
            replace(problem, path=(place, *problem.path))
            for problem in rejected.problems
        ]
        raise Rejected(problems, rejected.total) from None
    if kind is not None and kind not in mappings:
        raise _unfit(f"the mapping has no table [{kind.name.lower()}]", place)
    return mappings


def _unfit(message: str, name: str) -> Rejected:
    return Rejected([Problem(ProblemCode.INVALID_VALUE, message, (name,))])


def _taken(
    received: Received, connection: GlConnection | None, record: int
) -> ImportGlPayload:
    kinds = [_kind_of(kind, imported) for kind, imported in received.kinds]
    numbers = [its.number for its in kinds if its.number is not None]
    journals = [its for its in kinds if its.kind is GlInputKind.JOURNALS]
    times = [its.data_time for its in kinds if its.data_time is not None]
    return ImportGlPayload(
        connection=connection,
        number=numbers[-1] if numbers else None,
        kinds=kinds,
        left_out=list(received.left_out),
        audit_record=BigInt(record),
        documents=sum(its.documents for its in kinds),
        rows=sum(its.rows for its in kinds),
        unchanged=sum(its.unchanged for its in kinds),
        first_number=journals[0].first_number if journals else None,
        last_number=journals[0].last_number if journals else None,
        data_time=max(times, default=None),
        user_errors=[],
        user_error_count=0,
    )


def _kind_of(kind: Kind, imported: Imported) -> GlImportedKind:
    staged = imported.staged
    return GlImportedKind(
        kind=GlInputKind[kind.name],
        number=_number(imported.number),
        documents=staged.documents,
        rows=staged.rows,
        unchanged=staged.unchanged,
        first_number=_number(staged.first),
        last_number=_number(staged.last),
        data_time=moment_or_none(staged.made_at),
    )


def _refused(rejected: Rejected, record: int) -> ImportGlPayload:
    return ImportGlPayload(
        connection=None,
        number=None,
        kinds=[],
        left_out=[],
        audit_record=BigInt(record),
        documents=0,
        rows=0,
        unchanged=0,
        first_number=None,
        last_number=None,
        data_time=None,
        user_errors=errors_of(rejected.problems, FIELDS),
        user_error_count=rejected.total,
    )


def _number(number: int | None) -> BigInt | None:
    return None if number is None else BigInt(number)
