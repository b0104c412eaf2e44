"""Deliveries: signed, tried again for days, replayed, and made again after a kill."""

import asyncio
import json
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select, update
from standardwebhooks import Webhook, WebhookVerificationError

from daybook.activity.models import Activity
from daybook.db.engine import Database
from daybook.errors import Rejected
from daybook.webhooks.commands import (
    EndpointPatch,
    delete_endpoint,
    replay_deliveries,
    replay_delivery,
    rotate_secret,
    update_endpoint,
)
from daybook.webhooks.deliveries import (
    LEASE,
    claim,
    remove_old_deliveries,
)
from daybook.webhooks.models import WebhookDelivery, WebhookEndpoint
from daybook.webhooks.publishing import publish
from daybook.webhooks.rules import (
    DISABLED_AFTER,
    FORMER_SIGNS,
    KEPT,
    RETRIES,
    DeliveryState,
)
from daybook.webhooks.sending import Sender, sending_webhooks
from daybook_factories import ORGANISATION, invoice, record
from daybook_hooks import (
    Moving,
    an_endpoint,
    attempts,
    author,
    change_ledger,
    deliver,
    deliveries,
    hook_settings,
)
from daybook_jobs import until
from daybook_receiver import Received, Receiver, receiving
from daybook_services.processes import forked
from daybook_site import SECRET

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)
OTHER_SECRET = "another-secret-of-32-random-bytes-0123456789-abcdef"

SEND_AND_DIE = """
import asyncio, os, signal, sys
from sqlalchemy import event, make_url
from sqlalchemy.orm import Session
from daybook.db.engine import Database
from daybook_hooks import deliver

url, when = sys.argv[1:]

async def main():
    database = Database(make_url(url))
    from daybook.webhooks import sending
    keep = sending.end_attempt

    async def die(*args):
        if when == "before_outcome":
            os.kill(os.getpid(), signal.SIGKILL)
        await keep(*args)
        os.kill(os.getpid(), signal.SIGKILL)

    sending.end_attempt = die
    await deliver(database)

asyncio.run(main())
"""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A program that takes webhooks."""
    with receiving() as made:
        yield made


@pytest.fixture
async def ledger(database: Database) -> Database:
    """A database with a ledger."""
    await record(database, invoice())
    return database


def verified(secret: str | None, got: Received) -> dict[str, object]:
    """What the public library takes the message for; raises if it isn't signed."""
    assert secret is not None
    content = Webhook(secret).verify(got.body, got.headers)
    assert isinstance(content, dict)
    return content


async def is_enabled(database: Database, number: int = 1) -> bool:
    """Whether an endpoint is enabled."""
    async with database.reads() as session:
        endpoint = await session.get_one(WebhookEndpoint, (ORGANISATION, number))
    return endpoint.enabled_at is not None


async def test_a_message_is_verified_by_the_public_library(
    ledger: Database, receiver: Receiver
) -> None:
    created = await an_endpoint(ledger, receiver.url)
    await change_ledger(ledger, 2)

    assert await deliver(ledger) == 1

    (got,) = receiver.requests
    content = verified(created.secret, got)
    assert content["type"] == "ledger.changed"
    assert content["data"] == {
        "organisation": ORGANISATION,
        "currency": "USD",
        "fromRecording": 2,
        "toRecording": 2,
    }
    assert got.path == "/hooks"
    assert got.headers["content-type"] == "application/json"
    (made,) = await deliveries(ledger)
    assert made.message_id == got.headers["webhook-id"]
    assert made.state == DeliveryState.DELIVERED
    (attempt,) = await attempts(ledger)
    assert (attempt.status, attempt.failure, attempt.is_success) == (204, None, True)
    with pytest.raises(WebhookVerificationError):
        Webhook(str(created.secret)).verify(got.body + b" ", got.headers)


async def test_a_failed_delivery_is_tried_again_over_days(
    ledger: Database, receiver: Receiver
) -> None:
    clock = Moving()
    await an_endpoint(ledger, receiver.url, now=clock())
    await change_ledger(ledger, 2, clock())
    receiver.status = 500

    for wait in RETRIES:
        assert await deliver(ledger, now=clock) == 1
        assert await deliver(ledger, now=clock) == 0
        clock.move(wait * 1.1 + timedelta(seconds=1))
    assert await deliver(ledger, now=clock) == 1
    clock.move(timedelta(days=10))
    assert await deliver(ledger, now=clock) == 0

    (made,) = await deliveries(ledger)
    assert made.state == DeliveryState.FAILED
    log = await attempts(ledger)
    assert [attempt.number for attempt in log] == list(range(1, len(RETRIES) + 2))
    assert {attempt.failure for attempt in log} == {"it answered 500"}
    ids = {got.headers["webhook-id"] for got in receiver.requests}
    assert ids == {made.message_id}


async def test_an_endpoint_that_was_down_for_a_day_misses_nothing(
    ledger: Database, receiver: Receiver
) -> None:
    clock = Moving()
    await an_endpoint(ledger, receiver.url, now=clock())
    receiver.status = 503
    for hour in range(24):
        await change_ledger(ledger, hour + 2, clock())
        await deliver(ledger, now=clock)
        clock.move(HOUR)
    receiver.requests.clear()
    receiver.status = 200

    for _ in range(26):
        await deliver(ledger, now=clock)
        clock.move(HOUR)

    ranges = [json.loads(got.body)["data"]["toRecording"] for got in receiver.requests]
    assert sorted(ranges) == list(range(2, 26))
    states = {made.state for made in await deliveries(ledger)}
    assert states == {DeliveryState.DELIVERED}


async def test_nothing_but_failures_for_days_disables_an_endpoint(
    ledger: Database, receiver: Receiver
) -> None:
    clock = Moving()
    await an_endpoint(ledger, f"{receiver.url}?password=hunter2", now=clock())
    receiver.status = 500
    await change_ledger(ledger, 2, clock())
    await deliver(ledger, now=clock)
    clock.move(DISABLED_AFTER - HOUR)
    await change_ledger(ledger, 3, clock())
    await deliver(ledger, now=clock)
    assert await is_enabled(ledger)

    clock.move(2 * HOUR)
    await deliver(ledger, now=clock)

    assert not await is_enabled(ledger)
    async with ledger.reads() as session:
        messages = list(await session.scalars(select(Activity.message)))
    assert messages[-1] == (
        "webhook 1 to 127.0.0.1 was disabled: every attempt failed for 5 days; the"
        " last: it answered 500"
    )
    assert "hunter2" not in "".join(messages)


@pytest.mark.either_database
async def test_one_success_in_between_keeps_an_endpoint(
    ledger: Database, receiver: Receiver
) -> None:
    clock = Moving()
    await an_endpoint(ledger, receiver.url, now=clock())
    for number, status in enumerate((500, 200, 500, 500), start=2):
        receiver.status = status
        await change_ledger(ledger, number, clock())
        await deliver(ledger, now=clock)
        clock.move(DISABLED_AFTER / 2)

    assert await is_enabled(ledger)


async def test_an_endpoint_that_is_gone_is_disabled_at_once(
    ledger: Database, receiver: Receiver
) -> None:
    await an_endpoint(ledger, receiver.url)
    await change_ledger(ledger, 2)
    receiver.status = 410

    await deliver(ledger)

    assert not await is_enabled(ledger)


@pytest.mark.either_database
async def test_a_redirect_is_a_failure(ledger: Database, receiver: Receiver) -> None:
    await an_endpoint(ledger, receiver.url)
    await change_ledger(ledger, 2)
    receiver.status, receiver.headers = 302, {"location": receiver.url}

    await deliver(ledger)

    (attempt,) = await attempts(ledger)
    assert attempt.failure == "it answered 302: redirects are not followed"
    assert len(receiver.requests) == 1


@pytest.mark.either_database
async def test_an_address_that_is_not_allowed_any_more_is_refused_at_an_attempt(
    ledger: Database, receiver: Receiver
) -> None:
    await an_endpoint(ledger, receiver.url)
    await change_ledger(ledger, 2)

    await deliver(ledger, hook_settings(webhooks_allow=()))

    (attempt,) = await attempts(ledger)
    assert attempt.status is None
    assert attempt.failure is not None
    assert "127.0.0.1 is not on the public internet" in attempt.failure
    assert receiver.requests == []


@pytest.mark.either_database
async def test_an_answer_that_takes_too_long_is_a_failure(
    ledger: Database, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daybook.webhooks.sending.SECONDS_MAX", 0.2)
    await an_endpoint(ledger, receiver.url)
    await change_ledger(ledger, 2)
    receiver.answers.clear()

    await deliver(ledger)

    (attempt,) = await attempts(ledger)
    assert attempt.failure == "no answer within 10 seconds"


@pytest.mark.either_database
async def test_a_receiver_verifies_whichever_secret_of_the_day_it_has(
    ledger: Database, receiver: Receiver
) -> None:
    clock = Moving()
    first = (await an_endpoint(ledger, receiver.url, now=clock())).secret
    again = [await rotate_secret(ledger, hook_settings(), author(clock()), 1)]
    clock.move(timedelta(hours=1))
    again.append(await rotate_secret(ledger, hook_settings(), author(clock()), 1))

    await change_ledger(ledger, 2, clock())
    await deliver(ledger, now=clock)
    clock.move(FORMER_SIGNS)
    await change_ledger(ledger, 3, clock())
    await deliver(ledger, now=clock)

    of_the_day, later = receiver.requests
    for secret in (first, *again):
        assert verified(secret, of_the_day)
    assert verified(again[-1], later)
    for secret in (first, again[0]):
        with pytest.raises(WebhookVerificationError):
            verified(secret, later)


@pytest.mark.either_database
async def test_both_secrets_sign_for_a_day_after_a_rotation(
    ledger: Database, receiver: Receiver
) -> None:
    clock = Moving()
    created = await an_endpoint(ledger, receiver.url, now=clock())
    rotated = await rotate_secret(ledger, hook_settings(), author(clock()), 1)
    await change_ledger(ledger, 2, clock())
    await deliver(ledger, now=clock)
    clock.move(FORMER_SIGNS)
    await change_ledger(ledger, 3, clock())
    await deliver(ledger, now=clock)

    first, second = receiver.requests
    assert verified(created.secret, first) == verified(rotated, first)
    assert verified(rotated, second)
    with pytest.raises(WebhookVerificationError):
        verified(created.secret, second)


@pytest.mark.either_database
async def test_a_secret_is_readable_only_with_the_operators(
    ledger: Database, receiver: Receiver
) -> None:
    created = await an_endpoint(ledger, receiver.url)
    await change_ledger(ledger, 2)
    async with ledger.reads() as session:
        endpoint = await session.get_one(WebhookEndpoint, (ORGANISATION, 1))
    assert str(created.secret).encode() not in endpoint.secret

    await deliver(ledger, hook_settings(secret=SecretStr(OTHER_SECRET)))
    assert receiver.requests == []
    (attempt,) = await attempts(ledger)
    assert "put the former secret back into DAYBOOK_SECRET" in str(attempt.failure)
    async with ledger.runtime.writes() as session:
        now = datetime.now(UTC)
        await session.execute(update(WebhookDelivery).values(next_attempt_at=now))
    both = SecretStr(f"{OTHER_SECRET} {SECRET.get_secret_value()}")
    await deliver(ledger, hook_settings(secret=both))

    assert verified(created.secret, receiver.requests[0])


async def test_a_delivery_is_sent_again_under_its_id(
    ledger: Database, receiver: Receiver
) -> None:
    await an_endpoint(ledger, receiver.url)
    before = datetime.now(UTC)
    for number in (2, 3, 4):
        await change_ledger(ledger, number)
        await deliver(ledger)
    ids = [got.headers["webhook-id"] for got in receiver.requests]
    receiver.requests.clear()
    now = datetime.now(UTC)

    await replay_delivery(ledger, author(now), 2)
    await deliver(ledger)
    assert [got.headers["webhook-id"] for got in receiver.requests] == [ids[1]]
    count = await replay_deliveries(ledger, author(now), 1, before)
    await deliver(ledger)

    assert count == 3
    assert len(receiver.requests) == 4
    assert [attempt.number for attempt in await attempts(ledger)] == [
        1,
        2,
        1,
        2,
        3,
        1,
        2,
    ]
    with pytest.raises(Rejected, match="no such delivery"):
        await replay_delivery(ledger, author(now, ORGANISATION + 1), 2)


async def test_a_test_is_sent_at_once_and_once(
    ledger: Database, receiver: Receiver
) -> None:
    created = await an_endpoint(ledger, receiver.url)
    sender = Sender(ledger, hook_settings())

    await sender.test(ORGANISATION, 1)
    receiver.status = 500
    await sender.test(ORGANISATION, 1)

    assert verified(created.secret, receiver.requests[0])["type"] == "webhook.test"
    first, second = await deliveries(ledger)
    assert first.state == DeliveryState.DELIVERED
    assert second.state == DeliveryState.FAILED


async def test_a_disabled_endpoint_gets_nothing_of_that_time(
    ledger: Database, receiver: Receiver
) -> None:
    await an_endpoint(ledger, receiver.url)
    for is_on in (False, True):
        patch = EndpointPatch(is_enabled=is_on)
        await update_endpoint(ledger, hook_settings(), author(), 1, patch)
        await change_ledger(ledger, 2 + is_on)
        await deliver(ledger)

    (got,) = receiver.requests
    assert json.loads(got.body)["data"]["fromRecording"] == 3


async def test_what_waits_for_a_deleted_endpoint_fails(
    ledger: Database, receiver: Receiver
) -> None:
    await an_endpoint(ledger, receiver.url)
    await change_ledger(ledger, 2)
    await publish(ledger, now=datetime.now(UTC))

    await delete_endpoint(ledger, author(), 1)

    assert await deliver(ledger) == 0
    (made,) = await deliveries(ledger)
    assert made.state == DeliveryState.FAILED


@pytest.mark.parametrize("when", ["before_outcome", "after_outcome"])
async def test_killed_while_it_sends_the_message_is_sent_again_or_known(
    ledger: Database, receiver: Receiver, tmp_path: Path, when: str
) -> None:
    created = await an_endpoint(ledger, receiver.url)
    await change_ledger(ledger, 2)
    program = tmp_path / "send_and_die.py"
    program.write_text(SEND_AND_DIE, encoding="utf-8")
    url = ledger.url.render_as_string(hide_password=False)

    process = await asyncio.create_subprocess_exec(*forked(str(program), url, when))
    async with asyncio.timeout(60):
        assert await process.wait() == -signal.SIGKILL
    assert await deliver(ledger) == 0  # another attempt may be under way
    async with ledger.runtime.writes() as session:
        past = datetime.now(UTC) - LEASE
        await session.execute(update(WebhookDelivery).values(lease_until=past))
    await deliver(ledger)

    (made,) = await deliveries(ledger)
    assert made.state == DeliveryState.DELIVERED
    copies = 2 if when == "before_outcome" else 1
    assert len(receiver.requests) == copies
    assert len({got.headers["webhook-id"] for got in receiver.requests}) == 1
    assert verified(created.secret, receiver.requests[-1])


async def test_two_processes_claim_a_delivery_once(
    ledger: Database, receiver: Receiver
) -> None:
    await an_endpoint(ledger, receiver.url)
    await change_ledger(ledger, 2)
    now = datetime.now(UTC)
    await asyncio.gather(*(publish(ledger, now=now) for _ in range(4)))

    claimed = await asyncio.gather(
        *(claim(ledger.runtime, ORGANISATION, 1, now=now) for _ in range(4))
    )

    assert len(list(filter(None, claimed))) == 1


async def test_ended_deliveries_are_removed_after_their_time(
    ledger: Database, receiver: Receiver
) -> None:
    await an_endpoint(ledger, receiver.url)
    for number in (2, 3):
        await change_ledger(ledger, number)
        await deliver(ledger)

    later = datetime.now(UTC) + KEPT + HOUR
    await remove_old_deliveries(ledger.runtime, now=later)

    assert [made.number for made in await deliveries(ledger)] == [2]
    assert [attempt.delivery for attempt in await attempts(ledger)] == [2]


async def test_the_server_sends_by_itself(ledger: Database, receiver: Receiver) -> None:
    await an_endpoint(ledger, receiver.url)
    await change_ledger(ledger, 2)

    async def delivered() -> bool:
        return any(
            made.state == DeliveryState.DELIVERED for made in await deliveries(ledger)
        )

    async with sending_webhooks(ledger, hook_settings()):
        await until(delivered)

    assert len(receiver.requests) == 1


async def test_a_stopping_server_gives_its_attempts_back(
    ledger: Database, receiver: Receiver
) -> None:
    await an_endpoint(ledger, receiver.url)
    await change_ledger(ledger, 2)
    receiver.answers.clear()

    async def arrived() -> bool:
        return bool(receiver.requests)

    async with sending_webhooks(ledger, hook_settings()):
        await until(arrived)
    receiver.answers.set()

    assert await attempts(ledger) == []
    assert await deliver(ledger) == 1
