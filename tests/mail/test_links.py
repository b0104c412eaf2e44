"""Invitations and sign-in links go to their person by mail, and to nobody else."""

import logging
from datetime import timedelta
from pathlib import Path

import pytest

from daybook.access.links import make_link, sign_in_by_link
from daybook.access.rules import LINK_LIFE, OPERATOR
from daybook.access.secrets import hash_of_token
from daybook.db.engine import Database
from daybook.errors import Rejected
from daybook.mail import links
from daybook.mail.commands import send_again
from daybook.mail.links import NO_SITE, LinkFor, mail_link
from daybook.mail.rules import TRIED_FOR, WAITS, MessageState
from daybook.mail.sending import NO_SERVER
from daybook.mail.transports import OUTBOX
from daybook.server_address import noted_address
from daybook.settings import Settings
from daybook_factories import ORGANISATION
from daybook_mail import BEGAN, Moving, messages, send, settings_of
from daybook_people import member
from daybook_services.smtp import MailServer

pytestmark = pytest.mark.anyio

EVE = "eve@example.com"
SECRET = "a-secret-of-these-tests-which-is-long-enough"


def with_secret(folder: Path, server: MailServer) -> Settings:
    """Settings with a mail server and a secret."""
    return settings_of(folder, server.url, secret=SECRET)


async def a_link(
    database: Database, settings: Settings, *, is_accepted: bool = False
) -> str:
    """The token of a link for Eve that was mailed."""
    user_id = await member(
        database, email=EVE, password=None, is_accepted=is_accepted, now=BEGAN
    )
    token = await make_link(
        database,
        user_id=user_id,
        organisation_id=ORGANISATION,
        now=BEGAN,
        made_by="test",
        authority=OPERATOR,
        is_operators=True,
    )
    link = LinkFor(ORGANISATION, user_id, token)
    assert await mail_link(database, settings, link, now=BEGAN)
    return token


@pytest.mark.parametrize(
    ("is_accepted", "subject"),
    [(False, "You are invited to "), (True, "Your link to sign in to ")],
)
async def test_a_link_that_was_mailed_lets_its_person_in(
    database: Database,
    mail_server: MailServer,
    tmp_path: Path,
    *,
    is_accepted: bool,
    subject: str,
) -> None:
    settings = with_secret(tmp_path, mail_server)
    token = await a_link(database, settings, is_accepted=is_accepted)

    await send(database, settings)

    (mail,) = mail_server.mails
    assert mail.recipients == [EVE]
    assert mail.message["Subject"].startswith(subject)
    address = f"https://books.example.com/sign-in/link/{token}"
    assert address in mail.part("plain")
    assert f'href="{address}"' in mail.part("html")
    assert await sign_in_by_link(database, token, BEGAN)


async def test_a_token_is_in_no_row_and_no_log(
    database: Database,
    mail_server: MailServer,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    settings, clock = with_secret(tmp_path, mail_server), Moving()
    mail_server.answer = lambda _mail: "451 later"
    token = await a_link(database, settings)

    await send(database, settings, clock)
    (waiting,) = await messages(database)
    mail_server.answer = lambda _mail: "250 OK"
    clock.pass_by(timedelta(hours=1))
    await send(database, settings, clock)

    assert waiting.sealed is not None
    assert token.encode() not in waiting.sealed
    assert hash_of_token(token) not in waiting.sealed
    assert token not in str(vars(waiting))
    # The mail server is of the same process, and logs what it is sent.
    logged = [its for its in caplog.records if its.name != "mail.log"]
    assert all(token not in its.getMessage() for its in logged)
    (sent,) = await messages(database)
    assert sent.sealed is None
    assert len(mail_server.mails) == 1


async def test_a_link_that_was_used_is_not_mailed(
    database: Database, mail_server: MailServer, tmp_path: Path
) -> None:
    settings = with_secret(tmp_path, mail_server)
    token = await a_link(database, settings)
    await sign_in_by_link(database, token, BEGAN)

    await send(database, settings)

    assert mail_server.mails == []
    (message,) = await messages(database)
    assert message.state == MessageState.FAILED
    assert "was used" in str(message.last_error)


async def test_a_process_without_a_mail_server_leaves_links_to_those_that_have_one(
    database: Database, mail_server: MailServer, tmp_path: Path
) -> None:
    settings, clock = with_secret(tmp_path, mail_server), Moving()
    without = settings_of(tmp_path, secret=SECRET)
    token = await a_link(database, settings)

    await send(database, without, clock)

    assert not any(path.is_file() for path in (tmp_path / OUTBOX).rglob("*"))
    (waiting,) = await messages(database)
    assert (waiting.state, waiting.last_error) == (MessageState.QUEUED, NO_SERVER)
    clock.pass_by(WAITS[0])
    await send(database, settings, clock)
    (mail,) = mail_server.mails
    assert token in mail.part("plain")


async def test_the_link_of_a_message_that_failed_is_removed_in_time(
    database: Database, mail_server: MailServer, tmp_path: Path
) -> None:
    settings, clock = with_secret(tmp_path, mail_server), Moving()
    mail_server.answer = lambda _mail: "550 no"
    await a_link(database, settings)
    await send(database, settings, clock)
    (failed,) = await messages(database)
    assert failed.sealed is not None

    clock.pass_by(max(TRIED_FOR, LINK_LIFE) + timedelta(seconds=1))
    await send(database, settings, clock)

    (tidied,) = await messages(database)
    assert tidied.sealed is None
    await send_again(database.runtime, ORGANISATION, 1, now=clock.present)
    await send(database, settings, clock)
    assert mail_server.mails == []


@pytest.mark.either_database
@pytest.mark.parametrize("has_address", [True, False])
async def test_without_a_server_or_an_address_a_link_is_shown_and_not_mailed(
    database: Database, mail_server: MailServer, tmp_path: Path, *, has_address: bool
) -> None:
    settings = settings_of(tmp_path, secret=SECRET)
    if not has_address:
        settings = settings_of(tmp_path, mail_server.url, public_url="", secret=SECRET)
    user_id = await member(database, email=EVE, password=None)
    link = LinkFor(ORGANISATION, user_id, "a token")

    assert not await mail_link(database, settings, link, now=BEGAN)
    assert await messages(database) == []


async def test_an_organisation_mails_only_so_many_links_a_day(
    database: Database,
    mail_server: MailServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(links, "LINKS_A_DAY", 2)
    settings = with_secret(tmp_path, mail_server)
    user_id = await member(database, email=EVE, password=None)
    link = LinkFor(ORGANISATION, user_id, "a token")

    for _ in range(2):
        assert await mail_link(database, settings, link, now=BEGAN)
    # It isn't shown either: who has used up the day's could sign in as a member.
    with pytest.raises(Rejected, match="--show-link"):
        await mail_link(database, settings, link, now=BEGAN)
    assert await mail_link(database, settings, link, now=BEGAN + timedelta(days=1))


async def test_a_server_that_lost_its_address_leaves_a_link_to_others(
    database: Database, mail_server: MailServer, tmp_path: Path
) -> None:
    settings, clock = with_secret(tmp_path, mail_server), Moving()
    token = await a_link(database, settings)
    without = settings.model_copy(update={"public_url": ""})

    await send(database, without, clock)

    assert mail_server.mails == []
    (waiting,) = await messages(database)
    assert waiting.state == MessageState.QUEUED
    assert waiting.last_error == NO_SITE
    clock.pass_by(timedelta(hours=1))
    other = settings.model_copy(update={"public_url": "https://other.example.com/"})
    await send(database, other, clock)
    (mail,) = mail_server.mails
    assert f"https://other.example.com/sign-in/link/{token}\n" in mail.part("plain")


@pytest.mark.either_database
async def test_a_link_that_leads_to_its_reader_s_own_machine_is_not_mailed(
    database: Database, mail_server: MailServer, tmp_path: Path
) -> None:
    settings = settings_of(tmp_path, mail_server.url, public_url="", secret=SECRET)
    user_id = await member(database, email=EVE, password=None)
    link = LinkFor(ORGANISATION, user_id, "a token")

    for address in ("http://127.0.0.1:8000", "http://[::1]:8000"):
        with noted_address(settings, address):
            assert not await mail_link(database, settings, link, now=BEGAN)
    with noted_address(settings, "http://books.internal:8000"):
        assert await mail_link(database, settings, link, now=BEGAN)
