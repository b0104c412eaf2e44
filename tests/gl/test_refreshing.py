"""Refreshes of the dataset: pinned, repeatable, whole or not at all."""

import asyncio
import os
import shutil
import signal
from collections.abc import Awaitable
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import select

from daybook.access.organisations import add_organisation
from daybook.activity.models import Activity
from daybook.activity.rules import ActivityKind
from daybook.audit.models import AuditRecord
from daybook.calendar import parse_day
from daybook.columnar.csv_text import csv_statement
from daybook.columnar.engine import engine
from daybook.connections.commands import Author, remove_connection, update_dataset
from daybook.db.engine import Database
from daybook.errors import Rejected
from daybook.fx.entering import RateDay, enter_rate
from daybook.gl.auditing import check_segments
from daybook.gl.building.segment import CSV_COLUMNS
from daybook.gl.dataset.snapshots import snapshot_at
from daybook.gl.kinds import Kind
from daybook.gl.process import FailureCode as Failure
from daybook.gl.refreshing import Asked, request_again, request_refresh
from daybook.gl.rules.notices import NoticeKind, notices_of
from daybook.gl.working import work_off
from daybook.jobs.rules import ATTEMPTS_MAX, FailureCode, JobStatus
from daybook.reports.audit import verify
from daybook.storage.places import gl_segments_storage
from daybook_children import processes_of
from daybook_factories import ORGANISATION
from daybook_gl_imports import (
    account,
    connected,
    gl_settings,
    imported,
    journal,
    page,
    stored_inputs,
)
from daybook_gl_refreshes import (
    BY,
    ask_dataset,
    asked_for,
    dataset,
    made_again,
    refreshed,
    segment_of,
)
from daybook_jobs import until
from daybook_people import NOON

pytestmark = pytest.mark.anyio

MODULE = "daybook.gl.process"
NETS = '_connection, "Journal Number", "Net Amount"'
ONE, TWO = journal(1, "10.00", "-10.00"), journal(2, "2.50", "-2.50")
OF_ONE = [(1, 1, Decimal("-10.00")), (1, 1, Decimal("10.00"))]
OF_TWO = [(1, 2, Decimal("-2.50")), (1, 2, Decimal("2.50"))]
WHO = Author(ORGANISATION, "a test", NOON)


def segment_file(folder: Path, number: int, name: str = "lines.parquet") -> Path:
    return folder / "gl-segments" / str(ORGANISATION) / str(number) / name


async def test_a_refresh_makes_the_dataset_and_is_recorded(
    database: Database, tmp_path: Path
) -> None:
    await connected(database)
    when = {"DateTimeUTC": "2025-10-01T08:30:00"}
    both = page(tmp_path, "Journals", ONE, journal(4, "1.00", "-1.00"), **when)
    await imported(database, tmp_path, both)

    (job,) = await refreshed(database, tmp_path)

    assert (job.number, job.status, job.rows_done) == (1, JobStatus.READY, 4)
    segment = await segment_of(database, 1)
    assert (segment.connection, segment.imports_through, segment.lines) == (1, 1, 4)
    assert (segment.reporting_currency, segment.made_by) == ("GBP", BY)
    assert segment.lines_by_type == '{"ACTUAL": 4}'
    assert segment.data_time.isoformat() == "2025-10-01T08:30:00+00:00"
    (missing,) = notices_of(segment.notices)
    assert (missing.kind, missing.words) == (
        NoticeKind.GAP,
        "2 journals are missing: 2 to 3",
    )
    lines = segment_file(tmp_path, 1).read_bytes()
    positions = segment_file(tmp_path, 1, "positions.parquet").read_bytes()
    assert (sha256(lines).digest(), len(lines)) == (
        *(segment.file_sha256, segment.file_bytes),
    )
    assert (sha256(positions).digest(), len(positions)) == (
        *(segment.positions_sha256, segment.positions_bytes),
    )
    assert await ask_dataset(database, tmp_path, NETS) == [
        *OF_ONE,
        *((1, 4, Decimal(net)) for net in ("-1.00", "1.00")),
    ]
    async with database.reads() as session:
        record = await session.get_one(AuditRecord, (ORGANISATION, segment.record))
        line = await session.scalar(
            select(Activity.message).where(
                Activity.kind == int(ActivityKind.GL_REFRESH)
            )
        )
    assert (record.action, record.subject_id) == ("REFRESH_GL", "1")
    assert line == "refresh 1 of UK: 4 rows"
    assert (await verify(database, ORGANISATION)).mismatch is None


async def test_the_content_s_hash_is_that_of_its_csv(
    database: Database, tmp_path: Path
) -> None:
    await connected(database)
    quoted = journal(1, "10.00", "-10.00", Reference='=1+1, "or so"')
    await imported(database, tmp_path, page(tmp_path, "Journals", quoted, TWO))
    await refreshed(database, tmp_path)

    path, out = segment_file(tmp_path, 1), tmp_path / "out"
    out.mkdir()
    with engine([path.parent, out], out / "scratch") as connection:
        rows = f"SELECT * FROM read_parquet('{path}') ORDER BY _row"  # noqa: S608
        connection.execute(
            csv_statement(CSV_COLUMNS, rows, str(out / "lines.csv"), "_plain")
        )
    text = (out / "lines.csv").read_bytes()

    assert b'"\'=1+1, ""or so"""' in text
    assert text.count(b"\r\n") == 5
    assert (await segment_of(database, 1)).content_sha256 == sha256(text).digest()


async def test_nothing_that_came_in_can_t_be_refreshed(
    database: Database, tmp_path: Path
) -> None:
    async def refused(*connections: int) -> str:
        with pytest.raises(Rejected) as rejected:
            await asked_for(database, *connections)
        return rejected.value.problems[0].message

    await connected(database)
    assert await refused() == "nothing came in yet: import its journals first"
    await imported(database, tmp_path, page(tmp_path, "Journals", ONE))
    await connected(database, "Inc", "USD")
    assert await refused(2) == ("nothing came in of Inc yet: import its journals first")
    assert await refused(3) == "there is no such connection"
    assert [job.connection for job in await asked_for(database)] == [1]


async def test_an_earlier_state_stays(database: Database, tmp_path: Path) -> None:
    assert await dataset(database) is None
    await connected(database)
    await imported(database, tmp_path, page(tmp_path, "Journals", ONE))
    await refreshed(database, tmp_path)
    await imported(database, tmp_path, page(tmp_path, "Journals", TWO))
    await refreshed(database, tmp_path)

    assert await ask_dataset(database, tmp_path, NETS) == [*OF_ONE, *OF_TWO]
    assert await ask_dataset(database, tmp_path, NETS, 2) == [*OF_ONE, *OF_TWO]
    assert await ask_dataset(database, tmp_path, NETS, 1) == OF_ONE
    assert await dataset(database, 3) is None


async def test_a_refresh_is_made_again_from_its_pins(
    database: Database, tmp_path: Path
) -> None:
    await connected(database)
    await imported(database, tmp_path, page(tmp_path, "Journals", ONE))
    await refreshed(database, tmp_path)
    await imported(database, tmp_path, page(tmp_path, "Journals", TWO))
    await update_dataset(database, WHO, reporting="USD")
    await refreshed(database, tmp_path)

    again = await made_again(database, tmp_path, 1)

    assert (again.number, again.status) == (3, JobStatus.READY)
    first, third = [await segment_of(database, number) for number in (1, 3)]
    assert third.again_of == 1
    assert third.content_sha256 == first.content_sha256
    assert third.file_sha256 == first.file_sha256
    assert (third.imports_through, third.reporting_currency) == (1, "GBP")
    # It is no new state.
    snapshot = await dataset(database)
    assert snapshot is not None
    assert (snapshot.refresh, snapshot.reporting_currency) == (2, "USD")
    assert (await verify(database, ORGANISATION)).mismatch is None
    with pytest.raises(Rejected, match="there is no refresh 9"):
        await made_again(database, tmp_path, 9)


async def test_other_content_fails_where_it_is_made_again(
    database: Database, tmp_path: Path
) -> None:
    await connected(database)
    await imported(database, tmp_path, page(tmp_path, "Journals", ONE))
    first, *_ = stored_inputs(tmp_path)
    await imported(database, tmp_path, page(tmp_path, "Journals", TWO))
    await refreshed(database, tmp_path)
    (second,) = (path for path in stored_inputs(tmp_path) if path != first)
    shutil.copy(second, first)

    again = await made_again(database, tmp_path, 1)

    assert (again.status, again.failure_code) == (JobStatus.FAILED, Failure.DIFFERS)
    content = (await segment_of(database, 1)).content_sha256.hex()
    assert f"refresh 1 made content with the SHA-256 {content}" in (
        again.failure_message or ""
    )
    assert not segment_file(tmp_path, 2).exists()


async def killed(waiting: Awaitable[object], times: int, blocked: Path) -> None:
    """Kill processes of refreshes that wait for an input, then let them go on."""
    aside = blocked.with_name("aside")
    await asyncio.to_thread(blocked.rename, aside)
    os.mkfifo(blocked)
    task = asyncio.ensure_future(waiting)
    dead: set[int] = set()
    for _ in range(times):

        async def found() -> int | None:
            pids = {process.pid for process in processes_of(MODULE)} - dead
            return next(iter(pids), None)

        pid = await until(found)
        dead.add(pid)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    await asyncio.to_thread(aside.replace, blocked)
    await task


async def test_a_killed_refresh_is_followed_by_another(
    database: Database, tmp_path: Path
) -> None:
    await connected(database)
    await imported(database, tmp_path, page(tmp_path, "Journals", ONE))
    (blocked,) = stored_inputs(tmp_path)

    await killed(refreshed(database, tmp_path), 1, blocked)

    segment = await segment_of(database, 1)
    assert segment.lines == 2
    assert await ask_dataset(database, tmp_path, NETS) == OF_ONE


async def test_a_refresh_that_is_always_killed_leaves_the_old_dataset(
    database: Database, tmp_path: Path
) -> None:
    await connected(database)
    await imported(database, tmp_path, page(tmp_path, "Journals", ONE))
    await refreshed(database, tmp_path)
    await imported(database, tmp_path, page(tmp_path, "Journals", TWO))
    (blocked, *_) = stored_inputs(tmp_path)
    jobs = await asked_for(database)

    await killed(work_off(database, gl_settings(tmp_path), jobs), ATTEMPTS_MAX, blocked)

    (job,) = await work_off(database, gl_settings(tmp_path), jobs)
    assert (job.status, job.failure_code) == (
        *(JobStatus.FAILED, FailureCode.WORKER_LOST),
    )
    assert await ask_dataset(database, tmp_path, NETS) == OF_ONE
    assert not segment_file(tmp_path, 2).exists()


async def test_of_two_refreshes_the_newer_one_stands_though_it_ends_first(
    database: Database, tmp_path: Path
) -> None:
    await connected(database)
    await imported(database, tmp_path, page(tmp_path, "Journals", ONE))
    # Jobs are taken by the time of their requests.
    older = await asked_for(database, now=NOON + timedelta(minutes=1))
    await imported(database, tmp_path, page(tmp_path, "Journals", TWO))
    newer = await asked_for(database)
    await work_off(database, gl_settings(tmp_path), [*older, *newer])

    first, second = [await segment_of(database, number) for number in (1, 2)]
    assert second.record < first.record
    assert await ask_dataset(database, tmp_path, NETS) == [*OF_ONE, *OF_TWO]
    assert await ask_dataset(database, tmp_path, NETS, 1) == OF_ONE
    assert (await verify(database, ORGANISATION)).mismatch is None


async def test_a_missing_input_is_named(database: Database, tmp_path: Path) -> None:
    await connected(database)
    await imported(database, tmp_path, page(tmp_path, "Journals", ONE))
    (stored,) = stored_inputs(tmp_path)
    stored.unlink()

    (job,) = await refreshed(database, tmp_path)

    assert (job.status, job.failure_code) == (
        *(JobStatus.FAILED, Failure.INPUT_MISSING),
    )
    assert job.failure_message == (
        "the file of import 1 (page.json) is missing: restore the folder of inputs from"
        " a backup"
    )


async def test_a_manual_rate_converts_what_the_ecb_has_no_rate_of(
    database: Database, tmp_path: Path
) -> None:
    await connected(database, "Kenya", "KES")
    await update_dataset(database, WHO, reporting="EUR")
    sold = journal(1, "1512.00", "-1512.00")
    await imported(database, tmp_path, page(tmp_path, "Journals", sold))

    (failed,) = await refreshed(database, tmp_path)
    of = RateDay("KES", parse_day("2025-09-29"))
    await enter_rate(
        *(database, ORGANISATION, of, "151.2"),
        reason="Central bank",
        today=parse_day("2025-10-01"),
        now=NOON,
        made_by=BY,
    )
    await refreshed(database, tmp_path)

    assert (failed.failure_code, failed.failure_message) == (
        Failure.NO_RATE,
        "the ECB publishes no rate of 'KES'; did you mean SEK?",
    )
    assert (await segment_of(database, 2)).manual_through == 1
    assert await ask_dataset(
        database,
        tmp_path,
        '"Net Amount (RC)", _rate_source, CAST(_rate_published AS TEXT)',
    ) == [
        (Decimal("-10.00"), "manual", "2025-09-29"),
        (Decimal("10.00"), "manual", "2025-09-29"),
    ]


async def test_names_are_the_main_connection_s_and_clashes_are_told(
    database: Database, tmp_path: Path
) -> None:
    await connected(database)
    await connected(database, "Inc", "USD")
    charts = {
        1: [("200", "Sales", "REVENUE"), ("310", "Cost of sales", "DIRECTCOSTS")],
        2: [("200", "Revenue", "REVENUE"), ("310", "Deposits", "CURRENT")],
    }
    for number, chart in charts.items():
        accounts = [
            account(at, Code=code, Name=name, Type=type_)
            for at, (code, name, type_) in enumerate(chart)
        ]
        source = page(tmp_path, "Accounts", *accounts)
        await imported(
            database, tmp_path, source, kind=Kind.ACCOUNTS, connection=number
        )
        journals = page(tmp_path, "Journals", ONE)
        await imported(database, tmp_path, journals, connection=number)

    jobs = await refreshed(database, tmp_path)

    assert [(job.connection, job.status) for job in jobs] == [
        (1, JobStatus.READY),
        (2, JobStatus.READY),
    ]
    assert await ask_dataset(
        database, tmp_path, '"Connection Name", "Account Name"'
    ) == [
        ("UK", "Sales"),
        ("UK", "Cost of sales"),
        ("Inc", "Sales"),
        ("Inc", "Deposits"),
    ]
    (told,) = notices_of((await segment_of(database, 2)).notices)
    assert (told.kind, told.subject) == (NoticeKind.CLASH, "310")
    assert told.words == (
        "account 310 is Deposits (ASSET) here, and Cost of sales (EXPENSE) in the main"
        " connection: it keeps its own name"
    )

    await remove_connection(database, WHO, 2)
    now, then = await dataset(database), await dataset(database, 2)
    assert now is not None and [its.connection for its in now.segments] == [1]
    assert then is not None and [its.connection for its in then.segments] == [1, 2]


async def test_a_changed_file_is_found_and_a_missing_one_is_made_again(
    database: Database, tmp_path: Path
) -> None:
    await connected(database)
    await imported(database, tmp_path, page(tmp_path, "Journals", ONE))
    await refreshed(database, tmp_path)
    storage = gl_segments_storage(database, gl_settings(tmp_path))
    assert await check_segments(database, storage, ORGANISATION) == (1, None)

    positions = segment_file(tmp_path, 1, "positions.parquet")
    positions.write_bytes(positions.read_bytes()[:-1] + b"?")
    segments, mismatch = await check_segments(database, storage, ORGANISATION)
    assert (segments, mismatch and mismatch.number) == (
        *(0, (await segment_of(database, 1)).record),
    )
    assert "refresh 1 of the dataset, and its file was changed" in str(mismatch)

    positions.unlink()
    assert await check_segments(database, storage, ORGANISATION) == (0, None)
    with pytest.raises(Rejected, match="the files of refresh 1 of UK are missing"):
        await ask_dataset(database, tmp_path, NETS)
    await refreshed(database, tmp_path)
    assert await ask_dataset(database, tmp_path, NETS) == OF_ONE


async def test_a_dataset_is_of_one_organisation(
    database: Database, tmp_path: Path
) -> None:
    other = await add_organisation(database, "Other", now=NOON, made_by="a test")
    await connected(database)
    await imported(database, tmp_path, page(tmp_path, "Journals", ONE))
    await refreshed(database, tmp_path)

    async with database.reads() as session:
        assert await snapshot_at(session, other) is None
        assert await snapshot_at(session, other, 1) is None
    with pytest.raises(Rejected, match="there is no connection yet"):
        await request_refresh(database, Asked(other, BY, NOON))
    with pytest.raises(Rejected, match="there is no refresh 1"):
        await request_again(database, Asked(other, BY, NOON), 1)
