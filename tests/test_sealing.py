"""After a change of DAYBOOK_SECRET everything is encrypted with the new one."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook

from daybook.access.links import make_link
from daybook.access.rules import OPERATOR
from daybook.clock import real_now
from daybook.db.engine import Database
from daybook.mail.links import LinkFor, mail_link
from daybook.mail.rules import MessageState
from daybook.reports.audit import verify
from daybook.sealing import seal_again, sealed_state, sealing_chores
from daybook.secrets import Seal, Secrets
from daybook.webhooks.commands import delete_endpoint, rotate_secret
from daybook.webhooks.rules import FORMER_SIGNS
from daybook.webhooks.sending import Sender
from daybook.worker import running_jobs
from daybook_factories import ORGANISATION
from daybook_hooks import an_endpoint, author, hook_settings
from daybook_jobs import until
from daybook_mail import BEGAN, Moving, messages, send, settings_of
from daybook_people import member
from daybook_receiver import Receiver, receiving
from daybook_services.smtp import MailServer

pytestmark = pytest.mark.anyio

OLD = "an-old-secret-0123456789-abcdefghijklmnopqrs"
NEW = "a-newer-secret-9876543210-zyxwvutsrqponmlkji"
OTHER = "another-secret-5555555555-aabbccddeeffgghhii"
BOTH = f"{NEW},{OLD}"


def its(secret: str) -> Secrets:
    """The secrets of a setting."""
    return Secrets.of(hook_settings(secret=SecretStr(secret)))


async def counts(database: Database, secret: str) -> dict[Seal, int]:
    """How many values need which of a setting's secrets."""
    return dict((await sealed_state(database, its(secret), now=real_now())).counts)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A program that takes webhooks."""
    with receiving() as made:
        yield made


async def a_webhook(database: Database, receiver: Receiver, secret: str = OLD) -> str:
    """Create an endpoint on a server with a secret; return the endpoint's own."""
    settings = hook_settings(secret=SecretStr(secret))
    created = await an_endpoint(database, receiver.url, settings=settings)
    assert created.secret is not None
    return created.secret


async def is_signed(
    database: Database, receiver: Receiver, secret: str, whsec: str
) -> bool:
    """Whether a server with a secret sends a test that an endpoint's secret signed."""
    receiver.requests.clear()
    settings = hook_settings(secret=SecretStr(secret))
    await Sender(database, settings).test(ORGANISATION, 1)
    for got in receiver.requests:
        Webhook(whsec).verify(got.body, got.headers)
    return bool(receiver.requests)


async def test_the_former_secret_is_not_needed_any_more(
    database: Database, receiver: Receiver
) -> None:
    whsec = await a_webhook(database, receiver)
    assert await counts(database, NEW) == {Seal.LOST: 1}
    assert await counts(database, BOTH) == {Seal.FORMER: 1}

    assert await seal_again(database, its(BOTH), now=real_now()) == 1
    assert await seal_again(database, its(BOTH), now=real_now()) == 0

    assert await counts(database, BOTH) == {Seal.FIRST: 1}
    assert await counts(database, NEW) == {Seal.FIRST: 1}
    assert await is_signed(database, receiver, NEW, whsec)
    assert (await verify(database, ORGANISATION)).mismatch is None


async def test_a_rotated_secret_that_still_signs_is_encrypted_again_too(
    database: Database, receiver: Receiver
) -> None:
    former = await a_webhook(database, receiver)
    settings = hook_settings(secret=SecretStr(OLD))
    latter = await rotate_secret(database, settings, author(), 1)
    assert await counts(database, BOTH) == {Seal.FORMER: 2}

    await seal_again(database, its(BOTH), now=real_now())

    for whsec in (former, latter):
        assert await is_signed(database, receiver, NEW, whsec)
    # Once it signs no more, nobody needs it.
    later = real_now() + FORMER_SIGNS
    assert (await sealed_state(database, its(NEW), now=later)).counts == {Seal.FIRST: 1}


async def test_what_no_secret_decrypts_is_left_and_named(
    database: Database, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    whsec = await a_webhook(database, receiver)
    lost = f"{NEW},{OTHER}"
    assert await seal_again(database, its(lost), now=real_now()) == 0

    settings = hook_settings(secret=SecretStr(lost))
    (chore,) = sealing_chores(database, settings)
    for _ in range(2):
        await chore.work()

    (said,) = [record.getMessage() for record in caplog.records]
    assert said == (
        f"the secret of webhook 1 of organisation {ORGANISATION} can't be decrypted:"
        " put the former secret back into DAYBOOK_SECRET, or give each webhook another"
        " by `daybook webhook rotate NUMBER`"
    )
    assert not await is_signed(database, receiver, lost, whsec)
    rotated = await rotate_secret(database, settings, author(), 1)
    assert await is_signed(database, receiver, lost, rotated)
    assert (await sealed_state(database, its(lost), now=real_now())).lost_webhooks == []


async def test_a_deleted_webhook_needs_no_secret(
    database: Database, receiver: Receiver
) -> None:
    await a_webhook(database, receiver)
    await delete_endpoint(database, author(), 1)

    assert await counts(database, NEW) == {}
    assert await seal_again(database, its(BOTH), now=real_now()) == 0


async def test_changes_at_the_same_time_are_kept(
    database: Database, receiver: Receiver
) -> None:
    await a_webhook(database, receiver)
    settings = hook_settings(secret=SecretStr(OLD))

    *_, rotated = await asyncio.gather(
        *(seal_again(database, its(BOTH), now=real_now()) for _ in range(3)),
        rotate_secret(database, settings, author(), 1),
    )
    await seal_again(database, its(BOTH), now=real_now())

    assert await counts(database, NEW) == {Seal.FIRST: 2}
    assert await is_signed(database, receiver, NEW, str(rotated))


async def test_a_server_encrypts_again_by_itself(
    database: Database, receiver: Receiver, tmp_path: Path
) -> None:
    await a_webhook(database, receiver)
    settings = hook_settings(secret=SecretStr(BOTH), data=tmp_path)

    async def are_encrypted_again() -> bool:
        return await counts(database, BOTH) == {Seal.FIRST: 1}

    async with running_jobs(database, settings):
        await until(are_encrypted_again)


async def test_a_mailed_link_outlives_a_change_of_the_secret(
    database: Database, mail_server: MailServer, tmp_path: Path
) -> None:
    user_id = await member(database, password=None, now=BEGAN)
    token = await make_link(
        database,
        user_id=user_id,
        organisation_id=ORGANISATION,
        now=BEGAN,
        made_by="test",
        authority=OPERATOR,
        is_operators=True,
    )
    before, after = (
        settings_of(tmp_path, mail_server.url, secret=SecretStr(secret))
        for secret in (OLD, NEW)
    )
    link = LinkFor(ORGANISATION, user_id, token)
    assert await mail_link(database, before, link, now=BEGAN)

    # A server that isn't told the former secret leaves it to others.
    clock = Moving()
    await send(database, after, clock)
    (waiting,) = await messages(database)
    assert waiting.state == MessageState.QUEUED
    assert "another DAYBOOK_SECRET than this server's" in str(waiting.last_error)
    assert await counts(database, NEW) == {Seal.LOST: 1}
    assert await seal_again(database, its(BOTH), now=BEGAN) == 1
    clock.pass_by(timedelta(hours=1))
    await send(database, after, clock)

    (mail,) = mail_server.mails
    assert f"/sign-in/link/{token}" in mail.part("plain")
