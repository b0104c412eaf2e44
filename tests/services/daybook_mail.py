"""Mail for tests: exports that end, and senders that deliver once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import select

from daybook.db.engine import Database
from daybook.exports.kind import EXPORTS
from daybook.jobs import leasing
from daybook.jobs.leasing import FinishedFile
from daybook.mail.models import MailMessage
from daybook.mail.sending import Sender
from daybook.settings import Settings
from daybook_factories import invoice, record
from daybook_jobs import NOW, ask
from daybook_people import EMAIL, member

BEGAN = datetime(2026, 3, 1, 9, tzinfo=UTC)
"""The machine's clock of these tests."""
FROM = "Daybook <books@daybook.example>"
FILE = FinishedFile(
    1_234, 62, bytes(32), {"debit_total": 1, "credit_total": 1, "manifest": "{}"}
)


def settings_of(folder: Path, url: str = "", **others: Any) -> Settings:
    """Settings with a mail server, or with an outbox folder."""
    given = {"public_url": "https://books.example.com", "now": NOW, **others}
    return Settings(data=folder, smtp_url=SecretStr(url), mail_from=FROM, **given)


class Moving:
    """A clock that the tests move."""

    def __init__(self) -> None:
        self.present = BEGAN

    def __call__(self) -> datetime:
        """The present."""
        return self.present

    def pass_by(self, time: timedelta) -> None:
        """Let time pass."""
        self.present += time


async def an_export(
    database: Database, *, requested_by: str = EMAIL, failure: str | None = None
) -> None:
    """An export that ended, of the dollar ledger's only invoice."""
    job = await ask(database, requested_by=requested_by)
    lease = await leasing.take_job(
        database.runtime, EXPORTS, "a-worker", lease=timedelta(days=1), now=NOW
    )
    assert lease is not None
    assert lease.job_id == job.job_id
    store = database.runtime
    if failure is None:
        await leasing.finish(store, lease, FILE, now=NOW, retention=timedelta(days=7))
    else:
        await leasing.fail(store, lease, "STORAGE_FAILED", failure, now=NOW)


async def a_ledger_and_a_member(database: Database) -> int:
    """An invoice, and Ada, who may do everything; return her id."""
    await record(database, invoice())
    return await member(database, password=None)


async def send(
    database: Database,
    settings: Settings,
    now: Callable[[], datetime] = lambda: BEGAN,
) -> None:
    """Let a process that has just started queue and send what is due."""
    await Sender(database, settings, now).turn()


async def messages(database: Database) -> list[MailMessage]:
    """All messages of the only organisation, oldest first."""
    async with database.runtime.reads() as session:
        found = await session.scalars(
            select(MailMessage).order_by(
                MailMessage.organisation_id, MailMessage.number
            )
        )
        return list(found)
