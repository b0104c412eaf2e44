"""Mail in the API: messages, sending one again, preferences, mailed invitations."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from daybook.access.rules import MemberRole
from daybook.clock import real_now
from daybook.db.engine import Database
from daybook.mail.commands import mark_failed, take_message
from daybook.mail.reading import queue_events
from daybook.settings import Settings
from daybook_factories import ORGANISATION
from daybook_graphql.context import Context
from daybook_graphql.execution.operations import operation_texts
from daybook_graphql.schema import schema
from daybook_mail import (
    BEGAN,
    FROM,
    a_ledger_and_a_member,
    an_export,
    messages,
    send,
    settings_of,
)
from daybook_people import EMAIL, caller
from daybook_services.smtp import MailServer

Ask = Callable[..., Awaitable[dict[str, Any]]]

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

PREFERENCES = "{ mailPreferences { format events } }"
MESSAGES = """
{ mailMessages(first: 5) { totalCount nodes {
    id number messageId kind exportNumber recipient state attempts failure } } }
"""
NEW = {"email": "eve@example.com", "name": "Eve", "role": MemberRole.VIEWER.name}


@pytest.fixture
def settings(tmp_path: Path, mail_server: MailServer) -> Settings:
    """Settings with a mail server."""
    secret = "a-secret-of-these-tests-which-is-long-enough"
    return settings_of(tmp_path, mail_server.url, secret=secret)


async def run(ask: Ask, name: str, /, **values: Any) -> dict[str, Any]:
    """The payload of a named operation."""
    answer = await ask(operation_texts()[name], {"input": values})
    (payload,) = answer["data"].values()
    assert isinstance(payload, dict)
    return payload


async def test_a_message_that_was_given_up_is_sent_again(
    ask: Ask, database: Database
) -> None:
    await a_ledger_and_a_member(database)
    await an_export(database)
    await queue_events(database, FROM, now=BEGAN)
    taken = await take_message(database.runtime, ORGANISATION, now=BEGAN)
    assert taken is not None
    await mark_failed(database.runtime, taken, "550 no such user", now=BEGAN)

    listed = (await ask(MESSAGES))["data"]["mailMessages"]
    (message,) = listed["nodes"]
    sent = await run(ask, "SendMailAgain", messageId=message["id"])
    refused = await run(ask, "SendMailAgain", messageId=message["id"])

    assert listed["totalCount"] == 1
    assert message | {"id": "", "messageId": ""} == {
        "id": "",
        "number": 1,
        "messageId": "",
        "kind": "EXPORT_READY",
        "exportNumber": 1,
        "recipient": EMAIL,
        "state": "FAILED",
        "attempts": 1,
        "failure": "550 no such user",
    }
    assert sent["message"] == {"id": message["id"], "state": "QUEUED"}
    assert refused["message"] is None
    assert refused["userErrors"][0]["path"] == ["messageId"]


async def test_an_invitation_goes_by_mail_and_its_link_is_not_shown(
    ask: Ask, database: Database, settings: Settings, mail_server: MailServer
) -> None:
    invited = await run(ask, "InviteUser", **NEW)
    await send(database, settings, real_now)

    assert invited["isMailed"] is True
    assert invited["signInLink"] is None
    (mail,) = mail_server.mails
    assert mail.recipients == ["eve@example.com"]
    assert "https://books.example.com/sign-in/link/" in mail.part("plain")
    (message,) = await messages(database)
    assert message.sealed is None


async def test_a_user_gets_what_they_want_and_in_their_form(
    database: Database, settings: Settings, mail_server: MailServer
) -> None:
    user_id = await a_ledger_and_a_member(database)
    who = replace(caller(), user_id=user_id, name=EMAIL)
    context = Context(database, settings, who)

    async def ask(document: str, variables: Any = None) -> dict[str, Any]:
        result = await schema.execute(
            document, variable_values=variables, context_value=context
        )
        assert result.errors is None
        return {"data": result.data}

    before = await ask(PREFERENCES)
    saved = await run(
        ask, "SetMailPreferences", format="TEXT", events=["EXPORT_FAILED"]
    )
    await an_export(database)
    await an_export(database, failure="the disk is full")
    await send(database, settings)

    wanted = {"format": "TEXT", "events": ["EXPORT_FAILED"]}
    everything = ["EXPORT_READY", "EXPORT_FAILED", "EXPORT_EXPIRING"]
    assert before["data"]["mailPreferences"] == {"format": "BOTH", "events": everything}
    assert saved["preferences"] == wanted
    (mail,) = mail_server.mails
    assert mail.message["Subject"].endswith("export 2 failed")
    assert mail.message.get_content_type() == "text/plain"


async def test_a_key_has_no_preferences(ask: Ask) -> None:
    refused = await run(ask, "SetMailPreferences", format="TEXT", events=[])

    assert (await ask(PREFERENCES))["data"]["mailPreferences"] is None
    assert "API key gets no mail" in refused["userErrors"][0]["message"]
