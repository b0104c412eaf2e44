"""Running recurrences: several processes, killed ones, and the server's chore."""

import asyncio
import signal
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import URL

from daybook.adjustments.recurring.instances import Made
from daybook.adjustments.recurring.made import months_made
from daybook.adjustments.recurring.running import run_recurrences
from daybook.db.engine import Database
from daybook.reports.audit import verify
from daybook.settings import Settings
from daybook.worker import running_jobs
from daybook_adjusting import ADA, four_eyes, moment, two_people
from daybook_factories import ORGANISATION, invoice, record
from daybook_recurring import approved, days, monthly, recurring, run, submitted
from daybook_services.database import AT_ANY_TIME
from daybook_services.processes import forked

pytestmark = pytest.mark.anyio

RUN_AND_DIE = """
import asyncio, os, signal, sys
from datetime import UTC, datetime
from sqlalchemy import event, make_url
import daybook.tables
from daybook.adjustments.recurring.running import run_recurrences
from daybook.db.engine import Clock, Database

async def main():
    database = Database(make_url(sys.argv[1]), Clock(is_confirmed=True))
    left = int(sys.argv[2])

    @event.listens_for(database.writing.sync_engine, "commit")
    def die(connection):
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    now = datetime(2025, 5, 1, 12, tzinfo=UTC)
    async for made in run_recurrences(database, 1, now=now):
        print(made.journal, flush=True)

asyncio.run(main())
"""


@pytest.fixture
async def active(database: Database) -> None:
    """An approved recurrence of January to April."""
    _, bob = await two_people(database)
    await record(database, invoice(), on="2025-01-05")
    await four_eyes(database, on="2025-01-06")
    await approved(database, recurring(schedule=monthly(until="2025-04")), bob)


MONTHS = ["2025-01-31", "2025-02-28", "2025-03-31", "2025-04-30"]


@pytest.mark.usefixtures("active")
async def test_two_processes_make_each_journal_once(
    database: Database, database_url: URL
) -> None:
    other = Database(database_url, AT_ANY_TIME)

    found = await asyncio.gather(
        *(run(its, "2025-05-01") for its in (database, other, database, other))
    )
    await other.close()

    made: list[Made] = sorted(made for its in found for made in its)
    assert days(made) == MONTHS
    assert [journal.journal for journal in made] == [1, 2, 3, 4]
    assert (await verify(database, ORGANISATION)).mismatch is None


@pytest.mark.usefixtures("active")
@pytest.mark.parametrize("commit", [1, 3])
async def test_a_killed_run_makes_none_twice(
    database: Database, database_url: URL, tmp_path: Path, commit: int
) -> None:
    program = tmp_path / "run_and_die.py"
    program.write_text(RUN_AND_DIE, encoding="utf-8")
    url = database_url.render_as_string(hide_password=False)

    ended = subprocess.run(  # noqa: ASYNC221  (nothing else runs meanwhile)
        forked(str(program), url, str(commit)),
        timeout=120,
        check=False,
        capture_output=True,
        text=True,
    )
    made = await run(database, "2025-05-01")

    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert ended.stdout.split() == [str(number) for number in range(1, commit)]
    assert days(made) == MONTHS[commit - 1 :]
    assert (await verify(database, ORGANISATION)).mismatch is None


@pytest.mark.usefixtures("active")
async def test_a_run_that_is_stopped_goes_on_later(database: Database) -> None:
    journals = run_recurrences(database, ORGANISATION, now=moment("2025-05-01"))
    first = await anext(journals)
    await journals.aclose()

    rest = await run(database, "2025-05-01")

    assert days([first, *rest]) == MONTHS


@pytest.mark.usefixtures("active")
async def test_a_server_makes_what_is_due(database: Database, tmp_path: Path) -> None:
    await submitted(database, recurring(narrative="Not approved"), by=ADA)
    settings = Settings(
        data=tmp_path, now=moment("2025-05-01"), exports=tmp_path / "exports"
    )

    async with (
        asyncio.timeout(60),
        database.changes.waiting() as changed,
        running_jobs(database, settings),
    ):
        changed.clear()
        while await _count(database) < len(MONTHS):
            await changed.wait()
            changed.clear()

    assert await run(database, "2025-05-01") == []
    assert (await verify(database, ORGANISATION)).mismatch is None


async def _count(database: Database) -> int:
    async with database.reads() as session:
        return len((await months_made(session, ORGANISATION, [1]))[1])
