"""What a list of exports or of records is narrowed by."""

import strawberry

from daybook.exports.listing import ExportFilter as StoredFilter
from daybook.exports.queries import RecordFilter
from daybook.jobs.rules import JobStatus
from daybook.reports.searching import can_be_stored
from daybook_graphql.exports.enums import ExportFormat, ExportStatus
from daybook_graphql.kit.errors import ErrorCode, failure
from daybook_graphql.kit.scalars import CurrencyCode

field = strawberry.field


@strawberry.input(description="Which exports; each field that is given narrows.")
class ExportFilter:
    status: list[ExportStatus] | None = field(
        default=None, description="Only exports in one of these states."
    )
    currency: CurrencyCode | None = field(
        default=None, description="Only exports of this ledger."
    )
    format: ExportFormat | None = field(
        default=None, description="Only exports in this format."
    )
    requested_by: str | None = field(
        default=None,
        description="Only exports that somebody asked for, by the name that"
        " `requestedBy` has.",
    )
    is_posted: bool | None = field(
        default=None,
        description="Only exports that made a file which is marked as posted, or which"
        " is not.",
    )


@strawberry.input(description="Which records; each field that is given narrows.")
class ExportRecordFilter:
    currency: CurrencyCode | None = field(
        default=None, description="Only files of this ledger."
    )
    is_posted: bool | None = field(
        default=None,
        description="Only files that are marked as posted, or that are not.",
    )
    of_commands: bool | None = field(
        default=None,
        description="Only files that `daybook export` made, without an export; with"
        " false only those of exports.",
    )


def filter_of(given: ExportFilter | None) -> StoredFilter:
    """The domain's filter; raises INVALID_VALUE for a name that nobody can have."""
    if given is None:
        return StoredFilter()
    if given.requested_by is not None and not can_be_stored(given.requested_by):
        message = "nobody has a name with such a character"
        raise failure(ErrorCode.INVALID_VALUE, message, "filter.requestedBy")
    statuses = given.status
    return StoredFilter(
        statuses=None
        if statuses is None
        else [JobStatus[status.name] for status in statuses],
        currency=given.currency,
        file_format=None if given.format is None else given.format.value,
        requested_by=given.requested_by,
        is_posted=given.is_posted,
    )


def record_filter_of(given: ExportRecordFilter | None) -> RecordFilter:
    """The domain's filter."""
    if given is None:
        return RecordFilter()
    return RecordFilter(given.currency, given.is_posted, given.of_commands)
