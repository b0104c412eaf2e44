"""Requesting an export, a transaction of the runtime store, and looking at it first."""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import Enum, IntEnum

from daybook.db.engine import Database
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.exports.checking import check_form
from daybook.exports.compression import Compression
from daybook.exports.facts import with_refresh
from daybook.exports.file_spec import DEFAULT_OPTIONS, FileOptions, FileSpec
from daybook.exports.formats import DEFAULT, Format
from daybook.exports.kind import EXPORTS
from daybook.exports.models import ExportJob
from daybook.exports.names import file_name
from daybook.exports.planning import FilePlan, plan_file
from daybook.exports.preflight.queries import Preflight
from daybook.exports.previews import preview
from daybook.exports.stored_spec import (
    filter_text,
    groupings_text,
    head_columns,
    options_text,
)
from daybook.idempotency.rules import request_hash
from daybook.jobs.commands import JobRequest, queue_job
from daybook.ledger.pins import Pin
from daybook.reports.journals.filters import JournalFilter, Purpose, Selection
from daybook.reports.journals.group_keys import Granularity, Grouping
from daybook.reports.journals.selection import resolve, selection_text

ALWAYS_HASHED = {
    *("posted_from", "posted_to", "sources", "customer", "product", "invoice"),
    *("credit_note", "document", "billing_schedule", "journal_type", "shifted"),
    *("excludes_recognized", "as_of", "on", "include_scheduled", "search"),
}
"""The filters of the first version, which hashed each of them."""


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """A request for an export; a repeated `key` makes it the same request."""

    currency: str
    selection: Selection
    granularity: Granularity | None = None
    """None for the format's own."""
    by: tuple[Grouping, ...] | None = None
    file_format: Format = DEFAULT
    key: str | None = None
    compression: Compression | None = None
    options: FileOptions = DEFAULT_OPTIONS

    @property
    def its_granularity(self) -> Granularity:
        """The requested granularity, or the format's own."""
        return self.granularity or self.file_format.granularity

    def spec(self, pin: Pin, journal_filter: JournalFilter) -> FileSpec:
        """The requested file, of what the selection resolves to."""
        return FileSpec(
            pin,
            journal_filter,
            self.its_granularity,
            self.by,
            self.file_format,
            self.compression,
            self.options,
        )

    def hash(self) -> bytes:
        """Equal for two requests with one key if they are the same.

        A filter newer than the first version is left out unless it narrows, so that a
        new filter doesn't change the hashes of older requests.
        """
        every = Selection()
        selection = {
            field.name: value
            for field in fields(self.selection)
            if (value := getattr(self.selection, field.name))
            != getattr(every, field.name)
            or field.name in ALWAYS_HASHED
        }
        # An invoice is the same request as a document of its kind and id.
        if documents := self.selection.documents():
            selection["document"] = next(iter(documents.values()))
            selection["invoice"] = selection["credit_note"] = None
        selection |= {
            name: value.name
            for name, value in selection.items()
            if isinstance(value, Enum) and not isinstance(value, IntEnum)
        }
        includes_scheduled = self.selection.includes_scheduled(Purpose.EXPORT)
        selection["include_scheduled"] = includes_scheduled
        return request_hash(
            "createExport",
            {
                "ledger": self.currency,
                "granularity": self.its_granularity,
                "format": self.file_format.number,
                # Left out unless grouped, as before jobs could group.
                **({} if self.by is None else {"groupBy": list(self.by)}),
                **(
                    {}
                    if self.compression is None
                    else {"compress": self.compression.name}
                ),
                **self.options.differing(),
                **selection,
            },
        )


async def create_export(  # noqa: PLR0913  (what, and by whom)
    database: Database,
    organisation_id: int,
    pin: Pin | None,
    request: ExportRequest,
    *,
    now: datetime,
    requested_by: str,
) -> ExportJob:
    """Queue an export of what the request selects, as of the pin.

    The pin is None if there is no such ledger. A repeated key and request return the
    first one's job. Raises Rejected with all problems.
    """
    problems: list[Problem] = []
    journal_filter, plan, fixed = JournalFilter(), FilePlan(), request
    try:
        check_form(request.file_format, request.compression, request.options)
    except Rejected as rejected:
        problems += rejected.problems
    try:
        journal_filter, fixed, plan = await _resolved(database, pin, request)
    except Rejected as rejected:
        problems += rejected.problems

    def make() -> ExportJob:
        assert pin is not None, "without a ledger there is a problem"
        return _job(pin, fixed, journal_filter, plan)

    asked = JobRequest(organisation_id, requested_by, now, request.hash(), request.key)
    return await queue_job(database.runtime, EXPORTS, asked, make, problems)


async def look_at_export(
    database: Database, pin: Pin, request: ExportRequest
) -> tuple[str, Preflight]:
    """The name and the preflight of what a request would make; changes nothing.

    Raises Rejected with all that is wrong with the request, with paths from the input's
    root.
    """
    problems: list[Problem] = []
    try:
        check_form(request.file_format, request.compression, request.options)
    except Rejected as rejected:
        problems += rejected.problems
    try:
        selected, fixed = await _selected(database, pin, request)
    except Rejected as rejected:
        problems += rejected.problems
    if problems:
        raise Rejected(problems)
    spec = fixed.spec(pin, selected)
    found = await preview(database, spec)
    as_of, is_archive = request.selection.as_of, found.files > 1
    return file_name(spec, as_of, is_archive=is_archive), found


async def _resolved(
    database: Database, pin: Pin | None, request: ExportRequest
) -> tuple[JournalFilter, ExportRequest, FilePlan]:
    """What the request selects, the request with its rates, and how its file is made.

    Raises Rejected with paths from the input's root.
    """
    if pin is None:
        message = f"there is no {request.currency} ledger"
        raise Rejected([Problem(ProblemCode.NOT_FOUND, message, ("ledgerId",))])
    found, fixed = await _selected(database, pin, request)
    return found, fixed, await plan_file(database, fixed.spec(pin, found))


async def _selected(
    database: Database, pin: Pin, request: ExportRequest
) -> tuple[JournalFilter, ExportRequest]:
    """What the request selects, and the request with its rates; raises Rejected."""
    try:
        async with database.reads() as session:
            found = await resolve(session, pin, request.selection, Purpose.EXPORT)
            options = await with_refresh(
                session, pin, request.file_format, request.options
            )
    except Rejected as rejected:
        raise Rejected(
            [
                Problem(problem.code, problem.message, ("filter", *problem.path))
                for problem in rejected.problems
            ]
        ) from None
    return found, replace(request, options=options)


def _job(
    pin: Pin, request: ExportRequest, journal_filter: JournalFilter, plan: FilePlan
) -> ExportJob:
    """The job: what its process will render."""
    spec = request.spec(pin, journal_filter)
    return ExportJob(
        format=request.file_format.number,
        compression=None if request.compression is None else request.compression.name,
        granularity=request.its_granularity.value,
        group_by=groupings_text(request.by),
        options=options_text(request.options),
        ledger_id=pin.ledger_id,
        currency=pin.currency,
        recording=pin.recording,
        today=pin.today,
        renamings=pin.renamings,
        **head_columns(pin.audit_head),
        selection=filter_text(journal_filter),
        filters=selection_text(request.selection),
        file_name=file_name(spec, request.selection.as_of, is_archive=plan.is_archive),
    )
