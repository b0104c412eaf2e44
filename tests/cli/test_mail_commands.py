"""`daybook mail`, and sign-in links that are mailed or shown, from the terminal."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from daybook.clock import real_now
from daybook.db.engine import Database, open_database
from daybook_mail import FROM, a_ledger_and_a_member, an_export, send, settings_of
from daybook_people import EMAIL
from daybook_services.smtp import OK, MailServer
from daybook_terminal import Terminal

Result = TypeVar("Result")
EVE = "eve@example.com"
SITE = "https://books.example.com"
LINK = re.compile(rf"^{SITE}/sign-in/link/\S{{43}}$", re.MULTILINE)


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal in an empty folder."""
    return Terminal(tmp_path)


@pytest.fixture
def mailing(mail_server: MailServer) -> dict[str, str]:
    """The settings of a mail server, as variables."""
    return {
        "DAYBOOK_SMTP_URL": mail_server.url,
        "DAYBOOK_MAIL_FROM": FROM,
        "DAYBOOK_PUBLIC_URL": SITE,
    }


def with_database(
    terminal: Terminal, work: Callable[[Database], Awaitable[Result]]
) -> Result:
    """What a function gives with the terminal's database."""

    async def run() -> Result:
        database = open_database(settings_of(terminal.folder / "data"))
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


def send_mail(terminal: Terminal, url: str = "") -> None:
    """Have a server send what is due: to a mail server, or into the outbox folder."""
    settings = settings_of(terminal.folder / "data", url)
    with_database(terminal, lambda database: send(database, settings, real_now))


def listed(terminal: Terminal, *options: str) -> list[str]:
    """The rows that `daybook mail list` shows."""
    said = terminal.says("mail", "list", *options)
    return [line.strip() for line in said.splitlines() if re.match(r" *\d", line)]


def test_what_became_of_messages_is_listed(
    terminal: Terminal, mail_server: MailServer
) -> None:
    terminal.says("mail", "list")

    async def end_exports(database: Database) -> None:
        await a_ledger_and_a_member(database)
        await an_export(database)
        await an_export(database, failure="the disk is full")

    with_database(terminal, end_exports)
    mail_server.answer = lambda mail: (
        OK if "ready" in mail.message["Subject"] else "550 no such user"
    )
    send_mail(terminal, mail_server.url)

    newest, oldest = listed(terminal)
    assert re.search(
        rf"2 +export failed +2 +{EMAIL} +20\S+ \S+ +failed +1 +the mail server"
        " answered 550 no such user",
        newest,
    )
    assert re.search(rf"1 +export ready +1 +{EMAIL} +20\S+ \S+ +sent +1", oldest)
    assert listed(terminal, "--limit", "1") == [newest]


def end_an_export(terminal: Terminal) -> None:
    """End an export whose requester gets mail."""
    terminal.says("mail", "list")  # it makes the database

    async def end_export(database: Database) -> None:
        await a_ledger_and_a_member(database)
        await an_export(database)

    with_database(terminal, end_export)


def test_a_long_reason_leaves_the_other_columns_readable(
    terminal: Terminal, mail_server: MailServer
) -> None:
    end_an_export(terminal)
    mail_server.answer = lambda _mail: f"550 {'not here, ' * 40}"
    send_mail(terminal, mail_server.url)

    (row,) = listed(terminal)
    assert re.search(r"^1 +export ready +1 +\S+ +20\S+ \d\d:\d\d +failed +1 +the", row)
    assert terminal.says("mail", "list").count("not here") > row.count("not here")


def test_a_message_that_was_given_up_is_sent_again(
    terminal: Terminal, mail_server: MailServer
) -> None:
    end_an_export(terminal)
    mail_server.answer = lambda _mail: "550 no such user"
    send_mail(terminal, mail_server.url)

    again = terminal.says("mail", "again", "1")
    assert again == "Message 1 is queued: a running server sends it.\n"
    waits = terminal.run("mail", "again", "1")
    assert waits.returncode == 2
    assert re.fullmatch(
        r"daybook: the message waits to be sent: its next attempt is at"
        r" 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC\n",
        waits.stderr,
    )
    mail_server.answer = lambda _mail: OK
    send_mail(terminal, mail_server.url)
    assert len(mail_server.mails) == 1
    sent = terminal.run("mail", "again", "1")
    assert (sent.returncode, sent.stderr) == (
        2,
        "daybook: the message was sent already\n",
    )


def test_without_a_mail_server_messages_are_in_the_folder(terminal: Terminal) -> None:
    end_an_export(terminal)
    send_mail(terminal)

    assert (terminal.folder / "data/outbox/1/1.eml").exists()
    assert "written" in terminal.says("mail", "list")
    refused = terminal.run("mail", "again", "1")
    assert refused.stderr == "daybook: the message was sent already\n"


def test_what_mail_a_member_wants_is_shown_and_set(terminal: Terminal) -> None:
    terminal.says("user", "add", EVE)

    assert terminal.says("mail", "prefer", EVE) == (
        f"{EVE} gets mail about exports: ready, failed, expiring; as text and HTML.\n"
    )
    changed = terminal.says(
        "mail", "prefer", EVE, "--format", "TEXT", "--events", "failed,expiring"
    )
    assert changed == (
        f"{EVE} gets mail about exports: failed, expiring; as plain text.\n"
    )
    assert terminal.says("mail", "prefer", EVE) == changed
    assert terminal.says("mail", "prefer", EVE, "--events", "none") == (
        f"{EVE} gets no mail about exports.\n"
    )
    # What isn't given stays.
    assert "as plain text" in terminal.says("mail", "prefer", EVE, "--events", "ready")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("again", "9"), "there is no such message"),
        (("again", "x"), "number: must be a valid integer"),
        (("list", "--limit", "0"), "--limit"),
        (("prefer", EVE), f"{EVE} is not a member: `daybook user list` shows them"),
        (("prefer", "eve"), "'eve' is not an e-mail address"),
        (("prefer", EVE, "--format", "htm"), "--format 'htm' is not one of text, both"),
        (
            ("prefer", EVE, "--events", "redy"),
            "--events 'redy' is not one of ready, failed, expiring, none; did you mean",
        ),
    ],
)
def test_what_is_wrong_is_said_in_a_line(
    terminal: Terminal, command: tuple[str, ...], words: str
) -> None:
    ended = terminal.run("mail", *command)

    assert ended.returncode == 2
    assert ended.stderr.startswith("daybook: ") and ended.stderr.count("\n") == 1
    assert words in ended.stderr


@pytest.mark.parametrize("command", [("add", EVE), ("link", EVE)])
def test_with_a_mail_server_a_link_goes_to_its_person_and_is_not_shown(
    terminal: Terminal,
    mail_server: MailServer,
    mailing: dict[str, str],
    command: tuple[str, ...],
) -> None:
    if command[0] == "link":
        terminal.says("user", "add", EVE)

    mailed = terminal.run("user", *command, **mailing)
    send_mail(terminal, mail_server.url)

    assert (mailed.returncode, mailed.stderr) == (0, "")
    assert mailed.stdout == (
        f"A link goes to {EVE} by mail, and signs them in once and within three days."
        " A running server sends it.\n"
    )
    (mail,) = mail_server.mails
    assert mail.recipients == [EVE]
    assert LINK.search(mail.part("plain"))
    assert re.search(rf"1 +invitation +{EVE} .* sent ", terminal.says("mail", "list"))


@pytest.mark.parametrize("command", [("add", EVE), ("link", EVE)])
def test_show_link_prints_the_link_and_mails_none(
    terminal: Terminal,
    mail_server: MailServer,
    mailing: dict[str, str],
    command: tuple[str, ...],
) -> None:
    if command[0] == "link":
        terminal.says("user", "add", EVE)

    shown = terminal.run("user", *command, "--show-link", **mailing)
    send_mail(terminal, mail_server.url)

    assert shown.returncode == 0
    assert LINK.search(shown.stdout)
    assert mail_server.mails == []
    assert listed(terminal) == []


def test_without_a_mail_server_the_link_is_shown_either_way(terminal: Terminal) -> None:
    added = terminal.run("user", "add", EVE, DAYBOOK_PUBLIC_URL=SITE)
    shown = terminal.run("user", "link", EVE, "--show-link", DAYBOOK_PUBLIC_URL=SITE)

    assert LINK.search(added.stdout)
    assert LINK.search(shown.stdout)
