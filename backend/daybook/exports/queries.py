"""Reading the records of exported files, and whether they are posted."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from daybook.db.keyset import count_rows, one_page
from daybook.db.lists import rows_in_lists
from daybook.exports.formats import format_name
from daybook.exports.models import ExportPosting, ExportRecord, UndonePosting
from daybook.exports.stored_spec import totals_currency
from daybook.ledger.models import Ledger
from daybook.paging import Page, PageRequest
from daybook.sheets.columns import (
    Money,
    Sheet,
    date,
    integer,
    money,
    text,
    timestamp,
)

ARCHIVES_MAX = 20
"""In how many records of archives a part is looked for, the newest ones."""


class ListedRecord(NamedTuple):
    """A record, with its ledger's currency, and its posting while it is posted."""

    record: ExportRecord
    currency: str
    posting: ExportPosting | None = None

    @property
    def totals_currency(self) -> str:
        """The currency of the file's totals."""
        return totals_currency(self.record.options, self.currency)


class RecordFilter(NamedTuple):
    """What records of a list have in common; None for what doesn't matter.

    `of_commands` are those whose file no export made.
    """

    currency: str | None = None
    is_posted: bool | None = None
    of_commands: bool | None = None


EVERY_RECORD = RecordFilter()


class PostingOfRecord(NamedTuple):
    """A posting of a record, and how it was undone, if it was."""

    posting: ExportPosting
    undone: UndonePosting | None


EXPORT_RECORDS: Sheet[ListedRecord] = Sheet(
    "export_records",
    "Export records",
    (
        integer("number", "No.", lambda listed: listed.record.number),
        timestamp("made_at", "Made (UTC)", lambda listed: listed.record.made_at),
        text("made_by", "Who", lambda listed: listed.record.made_by),
        text("ledger", "Ledger", lambda listed: listed.currency),
        integer("recording", "Recording", lambda listed: listed.record.recording),
        date(
            "posted_through", "Posted through", lambda listed: listed.record.divides_on
        ),
        text("filters", "Filters", lambda listed: listed.record.filters),
        text("granularity", "Granularity", lambda listed: listed.record.granularity),
        text("group_by", "Grouped by", lambda listed: _groupings(listed.record)),
        text("format", "Format", lambda listed: format_name(listed.record.format)),
        text("compression", "Compression", lambda listed: listed.record.compression),
        integer("renderer", "Renderer", lambda listed: listed.record.renderer),
        integer("rows", "Rows", lambda listed: listed.record.row_count),
        money(
            "debits",
            "Debits",
            lambda listed: Money(listed.record.debit_total, listed.totals_currency),
        ),
        money(
            "credits",
            "Credits",
            lambda listed: Money(listed.record.credit_total, listed.totals_currency),
        ),
        text("file", "File", lambda listed: listed.record.file_name),
        integer("bytes", "Bytes", lambda listed: listed.record.file_bytes),
        text("sha256", "SHA-256", lambda listed: listed.record.file_sha256.hex()),
        integer(
            "audit_record", "Audit record", lambda listed: listed.record.audit_record
        ),
        text("audit_hash", "Audit hash", lambda listed: _hex(listed.record.audit_hash)),
        integer("job", "Export", lambda listed: listed.record.job_number),
        text("options", "Options", lambda listed: listed.record.options),
        date(
            "posted_on",
            "Posted",
            lambda listed: None if listed.posting is None else listed.posting.posted_on,
        ),
        text(
            "reference",
            "Reference",
            lambda listed: None if listed.posting is None else listed.posting.reference,
        ),
        timestamp(
            "marked_at",
            "Marked (UTC)",
            lambda listed: None if listed.posting is None else listed.posting.marked_at,
        ),
        text(
            "marked_by",
            "Marked by",
            lambda listed: None if listed.posting is None else listed.posting.marked_by,
        ),
    ),
)


def _groupings(record: ExportRecord) -> str | None:
    """The groupings; `none` for one group a day or month."""
    return "none" if record.group_by == "" else record.group_by


def _hex(digest: bytes | None) -> str | None:
    return None if digest is None else digest.hex()


async def find_records(
    session: AsyncSession,
    organisation_id: int,
    request: PageRequest,
    wanted: RecordFilter = EVERY_RECORD,
) -> Page[ListedRecord]:
    """An organisation's records that fit a filter, newest first; keyed by number."""
    page = one_page(
        _fitting(organisation_id, wanted),
        ExportRecord.number,
        request,
        is_descending=True,
    )
    found = await session.execute(page)
    return Page.of([ListedRecord(*row) for row in found], request)


async def count_records(
    session: AsyncSession, organisation_id: int, wanted: RecordFilter = EVERY_RECORD
) -> int:
    """How many records `find_records` lists in all."""
    if wanted == EVERY_RECORD:
        is_ours = ExportRecord.organisation_id == organisation_id
        return await count_rows(session, ExportRecord, is_ours)
    fitting = _fitting(organisation_id, wanted).with_only_columns(func.count())
    return await session.scalar(fitting) or 0


def _fitting(
    organisation_id: int, wanted: RecordFilter
) -> Select[ExportRecord, str, ExportPosting | None]:
    """The records that fit a filter."""
    conditions = list[ColumnElement[bool]]()
    if wanted.currency is not None:
        conditions.append(Ledger.currency == wanted.currency)
    if wanted.is_posted is not None:
        posting = ExportPosting.number
        is_posted = posting.is_not(None) if wanted.is_posted else posting.is_(None)
        conditions.append(is_posted)
    if wanted.of_commands is not None:
        job = ExportRecord.job_number
        conditions.append(job.is_(None) if wanted.of_commands else job.is_not(None))
    return _listed(organisation_id).where(*conditions)


async def records_by_number(
    session: AsyncSession, organisation_id: int, numbers: Iterable[int]
) -> list[ListedRecord]:
    """The organisation's records with these numbers; unknown numbers are left out."""
    return await _records_in(session, organisation_id, ExportRecord.number, numbers)


async def record_of_file(
    session: AsyncSession, organisation_id: int, sha256: bytes, manifest: str | None
) -> ListedRecord | None:
    """The newest record of a file with this hash, best one with this manifest."""
    ours = _listed(organisation_id).where(ExportRecord.file_sha256 == sha256)
    found = None
    if manifest is not None:
        found = await _newest_with(session, ours, manifest)
    return found or await _newest(session, ours)


async def record_with_manifest(
    session: AsyncSession, organisation_id: int, manifest: str
) -> ListedRecord | None:
    """The organisation's newest record with this manifest."""
    return await _newest_with(session, _listed(organisation_id), manifest)


async def records_of_archives(
    session: AsyncSession, organisation_id: int, text: str
) -> list[ListedRecord]:
    """The newest records of archives whose manifests contain a text."""
    manifest = ExportRecord.manifest
    contains = manifest.contains(text, autoescape=True)
    newest = (
        _listed(organisation_id)
        .where(contains, manifest.contains('"parts": [', autoescape=True))
        .order_by(ExportRecord.number.desc())
        .limit(ARCHIVES_MAX)
    )
    return [ListedRecord(*row) for row in await session.execute(newest)]


async def _newest_with(
    session: AsyncSession, statement: Select[*tuple[Any, ...]], manifest: str
) -> ListedRecord | None:
    if "\0" in manifest:  # PostgreSQL takes none, also not to compare with
        return None
    return await _newest(session, statement.where(ExportRecord.manifest == manifest))


async def _newest(
    session: AsyncSession, statement: Select[*tuple[Any, ...]]
) -> ListedRecord | None:
    newest = statement.order_by(ExportRecord.number.desc()).limit(1)
    row = (await session.execute(newest)).one_or_none()
    return None if row is None else ListedRecord(*row)


async def records_of_jobs(
    session: AsyncSession, organisation_id: int, jobs: Sequence[tuple[int, bytes]]
) -> dict[tuple[int, bytes], ListedRecord]:
    """Records by job number and file hash.

    The number alone could be that of a job in an earlier runtime store.
    """
    found = await _records_in(
        session,
        organisation_id,
        ExportRecord.job_number,
        (number for number, _ in jobs),
    )
    return {
        (listed.record.job_number or 0, listed.record.file_sha256): listed
        for listed in sorted(found, key=lambda listed: listed.record.number)
    }


async def _records_in(
    session: AsyncSession,
    organisation_id: int,
    column: InstrumentedAttribute[int] | InstrumentedAttribute[int | None],
    numbers: Iterable[int],
) -> list[ListedRecord]:
    statement = _listed(organisation_id)
    rows = await rows_in_lists(session, statement, column.in_, numbers)
    return [ListedRecord(*row) for row in rows]


async def posted_records(
    session: AsyncSession,
    organisation_id: int,
    ledger_id: int,
    until: datetime | None = None,
) -> list[ListedRecord]:
    """The records of a ledger that are posted now, or were at a moment, by number."""
    statement = _listed(organisation_id, until).where(
        ExportRecord.ledger_id == ledger_id, ExportPosting.number.is_not(None)
    )
    rows = await session.execute(statement.order_by(ExportRecord.number))
    return [ListedRecord(*row) for row in rows]


async def posted_files_of_jobs(
    session: AsyncSession, organisation_id: int
) -> set[tuple[int, bytes]]:
    """The jobs whose files are posted now, each with the hash of its file.

    The number alone could be that of a job in an earlier runtime store.
    """
    is_undone = exists().where(_undoes())
    statement = (
        select(ExportRecord.job_number, ExportRecord.file_sha256)
        .join(
            ExportPosting,
            and_(
                ExportPosting.organisation_id == ExportRecord.organisation_id,
                ExportPosting.record == ExportRecord.number,
            ),
        )
        .where(
            ExportRecord.organisation_id == organisation_id,
            ExportRecord.job_number.is_not(None),
            ~is_undone,
        )
    )
    rows = await session.execute(statement)
    return {(number, digest) for number, digest in rows if number is not None}


async def records_of_formats(
    session: AsyncSession,
    organisation_id: int,
    ledger_id: int,
    formats: Iterable[int],
) -> list[ListedRecord]:
    """The records of a ledger's files in some formats, by number."""
    statement = _listed(organisation_id).where(
        ExportRecord.ledger_id == ledger_id, ExportRecord.format.in_(list(formats))
    )
    rows = await session.execute(statement.order_by(ExportRecord.number))
    return [ListedRecord(*row) for row in rows]


async def postings_of(
    session: AsyncSession, organisation_id: int, numbers: Iterable[int]
) -> dict[int, list[PostingOfRecord]]:
    """All postings of records, those undone too, oldest first, by record number."""
    statement = (
        select(ExportPosting, UndonePosting)
        .outerjoin(UndonePosting, _undoes())
        .where(ExportPosting.organisation_id == organisation_id)
        .order_by(ExportPosting.number)
    )
    found: dict[int, list[PostingOfRecord]] = defaultdict(list)
    for row in await rows_in_lists(
        session, statement, ExportPosting.record.in_, numbers
    ):
        posting, undone = row
        found[posting.record].append(PostingOfRecord(posting, undone))
    return found


def _undoes() -> ColumnElement[bool]:
    """Whether an undoing is that of a posting."""
    return and_(
        UndonePosting.organisation_id == ExportPosting.organisation_id,
        UndonePosting.posting == ExportPosting.number,
    )


def _listed(
    organisation_id: int, until: datetime | None = None
) -> Select[ExportRecord, str, ExportPosting | None]:
    """Records with their postings of now, or of a moment."""
    marked, undone = list[ColumnElement[bool]](), [_undoes()]
    if until is not None:
        marked.append(ExportPosting.marked_at < until)
        undone.append(UndonePosting.undone_at < until)
    is_posted = and_(
        ExportPosting.organisation_id == ExportRecord.organisation_id,
        ExportPosting.record == ExportRecord.number,
        *marked,
        ~exists().where(*undone),
    )
    return (
        select(ExportRecord, Ledger.currency, ExportPosting)
        .join(Ledger, Ledger.id == ExportRecord.ledger_id)
        .outerjoin(ExportPosting, is_posted)
        .where(ExportRecord.organisation_id == organisation_id)
    )
