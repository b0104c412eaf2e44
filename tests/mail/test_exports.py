"""Exports' ends go by mail to the person who requested them, once."""

import asyncio
import re
from datetime import timedelta
from pathlib import Path

import pytest

from daybook.access.commands import set_role
from daybook.access.rules import OPERATOR
from daybook.configuration.commands import set_time_zone
from daybook.db.engine import Database
from daybook.exports.events import announce_expiring
from daybook.exports.kind import EXPORTS
from daybook.exports.links import read_link
from daybook.jobs.leasing import expire_jobs
from daybook.mail.rules import KEPT, MessageState
from daybook.secrets import Secrets
from daybook.server_address import noted_address
from daybook_factories import ORGANISATION
from daybook_jobs import NOW
from daybook_mail import (
    FROM,
    Moving,
    a_ledger_and_a_member,
    an_export,
    messages,
    send,
    settings_of,
)
from daybook_people import EMAIL, member
from daybook_services.smtp import Mail, MailServer

pytestmark = pytest.mark.anyio


async def test_a_ready_export_tells_its_requester_where_the_file_is(
    database: Database, mail_server: MailServer, tmp_path: Path
) -> None:
    await a_ledger_and_a_member(database)
    await an_export(database)

    settings = settings_of(tmp_path, mail_server.url)

    for _ in range(2):
        await send(database, settings)

    (mail,) = mail_server.mails
    assert mail.sender == "books@daybook.example"
    assert mail.recipients == [EMAIL]
    message = mail.message
    assert message["From"] == FROM
    assert message["To"] == EMAIL
    assert message["Subject"].endswith(": export 1 is ready")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "multipart/alternative"
    for part in (mail.part("plain"), mail.part("html")):
        (token,) = re.findall(r"https://books\.example\.com/files/([\w.-]+)", part)
        link = read_link(Secrets.of(settings), token)
        assert link is not None
        assert link.number == 1
        assert "0" * 64 in part
        assert "1,234 bytes" in part
        assert "62" in part
        assert "USD" in part
        assert "22 Oct 2025, 12:00 UTC" in part
    (sent,) = await messages(database)
    assert sent.state == MessageState.SENT
    assert sent.message_id == message["Message-ID"]
    assert sent.attempts == 1


async def test_a_failed_export_says_why(
    database: Database, mail_server: MailServer, tmp_path: Path
) -> None:
    await a_ledger_and_a_member(database)
    await an_export(database, failure="the disk is <full>\n.\nQUIT\n")

    await send(database, settings_of(tmp_path, mail_server.url))

    (mail,) = mail_server.mails
    # A line of one dot would end the message, unless it was sent as two.
    assert "failed: the disk is <full>\n.\nQUIT\n" in mail.part("plain")
    assert "the disk is &lt;full&gt;" in mail.part("html")
    assert "SHA-256" not in mail.part("plain")


async def test_a_file_that_expires_is_mailed_about_once(
    database: Database, mail_server: MailServer, tmp_path: Path
) -> None:
    await a_ledger_and_a_member(database)
    await an_export(database)
    zone = "Europe/Berlin"
    await set_time_zone(database, ORGANISATION, zone, now=NOW, made_by=None)
    last_day = NOW + timedelta(days=6, hours=1)
    for _ in range(2):
        await announce_expiring(database.runtime, now=last_day)
        await send(database, settings_of(tmp_path, mail_server.url, now=last_day))

    subjects = [
        mail.message["Subject"].partition(": ")[2] for mail in mail_server.mails
    ]
    assert subjects == ["export 1 is ready", "the file of export 1 expires soon"]
    assert "22 Oct 2025, 14:00 CEST" in mail_server.mails[1].part("plain")


@pytest.mark.either_database
@pytest.mark.parametrize("requested_by", ["API key test", "daybook", "eve@example.com"])
async def test_keys_commands_and_strangers_get_no_mail(
    database: Database, mail_server: MailServer, tmp_path: Path, requested_by: str
) -> None:
    await a_ledger_and_a_member(database)
    await an_export(database, requested_by=requested_by)
    await an_export(database)

    await send(database, settings_of(tmp_path, mail_server.url))

    # The member's own message shows that events were read.
    assert [mail.recipients for mail in mail_server.mails] == [[EMAIL]]
    assert len(await messages(database)) == 1


async def test_an_invited_person_gets_no_mail_about_exports(
    database: Database, mail_server: MailServer, tmp_path: Path
) -> None:
    await a_ledger_and_a_member(database)
    await member(database, email="eve@example.com", password=None, is_accepted=False)
    await an_export(database, requested_by="eve@example.com")
    await an_export(database)

    await send(database, settings_of(tmp_path, mail_server.url))

    assert [mail.recipients for mail in mail_server.mails] == [[EMAIL]]


async def test_whoever_left_meanwhile_gets_nothing(
    database: Database, mail_server: MailServer, tmp_path: Path
) -> None:
    await a_ledger_and_a_member(database)
    await member(database, email="bob@example.com", password=None)
    await an_export(database)
    mail_server.answer = lambda _mail: "451 later"
    clock = Moving()
    settings = settings_of(tmp_path, mail_server.url)
    await send(database, settings, clock)
    await set_role(
        database,
        ORGANISATION,
        email=EMAIL,
        role=None,
        now=NOW,
        made_by="test",
        authority=OPERATOR,
    )

    mail_server.answer = lambda _mail: "250 OK"
    clock.pass_by(timedelta(days=1))
    await send(database, settings, clock)

    assert mail_server.mails == []
    (message,) = await messages(database)
    assert message.state == MessageState.FAILED
    assert message.last_error == "they don't belong to the organisation any more"


async def test_an_export_without_a_file_is_not_told_of_as_ready(
    database: Database, mail_server: MailServer, tmp_path: Path
) -> None:
    await a_ledger_and_a_member(database)
    await an_export(database)
    later = NOW + timedelta(days=8)
    await expire_jobs(database.runtime, EXPORTS, now=later)

    await send(database, settings_of(tmp_path, mail_server.url, now=later))

    assert mail_server.mails == []
    (message,) = await messages(database)
    assert message.last_error == "its export has no file any more"


async def test_processes_at_the_same_time_send_each_message_once(
    database: Database, mail_server: MailServer, tmp_path: Path
) -> None:
    await a_ledger_and_a_member(database)
    for _ in range(5):
        await an_export(database)
    settings = settings_of(tmp_path, mail_server.url)

    await asyncio.gather(*(send(database, settings) for _ in range(4)))

    ids = [mail.message["Message-ID"] for mail in mail_server.mails]
    assert len(ids) == 5
    assert set(ids) == {message.message_id for message in await messages(database)}


async def test_without_a_mail_server_messages_are_files(
    database: Database, tmp_path: Path
) -> None:
    await a_ledger_and_a_member(database)
    await an_export(database)

    await send(database, settings_of(tmp_path))

    (path,) = (tmp_path / "outbox").rglob("*.*")
    assert path.relative_to(tmp_path) == Path("outbox/1/1.eml")
    assert path.stat().st_mode & 0o077 == 0
    assert f"To: {EMAIL}".encode() in path.read_bytes()
    (message,) = await messages(database)
    assert message.state == MessageState.WRITTEN


@pytest.mark.either_database
async def test_without_a_known_address_the_message_has_no_link(
    database: Database, mail_server: MailServer, tmp_path: Path
) -> None:
    await a_ledger_and_a_member(database)
    await an_export(database)

    await send(database, settings_of(tmp_path, mail_server.url, public_url=""))

    (mail,) = mail_server.mails
    assert "Open Daybook to download the file." in mail.part("plain")
    assert "http" not in mail.part("plain")


@pytest.mark.either_database
async def test_a_server_of_this_machine_alone_is_linked_in_the_folder_alone(
    database: Database, mail_server: MailServer, tmp_path: Path
) -> None:
    await a_ledger_and_a_member(database)
    await an_export(database)
    mailing = settings_of(tmp_path, mail_server.url, public_url="")

    with noted_address(mailing, "http://127.0.0.1:8123"):
        await send(database, mailing)
        await an_export(database)
        await send(database, settings_of(tmp_path, public_url=""))

    (mail,) = mail_server.mails
    assert "Open Daybook to download the file." in mail.part("plain")
    for part in (mail.part("plain"), mail.part("html")):
        assert "127.0.0.1" not in part
        assert "None" not in part
    assert "http://127.0.0.1:8123/files/" in _written(tmp_path, 2)


def _written(folder: Path, number: int) -> str:
    """The text of a message in the outbox folder."""
    content = (folder / "outbox" / "1" / f"{number}.eml").read_bytes()
    return Mail("", [], content).part("plain")


async def test_old_messages_are_removed_but_the_last(
    database: Database, tmp_path: Path
) -> None:
    await a_ledger_and_a_member(database)
    await an_export(database)
    await an_export(database)
    clock, settings = Moving(), settings_of(tmp_path)
    await send(database, settings, clock)

    clock.pass_by(KEPT + timedelta(seconds=1))
    await send(database, settings, clock)
    assert [message.number for message in await messages(database)] == [2]
    await an_export(database)
    await send(database, settings, clock)

    # The last one stays, so that its number isn't given again.
    assert [message.number for message in await messages(database)] == [3]
