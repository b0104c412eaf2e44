"""An organisation's mail delays nobody else's, however much it is and however slow."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import delete

from daybook.access.links import make_link
from daybook.access.organisations import add_organisation
from daybook.access.rules import OPERATOR
from daybook.db.engine import Database
from daybook.events.commands import write_event
from daybook.events.rules import EventKind, NewEvent
from daybook.mail import reading, sending, transports
from daybook.mail.commands import NewMessage, queue_message
from daybook.mail.models import MailMessage
from daybook.mail.reading import queue_events
from daybook.mail.rules import AT_ONCE, MessageKind, MessageState
from daybook.mail.sending import Sender
from daybook.secrets import SealPurpose, Secrets
from daybook.settings import Settings
from daybook_factories import ORGANISATION
from daybook_jobs import until
from daybook_mail import BEGAN, Moving, messages, send, settings_of
from daybook_people import EMAIL, member
from daybook_services.faults import examples
from daybook_services.smtp import MailServer
from daybook_site import SECRET

pytestmark = pytest.mark.anyio

ORGANISATIONS = 4


@pytest.fixture
def settings(mail_server: MailServer, tmp_path: Path) -> Settings:
    """Settings with a mail server and a secret."""
    return settings_of(tmp_path, mail_server.url, secret=SECRET)


@pytest.fixture
async def tokens(database: Database) -> Mapping[str, tuple[int, int, str]]:
    """A member of each organisation: their organisation, id and link, by address."""
    found = {}
    for number in range(1, ORGANISATIONS + 1):
        organisation_id = ORGANISATION
        if number > 1:
            organisation_id = await add_organisation(
                database, f"Office {number}", now=BEGAN, made_by="test"
            )
        email = f"p{number}@example.com"
        user_id = await member(
            database,
            email=email,
            password=None,
            organisation_id=organisation_id,
            now=BEGAN,
        )
        token = await make_link(
            database,
            user_id=user_id,
            organisation_id=organisation_id,
            now=BEGAN,
            made_by="test",
            authority=OPERATOR,
            is_operators=True,
        )
        found[email] = (organisation_id, user_id, token)
    return found


async def queue(
    database: Database, settings: Settings, to: tuple[int, int, str], count: int
) -> None:
    """Queue messages with the link of a member."""
    organisation_id, user_id, token = to
    for _ in range(count):
        new = NewMessage(
            organisation_id=organisation_id,
            message_id=f"<{token_hex(8)}@daybook.example>",
            kind=MessageKind.SIGN_IN_LINK,
            subject="",
            user_id=user_id,
            sealed=Secrets.of(settings).seal(SealPurpose.MAIL, token),
        )
        async with database.runtime.writes() as session:
            await queue_message(session, new, now=BEGAN)


@hypothesis_settings(
    max_examples=examples(6),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    mail=st.lists(
        st.tuples(st.integers(0, 5), st.booleans()),
        min_size=ORGANISATIONS,
        max_size=ORGANISATIONS,
    )
)
async def test_mail_of_organisations_is_sent_while_that_of_others_hangs(
    database: Database,
    mail_server: MailServer,
    tokens: Mapping[str, tuple[int, int, str]],
    settings: Settings,
    mail: list[tuple[int, bool]],
) -> None:
    # How many messages each has, and whether its recipient's server hangs.
    async with database.runtime.writes() as session:
        await session.execute(delete(MailMessage))
    mail_server.mails.clear()
    queued = Counter[str]()
    for email, (count, _) in zip(tokens, mail, strict=True):
        await queue(database, settings, tokens[email], count)
        queued[email] = count
    held = {
        email
        for email, (count, hangs) in zip(tokens, mail, strict=True)
        if count and hangs
    }
    others = sum(count for email, count in queued.items() if email not in held)
    mail_server.held = held

    async def sent_all_but_the_held() -> bool:
        is_hung = sorted(mail_server.waiting) == sorted(held)
        return is_hung and len(mail_server.mails) == others

    task = asyncio.create_task(send(database, settings))
    await until(sent_all_but_the_held)
    assert not held.intersection(sent.recipients[0] for sent in mail_server.mails)
    mail_server.held = set()
    await task

    assert Counter(sent.recipients[0] for sent in mail_server.mails) == +queued


async def test_a_recipient_whose_server_hangs_delays_one_message(
    database: Database,
    mail_server: MailServer,
    tokens: Mapping[str, tuple[int, int, str]],
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transports, "SENDING_SECONDS_MAX", 0.5)
    hanging, ready = "p1@example.com", "p2@example.com"
    await queue(database, settings, tokens[hanging], 1)
    mail_server.held = {hanging}
    clock = Moving()
    sender = Sender(database, settings, clock)

    await sender.turn()
    (late,) = await messages(database)
    assert (late.state, late.last_error) == (
        MessageState.QUEUED,
        "the mail server didn't answer in time",
    )
    # The mail server itself isn't left alone for a while, as one that is down.
    monkeypatch.undo()
    await queue(database, settings, tokens[ready], 1)
    await sender.turn()

    assert [mail.recipients for mail in mail_server.mails] == [[ready]]


async def test_what_is_queued_while_mail_is_sent_goes_before_the_rest(
    database: Database,
    mail_server: MailServer,
    tokens: Mapping[str, tuple[int, int, str]],
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sending, "SWEEP_SECONDS", 0.1)
    hanging, ready = "p1@example.com", "p2@example.com"
    await queue(database, settings, tokens[hanging], 3)
    mail_server.held = {hanging}

    async def is_hanging() -> bool:
        return mail_server.waiting == [hanging]

    async def is_sent() -> bool:
        return len(mail_server.mails) == 1

    task = asyncio.create_task(send(database, settings))
    await until(is_hanging)
    await queue(database, settings, tokens[ready], 1)
    await until(is_sent)
    assert mail_server.mails[0].recipients == [ready]
    mail_server.held = set()
    await task

    assert len(mail_server.mails) == 4


async def test_an_organisation_with_many_events_delays_no_other_s_message(
    database: Database,
    tokens: Mapping[str, tuple[int, int, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "EVENTS_AT_ONCE", 2)
    second = tokens["p2@example.com"][0]
    for organisation_id, name, count in ((1, "p1", 5), (second, "p2", 1)):
        for number in range(count):
            event = NewEvent(
                organisation_id,
                EventKind.EXPORT_READY,
                str(number),
                BEGAN,
                f"{name}@example.com",
            )
            async with database.runtime.writes() as session:
                await write_event(session, event)

    queued = []
    while await queue_events(database, EMAIL, now=BEGAN):
        queued.append(
            Counter(message.organisation_id for message in await messages(database))
        )

    assert queued[0] == {1: 2, second: 1}
    assert len(await messages(database)) == 6


async def test_a_stopping_server_ends_what_it_sends_and_begins_nothing(
    database: Database,
    mail_server: MailServer,
    tokens: Mapping[str, tuple[int, int, str]],
    settings: Settings,
) -> None:
    for email in tokens:
        await queue(database, settings, tokens[email], 2)
    mail_server.held = set(tokens)
    stopping = asyncio.Event()

    async def are_hanging() -> bool:
        return len(mail_server.waiting) == len(tokens) < AT_ONCE

    running = asyncio.create_task(Sender(database, settings, Moving()).run(stopping))
    await until(are_hanging)
    stopping.set()
    mail_server.held = set()
    await running

    assert len(mail_server.mails) == len(tokens)
    states = Counter(message.state for message in await messages(database))
    assert states == {MessageState.SENT: len(tokens), MessageState.QUEUED: len(tokens)}
