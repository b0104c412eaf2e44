"""Requesting an export, a transaction of the runtime store, and looking at it first."""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import Enum, IntEnum
from typing import NamedTuple

from daybook.calendar import Day
from daybook.db.engine import Database
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.exports.checking import check_form
from daybook.exports.differences.since import filters_since, since_spec
from daybook.exports.facts import with_refresh
from daybook.exports.file_spec import DEFAULT_OPTIONS, FileOptions, FileSpec
from daybook.exports.formats import DEFAULT, Format
from daybook.exports.kind import EXPORTS
from daybook.exports.models import ExportJob
from daybook.exports.names import file_name
from daybook.exports.preflight.queries import Preflight
from daybook.exports.previews import preview
from daybook.exports.stored_spec import (
    filter_text,
    groupings_text,
    head_columns,
    options_text,
)
from daybook.exports.writing.compression import Compression
from daybook.exports.writing.planning import FilePlan, plan_file
from daybook.idempotency.rules import request_hash
from daybook.jobs.commands import JobRequest, queue_job
from daybook.ledger.pins import Pin, not_recorded
from daybook.ledger.queries import pin_at_recording
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
    as_of_recording: int | None = None
    """The recording of the ledger to render; None for that of the pin."""

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
                **(
                    {}
                    if self.as_of_recording is None
                    else {"asOfRecording": self.as_of_recording}
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
    requested, plan = None, FilePlan()
    try:
        check_form(request.file_format, request.compression, request.options)
    except Rejected as rejected:
        problems += rejected.problems
    try:
        requested, plan = await _planned(database, pin, request)
    except Rejected as rejected:
        problems += rejected.problems

    def make() -> ExportJob:
        assert requested is not None, "what can't be looked up has a problem"
        return _job(requested, plan)

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
        spec, _, as_of = await _requested(database, pin, request)
    except Rejected as rejected:
        problems += rejected.problems
    if problems:
        raise Rejected(problems)
    found = await preview(database, spec)
    return file_name(spec, as_of, is_archive=found.files > 1), found


class _Requested(NamedTuple):
    """The file of a request; `filters` are those of its selection, as text."""

    spec: FileSpec
    filters: str
    as_of: Day | None


async def _planned(
    database: Database, pin: Pin | None, request: ExportRequest
) -> tuple[_Requested, FilePlan]:
    """The file of a request, and how it is made.

    Raises Rejected with paths from the input's root.
    """
    if pin is None:
        message = f"there is no {request.currency} ledger"
        raise Rejected([Problem(ProblemCode.NOT_FOUND, message, ("ledgerId",))])
    requested = await _requested(database, pin, request)
    return requested, await plan_file(database, requested.spec)


async def _requested(
    database: Database, pin: Pin, request: ExportRequest
) -> _Requested:
    """The file of a request, with the rates of this moment; raises Rejected."""
    as_of = request.selection.as_of
    if request.as_of_recording is not None:
        pin = await _pin_at(database, pin, request.as_of_recording, as_of)
    if request.options.since is not None:
        async with database.reads() as session:
            _check_alone(request)
            spec = await since_spec(session, pin, request.options.since)
            filters = await filters_since(session, spec)
        return _Requested(spec, filters, as_of)
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
    spec = replace(request, options=options).spec(pin, found)
    return _Requested(spec, selection_text(request.selection), as_of)


async def _pin_at(
    database: Database, pin: Pin, recording: int, as_of: Day | None
) -> Pin:
    """The ledger at the requested recording; raises Rejected."""
    path = ("asOfRecording",)
    if as_of is not None:
        message = "asOf and asOfRecording both say as of when: give one of the two"
        raise Rejected([Problem(ProblemCode.INVALID_VALUE, message, path)])
    if recording > pin.recording:
        message = not_recorded(pin, recording)
        raise Rejected([Problem(ProblemCode.NOT_FOUND, message, path)])
    async with database.reads() as session:
        return await pin_at_recording(session, pin, recording)


def _check_alone(request: ExportRequest) -> None:
    """Raise Rejected if a request for a difference says what its record says."""
    alone = ExportRequest(
        request.currency,
        Selection(as_of=request.selection.as_of),
        key=request.key,
        options=FileOptions(since=request.options.since),
        as_of_recording=request.as_of_recording,
    )
    if request != alone:
        message = (
            "a difference has the form and selection of the recorded file: give the"
            " ledger, and the as-of day or the recording, only"
        )
        raise Rejected([Problem(ProblemCode.INVALID_VALUE, message, ("since",))])


def _job(requested: _Requested, plan: FilePlan) -> ExportJob:
    """The job: what its process will render."""
    spec = requested.spec
    pin, compression = spec.pin, spec.compression
    return ExportJob(
        format=spec.file_format.number,
        compression=None if compression is None else compression.name,
        granularity=spec.granularity.value,
        group_by=groupings_text(spec.by),
        options=options_text(spec.options),
        ledger_id=pin.ledger_id,
        currency=pin.currency,
        recording=pin.recording,
        today=pin.today,
        renamings=pin.renamings,
        **head_columns(pin.audit_head),
        selection=filter_text(spec.journal_filter),
        filters=requested.filters,
        file_name=file_name(spec, requested.as_of, is_archive=plan.is_archive),
    )
