"""Files that are posted: as values, and in a database."""

from datetime import datetime
from hashlib import sha256
from typing import Any

from daybook.calendar import parse_day
from daybook.db.engine import Database
from daybook.exports.file_spec import FileOptions, FileSpec
from daybook.exports.formats import SEQUENCE, Format
from daybook.exports.models import ExportPosting, ExportRecord
from daybook.exports.posting.marking import Mark, Posted, mark_posted, undo_posting
from daybook.exports.posting.recorded_files import RecordedFile, recorded_files
from daybook.exports.queries import ListedRecord
from daybook.exports.records import MadeFile, record_file
from daybook.exports.rules import Totals
from daybook.exports.stored_spec import filter_text
from daybook.ledger.pins import Pin
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Granularity
from daybook_factories import ORGANISATION, pin
from daybook_jobs import NOW


def days(first: str, last: str) -> JournalFilter:
    """All entries of some days."""
    return JournalFilter(posted_from=parse_day(first), posted_to=parse_day(last))


async def posted(  # noqa: PLR0913, PLR0917  (what a file is, and two defaults)
    database: Database,
    number: int,
    at: Pin,
    wanted: JournalFilter,
    file_format: Format = SEQUENCE,
    granularity: Granularity = Granularity.DAILY,
) -> RecordedFile:
    """A posted file as it is read, though the database has no record of it."""
    record = ExportRecord(
        organisation_id=at.organisation_id,
        number=number,
        ledger_id=at.ledger_id,
        recording=at.recording,
        renamings=at.renamings,
        divides_on=wanted.divides_on(at),
        selection=filter_text(wanted),
        format=file_format.number,
        granularity=granularity,
    )
    posting = ExportPosting(reference=f"MJ-{number}")
    async with database.reads() as session:
        (file,) = await recorded_files(
            session, [ListedRecord(record, at.currency, posting)]
        )
    return file


async def made(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    wanted: JournalFilter,
    file_format: Format = SEQUENCE,
    *,
    granularity: Granularity = Granularity.DAILY,
    its_pin: Pin | None = None,
    since: int | None = None,
    filters: str = "",
    now: datetime = NOW,
) -> int:
    """Make the record of a file, as of the last recording; its number."""
    at = its_pin or await pin(database, on="2025-10-15")
    spec = FileSpec(
        *(at, wanted, granularity),
        file_format=file_format,
        options=FileOptions(since=since),
    )
    digest = sha256(b"a file").digest()
    file = MadeFile(spec, "journals.csv", 9, digest, Totals(2, 10_00, 10_00), filters)
    return await record_file(database, file, now=now, made_by="Ada")


async def mark(
    database: Database, number: int, reference: str = "MJ-0934", **options: Any
) -> Posted:
    """Mark a file as posted."""
    its = Mark(reference, options.pop("posted_on", None), options.pop("confirm", False))
    who = {"now": NOW, "made_by": "Ada", **options}
    return await mark_posted(database, ORGANISATION, number, its, **who)


async def undo(
    database: Database, number: int, reason: str = "wrong month", **options: Any
) -> ListedRecord:
    """Undo a posting."""
    who = {"now": NOW, "made_by": "Bob", **options}
    return await undo_posting(database, ORGANISATION, number, reason=reason, **who)
