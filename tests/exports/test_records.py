"""Every file that is made leaves a record, which the audit trail covers."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import select

from daybook.audit.models import AuditRecord
from daybook.audit.rules import Action
from daybook.calendar import parse_day
from daybook.clock import ClockRefused
from daybook.db.engine import Database
from daybook.exports.file_spec import FileSpec, Groupings
from daybook.exports.models import ExportRecord
from daybook.exports.records import MadeFile, record_file
from daybook.exports.rules import Totals
from daybook.jobs.rules import JobStatus
from daybook.ledger.clocks import clock_readings
from daybook.ledger.pins import Pin
from daybook.reports.audit import verify
from daybook.reports.journals.filters import JournalFilter, Selection
from daybook.reports.journals.group_keys import Granularity, Grouping
from daybook.settings import Settings
from daybook.worker import running_jobs
from daybook_factories import ORGANISATION, invoice, pin, record
from daybook_jobs import NOW, ask, ended, wait_for

pytestmark = pytest.mark.anyio

HASH = sha256(b"some rows").digest()
POSTED = JournalFilter(include_scheduled=False)


def made_file(its_pin: Pin, by: Groupings = None) -> MadeFile:
    """A file of what is posted, by day."""
    spec = FileSpec(its_pin, POSTED, Granularity.DAILY, by)
    return MadeFile(spec, "journals.csv", 9, HASH, Totals(2, 10_00, 10_00))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a fixed present, and a folder for files."""
    return Settings(data=tmp_path, now=NOW, exports=tmp_path / "exports")


async def records(database: Database) -> list[ExportRecord]:
    """All records, in their order."""
    async with database.reads() as session:
        found = await session.scalars(
            select(ExportRecord).order_by(ExportRecord.number)
        )
        return list(found)


async def test_a_job_leaves_one_record_of_its_file(
    database: Database, settings: Settings
) -> None:
    await record(database, invoice())
    its_pin = await pin(database)
    job = await ask(database)

    async with running_jobs(database, settings):
        await ended(database)
        job = await wait_for(database, lambda one: one.is_logged)
    async with running_jobs(database, settings):
        await asyncio.sleep(0.5)

    (found,) = await records(database)
    assert (job.status, found.job_number) == (JobStatus.READY, 1)
    assert (found.number, found.made_by, found.made_at) == (1, "test", NOW)
    assert (found.ledger_id, found.recording) == (job.ledger_id, job.recording)
    assert (found.renamings, found.divides_on) == (job.renamings, job.today)
    assert (found.selection, found.group_by) == (job.selection, None)
    assert (found.format, found.granularity) == (job.format, job.granularity)
    assert (found.renderer, found.file_name) == (job.renderer, job.file_name)
    assert (found.row_count, found.file_bytes) == (job.rows_done, job.file_bytes)
    assert found.debit_total == job.debit_total == found.credit_total
    assert found.file_sha256 == job.file_sha256
    assert its_pin.audit_head is not None
    assert (found.audit_record, found.audit_hash) == its_pin.audit_head
    assert (await verify(database, ORGANISATION)).mismatch is None


async def test_the_trail_tells_of_a_record(database: Database) -> None:
    await record(database, invoice())
    its_pin = await pin(database)

    await record_file(database, made_file(its_pin), now=NOW, made_by="Ada")

    async with database.reads() as session:
        last = await session.scalar(
            select(AuditRecord).order_by(AuditRecord.number.desc()).limit(1)
        )
    assert last is not None
    assert (last.action, last.subject_kind, last.subject_id) == (
        "EXPORT",
        "EXPORT",
        "1",
    )
    assert last.made_by == "Ada"
    assert HASH.hex() in last.details


async def test_the_same_bytes_again_are_another_record(database: Database) -> None:
    await record(database, invoice())
    its_pin = await pin(database)
    parties = (Grouping.PRODUCT, Grouping.CUSTOMER)

    numbers = [
        await record_file(database, made_file(its_pin, by), now=NOW, made_by="Ada")
        for by in (None, None, parties, ())
    ]

    found = await records(database)
    assert numbers == [1, 2, 3, 4]
    assert {one.file_sha256 for one in found} == {HASH}
    assert [one.group_by for one in found] == [None, None, "customer,product", ""]
    assert (await verify(database, ORGANISATION)).mismatch is None


async def test_many_at_once_are_numbered_without_gaps(database: Database) -> None:
    await record(database, invoice())
    its_pin = await pin(database)

    numbers = await asyncio.gather(
        *(
            record_file(database, made_file(its_pin), now=NOW, made_by="Ada")
            for _ in range(6)
        )
    )

    assert sorted(numbers) == list(range(1, 7))
    assert (await verify(database, ORGANISATION)).mismatch is None


async def test_a_clock_that_is_behind_makes_no_record(database: Database) -> None:
    await record(database, invoice(), on="2025-10-16")
    its_pin = await pin(database)

    with pytest.raises(ClockRefused):
        await record_file(database, made_file(its_pin), now=NOW, made_by="Ada")

    assert await records(database) == []


async def test_a_record_never_moves_the_clock(database: Database) -> None:
    await record(database, invoice(), on="2025-10-14")
    its_pin = await pin(database)
    in_ten_years = datetime.now(UTC) + timedelta(days=3653)

    await record_file(database, made_file(its_pin), now=in_ten_years, made_by="Ada")

    (one,) = await records(database)
    assert one.made_at < datetime.now(UTC)
    async with database.reads() as session:
        readings = await clock_readings(session, datetime.now(UTC))
    assert [reading.state().is_refused for reading in readings] == [False]


async def test_a_record_has_the_last_time_where_that_is_ahead_of_the_machine(
    database: Database,
) -> None:
    await record(database, invoice(), on="2090-01-01")
    its_pin = await pin(database)
    in_a_day = datetime(2090, 1, 2, 12, tzinfo=UTC)

    await record_file(database, made_file(its_pin), now=in_a_day, made_by="Ada")

    (one,) = await records(database)
    assert f"{one.made_at:%Y-%m-%d}" == "2090-01-01"


async def test_a_record_tells_what_was_asked_for(
    database: Database, settings: Settings
) -> None:
    await record(database, invoice())
    asked = Selection(customer="cus_1", as_of=parse_day("2025-10-14"))
    await ask(database, selection=asked)

    async with running_jobs(database, settings):
        await wait_for(database, lambda job: job.is_logged)

    (one,) = await records(database)
    assert one.filters == "as_of=2025-10-14&customer=cus_1"
    async with database.reads() as session:
        details = await session.scalar(
            select(AuditRecord.details).where(AuditRecord.action == Action.EXPORT.value)
        )
    assert details is not None
    assert json.loads(details)["filters"] == one.filters
