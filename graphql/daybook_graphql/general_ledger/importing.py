"""The mutation `importGl`: files of the accounting system, sent before."""

from dataclasses import replace
from typing import Annotated

import strawberry

from daybook.errors import Problem, ProblemCode, Rejected
from daybook.gl.commands import Imported, Wanted
from daybook.gl.kinds import Kind
from daybook.gl.uploaded import (
    UPLOADS_MAX,
    SentFile,
    import_uploads,
    read_uploaded_text,
)
from daybook.gl.xero.mapping import KindMapping, read_mapping
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

FIELDS = {"id": "connectionId"}
"""Input fields, by the domain's names for them."""
field = strawberry.field


@strawberry.input(
    description="Files of one kind: pages of JSON as Xero's API returns them, or CSV"
    " whose columns have the names of Xero's fields."
)
class ImportGlInput:
    connection_id: strawberry.ID = field(description="Which connection they are of.")
    kind: GlInputKind = field(description="What the files have.")
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


@strawberry.type(
    description="What an import brought, or would bring. With any user error nothing"
    " was imported."
)
class ImportGlPayload:
    connection: GlConnection | None = field(
        description="The connection after it; null with any user error."
    )
    number: BigInt | None = field(
        description="The import's number in the organisation; null if nothing was new,"
        " for a dry run, and with any user error."
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
        try:
            imported = await _import(context, input, number)
        except Rejected as rejected:
            return _refused(rejected)
        return _taken(imported, await connection_at(context, number))


async def _import(
    context: Context, import_input: ImportGlInput, number: int
) -> Imported:
    kind = Kind[import_input.kind.name]
    files = _files(context, import_input)
    wanted = Wanted(
        context.organisation_id,
        number,
        kind,
        sources=(),
        mapping=await _mapping(context, import_input, kind),
        made_by=context.made_by,
    )
    return await import_uploads(
        context.database,
        context.settings,
        wanted,
        files,
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


async def _mapping(
    context: Context, import_input: ImportGlInput, kind: Kind
) -> KindMapping | None:
    """What the mapping says of the kind; raises Rejected."""
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
    if kind not in mappings:
        raise _unfit(f"the mapping has no table [{kind.name.lower()}]", place)
    return mappings[kind]


def _unfit(message: str, name: str) -> Rejected:
    return Rejected([Problem(ProblemCode.INVALID_VALUE, message, (name,))])


def _taken(imported: Imported, connection: GlConnection | None) -> ImportGlPayload:
    staged = imported.staged
    return ImportGlPayload(
        connection=connection,
        number=_number(imported.number),
        documents=staged.documents,
        rows=staged.rows,
        unchanged=staged.unchanged,
        first_number=_number(staged.first),
        last_number=_number(staged.last),
        data_time=moment_or_none(staged.made_at),
        user_errors=[],
        user_error_count=0,
    )


def _refused(rejected: Rejected) -> ImportGlPayload:
    return ImportGlPayload(
        connection=None,
        number=None,
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
