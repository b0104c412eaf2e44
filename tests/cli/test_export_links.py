"""`daybook exports link` and `revoke-links`, and what they refuse."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from daybook.clock import now
from daybook.db.engine import Database, open_database
from daybook.exports.links import FILES, REVOKED, read_link
from daybook.exports.models import ExportJob
from daybook.jobs.rules import JobStatus
from daybook.secrets import Secrets
from daybook.settings import Settings
from daybook_jobs import ask, job_of
from daybook_terminal import INVOICE, Terminal, prepared

SITE = "http://127.0.0.1:8000"
PRESENT = datetime(2025, 6, 15, 12, tzinfo=UTC)


def prepare(made: Terminal) -> None:
    made.says("import", made.write("invoices.jsonl", INVOICE))


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """Export 1 is ready, without its file, and kept for a week; export 2 waits."""
    terminal = prepared(tmp_path, prepare)

    async def request(database: Database) -> None:
        await ask(database)
        async with database.runtime.writes() as session:
            columns = {
                "status": int(JobStatus.READY),
                "file_sha256": bytes(32),
                "expires_at": now(settings_of(terminal)) + timedelta(days=7),
            }
            await session.execute(update(ExportJob).values(columns))
        await ask(database)

    asyncio.run(with_database(terminal, request))
    return terminal


def settings_of(terminal: Terminal) -> Settings:
    """The settings of its commands."""
    return Settings(data=terminal.folder / "data", now=PRESENT)


async def with_database(
    terminal: Terminal, work: Callable[[Database], Awaitable[Any]]
) -> Any:
    """What a function gives with the terminal's database."""
    database = open_database(settings_of(terminal))
    try:
        return await work(database)
    finally:
        await database.close()


def test_a_link_is_printed_alone(terminal: Terminal) -> None:
    made = terminal.run("exports", "link", "1", "--hours", "24")
    again = terminal.run("exports", "link", "1")

    assert made.stdout.startswith(f"{SITE}{FILES}/")
    assert made.stdout.count("\n") == 1
    assert made.stderr == (
        "The file of export 1, until 2025-06-16 12:00:00 UTC, while `daybook serve`"
        " runs:\n"
    )
    assert "until 2025-06-22 12:00:00 UTC" in again.stderr


def test_a_link_begins_with_the_public_address(terminal: Terminal) -> None:
    site = "https://books.example.com"

    made = terminal.run("exports", "link", "1", DAYBOOK_PUBLIC_URL=site)

    assert made.stdout.startswith(f"{site}{FILES}/")
    assert "while" not in made.stderr


def test_links_are_revoked(terminal: Terminal) -> None:
    settings = settings_of(terminal)
    token = terminal.run("exports", "link", "1").stdout.strip().rpartition("/")[2]
    link = read_link(Secrets.of(settings), token)
    assert link is not None

    said = terminal.says("exports", "revoke-links", "1")

    assert said == "No link to the file of export 1 opens it any more.\n"
    job = asyncio.run(with_database(terminal, job_of))
    assert link.refusal(job, now(settings)) == REVOKED


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("link 2", "export 2 has no file to link to: it is QUEUED"),
        ("link 9", "there is no export 9"),
        ("revoke-links 9", "there is no export 9"),
        ("link 1 --hours 0", "--hours: must be greater than or equal to 1"),
        ("link x", "'x' is not an export's number: `daybook activity` names them"),
    ],
)
def test_what_is_refused_is_one_line(
    terminal: Terminal, words: str, message: str
) -> None:
    refused = terminal.run("exports", *words.split())

    assert (refused.returncode, refused.stdout) == (2, "")
    assert message in refused.stderr
    assert refused.stderr.count("\n") == 1
