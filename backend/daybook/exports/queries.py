"""Reading the records of files that were made."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from daybook.db.keyset import count_rows, one_page
from daybook.db.lists import rows_in_lists
from daybook.exports.formats import format_name
from daybook.exports.models import ExportRecord
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


class ListedRecord(NamedTuple):
    """A record, with its ledger's currency."""

    record: ExportRecord
    currency: str


RECORDS: Sheet[ListedRecord] = Sheet(
    "export_records",
    "Export records",
    (
        integer("number", "No.", lambda one: one.record.number),
        timestamp("made_at", "Made (UTC)", lambda one: one.record.made_at),
        text("made_by", "Who", lambda one: one.record.made_by),
        text("ledger", "Ledger", lambda one: one.currency),
        integer("recording", "Recording", lambda one: one.record.recording),
        date("posted_through", "Posted through", lambda one: one.record.divides_on),
        text("filters", "Filters", lambda one: one.record.filters),
        text("granularity", "Granularity", lambda one: one.record.granularity),
        text("group_by", "Grouped by", lambda one: _groupings(one.record)),
        text("format", "Format", lambda one: format_name(one.record.format)),
        integer("renderer", "Renderer", lambda one: one.record.renderer),
        integer("rows", "Rows", lambda one: one.record.row_count),
        money(
            "debits", "Debits", lambda its: Money(its.record.debit_total, its.currency)
        ),
        money(
            "credits",
            "Credits",
            lambda its: Money(its.record.credit_total, its.currency),
        ),
        text("file", "File", lambda one: one.record.file_name),
        integer("bytes", "Bytes", lambda one: one.record.file_bytes),
        text("sha256", "SHA-256", lambda one: one.record.file_sha256.hex()),
        integer("audit_record", "Audit record", lambda one: one.record.audit_record),
        text("audit_hash", "Audit hash", lambda one: _hex(one.record.audit_hash)),
        integer("job", "Export", lambda one: one.record.job_number),
    ),
)


def _groupings(record: ExportRecord) -> str | None:
    """By what journals are grouped, `none` for one group a day or month."""
    return "none" if record.group_by == "" else record.group_by


def _hex(its_hash: bytes | None) -> str | None:
    return None if its_hash is None else its_hash.hex()


async def find_records(
    session: AsyncSession, organisation_id: int, request: PageRequest
) -> Page[ListedRecord]:
    """An organisation's records, newest first; keyed by number."""
    page = one_page(
        _listed(organisation_id), ExportRecord.number, request, is_descending=True
    )
    found = await session.execute(page)
    return Page.of([ListedRecord(*row) for row in found], request)


async def count_records(session: AsyncSession, organisation_id: int) -> int:
    """How many files of an organisation have a record."""
    its = ExportRecord.organisation_id == organisation_id
    return await count_rows(session, ExportRecord, its)


async def records_by_number(
    session: AsyncSession, organisation_id: int, numbers: Iterable[int]
) -> list[ListedRecord]:
    """Those of an organisation's records that there are."""
    return await _records_in(session, organisation_id, ExportRecord.number, numbers)


async def records_of_jobs(
    session: AsyncSession, organisation_id: int, jobs: Sequence[tuple[int, bytes]]
) -> dict[tuple[int, bytes], ListedRecord]:
    """Records by their jobs' numbers and hashes of files.

    The number alone could be that of a job in an earlier runtime store.
    """
    found = await _records_in(
        session,
        organisation_id,
        ExportRecord.job_number,
        (number for number, _ in jobs),
    )
    return {
        (one.record.job_number or 0, one.record.file_sha256): one
        for one in sorted(found, key=lambda one: one.record.number)
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


def _listed(organisation_id: int) -> Select[ExportRecord, str]:
    return (
        select(ExportRecord, Ledger.currency)
        .join(Ledger, Ledger.id == ExportRecord.ledger_id)
        .where(ExportRecord.organisation_id == organisation_id)
    )
