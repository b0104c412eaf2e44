"""`daybook worker` as an operator starts it: processes with a real Redis."""

import asyncio
import os
import re
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from daybook.db.engine import Database
from daybook.exports.links import read_link
from daybook.jobs.rules import JobStatus
from daybook.secrets import Secrets
from daybook_jobs import (
    NOW,
    SECONDS,
    a_large_ledger,
    ask,
    ended,
    files_in,
    parts_in,
    place_of,
    until,
    wait_for,
)
from daybook_mail import a_ledger_and_a_member, messages, send, settings_of
from daybook_people import EMAIL
from daybook_services.processes import forked
from daybook_services.smtp import MailServer
from daybook_site import SECRET
from daybook_terminal import Terminal

LEASE_SECONDS = 2
OTHER_SECRET = "a-worker's-own-secret-0123456789-abcdefghijkl"


@asynccontextmanager
async def working(
    database: Database, folder: Path, redis_url: str, **settings: str
) -> AsyncIterator[Process]:
    """A worker that says that it works, until the block ends."""
    driver = database.url.get_backend_name()
    plain = database.url.set(drivername=driver)
    process = await asyncio.create_subprocess_exec(
        *forked("daybook", "worker"),
        env={
            **os.environ,
            "DAYBOOK_DATABASE_URL": plain.render_as_string(hide_password=False),
            "DAYBOOK_DATA": str(folder),
            "DAYBOOK_NOW": NOW.isoformat(),
            "DAYBOOK_EXPORTS": str(folder / "exports"),
            "DAYBOOK_EXPORT_LEASE_SECONDS": str(LEASE_SECONDS),
            "DAYBOOK_REDIS_URL": redis_url,
            **settings,
        },
        stdout=PIPE,
        cwd=folder,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(SECONDS):
            line = await process.stdout.readline()
        assert line.startswith(b"Daybook makes exports here, ")
        yield process
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
        await process.wait()


@pytest.mark.anyio
async def test_a_worker_that_is_stopped_gives_its_export_back(
    database: Database, tmp_path: Path, redis_url: str
) -> None:
    expected = await a_large_ledger(database)
    async with working(database, tmp_path, redis_url) as first:
        await ask(database)
        await wait_for(database, lambda job: job.status == JobStatus.RUNNING)
        first.send_signal(signal.SIGTERM)
        async with asyncio.timeout(SECONDS):
            status = await first.wait()
        given_back = await wait_for(database, lambda job: job.worker is None)

    async with working(database, tmp_path, redis_url):
        job = await ended(database)

    assert status == 0
    assert given_back.status in {JobStatus.QUEUED, JobStatus.READY}
    assert (job.status, job.attempts) == (JobStatus.READY, 1)
    assert files_in(tmp_path / "exports") == {place_of(job): expected}


@pytest.mark.anyio
async def test_a_killed_workers_export_is_taken_over(
    database: Database, tmp_path: Path, redis_url: str
) -> None:
    expected = await a_large_ledger(database)
    async with (
        working(database, tmp_path, redis_url),
        working(database, tmp_path, redis_url),
    ):
        await ask(database)
        running = await wait_for(database, lambda job: job.status == JobStatus.RUNNING)
        assert running.worker is not None
        owner = int(running.worker.partition("-")[0])
        # The worker that has it, whose forked process has a number of its own.
        os.kill(owner, signal.SIGKILL)
        job = await ended(database)

        async def is_tidy() -> bool:
            return not await asyncio.to_thread(parts_in, tmp_path / "exports")

        await until(is_tidy)

    assert (job.status, job.attempts) == (JobStatus.READY, 2)
    assert files_in(tmp_path / "exports") == {place_of(job): expected}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "set DAYBOOK_REDIS_URL, here and for the server, to an address such as"),
        (
            {
                "DAYBOOK_REDIS_URL": "redis://127.0.0.1/0",
                "DAYBOOK_EXPORTS_AT_ONCE": "0",
            },
            "DAYBOOK_EXPORTS_AT_ONCE is 0, which leaves exports to others",
        ),
        (
            {"DAYBOOK_REDIS_URL": "https://user:geheim@host/0"},
            "DAYBOOK_REDIS_URL must be redis://HOST:PORT/NUMBER",
        ),
    ],
)
def test_what_a_worker_lacks_is_said_in_one_line(
    tmp_path: Path, settings: dict[str, str], message: str
) -> None:
    refused = Terminal(tmp_path).run("worker", **settings)

    assert refused.returncode == 2
    assert refused.stderr.startswith(f"daybook: {message}"), refused.stderr
    assert refused.stderr.count("\n") == 1
    assert "geheim" not in refused.stderr


@pytest.mark.either_database
@pytest.mark.anyio
@pytest.mark.parametrize("its_secret", [{}, {"DAYBOOK_SECRET": OTHER_SECRET}])
async def test_a_worker_signs_nothing_so_any_secret_or_none_will_do(
    database: Database,
    tmp_path: Path,
    redis_url: str,
    mail_server: MailServer,
    its_secret: dict[str, str],
) -> None:
    await a_ledger_and_a_member(database)
    settings = settings_of(tmp_path, mail_server.url, secret=SECRET)
    async with working(database, tmp_path, redis_url, **its_secret):
        await ask(database, requested_by=EMAIL)
        job = await ended(database)
    assert job.status == JobStatus.READY
    assert await messages(database) == []  # servers send mail

    await send(database, settings)

    (mail,) = mail_server.mails
    (token,) = re.findall(r"/files/(\S+)", mail.part("plain"))
    link = read_link(Secrets.of(settings), token)
    assert link is not None
    assert link.refusal(job, NOW) is None
