"""The mutation `importDocuments`: what it takes and what it answers."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from itertools import chain
from typing import Annotated, TypeVar

import strawberry

from daybook.documents.commands import import_documents
from daybook.documents.queries import load_defaults
from daybook.documents.reading import (
    PartlyRead,
    Reading,
    read_documents,
    read_stream,
)
from daybook.documents.results import NOTICES_MAX, ImportResult
from daybook.documents.rules import Defaults
from daybook.documents.undated import with_undated
from daybook.errors import Notice, Problem, ProblemCode, Rejected
from daybook.ledger import rules as domain
from daybook_graphql.context import Context, Info
from daybook_graphql.enums import SourceKind
from daybook_graphql.scalars import JSON
from daybook_graphql.user_errors import ImportNotice, UserError, errors_of, notices_of

Told = TypeVar("Told", Problem, Notice)

ERRORS_MAX = 1_000
"""So many problems are listed; `userErrorCount` counts them all."""

REASON = "GraphQL: importDocuments"


@strawberry.type(description="How many documents of a kind there are.")
class RecordedCount:
    kind: SourceKind = strawberry.field(description="The kind.")
    count: int = strawberry.field(description="How many.")


@strawberry.input(
    description="Documents, as values or as text: give one of the two. Their format is"
    " that of files."
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
    revised: list[RecordedCount] = strawberry.field(
        description="Documents that were recorded before, with other content, by kind."
    )
    voided: list[RecordedCount] = strawberry.field(
        description="Documents that this import voided, by kind."
    )
    unchanged: int = strawberry.field(
        description="Documents that were recorded before, just so."
    )
    drafts: int = strawberry.field(description="Drafts, which aren't recorded.")
    journals: int = strawberry.field(description="How many journals came to be.")
    movements: int = strawberry.field(description="How many movements were added.")
    notices: list[ImportNotice] = strawberry.field(
        description="What to look at in documents that were taken: a number that"
        f" another document of the kind has, too. Up to {NOTICES_MAX}."
    )
    notice_count: int = strawberry.field(
        description="How many there are, also those that are not listed."
    )
    user_errors: list[UserError] = strawberry.field(
        description=f"Everything that is wrong with the input, up to {ERRORS_MAX}."
    )
    user_error_count: int = strawberry.field(
        description="How many there are, also those that are not listed."
    )


@strawberry.type
class DocumentMutations:
    @strawberry.mutation(
        description="Record invoices, billing schedules and credit notes: all of them,"
        " or with any user error nothing. A changed document is revised, one whose"
        " status is VOIDED is voided. Documents carry ids of your own, so sending them"
        " again changes nothing and needs no idempotency key."
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
            async with context.database.pinned_reads() as session:
                defaults = await load_defaults(session, context.organisation_id)
            try:
                reading = await asyncio.to_thread(_read, context, input, defaults)
            except PartlyRead as read:
                organisation_id = context.organisation_id
                async with context.database.pinned_reads() as session:
                    found = await with_undated(session, organisation_id, read)
                raise found from None
            result = await import_documents(
                context.database,
                context.organisation_id,
                chain.from_iterable(reading.batches()),
                now=context.now,
                reason=REASON,
                made_by=context.made_by,
                is_dry_run=input.dry_run,
                drafts=reading.draft_places,
            )
        except Rejected as rejected:
            return _refused(rejected, is_indexed=input.documents is not None)
        return _taken(result, reading.drafts, is_indexed=input.documents is not None)


def _read(context: Context, given: ImportDocumentsInput, defaults: Defaults) -> Reading:
    if given.documents is not None and given.text is None:
        return read_documents(given.documents, defaults=defaults)
    if given.text is not None and given.documents is None:
        # What is not Unicode stays so, and the reader says where.
        stream = BytesIO(given.text.encode(errors="surrogatepass"))
        bytes_max = context.settings.import_bytes_max
        return read_stream(stream, None, bytes_max=bytes_max, defaults=defaults)
    message = "give documents or text, one of the two"
    raise Rejected([Problem(ProblemCode.MISSING, message, ("documents",))])


def _taken(
    result: ImportResult, drafts: int, *, is_indexed: bool
) -> ImportDocumentsPayload:
    notices = result.notices
    return ImportDocumentsPayload(
        recorded=_counted(result.recorded),
        revised=_counted(result.revised),
        voided=_counted(result.voided),
        unchanged=result.unchanged,
        drafts=drafts,
        journals=result.journals,
        movements=result.movements,
        notices=notices_of(
            [_indexed(one) for one in notices] if is_indexed else notices
        ),
        notice_count=result.notices_total,
        user_errors=[],
        user_error_count=0,
    )


def _counted(counts: Mapping[domain.SourceKind, int]) -> list[RecordedCount]:
    return [
        RecordedCount(kind=SourceKind(int(kind)), count=count)
        for kind, count in sorted(counts.items())
    ]


def _indexed(one: Told) -> Told:
    """A problem of `documents`: the index of one that was read stands for its line."""
    if one.line is None:
        return one
    return replace(one, path=(str(one.line), *one.path), line=None)


def _refused(rejected: Rejected, *, is_indexed: bool) -> ImportDocumentsPayload:
    problems = rejected.problems[:ERRORS_MAX]
    return ImportDocumentsPayload(
        recorded=[],
        revised=[],
        voided=[],
        unchanged=0,
        drafts=0,
        journals=0,
        movements=0,
        notices=[],
        notice_count=0,
        user_errors=errors_of(
            [_indexed(one) for one in problems] if is_indexed else problems
        ),
        user_error_count=rejected.total,
    )
