"""A process that is killed in the middle of it leaves nothing in the audit trail."""

import signal
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import URL

from daybook.audit.rules import Verification
from daybook.db.engine import Database
from daybook.reports.audit import verify
from daybook_services.processes import forked
from daybook_trail import ORGANISATION, append

pytestmark = pytest.mark.anyio

APPEND_AND_DIE = """
import asyncio, os, signal, sys
from datetime import UTC, datetime
from sqlalchemy import make_url
from daybook.audit.commands import append_audit_record
from daybook.audit.rules import Action, Subject, SubjectKind
from daybook.db.engine import Database
from daybook.ledger.commands import lock_organisation

async def main():
    database = Database(make_url(sys.argv[1]))
    async with database.writes() as session:
        organisation = await lock_organisation(session, 1)
        await append_audit_record(
            session, organisation, now=datetime(2025, 6, 15, 13, tzinfo=UTC),
            made_by=None,
            action=Action.SET_LOCK, subject=Subject(SubjectKind.LEDGER, "USD"),
            details={},
        )
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_a_killed_process_leaves_no_record(
    database: Database, database_url: URL, tmp_path: Path
) -> None:
    await append(database)
    program = tmp_path / "append_and_die.py"
    program.write_text(APPEND_AND_DIE, encoding="utf-8")
    url = database_url.render_as_string(hide_password=False)

    for _ in range(2):
        ended = subprocess.run(  # noqa: ASYNC221  (nothing else runs meanwhile)
            forked(str(program), url), timeout=60, check=False
        )
        assert ended.returncode == -signal.SIGKILL

    assert await verify(database, ORGANISATION) == Verification(1)
    assert await append(database) == 2
    assert await verify(database, ORGANISATION) == Verification(2)
