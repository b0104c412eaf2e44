"""Records of exported files, as the schema shows them."""

from collections.abc import Mapping, Sequence

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.exports.posting.posted import posted_in
from daybook.exports.queries import ListedRecord
from daybook.exports.stored_spec import groupings_of
from daybook.ledger.pins import Pin
from daybook.reports.journals.group_keys import Granularity as StoredGranularity
from daybook_graphql.context import Info
from daybook_graphql.exports.enums import ExportCompression, ExportFormat
from daybook_graphql.exports.ids import ExportJobId, ExportRecordId
from daybook_graphql.exports.loaders import postings_by_record
from daybook_graphql.exports.options import ExportOptions, options_shown
from daybook_graphql.exports.postings import ExportPosting, posting_shown
from daybook_graphql.journals.enums import Granularity, JournalGrouping
from daybook_graphql.journals.types import PostedFiles, posted_files
from daybook_graphql.kit.connections import listed
from daybook_graphql.kit.ids import encode
from daybook_graphql.kit.money import Money, money
from daybook_graphql.kit.node import Node
from daybook_graphql.kit.scalars import BigInt, CurrencyCode, Date, DateTime
from daybook_graphql.ledgers.audit_heads import AuditHead, audit_head_of

field = strawberry.field


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
    compression: ExportCompression | None = field(
        description="How the file is compressed; null where it is not."
    )
    options: ExportOptions = field(
        description="What was asked of the file beside its selection."
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
    manifest: str | None = field(
        description="What the file was made of, and what it and its parts come to, as"
        " JSON: rows, debits and credits in all, of each account and of each part, and"
        " hashes; null for files that were made before there were manifests."
    )
    job_id: strawberry.ID | None = field(
        description="The export that made it; null for a file of `daybook export`."
    )
    posting: ExportPosting | None = field(
        description="As what it was loaded into its target; null unless it is posted."
    )

    @field(description="All its postings, also those that were undone, oldest first.")
    async def postings(self, info: Info) -> list[ExportPosting]:
        found = await postings_by_record(info.context).load(int(self.number))
        return [posting_shown(*its) for its in found]


def export_record_of(listed: ListedRecord) -> ExportRecord:
    """A stored record as the schema shows it."""
    record, currency, posting = listed
    job_number = record.job_number
    return ExportRecord(
        node_id=ExportRecordId(record.number),
        number=BigInt(record.number),
        made_at=DateTime(record.made_at),
        made_by=record.made_by,
        currency=CurrencyCode(currency),
        recording=BigInt(record.recording),
        posted_through=Date(record.divides_on),
        filters=record.filters,
        format=_format(record.format),
        compression=compression_shown(record.compression),
        options=options_shown(record.options),
        granularity=Granularity(StoredGranularity(record.granularity)),
        group_by=groupings_shown(record.group_by),
        renderer=record.renderer,
        filename=record.file_name,
        rows=BigInt(record.row_count),
        bytes=BigInt(record.file_bytes),
        sha256=record.file_sha256.hex(),
        debit_total=money(record.debit_total, listed.totals_currency),
        credit_total=money(record.credit_total, listed.totals_currency),
        audit_head=audit_head_of(record.audit_record, record.audit_hash),
        manifest=record.manifest,
        job_id=None if job_number is None else encode(ExportJobId(job_number)),
        posting=None if posting is None else posting_shown(posting),
    )


@posted_files.implemented
async def _posted_files(
    session: AsyncSession, pin: Pin, numbers: Sequence[int]
) -> Mapping[int, PostedFiles]:
    # Most journals of a page are in the same few files.
    shown: dict[int, ExportRecord] = {}

    def show(listed: ListedRecord) -> ExportRecord:
        number = listed.record.number
        if number not in shown:
            shown[number] = export_record_of(listed)
        return shown[number]

    return {
        number: PostedFiles(list(map(show, its.files)), its.is_partial)
        for number, its in (await posted_in(session, pin, numbers)).items()
    }


def _format(number: int) -> ExportFormat | None:
    try:
        return ExportFormat(number)
    except ValueError:
        return None


def compression_shown(name: str | None) -> ExportCompression | None:
    """The stored compression of a file; None for one of another version, too."""
    known = {way.value: way for way in ExportCompression}
    return None if name is None else known.get(name)


def groupings_shown(text: str | None) -> list[JournalGrouping] | None:
    """The stored grouping of an export; None for exports of journals."""
    by = groupings_of(text)
    return None if by is None else [JournalGrouping(grouping) for grouping in by]
