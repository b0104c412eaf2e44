"""The mutation `importDocuments`: what it takes and what it answers."""

import asyncio
from io import BytesIO
from typing import Annotated

import strawberry

from daybook.documents.commands import ImportResult, import_documents
from daybook.documents.reading import Reading, read_documents, read_stream
from daybook.errors import Problem, ProblemCode, Rejected
from daybook_graphql.context import Context, Info
from daybook_graphql.enums import SourceKind
from daybook_graphql.scalars import JSON
from daybook_graphql.user_errors import UserError, errors_of

ERRORS_MAX = 1_000
"""So many problems are listed; `userErrorCount` counts them all."""

REASON = "GraphQL: importDocuments"


@strawberry.type(description="How many documents of a kind were recorded.")
class RecordedCount:
    kind: SourceKind = strawberry.field(description="The kind.")
    count: int = strawberry.field(description="How many are new.")


@strawberry.input(
    description="Documents, as values or as text: give one of the two. Their format is"
    " that of files."
)
class ImportDocumentsInput:
    documents: list[JSON] | None = strawberry.field(
        default=None, description="Invoices and credit notes, one object each."
    )
    text: str | None = strawberry.field(
        default=None,
        description="JSON Lines, or CSV whose header has the fields' own names.",
    )
    dry_run: bool = strawberry.field(
        default=False, description="Check and count everything, and take nothing."
    )


@strawberry.type(
    description="What an import did. With any user error nothing was taken."
)
class ImportDocumentsPayload:
    recorded: list[RecordedCount] = strawberry.field(
        description="New documents by kind; empty if nothing was taken."
    )
    unchanged: int = strawberry.field(
        description="Documents that were recorded before, just so."
    )
    drafts: int = strawberry.field(description="Drafts, which make nothing.")
    journals: int = strawberry.field(description="How many journals came to be.")
    movements: int = strawberry.field(description="How many movements were added.")
    user_errors: list[UserError] = strawberry.field(
        description=f"Everything that is wrong with the input, up to {ERRORS_MAX}."
    )
    user_error_count: int = strawberry.field(
        description="How many there are, also those that are not listed."
    )


@strawberry.type
class DocumentMutations:
    @strawberry.mutation(
        description="Record invoices and credit notes: all of them, or with any user"
        " error nothing. Documents carry ids of your own, so sending them again changes"
        " nothing and needs no idempotency key."
    )
    async def import_documents(
        self,
        info: Info,
        input: Annotated[
            ImportDocumentsInput, strawberry.argument(description="What to import.")
        ],
    ) -> ImportDocumentsPayload:
        context = info.context
        try:
            # In a thread: other requests are answered while a large text is read.
            reading = await asyncio.to_thread(_read, context, input)
            result = await import_documents(
                context.database,
                context.organisation_id,
                reading.documents,
                now=context.now,
                today=await context.today(),
                reason=REASON,
                made_by=context.made_by,
                is_dry_run=input.dry_run,
            )
        except Rejected as rejected:
            return _refused(rejected)
        return _taken(result, reading.drafts)


def _read(context: Context, given: ImportDocumentsInput) -> Reading:
    if given.documents is not None and given.text is None:
        return read_documents(given.documents)
    if given.text is not None and given.documents is None:
        # What is not Unicode stays so, and the reader says where.
        stream = BytesIO(given.text.encode(errors="surrogatepass"))
        bytes_max = context.settings.import_bytes_max
        return read_stream(stream, None, bytes_max=bytes_max)
    message = "give documents or text, one of the two"
    raise Rejected([Problem(ProblemCode.MISSING, message, ("documents",))])


def _taken(result: ImportResult, drafts: int) -> ImportDocumentsPayload:
    return ImportDocumentsPayload(
        recorded=[
            RecordedCount(kind=SourceKind(kind), count=count)
            for kind, count in result.recorded.items()
        ],
        unchanged=result.unchanged,
        drafts=drafts,
        journals=result.journals,
        movements=result.movements,
        user_errors=[],
        user_error_count=0,
    )


def _refused(rejected: Rejected) -> ImportDocumentsPayload:
    return ImportDocumentsPayload(
        recorded=[],
        unchanged=0,
        drafts=0,
        journals=0,
        movements=0,
        user_errors=errors_of(rejected.problems[:ERRORS_MAX]),
        user_error_count=rejected.total,
    )
