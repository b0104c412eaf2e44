"""Records of files that were made, as the schema shows them."""

import strawberry

from daybook.exports.queries import ListedRecord
from daybook.exports.stored_selection import groupings_of
from daybook.reports.journals.group_keys import Granularity as StoredGranularity
from daybook_graphql.exports.enums import ExportFormat
from daybook_graphql.exports.ids import ExportJobId, ExportRecordId
from daybook_graphql.journals.enums import Granularity, JournalGrouping
from daybook_graphql.kit.connections import listed
from daybook_graphql.kit.ids import encode
from daybook_graphql.kit.money import Money, money
from daybook_graphql.kit.node import Node
from daybook_graphql.kit.scalars import BigInt, CurrencyCode, Date, DateTime

field = strawberry.field


@strawberry.type(
    description="The last record of the audit trail at a moment. Whoever keeps its hash"
    " can tell later whether the trail up to it is still the same."
)
class AuditHead:
    number: BigInt = field(description="The record's number.")
    hash: str = field(description="Its hash, in hexadecimal.")


@listed("A record", "records", page="A page of records, newest first.")
@strawberry.type(
    description="A file of journals that was made. The record never changes, and the"
    " audit trail covers it: whoever has the file can tell by its SHA-256 that it is"
    " the one, and what it was made of."
)
class ExportRecord(Node):
    number: BigInt = field(description="Its number: records are numbered without gaps.")
    made_at: DateTime = field(description="When it was recorded.")
    made_by: str = field(description="Who asked for the file.")
    currency: CurrencyCode = field(description="The ledger, by its currency.")
    recording: BigInt = field(description="The ledger's recording that it renders.")
    posted_through: Date = field(
        description="The last day of posted entries; later ones were scheduled."
    )
    filters: str | None = field(
        description="The filters that were asked for, as the report's address has them,"
        " such as `customer=cus_1&from=2025-01-01`; empty for all journals, and null"
        " for an export that an earlier version queued."
    )
    format: ExportFormat | None = field(
        description="What the file is written as; null for a format that only another"
        " version of Daybook knows."
    )
    granularity: Granularity = field(description="Whether rows are of days or months.")
    group_by: list[JournalGrouping] | None = field(
        description="What rows are groups of journals by, beside month or day; null"
        " where they are not grouped."
    )
    renderer: int = field(description="The version of the renderer that made it.")
    filename: str = field(description="Its name, or what it would be called.")
    rows: BigInt = field(description="How many rows it has below the header.")
    bytes: BigInt = field(description="Its size.")
    sha256: str = field(description="The SHA-256 of its bytes, hexadecimal.")
    debit_total: Money = field(description="What its debits sum to.")
    credit_total: Money = field(description="What its credits sum to: the same.")
    audit_head: AuditHead | None = field(
        description="The last audit record when its journals were chosen; null before"
        " the first one."
    )
    job_id: strawberry.ID | None = field(
        description="The export that made it; null for a file of `daybook export`."
    )


def audit_head_of(number: int | None, its_hash: bytes | None) -> AuditHead | None:
    """The end of a trail as it is stored; None where there was none."""
    if number is None or its_hash is None:
        return None
    return AuditHead(number=BigInt(number), hash=its_hash.hex())


def export_record_of(listed: ListedRecord) -> ExportRecord:
    """A stored record as the schema shows it."""
    its, currency = listed
    job = its.job_number
    return ExportRecord(
        node_id=ExportRecordId(its.number),
        number=BigInt(its.number),
        made_at=DateTime(its.made_at),
        made_by=its.made_by,
        currency=CurrencyCode(currency),
        recording=BigInt(its.recording),
        posted_through=Date(its.divides_on),
        filters=its.filters,
        format=_format(its.format),
        granularity=Granularity(StoredGranularity(its.granularity)),
        group_by=groupings_shown(its.group_by),
        renderer=its.renderer,
        filename=its.file_name,
        rows=BigInt(its.row_count),
        bytes=BigInt(its.file_bytes),
        sha256=its.file_sha256.hex(),
        debit_total=money(its.debit_total, currency),
        credit_total=money(its.credit_total, currency),
        audit_head=audit_head_of(its.audit_record, its.audit_hash),
        job_id=None if job is None else encode(ExportJobId(job)),
    )


def _format(number: int) -> ExportFormat | None:
    try:
        return ExportFormat(number)
    except ValueError:
        return None


def groupings_shown(text: str | None) -> list[JournalGrouping] | None:
    """What journals are grouped by, as it is stored; None where they are not."""
    by = groupings_of(text)
    return None if by is None else [JournalGrouping(grouping) for grouping in by]
