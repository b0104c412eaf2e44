"""Refusals, outages, kills and encryption: what becomes of a message."""

import asyncio
import os
import signal
import sys
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from daybook.db.engine import Database
from daybook.errors import Rejected
from daybook.mail.commands import send_again
from daybook.mail.rules import LEASE, PAUSE, TRIED_FOR, WAITS, MessageState
from daybook_factories import ORGANISATION
from daybook_jobs import until
from daybook_mail import (
    BEGAN,
    Moving,
    a_ledger_and_a_member,
    an_export,
    messages,
    send,
    settings_of,
)
from daybook_services.smtp import (
    OK,
    Mail,
    MailServer,
    NewMailServer,
    a_certificate,
    context_of,
)

pytestmark = pytest.mark.anyio

SEND_ONCE = """
import asyncio, sys
from datetime import datetime
from pathlib import Path
from sqlalchemy import make_url
from daybook.db.engine import Database
from daybook_mail import send, settings_of

url, smtp, folder, when = sys.argv[1:]

async def main():
    database = Database(make_url(url))
    present = datetime.fromisoformat(when)
    await send(database, settings_of(Path(folder), smtp), lambda: present)
    await database.close()

asyncio.run(main())
"""


async def test_a_mail_server_that_is_down_delays_mail_and_nothing_else(
    database: Database, mail_server: MailServer, tmp_path: Path
) -> None:
    await a_ledger_and_a_member(database)
    await an_export(database)
    await an_export(database)
    clock, settings = Moving(), settings_of(tmp_path, mail_server.url)
    mail_server.stop()

    await send(database, settings, clock)

    first, second = await messages(database)
    assert first.last_error is not None
    assert "accepts no connection" in first.last_error
    assert first.next_attempt_at == BEGAN + WAITS[0]
    # The server is left alone after the first failure.
    assert second.attempts == 0

    mail_server.start()
    clock.pass_by(PAUSE)
    await send(database, settings, clock)
    assert len(mail_server.mails) == 2


async def test_a_temporary_refusal_is_tried_again_for_three_days(
    database: Database, mail_server: MailServer, tmp_path: Path
) -> None:
    await a_ledger_and_a_member(database)
    await an_export(database)
    clock, settings = Moving(), settings_of(tmp_path, mail_server.url)
    mail_server.answer = lambda mail: f"451 try {mail.recipients[0]} later"
    moments = []
    while True:
        await send(database, settings, clock)
        moments.append(clock.present)
        (message,) = await messages(database)
        if message.next_attempt_at is None:
            break
        clock.present = message.next_attempt_at

    waits = [later - earlier for earlier, later in pairwise(moments)]
    assert waits == [*WAITS, WAITS[-1]]
    assert clock.present <= BEGAN + TRIED_FOR
    assert message.state == MessageState.FAILED
    assert message.last_error == (
        "tried for 3 days; the last time: the mail server answered 451 try the address"
        " later"
    )

    mail_server.answer = lambda _mail: OK
    await send_again(database.runtime, ORGANISATION, 1, now=clock.present)
    await send(database, settings, clock)

    (mail,) = mail_server.mails
    assert mail.message["Message-ID"] == message.message_id
    (message,) = await messages(database)
    assert (message.state, message.attempts) == (MessageState.SENT, 1)


async def test_a_permanent_refusal_fails_at_once(
    database: Database, mail_server: MailServer, tmp_path: Path
) -> None:
    await a_ledger_and_a_member(database)
    await an_export(database)
    mail_server.answer_to_recipient = lambda address: f"550 {address}: no such user"

    await send(database, settings_of(tmp_path, mail_server.url))

    (message,) = await messages(database)
    assert message.state == MessageState.FAILED
    assert message.last_error == (
        "the mail server answered 550 the address: no such user"
    )


@pytest.mark.parametrize("code", [450, 550])
@pytest.mark.parametrize("said", [b"Bo\xeete pleine", b"Bo\x00te\x1b pleine"])
async def test_a_refusal_in_any_bytes_is_noted(
    database: Database, mail_server: MailServer, tmp_path: Path, said: bytes, code: int
) -> None:
    await a_ledger_and_a_member(database)
    await an_export(database)
    mail_server.answer_to_recipient = lambda _address: b"%d %b" % (code, said)

    await send(database, settings_of(tmp_path, mail_server.url))

    (message,) = await messages(database)
    is_for_good = code == 550
    state = MessageState.FAILED if is_for_good else MessageState.QUEUED
    assert (message.state, message.attempts) == (state, 1)
    again = None if is_for_good else BEGAN + WAITS[0]
    assert message.next_attempt_at == again
    assert str(message.last_error).isprintable()
    assert str(message.last_error).startswith(f"the mail server answered {code} Bo te")


async def test_only_a_message_that_was_given_up_is_sent_again(
    database: Database, mail_server: MailServer, tmp_path: Path
) -> None:
    await a_ledger_and_a_member(database)
    await an_export(database)
    await send(database, settings_of(tmp_path, mail_server.url))

    with pytest.raises(Rejected, match="sent already"):
        await send_again(database.runtime, ORGANISATION, 1, now=BEGAN)
    with pytest.raises(Rejected, match="no such message"):
        await send_again(database.runtime, ORGANISATION + 1, 1, now=BEGAN)


@pytest.mark.parametrize("is_taken", [True, False])
async def test_killed_at_the_servers_answer_a_message_is_sent_again_with_its_id(
    database: Database,
    mail_server: MailServer,
    tmp_path: Path,
    is_taken: bool,  # noqa: FBT001  (pytest's)
) -> None:
    await a_ledger_and_a_member(database)
    await an_export(database)
    program = tmp_path / "send_once.py"
    program.write_text(SEND_ONCE, encoding="utf-8")
    url = database.url.render_as_string(hide_password=False)
    arguments = (url, mail_server.url, str(tmp_path), BEGAN.isoformat())
    began = asyncio.Event()
    pids: list[int] = []
    loop = asyncio.get_running_loop()

    def kill_sender(_mail: Mail) -> str:
        asyncio.run_coroutine_threadsafe(began.wait(), loop).result(60)
        os.kill(pids[0], signal.SIGKILL)
        return OK if is_taken else "451 later"

    mail_server.answer = kill_sender
    # Not forked: the signal has to reach the sender itself before it is answered.
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(program), *arguments),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    pids.append(process.pid)
    began.set()
    async with asyncio.timeout(60):
        assert await process.wait() == -signal.SIGKILL
    mail_server.answer = lambda _mail: OK

    async def answered() -> bool:
        return len(mail_server.mails) == is_taken

    await until(answered)
    clock, settings = Moving(), settings_of(tmp_path, mail_server.url)
    clock.pass_by(LEASE - timedelta(seconds=1))
    await send(database, settings, clock)
    assert len(mail_server.mails) == is_taken
    clock.pass_by(timedelta(seconds=1))
    for _ in range(2):
        await send(database, settings, clock)
        clock.pass_by(LEASE)

    ids = [mail.message["Message-ID"] for mail in mail_server.mails]
    assert len(ids) == is_taken + 1
    assert len(set(ids)) == 1


@pytest.mark.either_database
async def test_by_starttls_a_known_certificate_and_the_user_are_needed(
    database: Database,
    new_mail_server: NewMailServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    certificate, key = a_certificate(tmp_path, "127.0.0.1")
    server = new_mail_server(
        tls_context=context_of(certificate, key), require_starttls=True
    )
    server.authenticates("books", "s3cret")
    await a_ledger_and_a_member(database)
    await an_export(database)
    clock = Moving()

    async def attempt(login: str) -> str | None:
        clock.pass_by(timedelta(hours=1))
        url = f"smtp://{login}@127.0.0.1:{server.port}"
        await send(database, settings_of(tmp_path, url), clock)
        return (await messages(database))[0].last_error

    unknown = await attempt("books:s3cret")
    assert unknown is not None
    assert "certificate is not valid" in unknown
    monkeypatch.setenv("SSL_CERT_FILE", certificate)
    refused = await attempt("books:wrong")
    assert refused == "the mail server refused DAYBOOK_SMTP_URL's user: 535"
    assert server.mails == []

    assert await attempt("books:s3cret") is None
    assert len(server.mails) == 1


@pytest.mark.either_database
async def test_a_server_without_starttls_gets_nothing(
    database: Database, mail_server: MailServer, tmp_path: Path
) -> None:
    await a_ledger_and_a_member(database)
    await an_export(database)

    url = f"smtp://127.0.0.1:{mail_server.port}"
    await send(database, settings_of(tmp_path, url))

    assert mail_server.mails == []
    (message,) = await messages(database)
    assert "STARTTLS" in str(message.last_error)


@pytest.mark.either_database
async def test_a_certificate_of_another_name_is_refused(
    database: Database,
    new_mail_server: NewMailServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    certificate, key = a_certificate(tmp_path, "mail.example.com")
    monkeypatch.setenv("SSL_CERT_FILE", certificate)
    server = new_mail_server(tls_context=context_of(certificate, key))
    await a_ledger_and_a_member(database)
    await an_export(database)

    url = f"smtp://127.0.0.1:{server.port}"
    await send(database, settings_of(tmp_path, url))

    assert server.mails == []
    (message,) = await messages(database)
    assert "certificate is not valid" in str(message.last_error)
