"""The outbox page, its files, and what mail a user wants on their account page."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from starlette.testclient import TestClient

from daybook.access.rules import MemberRole
from daybook.asgi import create_app
from daybook.clock import real_now
from daybook.db.engine import Database, open_database
from daybook.mail.commands import mark_failed, take_message
from daybook.mail.reading import queue_events
from daybook.mail.rules import MessageState
from daybook.settings import Settings
from daybook_factories import ORGANISATION
from daybook_graphql.transport.callers import COOKIE
from daybook_mail import FROM, a_ledger_and_a_member, an_export, messages, send
from daybook_markup import Element, parse
from daybook_people import EMAIL, begin_session, member
from daybook_services.database import NewDatabase
from daybook_site import settings_for

pytestmark = pytest.mark.either_database

OUTBOX = "/settings/outbox"
BOB = "bob@example.com"
Result = TypeVar("Result")


@pytest.fixture
def settings(new_database: NewDatabase, tmp_path: Path) -> Settings:
    """Settings without a mail server."""
    return settings_for(new_database(), data=tmp_path)


def run(settings: Settings, work: Callable[[Database], Awaitable[Result]]) -> Result:
    """Do something with the settings' database."""

    async def with_database() -> Result:
        database = open_database(settings)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(with_database())


@contextmanager
def browser_of(
    settings: Settings, email: str, role: MemberRole
) -> Iterator[TestClient]:
    """The browser of a member who is signed in."""

    async def sign_in(database: Database) -> str:
        user_id = await member(database, email=email, role=role, password=None)
        signed_in = await begin_session(database, user_id)
        assert signed_in is not None
        return signed_in.token

    token = run(settings, sign_in)
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as browser:
        browser.cookies.set(COOKIE, token)
        yield browser


@pytest.fixture
def admin(settings: Settings) -> Iterator[TestClient]:
    """An admin's browser; a message is in the folder, another was given up."""
    now = real_now()

    async def fill(database: Database) -> None:
        await a_ledger_and_a_member(database)
        await an_export(database)
        await send(database, settings, lambda: now)
        await an_export(database, failure="the disk is full")
        await queue_events(database, FROM, now=now)
        taken = await take_message(database.runtime, ORGANISATION, now=now)
        assert taken is not None
        await mark_failed(database.runtime, taken, "550 <no> such user", now=now)

    run(settings, fill)
    with browser_of(settings, EMAIL, MemberRole.ADMIN) as browser:
        yield browser


def page_of(browser: TestClient, path: str) -> Element:
    """A page that is there."""
    answer = browser.get(path)
    assert answer.status_code == 200
    return parse(answer.text)


def test_admins_see_what_became_of_messages(admin: TestClient) -> None:
    table = page_of(admin, OUTBOX).one("table", id="messages")

    failed, written = (row.text for row in table.all("tr")[1:])
    assert "Export 2 failed" in failed
    assert "Not sent" in failed
    assert "550 <no> such user" in failed
    assert "Export 1 is ready" in written
    assert EMAIL in written
    assert "In the folder" in written
    assert "Mail" in page_of(admin, "/access").one("nav", id="side-list").links()
    assert "/access" in page_of(admin, OUTBOX).one("main").links().values()


def test_a_message_that_was_written_is_downloaded(admin: TestClient) -> None:
    answer = admin.get(f"{OUTBOX}/1.eml")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "message/rfc822"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert f"To: {EMAIL}\r\n" in answer.text
    for missing in (2, 99):
        assert admin.get(f"{OUTBOX}/{missing}.eml").status_code == 404


def test_a_message_that_was_given_up_is_sent_again(
    settings: Settings, admin: TestClient
) -> None:
    fields = {
        field.attributes["name"]: field.attributes["value"]
        for field in page_of(admin, OUTBOX).one("table").all("input")
    }

    answer = admin.post(OUTBOX, data=fields)

    assert answer.url.query == b"saved=again"
    # The application sends it meanwhile.
    _, second = run(settings, messages)
    assert second.state in {MessageState.QUEUED, MessageState.WRITTEN}
    again = admin.post(OUTBOX, data=fields)
    assert again.status_code == 422
    assert "Nothing was changed" in parse(again.text).text


def test_others_see_no_messages_and_no_files(
    settings: Settings, admin: TestClient
) -> None:
    assert page_of(admin, OUTBOX)
    with browser_of(settings, BOB, MemberRole.CONTROLLER) as bob:
        assert bob.get(OUTBOX).status_code == 403
        assert bob.get(f"{OUTBOX}/1.eml").status_code == 403


def test_a_user_says_what_mail_they_want(settings: Settings) -> None:
    form = {"form": "mail", "format": "TEXT", "events": ["EXPORT_FAILED"]}
    everything = ["EXPORT_READY", "EXPORT_FAILED", "EXPORT_EXPIRING", "BOTH"]
    with browser_of(settings, BOB, MemberRole.VIEWER) as browser:
        assert chosen(browser) == everything
        answer = browser.post("/account", data=form)

        assert "What mail you want is saved." in parse(answer.text).text
        for wrong in ({"format": "MORSE"}, {"events": ["SPAM"]}):
            assert browser.post("/account", data=form | wrong).status_code == 400
        assert chosen(browser) == ["EXPORT_FAILED", "TEXT"]


def chosen(browser: TestClient) -> list[str]:
    """What is ticked on the account page."""
    return [
        str(box.attributes["value"])
        for box in page_of(browser, "/account").all("input")
        if "checked" in box.attributes and "value" in box.attributes
    ]
