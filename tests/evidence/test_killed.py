"""A process that dies while it attaches leaves no row without its file."""

import signal
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import URL, select, update

from daybook.db.engine import Database
from daybook.evidence.models import Attachment, IncomingEvidence
from daybook.evidence.rules import ABANDONED_AFTER
from daybook.evidence.tasks import evidence_chores
from daybook.settings import Settings
from daybook_evidence import attached, files_in, is_clean
from daybook_factories import invoice, record
from daybook_services.processes import forked

pytestmark = pytest.mark.anyio

ATTACH_AND_DIE = """
import asyncio, os, signal, sys
from pathlib import Path
from sqlalchemy import make_url
from daybook.db.engine import Database
from daybook.evidence.files import IncomingAttachment
from daybook.storage import incoming
from daybook_evidence import attached

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def dying(function):
    def run(*arguments):
        function(*arguments)
        die()
    return run

when = sys.argv[3]
if when == "received":
    IncomingAttachment.publish = die
elif when == "published":
    IncomingAttachment.publish = dying(IncomingAttachment.publish)
else:
    incoming._leave = die

async def main():
    await attached(Database(make_url(sys.argv[1])), Path(sys.argv[2]))

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("when", "rows", "suffixes"),
    [("received", 0, [".part"]), ("published", 0, [""]), ("committed", 1, [""])],
)
async def test_what_a_killed_process_left_is_removed_unless_it_was_attached(  # noqa: PLR0913, PLR0917  (fixtures and cases)
    database: Database,
    database_url: URL,
    tmp_path: Path,
    when: str,
    rows: int,
    suffixes: list[str],
) -> None:
    await record(database, invoice("inv_1"), on="2025-01-01")
    folder, program = tmp_path / "evidence", tmp_path / "attach_and_die.py"
    program.write_text(ATTACH_AND_DIE, encoding="utf-8")
    url = database_url.render_as_string(hide_password=False)
    settings = Settings(evidence=folder)

    ended = subprocess.run(  # noqa: ASYNC221  (nothing else runs meanwhile)
        forked(str(program), url, str(folder), when), timeout=60, check=False
    )

    assert ended.returncode == -signal.SIGKILL
    await tidy(database, settings)  # it may still be on its way
    assert [file.suffix for file in files_in(folder)] == suffixes
    await make_old(database)
    await tidy(database, settings)
    async with database.reads() as session:
        assert len((await session.scalars(select(Attachment))).all()) == rows
    assert len(files_in(folder)) == rows
    assert await is_clean(database, folder)
    assert (await attached(database, folder)).is_new == (rows == 0)
    assert await is_clean(database, folder)


async def test_files_that_nobody_began_are_left_alone(
    database: Database, tmp_path: Path
) -> None:
    # Evidence of a newer database, of which this one is an old copy.
    folder = tmp_path / "evidence"
    newer = folder / "1" / "evd_of_a_newer_database"
    newer.parent.mkdir(parents=True)
    newer.write_bytes(b"evidence")

    await tidy(database, Settings(evidence=folder))

    assert files_in(folder) == [newer]


async def tidy(database: Database, settings: Settings) -> None:
    """Do the chores for evidence."""
    for chore in evidence_chores(database, settings):
        await chore.work()


async def make_old(database: Database) -> None:
    """Let the time pass after which a file on its way counts as abandoned."""
    begun_at = IncomingEvidence.begun_at
    async with database.runtime.writes() as session:
        earliest = await session.scalar(select(begun_at))
        assert earliest is not None
        past = earliest - ABANDONED_AFTER - timedelta(seconds=1)
        await session.execute(update(IncomingEvidence).values(begun_at=past))
